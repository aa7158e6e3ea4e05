//! What is looked at before a request is acted on (RFC 3261 §16.3, §16.4, §22).

use std::time::Instant;

use super::{
    Event, Server,
    access::{self, Verdict},
    dispatch::Passing,
    record::Beginner,
    registrar,
    route::{Caller, Decision, Reach, Tables},
};
use crate::{
    auth::Side,
    transaction::{Path, ServerId},
    wire::{Method, Request, Response, header::MaxForwards},
};

/// Hops for a request that does not count them.
const DEFAULT_HOPS: u8 = 70;

impl Server {
    /// A request that starts a transaction.
    pub(super) fn admit(&mut self, now: Instant, server: ServerId, request: Request, path: Path) {
        match self.judge(now, server, &request, path) {
            Ok(()) => {}
            // A challenge is said once (§26.3.2.4): nothing is kept for a sender that has proven nothing, and
            // a forged source address gets one answer and no repetitions.
            Err(mut response)
                if matches!(response.status, 401 | 407) && request.headers.to_tag().is_none() =>
            {
                response.set_to_tag(&self.recorder.challenge_tag(&request));
                self.answer_once(server, *response);
            }
            Err(response) => self.answer(now, server, *response),
        }
    }

    /// Does what the request asks for, or gives the refusal.
    fn judge(
        &mut self,
        now: Instant,
        server: ServerId,
        original: &Request,
        path: Path,
    ) -> Result<(), Box<Response>> {
        let refuse = |status, reason: &str| Box::new(original.response(status, reason));
        let mut request = original.clone();
        let routes = self.recorder.take_routes(&mut request, &self.domain);
        let begun = routes.filter(|_| has_to_tag(&request));
        let routed = request.headers.get("Route").is_some();
        let here = self.domain.is_us(&request.uri) && !routed;
        if request.method == Method::REGISTER && here {
            self.register(now, server, original, path);
            return Ok(());
        }
        if here && request.uri.user.is_none() {
            return Err(Box::new(self.to_ourselves(original)));
        }
        if !matches!(request.uri.scheme.as_str(), "sip" | "tel") {
            return Err(refuse(416, ""));
        }
        let hops = request
            .headers
            .first::<MaxForwards>()
            .map_or(DEFAULT_HOPS + 1, |m| m.0);
        if hops == 0 {
            return Err(refuse(483, ""));
        }
        let mark = self.recorder.loop_mark(&request);
        if self.has_passed(&request, &mark) {
            return Err(refuse(482, ""));
        }
        let caller = self.caller(now, &request, path, begun)?;
        if request.method == Method::INVITE {
            self.layer.respond(now, server, original.response(100, ""));
        }
        request.headers.set("Max-Forwards", (hops - 1).to_string());
        if !self.trusted.contains(&path.peer) {
            request.headers.remove("P-Asserted-Identity");
        }
        access::strip_credentials(&mut request, &self.realm);
        match self.decide(now, &mut request, caller) {
            Decision::Refuse(status, reason) => Err(refuse(status, reason)),
            Decision::Forward(targets) => {
                let beginner = begun.unwrap_or(match caller.reach {
                    Reach::World => Beginner::User,
                    Reach::Users | Reach::Phones => Beginner::Stranger,
                });
                let passing = Passing {
                    inbound: path,
                    mark,
                    beginner,
                };
                self.forward(now, server, original, request, targets, passing);
                Ok(())
            }
        }
    }

    /// An ACK for a 2xx: passed on without a transaction, or dropped; nobody answers an ACK.
    pub(super) fn pass_ack(&mut self, now: Instant, mut request: Request, path: Path) {
        let begun = self.recorder.take_routes(&mut request, &self.domain);
        if request.headers.to_tag() == Some(self.recorder.challenge_tag(&request)) {
            return;
        }
        let hops = request
            .headers
            .first::<MaxForwards>()
            .map_or(DEFAULT_HOPS + 1, |m| m.0);
        let mark = self.recorder.loop_mark(&request);
        if hops == 0 || self.has_passed(&request, &mark) {
            return;
        }
        request.headers.set("Max-Forwards", (hops - 1).to_string());
        access::strip_credentials(&mut request, &self.realm);
        let caller = Caller {
            reach: self.reach(path, begun),
            in_dialog: begun.is_some(),
        };
        match self.decide(now, &mut request, caller) {
            Decision::Forward(targets) => self.send_ack(&request, targets, &mark),
            Decision::Refuse(_, reason) => tracing::debug!(%path, reason, "ACK dropped"),
        }
    }

    fn decide(&self, now: Instant, request: &mut Request, caller: Caller) -> Decision {
        self.tables().decide(now, request, caller, self.limits.branches)
    }

