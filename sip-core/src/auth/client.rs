//! Digest client: answers challenges, then authorises later requests with the same nonce unasked.
//!
//! ```text
//!            401/407                    authorize, nc = 1
//!  no key ───────────► challenged ──────────────────────► proven?
//!                          ▲                                 │ later requests: nc + 1, no round trip
//!                          │ stale, or an old nonce refused  │
//!                          └─────────────────────────────────┤
//!                                     fresh nonce refused    ▼
//!                                                        Rejected (wrong password)
//! ```

use std::fmt;

use super::{
    Algorithm, Ha1, Side,
    digest::{Inputs, Qop},
    offer::Offer,
};
use crate::wire::{
    Params, Request, Response,
    header::{AuthenticationInfo, Challenge, Credentials, Typed},
};

/// Realms remembered per client; more is an attack or a mistake.
const MAX_REALMS: usize = 8;
/// Stale nonces in a row before the server is taken for broken.
const MAX_STALE: u8 = 3;

/// Why a challenge cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The response holds no challenge that can be read.
    #[error("the server refuses without saying how to sign in")]
    NoChallenge,
    /// Only schemes or algorithms unknown here are offered.
    #[error("the server asks for a sign-in method that is not supported ({0})")]
    Unsupported(String),
    /// The server refused credentials made with a fresh nonce.
    #[error("user name or password is wrong for {realm}")]
    Rejected {
        /// The realm that refused.
        realm: String,
    },
    /// The realm asked for a stronger algorithm before: somebody may be in between.
    #[error("{realm} now asks for a weaker sign-in than before; refused")]
    Downgrade {
        /// The realm.
        realm: String,
    },
    /// The server calls every nonce stale.
    #[error("{realm} calls every sign-in stale")]
    StaleLoop {
        /// The realm.
        realm: String,
    },
    /// Too many realms want credentials.
    #[error("more than 8 realms ask for a password")]
    TooManyRealms,
}

/// Credentials of one user with what servers asked so far.
pub struct DigestClient {
    username: String,
    password: String,
    realms: Vec<Realm>,
}

struct Realm {
    side: Side,
    name: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// The challenge named its algorithm, so the answer does too.
    named: bool,
    qop: Option<Qop>,
    nc: u32,
    /// For `-sess`: the client nonce the key is bound to.
    session_cnonce: Option<String>,
    stale: u8,
}

impl fmt::Debug for DigestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let realms: Vec<_> = self.realms.iter().map(|r| &r.name).collect();
        f.debug_struct("DigestClient")
            .field("realms", &realms)
            .finish_non_exhaustive()
    }
}

impl DigestClient {
    /// A client for one user name and password.
    pub fn new(username: &str, password: &str) -> Self {
        Self {
            username: username.to_owned(),
            password: password.to_owned(),
            realms: Vec::new(),
        }
    }

    /// Takes the 401 or 407 that answered `request`. On success [`authorize`](Self::authorize) the request anew
    /// (with a new branch and CSeq) and send it again.
    ///
    /// # Errors
    /// When trying again is pointless; the error is a sentence for people.
    pub fn challenged(&mut self, request: &Request, response: &Response) -> Result<(), AuthError> {
        let mut taken = false;
        let mut unsupported = None;
        for side in [Side::Server, Side::Proxy] {
            let mut offers: Vec<Offer> = Vec::new();
            for challenge in Challenge::all(&response.headers, side.challenge_header()) {
                match Offer::read(&challenge) {
                    Ok(offer) => match offers.iter_mut().find(|o| o.realm == offer.realm) {
                        // The strongest of a realm wins (RFC 8760 §2.4), the first of equals.
                        Some(other) if offer.algorithm.hash > other.algorithm.hash => *other = offer,
                        Some(_) => {}
                        None => offers.push(offer),
                    },
                    Err(what) => unsupported = Some(what),
                }
            }
            for offer in offers {
                self.take(side, offer, request)?;
                taken = true;
            }
        }
        match (taken, unsupported) {
            (true, _) => Ok(()),
            (false, Some(what)) => Err(AuthError::Unsupported(what)),
            (false, None) => Err(AuthError::NoChallenge),
        }
    }

    /// Whether a challenge is known, so that [`authorize`](Self::authorize) adds something.
    pub fn is_primed(&self) -> bool {
        !self.realms.is_empty()
    }

    /// Puts credentials for every known realm into the request, replacing older ones. `cnonce` is a fresh random
    /// token. Does nothing before the first challenge.
    pub fn authorize(&mut self, request: &mut Request, cnonce: &str) {
        for side in [Side::Server, Side::Proxy] {
            request.headers.remove(side.credentials_header());
        }
        let uri = request.uri.to_string();
        let method = request.method.to_string();
        for realm in &mut self.realms {
            realm.nc = realm.nc.saturating_add(1);
            let cnonce = realm.cnonce(cnonce);
            let nc = format!("{:08x}", realm.nc);
            let ha1 = Ha1::new(realm.algorithm.hash, &self.username, &realm.name, &self.password);
            let inputs = Inputs {
                algorithm: realm.algorithm,
                method: &method,
                uri: &uri,
                nonce: &realm.nonce,
                cnonce: &cnonce,
                nc: &nc,
                qop: realm.qop,
                body: &request.body,
            };
            let credentials = realm.credentials(&self.username, &inputs, &inputs.response(&ha1));
            request
                .headers
                .push(realm.side.credentials_header(), credentials.to_string());
        }
    }

