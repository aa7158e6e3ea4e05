//! Where a request goes: routes, static routes, phones, or elsewhere (RFC 3261 §16.5, §16.6 step 6–7).

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    time::Instant,
};

use super::{
    alias,
    domain::Domain,
    flows::Flows,
    location::{Binding, Location},
    users::Users,
};
use crate::{
    Transport,
    transaction::Path,
    wire::{Host, NameAddr, Request, Uri, header},
};

/// One copy of a request to be sent.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The Request-URI.
    pub(super) uri: Uri,
    /// Route values to put in front (from Path).
    pub(super) routes: Vec<String>,
    /// The next hop.
    pub(super) hop: Hop,
    pub(super) whose: Whose,
}

/// Who is at the end of a target. What is ours and cannot be reached or has no room is unavailable; a broken
/// network or a server that fails is only what lies elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// A phone of one of our users.
    Phone,
    /// Behind a static route of ours.
    Number,
    /// Anything else.
    Elsewhere,
}

/// The next hop, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hop {
    /// A flow that is there.
    Path(Path),
    /// An address.
    Address(Transport, SocketAddr),
    /// A name to look up.
    Name(Transport, String, u16),
}

/// What to do with a request.
#[derive(Debug)]
pub(super) enum Decision {
    /// Send it on.
    Forward(Vec<Target>),
    /// Answer it.
    Refuse(u16, &'static str),
}

/// How far a sender is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// To addresses of record and numbers of ours.
    Users,
    /// To the phones and trusted peers behind them as well: the other end of a dialog with one of them.
    Phones,
    /// Anywhere.
    World,
}

/// What is known about the sender.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    pub(super) reach: Reach,
    /// The request belongs to a dialog that was let through.
    pub(super) in_dialog: bool,
}

/// What routing looks at.
#[derive(Debug)]
pub(super) struct Tables<'a> {
    pub(super) domain: &'a Domain,
    pub(super) users: &'a Users,
    pub(super) location: &'a Location,
    pub(super) routes: &'a HashMap<String, Uri>,
    pub(super) flows: &'a Flows,
    pub(super) trusted: &'a HashSet<SocketAddr>,
}