    fn tables(&self) -> Tables<'_> {
        Tables {
            domain: &self.domain,
            users: &self.users,
            location: &self.location,
            routes: &self.routes,
            flows: &self.flows,
            trusted: &self.trusted,
        }
    }

    /// How far a sender is carried without a password. A dialog that a stranger began has a phone or trusted
    /// peer of ours at one end, whichever way a request goes.
    fn reach(&self, path: Path, begun: Option<Beginner>) -> Reach {
        match begun {
            _ if self.trusted.contains(&path.peer) => Reach::World,
            Some(Beginner::User) => Reach::World,
            Some(Beginner::Stranger) if self.tables().is_near_peer(path.peer) => Reach::World,
            Some(Beginner::Stranger) => Reach::Phones,
            None => Reach::Users,
        }
    }

    /// Whoever claims to be one of our users has to prove it; everybody else may only call our users.
    fn caller(
        &mut self,
        now: Instant,
        request: &Request,
        path: Path,
        begun: Option<Beginner>,
    ) -> Result<Caller, Box<Response>> {
        let (reach, in_dialog) = (self.reach(path, begun), begun.is_some());
        if reach == Reach::World {
            return Ok(Caller { reach, in_dialog });
        }
        let from = request.headers.from();
        let claimed = from
            .filter(|f| self.domain.owns(&f.uri.host))
            .and_then(|f| f.uri.user);
        let Some(claimed) = claimed.filter(|name| self.users.has(name)) else {
            return Ok(Caller { reach, in_dialog });
        };
        let user = self.authenticate(now, Side::Proxy, request, path)?;
        if user != claimed {
            return Err(Box::new(request.response(403, "From Is Another User")));
        }
        Ok(Caller {
            reach: Reach::World,
            in_dialog,
        })
    }

    fn authenticate(
        &mut self,
        now: Instant,
        side: Side,
        request: &Request,
        path: Path,
    ) -> Result<String, Box<Response>> {
        match self.access.check(now, side, request, &self.users, path.peer) {
            Verdict::User(user) => Ok(user),
            Verdict::Refused(response) => Err(response),
            Verdict::Wrong(user, response) => {
                tracing::info!(from = %path, "wrong password or unknown user");
                self.tell(Event::WrongPassword {
                    user,
                    from: path.peer,
                });
                Err(response)
            }
        }
    }

    fn register(&mut self, now: Instant, server: ServerId, request: &Request, path: Path) {
        let response = match self.registering_user(now, request, path) {
            Err(response) => *response,
            Ok(user) => {
                let outcome =
                    registrar::register(&mut self.location, &self.limits, now, &user, request, path);
                for gone in outcome.gone {
                    self.tell_gone(gone);
                }
                let bindings = self.location.count(&user);
                for (contact, moved) in outcome
                    .bound
                    .into_iter()
                    .filter(|_| outcome.response.status == 200)
                {
                    let (user, aor) = (user.clone(), self.domain.aor(&user));
                    self.tell(Event::Registered {
                        user,
                        aor,
                        contact,
                        bindings,
                        moved,
                    });
                }
                outcome.response
            }
        };
        self.answer(now, server, response);
    }

    /// The user whose bindings this REGISTER may change.
    fn registering_user(
        &mut self,
        now: Instant,
        request: &Request,
        path: Path,
    ) -> Result<String, Box<Response>> {
        let required: Vec<&str> = request
            .headers
            .values("Require")
            .filter(|tag| !tag.eq_ignore_ascii_case("path"))
            .collect();
        if !required.is_empty() {
            let mut response = request.response(420, "");
            response.headers.push("Unsupported", required.join(", "));
            return Err(Box::new(response));
        }
        let user = self.authenticate(now, Side::Server, request, path)?;
        let to = request.headers.to().filter(|to| self.domain.owns(&to.uri.host));
        match to.and_then(|to| to.uri.user) {
            None => Err(Box::new(request.response(404, "Address Of Record Is Not Ours"))),
            Some(name) if name != user => Err(Box::new(
                request.response(403, "Address Of Record Of Another User"),
            )),
            Some(_) => Ok(user),
        }
    }

    /// A request for the server itself.
    fn to_ourselves(&self, request: &Request) -> Response {
        const ALLOW: &str = "REGISTER, OPTIONS, INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, INFO, REFER, \
                             SUBSCRIBE, NOTIFY, MESSAGE, PUBLISH";
        let mut response = if request.method == Method::OPTIONS {
            let mut response = request.response(200, "");
            response.headers.push("Accept", "application/sdp");
            response.headers.push("Supported", "path");
            response
        } else if request.method == Method::INVITE {
            return request.response(404, "No User In The Address");
        } else {
            request.response(405, "")
        };
        response.headers.push("Allow", ALLOW);
        response
    }

    /// Whether the request has been here before and would go the same way again (§16.3 step 4).
    fn has_passed(&self, request: &Request, mark: &str) -> bool {
        request
            .headers
            .all::<crate::wire::header::Via>()
            .unwrap_or_default()
            .iter()
            .any(|via| {
                via.branch()
                    .is_some_and(|b| b.rsplit_once('.').is_some_and(|(_, hash)| hash == mark))
            })
    }
}

fn has_to_tag(request: &Request) -> bool {
    request.headers.to_tag().is_some()
}
