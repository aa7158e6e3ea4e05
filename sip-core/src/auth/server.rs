//! Digest server: issues challenges and checks credentials (RFC 3261 §22.2–22.4, RFC 8760 §2.3).

use std::{
    fmt,
    time::{Duration, Instant},
};

use super::{
    Algorithm, Ha1, Hash, Side,
    digest::{Inputs, Qop, same},
    nonce::Nonce,
    replay::Replay,
};
use crate::wire::{
    Params, Request, Response, Uri,
    header::{Challenge, Credentials},
};

/// How long a nonce is good.
const LIFETIME: Duration = Duration::from_secs(300);

/// Issues challenges for one realm and checks what comes back.
pub struct DigestServer {
    side: Side,
    realm: String,
    algorithms: Vec<Algorithm>,
    secret: [u8; 32],
    started: Instant,
    lifetime: Duration,
    serial: u64,
    /// Serial and birth of nonces at intervals, to forget replay windows by time.
    ages: std::collections::VecDeque<(u64, Duration)>,
    replay: Replay,
}

impl fmt::Debug for DigestServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestServer")
            .field("realm", &self.realm)
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}

/// What became of a request's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// They are right; this is the user name.
    Accepted(String),
    /// Answer with [`DigestServer::challenge`].
    Refused(Refusal),
}

/// Why credentials were not taken. Peers never learn which of these it was, except stale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There were none for this realm.
    Missing,
    /// Right or wrong, their nonce is too old or was used up: ask again, it is nobody's fault.
    Stale,
    /// Unknown user or wrong password: the user name as claimed, for counting attempts.
    Wrong(String),
    /// Not credentials as the grammar or the challenge has them.
    Malformed(&'static str),
}

impl DigestServer {
    /// A server for a realm that offers SHA-256 and MD5. `secret` is random and never leaves; `started` is any
    /// instant not after the first request.
    pub fn new(side: Side, realm: &str, secret: [u8; 32], started: Instant) -> Self {
        Self {
            side,
            realm: realm.to_owned(),
            algorithms: vec![Algorithm::SHA_256, Algorithm::MD5],
            secret,
            started,
            lifetime: LIFETIME,
            serial: 0,
            ages: std::collections::VecDeque::new(),
            replay: Replay::default(),
        }
    }

