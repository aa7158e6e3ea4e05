//! REGISTER (RFC 3261 §10.3): what changes in the location service, and the answer.

use std::time::{Duration, Instant};

use super::{
    Limits, Moved,
    location::{Binding, Change, Gone, Location, Refusal},
};
use crate::{
    transaction::Path,
    wire::{
        Request, Response,
        header::{Contact, Expires},
    },
};

/// What a REGISTER led to.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) response: Response,
    /// Contacts that were bound or refreshed, and whether the phone moved there.
    pub(super) bound: Vec<(String, Moved)>,
    pub(super) gone: Vec<Gone>,
}

impl Outcome {
    const fn refused(response: Response) -> Self {
        Self {
            response,
            bound: Vec::new(),
            gone: Vec::new(),
        }
    }
}

/// Carries out a REGISTER whose sender may change the bindings of `user`.
pub(super) fn register(
    location: &mut Location,
    limits: &Limits,
    now: Instant,
    user: &str,
    request: &Request,
    source: Path,
) -> Outcome {
    let refuse = |status, reason| Outcome::refused(request.response(status, reason));
    let (Some(call_id), Some(cseq)) = (request.headers.call_id(), request.headers.cseq()) else {
        return refuse(400, "Missing Call-ID Or CSeq");
    };
    let Ok(contacts) = request.headers.all::<Contact>() else {
        return refuse(400, "Bad Contact");
    };
    let header_expires = request
        .headers
        .typed::<Expires>()
        .map(|e| e.map_or(3600, |e| e.0));
    if contacts.contains(&Contact::Star) {
        if contacts.len() > 1 || header_expires != Some(0) {
            return refuse(400, "Contact * Needs Expires 0 And No Other Contact");
        }
        if !location.may_clear(user, call_id, cseq.seq) {
            return refuse(500, "REGISTER Out Of Order");
        }
        let gone = location.clear(user);
        return Outcome {
            response: request.response(200, ""),
            bound: Vec::new(),
            gone,
        };
    }
    // The phone itself when nobody has put a Via between us.
    let direct = (request.headers.values("Via").count() == 1).then_some(source);
    let path: Vec<String> = request.headers.values("Path").map(str::to_owned).collect();
    let mut changes = Vec::new();
    let mut bound = Vec::new();
    for contact in &contacts {
        let Contact::Address(address) = contact else {
            continue;
        };
        if !address.uri.is_sip() {
            return refuse(400, "Contact Must Be A SIP Address");
        }
        let wanted = contact.expires().or(header_expires);
        let lifetime = wanted.map_or(limits.default_expires, |s| Duration::from_secs(u64::from(s)));
        if lifetime.is_zero() {
            changes.push(Change::Unbind(address.uri.clone()));
            continue;
        }
        if lifetime < limits.min_expires {
            let mut response = request.response(423, "");
            response
                .headers
                .push("Min-Expires", limits.min_expires.as_secs().to_string());
            return Outcome::refused(response);
        }
        let mut kept = address.clone();
        kept.params.remove("expires");
        kept.params.remove("q");
        let instance = address.params.value("+sip.instance").map(|id| {
            let reg_id = address.params.value("reg-id").unwrap_or("");
            (id.to_owned(), reg_id.to_owned())
        });
        let direct = direct.filter(|_| path.is_empty());
        bound.push((
            address.uri.to_string(),
            location.moved(user, now, &address.uri, direct),
        ));
        changes.push(Change::Bind(Box::new(Binding {
            contact: kept,
            q: contact.q(),
            expires: now + lifetime.min(limits.max_expires),
            call_id: call_id.to_owned(),
            cseq: cseq.seq,
            source: direct,
            path: path.clone(),
            instance,
        })));
    }
    match location.apply(user, call_id, cseq.seq, changes) {
        Ok(gone) => Outcome {
            response: answer(location, now, user, request),
            bound,
            gone,
        },
        // An older request overtaken by a newer one (§10.3 step 7).
        Err(Refusal::OutOfOrder) => refuse(500, "REGISTER Out Of Order"),
        Err(Refusal::TooManyForUser) => refuse(403, "Too Many Phones Of This User"),
        Err(Refusal::TooMany) => {
            let mut response = request.response(503, "Registrar Full");
            response.headers.push("Retry-After", "60");
            Outcome::refused(response)
        }
    }
}

/// 200 with every binding there is.
fn answer(location: &Location, now: Instant, user: &str, request: &Request) -> Response {
    let mut response = request.response(200, "");
    for binding in location.bindings(user, now) {
        let mut contact = binding.contact.clone();
        let left = binding.expires.saturating_duration_since(now).as_secs();
        contact.params.set("expires", Some(&left.to_string()));
        if binding.q != 1000 {
            contact.params.set("q", Some(&format!("0.{:03}", binding.q)));
        }
        response.headers.push("Contact", contact.to_string());
    }
    for path in request.headers.get_all("Path") {
        response.headers.push("Path", path);
    }
    response
}