impl Tables<'_> {
    /// Decides. Our own Route values are off already; a strict next hop changes `request` (§16.6 step 6).
    pub(super) fn decide(
        &self,
        now: Instant,
        request: &mut Request,
        caller: Caller,
        most: usize,
    ) -> Decision {
        if let Some(header::Route(next)) = request.headers.first::<header::Route>() {
            return self.carry(caller, self.by_route(request, &next));
        }
        if let Some(user) = self.local_user(&request.uri) {
            return self.to_user(now, &user, &request.uri, most);
        }
        if request.uri.scheme == "tel" {
            return Decision::Refuse(404, "Unknown Number");
        }
        if caller.reach == Reach::Users {
            return DENIED;
        }
        let mut uri = request.uri.clone();
        // Only a dialog we have let through may name a way that is not in the address itself.
        let noted = if caller.in_dialog {
            alias::take(&mut uri)
        } else {
            None
        };
        if let Some(path) = noted.and_then(|(transport, peer)| self.flows.existing(transport, peer)) {
            return self.carry(caller, one(uri, Hop::Path(path)));
        }
        if let Some(path) = self.registered_at(now, &uri) {
            return one(uri, Hop::Path(path));
        }
        match hop_of(&uri) {
            Ok(hop) => self.carry(caller, one(uri, hop)),
            Err((status, reason)) => Decision::Refuse(status, reason),
        }
    }

    /// Lets a decision stand when the sender may be carried that far.
    fn carry(&self, caller: Caller, decision: Decision) -> Decision {
        let within = |target: &Target| match caller.reach {
            Reach::World => true,
            Reach::Phones => self.is_near(&target.hop),
            Reach::Users => false,
        };
        match decision {
            Decision::Forward(targets) if !targets.iter().all(within) => DENIED,
            decision => decision,
        }
    }

    /// Whether a registered phone, a trusted peer or the target of a static route is there.
    fn is_near(&self, hop: &Hop) -> bool {
        let peer = match hop {
            Hop::Path(path) => Some(path.peer),
            Hop::Address(_, peer) => Some(*peer),
            Hop::Name(..) => None,
        };
        peer.is_some_and(|peer| self.is_near_peer(peer))
            || self.routes.values().any(|uri| hop_of(uri).as_ref() == Ok(hop))
    }

    /// Whether a registered phone or a trusted peer sends from this address.
    pub(super) fn is_near_peer(&self, peer: SocketAddr) -> bool {
        self.trusted.contains(&peer) || self.location.is_source(peer)
    }

    /// The user part when the URI is an address of record or number of ours.
    fn local_user(&self, uri: &Uri) -> Option<String> {
        let number = (uri.scheme == "tel").then(|| uri.number()).flatten();
        let here = number.or_else(|| self.domain.is_us(uri).then(|| uri.user.clone()).flatten())?;
        Some(here)
    }

    fn to_user(&self, now: Instant, user: &str, uri: &Uri, most: usize) -> Decision {
        if let Some(route) = self.routes.get(user) {
            let mut target = route.clone();
            target.user.get_or_insert_with(|| user.to_owned());
            return match hop_of(&target) {
                Ok(hop) => forward(target, hop, Whose::Number),
                Err((status, reason)) => Decision::Refuse(status, reason),
            };
        }
        if !self.users.has(user) {
            let reason = if uri.scheme == "tel" {
                "Unknown Number"
            } else {
                "Unknown User"
            };
            return Decision::Refuse(404, reason);
        }
        let bindings = self.location.bindings(user, now);
        let targets: Vec<Target> = bindings
            .into_iter()
            .filter_map(|b| self.to_phone(b))
            .take(most)
            .collect();
        if targets.is_empty() {
            return Decision::Refuse(480, "Phone Not Registered");
        }
        Decision::Forward(targets)
    }

    fn to_phone(&self, binding: &Binding) -> Option<Target> {
        let uri = binding.contact.uri.clone();
        let source = binding.source.filter(|s| self.flows.is_there(s.flow));
        let first = binding.path.first().and_then(|first| NameAddr::parse(first).ok());
        let hop = match (source, first) {
            (Some(source), _) => Hop::Path(source),
            (None, Some(first)) => hop_of(&first.uri).ok()?,
            (None, None) => hop_of(&uri).ok()?,
        };
        Some(Target {
            uri,
            routes: binding.path.clone(),
            hop,
            whose: Whose::Phone,
        })
    }

    /// The way of a phone that registered with exactly this contact (requests to a Contact outside a dialog:
    /// attended transfer, dialog subscriptions).
    fn registered_at(&self, now: Instant, uri: &Uri) -> Option<Path> {
        let bindings = self.location.bindings(uri.user.as_deref()?, now);
        let binding = bindings.into_iter().find(|b| b.contact.uri.equivalent(uri))?;
        binding.source.filter(|s| self.flows.is_there(s.flow))
    }

    fn by_route(&self, request: &mut Request, next: &NameAddr) -> Decision {
        let mut uri = request.uri.clone();
        if !next.uri.params.has("lr") {
            request.headers.pop_first("Route");
            request.headers.push("Route", format!("<{uri}>"));
            uri = next.uri.clone();
        }
        match hop_of(&next.uri) {
            Ok(hop) => one(uri, hop),
            Err((status, reason)) => Decision::Refuse(status, reason),
        }
    }
}

const DENIED: Decision = Decision::Refuse(403, "Relaying Denied");

fn one(uri: Uri, hop: Hop) -> Decision {
    forward(uri, hop, Whose::Elsewhere)
}

fn forward(uri: Uri, hop: Hop, whose: Whose) -> Decision {
    Decision::Forward(vec![Target {
        uri,
        routes: Vec::new(),
        hop,
        whose,
    }])
}

/// The next hop a URI names (RFC 3263 §4.1, §4.2 without NAPTR and SRV).
pub(super) fn hop_of(uri: &Uri) -> Result<Hop, (u16, &'static str)> {
    if !uri.is_sip() {
        return Err((416, "Unsupported URI Scheme"));
    }
    let transport = match uri.transport() {
        _ if uri.scheme == "sips" => Some(Transport::Tls),
        None => Some(Transport::Udp),
        Some(name) => Transport::from_name(name),
    };
    let Some(transport @ (Transport::Udp | Transport::Tcp)) = transport else {
        return Err((502, "No Way To That Transport"));
    };
    let maddr = uri
        .params
        .value("maddr")
        .and_then(|maddr| Host::parse(maddr).ok());
    let port = uri.port.unwrap_or(5060);
    match maddr.unwrap_or_else(|| uri.host.clone()) {
        Host::Ip(ip) => Ok(Hop::Address(transport, SocketAddr::new(ip, port))),
        Host::Name(name) if name.is_empty() => Err((400, "Address Without Host")),
        Host::Name(name) => Ok(Hop::Name(transport, name, port)),
    }
}