    /// Offers these algorithms, preferred first, in place of SHA-256 and MD5.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: &[Algorithm]) -> Self {
        self.algorithms = algorithms.to_vec();
        self
    }

    /// Makes nonces good for this long in place of 5 minutes.
    #[must_use]
    pub const fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The realm.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The 401 or 407 for a request, one challenge line an algorithm.
    pub fn challenge(&mut self, now: Instant, request: &Request, stale: bool) -> Response {
        let mut response = request.response(self.side.status(), "");
        for challenge in self.challenges(now, stale) {
            response
                .headers
                .push(self.side.challenge_header(), challenge.to_string());
        }
        response
    }

    /// The challenges alone, most wanted first.
    pub fn challenges(&mut self, now: Instant, stale: bool) -> Vec<Challenge> {
        let born = now.saturating_duration_since(self.started);
        self.expire(born);
        let algorithms = self.algorithms.clone();
        algorithms
            .into_iter()
            .map(|algorithm| {
                self.serial += 1;
                let nonce = Nonce {
                    born,
                    serial: self.serial,
                };
                let mut params = Params::new();
                params.set_quoted("realm", &self.realm);
                params.set_quoted("nonce", &nonce.write(&self.secret, &self.realm));
                params.set("algorithm", Some(&algorithm.to_string()));
                params.set_quoted("qop", "auth,auth-int");
                if stale {
                    params.set("stale", Some("true"));
                }
                Challenge {
                    scheme: "Digest".into(),
                    params,
                }
            })
            .collect()
    }

    /// Checks a request's credentials. `lookup` gives the stored key of a user for a hash, or `None` for users
    /// that do not exist or have no key of that kind.
    pub fn check(
        &mut self,
        now: Instant,
        request: &Request,
        lookup: impl FnOnce(&str, Hash) -> Option<Ha1>,
    ) -> Checked {
        let mine = Credentials::all(&request.headers, self.side.credentials_header())
            .into_iter()
            .find(|c| {
                c.scheme.eq_ignore_ascii_case("Digest") && c.params.value("realm") == Some(&self.realm)
            });
        let checked = match mine {
            Some(credentials) => self.check_one(now, request, &credentials.params, lookup),
            None => Err(Refusal::Missing),
        };
        match checked {
            Ok(username) => Checked::Accepted(username),
            Err(refusal) => Checked::Refused(refusal),
        }
    }

    fn check_one(
        &mut self,
        now: Instant,
        request: &Request,
        params: &Params,
        lookup: impl FnOnce(&str, Hash) -> Option<Ha1>,
    ) -> Result<String, Refusal> {
        let need = |name, problem| params.value(name).ok_or(Refusal::Malformed(problem));
        let username = need("username", "no username")?;
        let uri = need("uri", "no uri")?;
        let nonce_text = need("nonce", "no nonce")?;
        let response = need("response", "no response")?;
        let algorithm = match params.value("algorithm") {
            Some(name) => Algorithm::from_name(name).ok_or(Refusal::Malformed("unknown algorithm"))?,
            None => Algorithm::MD5,
        };
        if !self.algorithms.iter().any(|a| a.hash == algorithm.hash) {
            return Err(Refusal::Malformed("an algorithm that was not offered"));
        }
        let qop = match params.value("qop") {
            Some(name) => Some(Qop::from_name(name).ok_or(Refusal::Malformed("unknown qop"))?),
            None => None,
        };
        let nc = match (qop, params.value("nc")) {
            (None, _) => 1,
            (Some(_), Some(nc)) if nc.len() == 8 => {
                u32::from_str_radix(nc, 16).map_err(|_| Refusal::Malformed("nc is not hex"))?
            }
            (Some(_), _) => return Err(Refusal::Malformed("nc is not eight digits")),
        };
        let cnonce = params.value("cnonce").unwrap_or("");
        if qop.is_some() && cnonce.is_empty() {
            return Err(Refusal::Malformed("no cnonce"));
        }
        // Credentials for another target must not be carried over (RFC 7616 §3.4.6). Some phones, and SIPp, name
        // the server alone; a nonce's counter still works once only.
        let target = Uri::parse(uri).map_err(|_| Refusal::Malformed("uri cannot be read"))?;
        let other_user = target.user.is_some() && target.user != request.uri.user;
        if other_user || target.host != request.uri.host {
            return Err(Refusal::Malformed("uri is not the Request-URI"));
        }
        let nonce = Nonce::read(nonce_text, &self.secret, &self.realm).ok_or(Refusal::Stale)?;
        let inputs = Inputs {
            algorithm,
            method: &request.method.to_string(),
            uri,
            nonce: nonce_text,
            cnonce,
            nc: params.value("nc").unwrap_or(""),
            qop,
            body: &request.body,
        };
        // An unknown user costs the same time as a known one.
        let found = lookup(username, algorithm.hash).filter(|ha1| ha1.hash() == algorithm.hash);
        let known = found.is_some();
        let ha1 = found.unwrap_or_else(|| Ha1::new(algorithm.hash, username, &self.realm, ""));
        if !same(&inputs.response(&ha1), &response.to_ascii_lowercase()) || !known {
            return Err(Refusal::Wrong(username.to_owned()));
        }
        // Only now, so that nobody without the password can use up nonces.
        let age = now
            .saturating_duration_since(self.started)
            .saturating_sub(nonce.born);
        if age > self.lifetime
            || self.replay.is_forgotten(nonce.serial)
            || !self.replay.take(nonce.serial, nc)
        {
            return Err(Refusal::Stale);
        }
        Ok(username.to_owned())
    }

    /// Forgets replay windows of nonces that are stale by age.
    fn expire(&mut self, now: Duration) {
        let step = self.lifetime / 16;
        if self
            .ages
            .back()
            .is_none_or(|(_, born)| now.saturating_sub(*born) >= step)
        {
            self.ages.push_back((self.serial, now));
        }
        while let Some(&(serial, _)) = self.ages.front() {
            // The next mark's birth bounds the age of every nonce between both marks.
            match self.ages.get(1) {
                Some((next, born)) if now.saturating_sub(*born) > self.lifetime => {
                    self.replay.forget_before((*next).max(serial) + 1);
                    self.ages.pop_front();
                }
                _ => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::DigestClient,
        wire::{Framed, Message, datagram},
    };

    fn register() -> Request {
        let data = "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:u@example.com>;tag=1\r\n\
                    To: <sip:u@example.com>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n\r\n";
        match datagram(data.as_bytes()) {
            Framed::Message(Message::Request(r)) => r,
            other => panic!("{other:?}"),
        }
    }

    struct World {
        now: Instant,
        server: DigestServer,
        client: DigestClient,
    }

    impl World {
        fn new(password: &str) -> Self {
            #[allow(
                clippy::disallowed_methods,
                reason = "a test needs some instant to start from"
            )]
            let now = Instant::now();
            let server = DigestServer::new(Side::Server, "r", [7; 32], now);
            Self {
                now,
                server,
                client: DigestClient::new("u", password),
            }
        }

        fn check(&mut self, request: &Request) -> Checked {
            self.server.check(self.now, request, |user, hash| {
                (user == "u").then(|| Ha1::new(hash, "u", "r", "secret"))
            })
        }

        fn prime(&mut self, stale: bool) {
            let request = register();
            let response = self.server.challenge(self.now, &request, stale);
            self.client.challenged(&request, &response).unwrap();
        }

        fn authorized(&mut self) -> Request {
            let mut request = register();
            self.client.authorize(&mut request, "c");
            request
        }
    }

    #[test]
    fn client_and_server_agree() {
        let mut world = World::new("secret");
        assert_eq!(world.check(&register()), Checked::Refused(Refusal::Missing));
        world.prime(false);
        for _ in 0..100 {
            let request = world.authorized();
            assert_eq!(world.check(&request), Checked::Accepted("u".into()));
        }
    }

    #[test]
    fn every_algorithm_and_protection_agrees() {
        for name in [
            "MD5",
            "MD5-sess",
            "SHA-256",
            "SHA-256-sess",
            "SHA-512-256",
            "SHA-512-256-sess",
        ] {
            let mut world = World::new("secret");
            world.server = world
                .server
                .with_algorithms(&[Algorithm::from_name(name).unwrap()]);
            for qop in ["auth", "auth-int"] {
                let mut challenge = world.server.challenges(world.now, false).remove(0);
                challenge.params.set_quoted("qop", qop);
                let mut response = register().response(401, "");
                response.headers.push("WWW-Authenticate", challenge.to_string());
                world.client.challenged(&register(), &response).unwrap();
                let request = world.authorized();
                assert_eq!(
                    world.check(&request),
                    Checked::Accepted("u".into()),
                    "{name} {qop}"
                );
                let request = world.authorized();
                assert_eq!(
                    world.check(&request),
                    Checked::Accepted("u".into()),
                    "{name} {qop} again"
                );
            }
        }
    }

    #[test]
    fn a_wrong_password_and_an_unknown_user_look_alike() {
        let mut world = World::new("guess");
        world.prime(false);
        let request = world.authorized();
        assert_eq!(
            world.check(&request),
            Checked::Refused(Refusal::Wrong("u".into()))
        );
        world.client = DigestClient::new("nobody", "");
        world.prime(false);
        let request = world.authorized();
        assert_eq!(
            world.check(&request),
            Checked::Refused(Refusal::Wrong("nobody".into()))
        );
    }

    #[test]
    fn a_replayed_request_is_stale() {
        let mut world = World::new("secret");
        world.prime(false);
        let request = world.authorized();
        assert_eq!(world.check(&request), Checked::Accepted("u".into()));
        assert_eq!(world.check(&request), Checked::Refused(Refusal::Stale));
    }

    #[test]
    fn an_old_nonce_is_stale_and_the_new_one_good() {
        let mut world = World::new("secret");
        world.prime(false);
        world.now += LIFETIME + Duration::from_secs(1);
        let request = world.authorized();
        assert_eq!(world.check(&request), Checked::Refused(Refusal::Stale));
        world.prime(true);
        let request = world.authorized();
        assert_eq!(world.check(&request), Checked::Accepted("u".into()));
    }

    #[test]
    fn days_of_challenges_leave_nothing_behind_and_good_nonces_alone() {
        let mut world = World::new("secret");
        for minute in 0..3000 {
            world.now += Duration::from_secs(60);
            world.prime(true);
            let request = world.authorized();
            assert_eq!(
                world.check(&request),
                Checked::Accepted("u".into()),
                "minute {minute}"
            );
        }
        assert!(world.server.ages.len() <= 32, "{}", world.server.ages.len());
    }

    #[test]
    fn credentials_for_the_server_alone_are_good_for_its_users_once() {
        let mut world = World::new("secret");
        world.prime(false);
        let mut request = world.authorized();
        assert_eq!(request.uri.user, None);
        request.uri.user = Some("bob".into());
        assert_eq!(world.check(&request), Checked::Accepted("u".into()));
        assert_eq!(world.check(&request), Checked::Refused(Refusal::Stale));
    }

    #[test]
    fn credentials_for_another_target_method_or_body_are_refused() {
        let mut world = World::new("secret");
        world.prime(false);
        let mut request = world.authorized();
        request.uri = Uri::parse("sip:other.example.com").unwrap();
        assert!(matches!(
            world.check(&request),
            Checked::Refused(Refusal::Malformed(_))
        ));
        let mut request = world.authorized();
        request.method = crate::wire::Method::OPTIONS;
        assert!(matches!(
            world.check(&request),
            Checked::Refused(Refusal::Wrong(_))
        ));
    }

    #[test]
    fn broken_credentials_are_named() {
        let mut world = World::new("secret");
        world.prime(false);
        for name in ["username", "uri", "nonce", "response", "cnonce", "nc"] {
            let mut request = world.authorized();
            let mut credentials = Credentials::all(&request.headers, "Authorization").remove(0);
            credentials.params.remove(name);
            request.headers.set("Authorization", credentials.to_string());
            assert!(
                matches!(world.check(&request), Checked::Refused(Refusal::Malformed(_))),
                "{name}"
            );
        }
    }
}