    /// Takes a success: a `nextnonce` in it saves the round trip of the next challenge (RFC 7616 §3.5). It names no
    /// realm, so it counts only while one realm of its side is known.
    pub fn accepted(&mut self, response: &Response) {
        for (side, name) in [
            (Side::Server, "Authentication-Info"),
            (Side::Proxy, "Proxy-Authentication-Info"),
        ] {
            let info = response
                .headers
                .get(name)
                .and_then(|v| AuthenticationInfo::parse(v).ok());
            let Some(next) = info.as_ref().and_then(|info| info.0.value("nextnonce")) else {
                continue;
            };
            let mut realms = self.realms.iter_mut().filter(|r| r.side == side);
            if let (Some(realm), None) = (realms.next(), realms.next()) {
                realm.nonce = next.to_owned();
                realm.nc = 0;
                realm.session_cnonce = None;
            }
        }
    }

    fn take(&mut self, side: Side, offer: Offer, request: &Request) -> Result<(), AuthError> {
        let sent = Credentials::all(&request.headers, side.credentials_header())
            .into_iter()
            .find(|c| c.params.value("realm") == Some(&offer.realm));
        let fresh = sent
            .as_ref()
            .is_some_and(|c| c.params.value("nc").is_none_or(|nc| nc == "00000001"));
        let at = self
            .realms
            .iter()
            .position(|r| r.side == side && r.name == offer.realm);
        let mut stale = 0;
        if let Some(known) = at.and_then(|at| self.realms.get(at)) {
            if offer.algorithm.hash < known.algorithm.hash {
                return Err(AuthError::Downgrade { realm: offer.realm });
            }
            if fresh && !offer.stale {
                return Err(AuthError::Rejected { realm: offer.realm });
            }
            stale = if fresh { known.stale + 1 } else { 0 };
            if stale > MAX_STALE {
                return Err(AuthError::StaleLoop { realm: offer.realm });
            }
        }
        let entry = Realm {
            side,
            name: offer.realm,
            nonce: offer.nonce,
            opaque: offer.opaque,
            algorithm: offer.algorithm,
            named: offer.named,
            qop: offer.qop,
            nc: 0,
            session_cnonce: None,
            stale,
        };
        if let Some(known) = at.and_then(|at| self.realms.get_mut(at)) {
            *known = entry;
            return Ok(());
        }
        if self.realms.len() >= MAX_REALMS {
            return Err(AuthError::TooManyRealms);
        }
        self.realms.push(entry);
        Ok(())
    }
}

impl Realm {
    /// A `-sess` key needs the same client nonce as long as the nonce lives.
    fn cnonce(&mut self, fresh: &str) -> String {
        if self.algorithm.session {
            self.session_cnonce
                .get_or_insert_with(|| fresh.to_owned())
                .clone()
        } else {
            fresh.to_owned()
        }
    }

