//! Staying on the way of a dialog: Record-Route, and knowing it again (RFC 3261 §16.6 step 4, §16.4).
//!
//! Every Record-Route value of ours carries `rr=`, a keyed hash of the Call-ID. A request that brings it back
//! belongs to a dialog that was let through when it began: it needs no password. Who began the dialog is in the
//! hash too: a stranger who has called one of our users has not earned a way to the rest of the world.

use std::net::SocketAddr;

use sha2::{Digest, Sha256};

use super::domain::Domain;
use crate::{
    Transport,
    wire::{Host, Request, Uri, header},
};

/// Who began a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginner {
    /// One of our users, with a password, or a trusted part of the installation.
    User,
    /// Anybody, calling one of our users.
    Stranger,
}

/// The key of our Record-Route values.
pub(super) struct Recorder([u8; 32]);

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorder")
    }
}

impl Recorder {
    pub(super) const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Our Record-Route value for one side of a dialog.
    pub(super) fn value(
        &self,
        transport: Transport,
        address: SocketAddr,
        call_id: &str,
        beginner: Beginner,
    ) -> String {
        let mut uri = Uri::sip(None, Host::Ip(address.ip()), Some(address.port()));
        if transport != Transport::Udp {
            uri.params.set("transport", Some(transport.param_name()));
        }
        uri.params.set("lr", None);
        uri.params.set("rr", Some(&self.token(call_id, beginner)));
        format!("<{uri}>")
    }

    /// Takes our own values off the Route (at most two: one for each side), and gives who began the dialog
    /// when one of them was truly ours for this Call-ID. Mends the Request-URI when a strict router sent it
    /// (§16.4).
    pub(super) fn take_routes(&self, request: &mut Request, domain: &Domain) -> Option<Beginner> {
        let call_id = request.headers.call_id().unwrap_or("");
        let tokens = [Beginner::User, Beginner::Stranger].map(|b| (self.token(call_id, b), b));
        let begun_by = |uri: &Uri| {
            let token = uri.params.value("rr")?;
            tokens.iter().find(|(known, _)| known == token).map(|(_, b)| *b)
        };
        let mut known = None;
        if request.uri.user.is_none() && domain.is_us(&request.uri) && request.uri.params.has("rr") {
            known = begun_by(&request.uri);
            let routes: Vec<String> = request.headers.values("Route").map(str::to_owned).collect();
            if let Some((last, rest)) = routes.split_last()
                && let Ok(target) = crate::wire::NameAddr::parse(last)
            {
                request.uri = target.uri;
                request.headers.remove("Route");
                for route in rest {
                    request.headers.push("Route", route.clone());
                }
            }
        }
        for _ in 0..2 {
            let Some(header::Route(first)) = request.headers.first::<header::Route>() else {
                break;
            };
            if !domain.is_us(&first.uri) {
                break;
            }
            known = known.or_else(|| begun_by(&first.uri));
            request.headers.pop_first("Route");
        }
        known
    }

    /// What would send a request the same way again (§16.6 step 8): part of our branch.
    pub(super) fn loop_mark(&self, request: &Request) -> String {
        let headers = &request.headers;
        let mut text = request.uri.to_string();
        for part in [
            headers.from_tag(),
            headers.to_tag(),
            headers.call_id().map(str::to_owned),
        ] {
            text.push('\n');
            text.push_str(&part.unwrap_or_default());
        }
        text.push_str(&headers.cseq().map(|c| c.seq).unwrap_or_default().to_string());
        for route in headers.values("Route") {
            text.push('\n');
            text.push_str(route);
        }
        self.keyed("loop", &text)
    }

    /// Bound to the Call-ID and to who began the dialog.
    fn token(&self, call_id: &str, beginner: Beginner) -> String {
        let what = match beginner {
            Beginner::User => "user",
            Beginner::Stranger => "stranger",
        };
        self.keyed(what, call_id)
    }

    /// The To tag of our challenges, by which their ACKs are known without a transaction.
    pub(super) fn challenge_tag(&self, request: &Request) -> String {
        self.keyed("challenge", request.headers.call_id().unwrap_or(""))
    }

    /// 80 bits, hashed twice against length extension.
    fn keyed(&self, what: &str, text: &str) -> String {
        let inner = Sha256::new()
            .chain_update(self.0)
            .chain_update(what)
            .chain_update(text)
            .finalize();
        let outer = Sha256::new().chain_update(self.0).chain_update(inner).finalize();
        outer.iter().take(10).map(|byte| format!("{byte:02x}")).collect()
    }
}
