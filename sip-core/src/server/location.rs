//! Where phones are: the location service (RFC 3261 §10.3).

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::SocketAddr,
    time::Instant,
};

use super::Moved;
use crate::{
    FlowId,
    transaction::Path,
    wire::{NameAddr, Uri},
};

/// One place where a user can be reached.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    /// As the phone wrote it, without `expires` and `q`.
    pub(super) contact: NameAddr,
    /// Preference in thousandths.
    pub(super) q: u16,
    pub(super) expires: Instant,
    pub(super) call_id: String,
    pub(super) cseq: u32,
    /// Where the REGISTER came from when the phone sent it itself: requests go back the same way, through its
    /// NAT or connection. `None` behind another proxy.
    pub(super) source: Option<Path>,
    /// Proxies between us and the phone (RFC 3327), first hop first.
    pub(super) path: Vec<String>,
    /// `+sip.instance` and `reg-id`: the same phone after it moved.
    pub(super) instance: Option<(String, String)>,
}

/// A binding that is gone: its user and contact, and how many the user still has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) user: String,
    pub(super) contact: String,
    pub(super) left: usize,
}

/// What a REGISTER wants done to a user's bindings, in order; all of it or nothing.
#[derive(Debug)]
pub(super) enum Change {
    Bind(Box<Binding>),
    Unbind(Uri),
}

/// Why a REGISTER changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// An older request than one already taken (§10.3 step 7).
    OutOfOrder,
    /// More bindings than one user may have.
    TooManyForUser,
    /// More bindings than the server takes.
    TooMany,
}

/// All bindings of all users.
#[derive(Debug)]
pub(super) struct Location {
    users: BTreeMap<String, Vec<Binding>>,
    /// Earliest expiry of each user that has bindings.
    expiries: BTreeSet<(Instant, String)>,
    /// How many bindings were made from each address.
    sources: HashMap<SocketAddr, usize>,
    total: usize,
    per_user: usize,
    most: usize,
}

impl Location {
    pub(super) fn new(per_user: usize, most: usize) -> Self {
        Self {
            users: BTreeMap::new(),
            expiries: BTreeSet::new(),
            sources: HashMap::new(),
            total: 0,
            per_user,
            most,
        }
    }

    /// A user's bindings, best first, expired ones left out.
    pub(super) fn bindings(&self, user: &str, now: Instant) -> Vec<&Binding> {
        let mut live: Vec<&Binding> = self
            .users
            .get(user)
            .into_iter()
            .flatten()
            .filter(|b| b.expires > now)
            .collect();
        live.sort_by_key(|b| std::cmp::Reverse(b.q));
        live
    }

    /// Whether a phone has registered from this address and is still bound there.
    pub(super) fn is_source(&self, peer: SocketAddr) -> bool {
        self.sources.contains_key(&peer)
    }

    /// Whether a user is reached, but not at this contact by this way.
    pub(super) fn moved(&self, user: &str, now: Instant, contact: &Uri, source: Option<Path>) -> Moved {
        let bindings = self.bindings(user, now);
        let here = || bindings.iter().filter(|b| b.contact.uri.equivalent(contact));
        if bindings.is_empty() || here().any(|b| b.source == source) {
            return Moved::No;
        }
        let reconnected = |b: &&Binding| {
            let Some(to) = source.filter(|path| path.transport.is_reliable()) else {
                return false;
            };
            let same_host = |from: Path| from.transport == to.transport && from.peer.ip() == to.peer.ip();
            // A way that is lost was a connection that has been closed.
            b.path.is_empty() && b.source.is_none_or(same_host)
        };
        if here().any(reconnected) {
            Moved::Connection
        } else {
            Moved::Elsewhere
        }
    }

    pub(super) fn count(&self, user: &str) -> usize {
        self.users.get(user).map_or(0, Vec::len)
    }

    /// Applies every change of one REGISTER, or none.
    pub(super) fn apply(
        &mut self,
        user: &str,
        call_id: &str,
        cseq: u32,
        changes: Vec<Change>,
    ) -> Result<Vec<Gone>, Refusal> {
        let before = self.users.get(user).cloned().unwrap_or_default();
        let mut after = before.clone();
        for change in changes {
            let uri = match &change {
                Change::Bind(binding) => &binding.contact.uri,
                Change::Unbind(uri) => uri,
            };
            let known = after.iter().position(|b| b.contact.uri.equivalent(uri));
            if let Some(known) = known.and_then(|at| after.get(at))
                && known.call_id == call_id
                && known.cseq >= cseq
            {
                return Err(Refusal::OutOfOrder);
            }
            if let Some(at) = known {
                after.remove(at);
            }
            if let Change::Bind(binding) = change {
                // The same phone at another address: it moved (RFC 5626 §6, RFC 5627 §5.1).
                if binding.instance.is_some() {
                    after.retain(|b| b.instance != binding.instance);
                }
                after.push(*binding);
            }
            // Asked each time: one REGISTER can carry thousands of contacts.
            if after.len() > self.per_user.max(before.len()) {
                return Err(Refusal::TooManyForUser);
            }
        }
        if self.total - before.len() + after.len() > self.most && after.len() > before.len() {
            return Err(Refusal::TooMany);
        }
        let gone = before
            .iter()
            .filter(|b| !after.iter().any(|a| a.contact.uri.equivalent(&b.contact.uri)))
            .map(|b| Gone {
                user: user.to_owned(),
                contact: b.contact.uri.to_string(),
                left: after.len(),
            })
            .collect();
        self.replace(user, after);
        Ok(gone)
    }