    fn credentials(&self, username: &str, inputs: &Inputs<'_>, response: &str) -> Credentials {
        let mut params = Params::new();
        params.set_quoted("username", username);
        params.set_quoted("realm", &self.name);
        params.set_quoted("nonce", &self.nonce);
        params.set_quoted("uri", inputs.uri);
        params.set_quoted("response", response);
        if self.named {
            params.set("algorithm", Some(&self.algorithm.to_string()));
        }
        if self.qop.is_some() || self.algorithm.session {
            params.set_quoted("cnonce", inputs.cnonce);
        }
        if let Some(opaque) = &self.opaque {
            params.set_quoted("opaque", opaque);
        }
        if let Some(qop) = self.qop {
            params.set("qop", Some(qop.name()));
            params.set("nc", Some(inputs.nc));
        }
        Credentials {
            scheme: "Digest".into(),
            params,
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{
        auth::Hash,
        wire::{Headers, Method, Uri},
    };

    fn register() -> Request {
        Request {
            method: Method::REGISTER,
            uri: Uri::parse("sip:h").unwrap(),
            headers: Headers::new(),
            body: Bytes::new(),
        }
    }

    fn challenge(lines: &[&str]) -> Response {
        let mut headers = Headers::new();
        for line in lines {
            headers.push("WWW-Authenticate", *line);
        }
        Response {
            status: 401,
            reason: String::new(),
            headers,
            body: Bytes::new(),
        }
    }

    fn sent(client: &mut DigestClient) -> (Request, Params) {
        let mut request = register();
        client.authorize(&mut request, "c");
        let credentials = Credentials::all(&request.headers, "Authorization").remove(0);
        (request, credentials.params)
    }

    #[test]
    fn the_strongest_offer_is_answered() {
        let mut client = DigestClient::new("u", "p");
        let offers = challenge(&[
            r#"Digest realm="r", nonce="1", algorithm=MD5, qop="auth""#,
            r#"Digest realm="r", nonce="2", algorithm=SHA-512-256, qop="auth""#,
            r#"Digest realm="r", nonce="3", algorithm=SHA-256, qop="auth""#,
            r#"Digest realm="r", nonce="4", algorithm=AKAv1-MD5"#,
        ]);
        client.challenged(&register(), &offers).unwrap();
        assert_eq!(
            client.realms.iter().map(|r| r.algorithm.hash).collect::<Vec<_>>(),
            [Hash::Sha512_256]
        );
        let (request, params) = sent(&mut client);
        assert_eq!(params.value("nonce"), Some("2"));
        let line = request.headers.get("Authorization").unwrap();
        assert!(
            line.contains("algorithm=SHA-512-256") && line.contains("qop=auth, nc=00000001"),
            "{line}"
        );
    }

    #[test]
    fn later_requests_are_authorised_unasked_with_a_growing_hex_count() {
        let mut client = DigestClient::new("u", "p");
        client
            .challenged(
                &register(),
                &challenge(&[r#"Digest realm="r", nonce="1", qop="auth,auth-int""#]),
            )
            .unwrap();
        let counts: Vec<_> = (0..11)
            .map(|_| sent(&mut client).1.value("nc").unwrap().to_owned())
            .collect();
        assert_eq!(counts[0], "00000001");
        assert_eq!(counts[10], "0000000b");
    }

    #[test]
    fn a_fresh_nonce_refused_means_a_wrong_password() {
        let mut client = DigestClient::new("u", "p");
        let c = challenge(&[r#"Digest realm="r", nonce="1", qop="auth""#]);
        client.challenged(&register(), &c).unwrap();
        let (request, _) = sent(&mut client);
        assert_eq!(
            client.challenged(&request, &c),
            Err(AuthError::Rejected { realm: "r".into() })
        );
    }

    #[test]
    fn an_old_nonce_refused_is_tried_once_more() {
        let mut client = DigestClient::new("u", "p");
        let c = |nonce| challenge(&[&*format!(r#"Digest realm="r", nonce="{nonce}", qop="auth""#)]);
        client.challenged(&register(), &c(1)).unwrap();
        sent(&mut client);
        let (second, _) = sent(&mut client);
        client.challenged(&second, &c(2)).unwrap();
        let (third, params) = sent(&mut client);
        assert_eq!(
            (params.value("nonce"), params.value("nc")),
            (Some("2"), Some("00000001"))
        );
        assert!(client.challenged(&third, &c(3)).is_err());
    }

    #[test]
    fn stale_is_followed_but_not_for_ever() {
        let mut client = DigestClient::new("u", "p");
        let c = challenge(&[r#"Digest realm="r", nonce="1", qop="auth", stale=TRUE"#]);
        client.challenged(&register(), &c).unwrap();
        for _ in 0..MAX_STALE {
            let (request, _) = sent(&mut client);
            client.challenged(&request, &c).unwrap();
        }
        let (request, _) = sent(&mut client);
        assert_eq!(
            client.challenged(&request, &c),
            Err(AuthError::StaleLoop { realm: "r".into() })
        );
    }

    #[test]
    fn a_weaker_challenge_later_is_refused() {
        let mut client = DigestClient::new("u", "p");
        client
            .challenged(
                &register(),
                &challenge(&[r#"Digest realm="r", nonce="1", algorithm=SHA-256"#]),
            )
            .unwrap();
        let weaker = challenge(&[r#"Digest realm="r", nonce="2", algorithm=MD5, stale=true"#]);
        assert_eq!(
            client.challenged(&register(), &weaker),
            Err(AuthError::Downgrade { realm: "r".into() })
        );
    }

    #[test]
    fn unknown_schemes_and_empty_refusals_are_told_apart() {
        let mut client = DigestClient::new("u", "p");
        let basic = client.challenged(&register(), &challenge(&[r#"Basic realm="r""#]));
        assert_eq!(basic, Err(AuthError::Unsupported("Basic".into())));
        assert_eq!(
            client.challenged(&register(), &challenge(&[])),
            Err(AuthError::NoChallenge)
        );
        let mut request = register();
        client.authorize(&mut request, "c");
        assert!(request.headers.is_empty());
    }

    #[test]
    fn the_next_nonce_is_used_without_a_challenge() {
        let mut client = DigestClient::new("u", "p");
        client
            .challenged(
                &register(),
                &challenge(&[r#"Digest realm="r", nonce="1", qop="auth""#]),
            )
            .unwrap();
        sent(&mut client);
        let mut ok = register().response(200, "");
        ok.headers
            .push("Authentication-Info", r#"nextnonce="2", qop=auth"#);
        client.accepted(&ok);
        let (_, params) = sent(&mut client);
        assert_eq!(
            (params.value("nonce"), params.value("nc")),
            (Some("2"), Some("00000001"))
        );
    }

    #[test]
    fn the_password_is_never_shown() {
        assert!(!format!("{:?}", DigestClient::new("u", "hunter2")).contains("hunter2"));
    }
}
