//! Who is asking: digest checks, challenges, and patience with wrong passwords (RFC 3261 §22).

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use super::{quirks::Offer, users::Users};
use crate::{
    auth::{Algorithm, Checked, DigestServer, Refusal, Side},
    wire::{
        Request, Response,
        header::{Challenge, Credentials},
    },
};

/// Wrong passwords are counted over this span.
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses remembered for their wrong passwords.
const MAX_COUNTED: usize = 10_000;

/// What became of a request.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is this user.
    User(String),
    /// Answer this.
    Refused(Box<Response>),
    /// Answer this; the name was claimed with wrong credentials.
    Wrong(String, Box<Response>),
}

/// Checks credentials for 401 (registrar) and 407 (proxy) with one realm.
#[derive(Debug)]
pub(super) struct Access {
    registrar: DigestServer,
    proxy: DigestServer,
    wrong: HashMap<IpAddr, (u32, Instant)>,
    most_wrong: u32,
}

impl Access {
    pub(super) fn new(realm: &str, secret: [u8; 32], now: Instant, most_wrong: u32) -> Self {
        Self {
            registrar: DigestServer::new(Side::Server, realm, secret, now),
            proxy: DigestServer::new(Side::Proxy, realm, secret, now),
            wrong: HashMap::new(),
            most_wrong,
        }
    }

    pub(super) fn check(
        &mut self,
        now: Instant,
        side: Side,
        request: &Request,
        users: &Users,
        from: SocketAddr,
    ) -> Verdict {
        let server = match side {
            Side::Server => &mut self.registrar,
            Side::Proxy => &mut self.proxy,
        };
        if let Some((count, until)) = self.wrong.get(&from.ip())
            && *count >= self.most_wrong
            && *until > now
        {
            let wait = until.saturating_duration_since(now).as_secs() + 1;
            let mut response = request.response(403, "Too Many Wrong Passwords");
            response.headers.push("Retry-After", wait.to_string());
            return Verdict::Refused(Box::new(response));
        }
        match server.check(now, request, |name, hash| users.key(name, hash)) {
            Checked::Accepted(user) => Verdict::User(user),
            Checked::Refused(Refusal::Missing) => {
                Verdict::Refused(Box::new(challenge(server, side, now, request, false)))
            }
            Checked::Refused(Refusal::Stale) => {
                Verdict::Refused(Box::new(challenge(server, side, now, request, true)))
            }
            Checked::Refused(Refusal::Malformed(problem)) => {
                tracing::debug!(%from, problem, "credentials refused");
                Verdict::Refused(Box::new(request.response(400, "Malformed Credentials")))
            }
            Checked::Refused(Refusal::Wrong(name)) => {
                let response = challenge(server, side, now, request, false);
                self.count(now, from.ip());
                Verdict::Wrong(name, Box::new(response))
            }
        }
    }

    fn count(&mut self, now: Instant, from: IpAddr) {
        if self.wrong.len() >= MAX_COUNTED {
            self.wrong.retain(|_, (_, until)| *until > now);
        }
        if self.wrong.len() >= MAX_COUNTED && !self.wrong.contains_key(&from) {
            return;
        }
        let entry = self.wrong.entry(from).or_insert((0, now + WINDOW));
        if entry.1 <= now {
            *entry = (0, now + WINDOW);
        }
        entry.0 += 1;
    }
}

/// 401 or 407 with the challenges the client can read.
fn challenge(
    server: &mut DigestServer,
    side: Side,
    now: Instant,
    request: &Request,
    stale: bool,
) -> Response {
    let offer = Offer::to(&request.headers);
    let mut response = request.response(side.status(), "");
    let algorithm = |c: &Challenge| c.params.value("algorithm").and_then(Algorithm::from_name);
    let mut offered: Vec<(u8, Challenge)> = server
        .challenges(now, stale)
        .into_iter()
        .filter_map(|c| offer.place(algorithm(&c)).map(|place| (place, c)))
        .collect();
    offered.sort_by_key(|(place, _)| *place);
    for (_, challenge) in offered {
        response
            .headers
            .push(side.challenge_header(), challenge.to_string());
    }
    response
}

/// Takes the credentials for our realm off a request that goes on (§22.3): nobody else needs them, and whoever
/// has them can guess at the password. Those for other realms stay.
pub(super) fn strip_credentials(request: &mut Request, realm: &str) {
    let ours = |line: &str| Credentials::parse(line).is_ok_and(|c| c.params.value("realm") == Some(realm));
    for name in ["Proxy-Authorization", "Authorization"] {
        let lines = request.headers.get_all(name);
        let others: Vec<String> = lines.filter(|line| !ours(line)).map(str::to_owned).collect();
        request.headers.remove(name);
        for line in others {
            request.headers.push(name, line);
        }
    }
}