    /// Removes every binding of a user (`Contact: *`, or the user itself is removed).
    pub(super) fn clear(&mut self, user: &str) -> Vec<Gone> {
        let gone = self.users.get(user).into_iter().flatten();
        let gone = gone.map(|b| Gone {
            user: user.to_owned(),
            contact: b.contact.uri.to_string(),
            left: 0,
        });
        let gone = gone.collect();
        self.replace(user, Vec::new());
        gone
    }

    /// Whether `*` from this Call-ID and CSeq is newer than every binding (§10.3 step 6).
    pub(super) fn may_clear(&self, user: &str, call_id: &str, cseq: u32) -> bool {
        let mut bindings = self.users.get(user).into_iter().flatten();
        bindings.all(|b| b.call_id != call_id || b.cseq < cseq)
    }

    /// A connection is gone: bindings on it lose their way. They stay until they expire, because the phone
    /// may take a new connection to its contact address.
    pub(super) fn flow_closed(&mut self, flow: FlowId) {
        for binding in self.users.values_mut().flatten() {
            if let Some(source) = binding.source.take_if(|s| s.flow == flow) {
                uncount(&mut self.sources, source.peer);
            }
        }
    }

    /// Removes what has expired.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<Gone> {
        let mut gone = Vec::new();
        while let Some((at, user)) = self.expiries.first().cloned() {
            if at > now {
                break;
            }
            let bindings = self.users.get(&user).cloned().unwrap_or_default();
            let (dead, live): (Vec<_>, Vec<_>) = bindings.into_iter().partition(|b| b.expires <= now);
            gone.extend(dead.into_iter().map(|b| Gone {
                user: user.clone(),
                contact: b.contact.uri.to_string(),
                left: live.len(),
            }));
            self.replace(&user, live);
        }
        gone
    }

    pub(super) fn next_expiry(&self) -> Option<Instant> {
        self.expiries.first().map(|(at, _)| *at)
    }

    fn replace(&mut self, user: &str, bindings: Vec<Binding>) {
        let earliest = |list: &[Binding]| list.iter().map(|b| b.expires).min();
        let old = self.users.remove(user).unwrap_or_default();
        if let Some(at) = earliest(&old) {
            self.expiries.remove(&(at, user.to_owned()));
        }
        self.total = self.total - old.len() + bindings.len();
        for source in bindings.iter().filter_map(|b| b.source) {
            *self.sources.entry(source.peer).or_default() += 1;
        }
        for source in old.iter().filter_map(|b| b.source) {
            uncount(&mut self.sources, source.peer);
        }
        if let Some(at) = earliest(&bindings) {
            self.expiries.insert((at, user.to_owned()));
            self.users.insert(user.to_owned(), bindings);
        }
    }
}

fn uncount(sources: &mut HashMap<SocketAddr, usize>, peer: SocketAddr) {
    if let Some(count) = sources.get_mut(&peer) {
        *count -= 1;
        if *count == 0 {
            sources.remove(&peer);
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::disallowed_methods,
    reason = "a test needs some instant to start from"
)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Transport;

    fn binding(contact: &str, cseq: u32, expires: Instant) -> Change {
        Change::Bind(Box::new(Binding {
            contact: NameAddr::parse(contact).unwrap(),
            q: 1000,
            expires,
            call_id: "c".into(),
            cseq,
            source: None,
            path: Vec::new(),
            instance: None,
        }))
    }

    fn contacts(location: &Location, now: Instant) -> Vec<String> {
        location
            .bindings("a", now)
            .iter()
            .map(|b| b.contact.uri.to_string())
            .collect()
    }

    #[test]
    fn all_changes_of_a_request_or_none() {
        let now = Instant::now();
        let later = now + Duration::from_secs(60);
        let mut l = Location::new(10, 100);
        l.apply("a", "c", 1, vec![binding("<sip:a@h1>", 1, later)])
            .unwrap();
        let changes = vec![binding("<sip:a@h2>", 1, later), binding("<sip:a@h1>", 1, later)];
        assert_eq!(l.apply("a", "c", 1, changes), Err(Refusal::OutOfOrder));
        assert_eq!(contacts(&l, now), ["sip:a@h1"]);
    }

    #[test]
    fn equivalent_contacts_are_one_binding() {
        let now = Instant::now();
        let later = now + Duration::from_secs(60);
        let mut l = Location::new(10, 100);
        l.apply("a", "c", 1, vec![binding("<sip:a@H1.example>", 1, later)])
            .unwrap();
        l.apply("a", "c", 2, vec![binding("<sip:a@h1.example;ob>", 2, later)])
            .unwrap();
        assert_eq!(contacts(&l, now).len(), 1);
    }

    #[test]
    fn limits_per_user_and_in_total() {
        let now = Instant::now();
        let later = now + Duration::from_secs(60);
        let mut l = Location::new(2, 3);
        let bind = |l: &mut Location, user: &str, n: u32| {
            l.apply(user, "c", n, vec![binding(&format!("<sip:a@h{n}>"), n, later)])
                .map(|_| ())
        };
        assert_eq!(bind(&mut l, "a", 1), Ok(()));
        assert_eq!(bind(&mut l, "a", 2), Ok(()));
        assert_eq!(bind(&mut l, "a", 3), Err(Refusal::TooManyForUser));
        assert_eq!(bind(&mut l, "b", 4), Ok(()));
        assert_eq!(bind(&mut l, "c", 5), Err(Refusal::TooMany));
        // A refresh is no growth.
        let refresh = vec![binding("<sip:a@h1>", 9, later)];
        assert!(l.apply("a", "c", 9, refresh).is_ok());
    }

    #[test]
    fn expiry_says_who_is_gone() {
        let now = Instant::now();
        let (soon, later) = (now + Duration::from_secs(30), now + Duration::from_secs(60));
        let mut l = Location::new(10, 100);
        l.apply(
            "a",
            "c",
            1,
            vec![binding("<sip:a@h1>", 1, soon), binding("<sip:a@h2>", 1, later)],
        )
        .unwrap();
        assert_eq!(l.next_expiry(), Some(soon));
        assert_eq!(l.expire(now), []);
        let gone = l.expire(soon);
        assert_eq!((gone[0].contact.as_str(), gone[0].left), ("sip:a@h1", 1));
        assert_eq!(l.next_expiry(), Some(later));
        assert_eq!(l.expire(later)[0].left, 0);
        assert_eq!(l.next_expiry(), None);
    }

    #[test]
    fn the_same_contact_through_a_new_connection_of_the_same_host_is_no_other_place() {
        let now = Instant::now();
        let way = |flow, transport, peer: &str| {
            Some(Path {
                flow: FlowId::from_driver(flow),
                transport,
                peer: peer.parse().unwrap(),
            })
        };
        let uri = Uri::parse("sip:a@h1").unwrap();
        let mut l = Location::new(10, 100);
        let mut change = binding("<sip:a@h1>", 1, now + Duration::from_secs(60));
        if let Change::Bind(b) = &mut change {
            b.source = way(1, Transport::Tcp, "192.0.2.1:40000");
        }
        let again = way(2, Transport::Tcp, "192.0.2.1:40001");
        assert_eq!(l.moved("a", now, &uri, again), Moved::No, "the first");
        l.apply("a", "c", 1, vec![change]).unwrap();
        for closed in [false, true] {
            if closed {
                l.flow_closed(FlowId::from_driver(1));
            }
            assert_eq!(l.moved("a", now, &uri, again), Moved::Connection);
            let datagrams = way(3, Transport::Udp, "192.0.2.1:5060");
            assert_eq!(l.moved("a", now, &uri, datagrams), Moved::Elsewhere);
            let other = Uri::parse("sip:a@h2").unwrap();
            assert_eq!(l.moved("a", now, &other, again), Moved::Elsewhere);
        }
        l.apply("a", "c", 2, vec![binding("<sip:a@h1>", 2, now)]).unwrap();
        assert_eq!(l.moved("a", now, &uri, again), Moved::No, "expired");
    }

    #[test]
    fn a_phone_that_moved_leaves_no_second_binding() {
        let now = Instant::now();
        let later = now + Duration::from_secs(60);
        let mut l = Location::new(10, 100);
        for (n, contact) in ["<sip:a@h1:1000>", "<sip:a@h1:2000>"].iter().enumerate() {
            let mut change = binding(contact, 1, later);
            if let Change::Bind(b) = &mut change {
                b.instance = Some(("<urn:uuid:1>".into(), "1".into()));
                b.call_id = n.to_string();
            }
            l.apply("a", &n.to_string(), 1, vec![change]).unwrap();
        }
        assert_eq!(contacts(&l, now), ["sip:a@h1:2000"]);
    }
}
