//! Sockets and connections of the server: framing, reuse, and the address peers know us by.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use crate::{
    FlowId, NetworkSnapshot, Transport,
    transaction::Path,
    wire::{Framed, StreamDecoder, Unusable, datagram},
};

/// How long half a message may wait for the rest.
const HALF_MESSAGE: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct Listener {
    transport: Transport,
    local: SocketAddr,
}

#[derive(Debug)]
struct Connection {
    transport: Transport,
    /// Our end; `None` until it is open.
    local: Option<SocketAddr>,
    peer: SocketAddr,
    decoder: StreamDecoder,
    /// When a message that has begun must be whole.
    whole_by: Option<Instant>,
}

/// What a closed flow was.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Was {
    Listener,
    Connection,
    Unknown,
}

/// All flows.
#[derive(Debug)]
pub(super) struct Flows {
    listeners: BTreeMap<FlowId, Listener>,
    connections: HashMap<FlowId, Connection>,
    by_peer: HashMap<(Transport, SocketAddr), FlowId>,
    /// Connections that each address has opened to us.
    accepted: HashMap<IpAddr, usize>,
    deadlines: BTreeSet<(Instant, FlowId)>,
    network: NetworkSnapshot,
    next_flow: u64,
    limit: usize,
}

impl Flows {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            listeners: BTreeMap::new(),
            connections: HashMap::new(),
            by_peer: HashMap::new(),
            accepted: HashMap::new(),
            deadlines: BTreeSet::new(),
            network: NetworkSnapshot::default(),
            next_flow: 0,
            limit,
        }
    }

    pub(super) fn set_network(&mut self, network: NetworkSnapshot) {
        self.network = network;
    }

    pub(super) fn listening(&mut self, flow: FlowId, transport: Transport, local: SocketAddr) {
        self.listeners.insert(flow, Listener { transport, local });
    }

    /// A connection is up; `false` when there are too many. One address may hold half of them: a house behind
    /// NAT fits, and nobody alone shuts out the others.
    pub(super) fn opened(
        &mut self,
        flow: FlowId,
        transport: Transport,
        local: SocketAddr,
        peer: SocketAddr,
    ) -> bool {
        if let Some(connection) = self.connections.get_mut(&flow) {
            connection.local = Some(local);
            return true;
        }
        let held = self.accepted.get(&peer.ip()).copied().unwrap_or(0);
        if self.connections.len() >= self.limit || held >= self.limit.div_ceil(2) {
            return false;
        }
        if flow.is_from_driver() {
            self.accepted.insert(peer.ip(), held + 1);
        }
        self.insert(flow, transport, Some(local), peer);
        true
    }

    fn insert(&mut self, flow: FlowId, transport: Transport, local: Option<SocketAddr>, peer: SocketAddr) {
        let connection = Connection {
            transport,
            local,
            peer,
            decoder: StreamDecoder::new(),
            whole_by: None,
        };
        self.connections.insert(flow, connection);
        self.by_peer.insert((transport, peer), flow);
    }

    pub(super) fn closed(&mut self, flow: FlowId) -> Was {
        if let Some(connection) = self.connections.remove(&flow) {
            let key = (connection.transport, connection.peer);
            if self.by_peer.get(&key) == Some(&flow) {
                self.by_peer.remove(&key);
            }
            if let Some(at) = connection.whole_by {
                self.deadlines.remove(&(at, flow));
            }
            let ip = connection.peer.ip();
            if flow.is_from_driver()
                && let Some(held) = self.accepted.get_mut(&ip)
            {
                *held -= 1;
                if *held == 0 {
                    self.accepted.remove(&ip);
                }
            }
            return Was::Connection;
        }
        match self.listeners.remove(&flow) {
            Some(_) => Was::Listener,
            None => Was::Unknown,
        }
    }

    /// Everything that has arrived whole. An error ends the connection, after the response in it.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        flow: FlowId,
        from: SocketAddr,
        data: &[u8],
    ) -> Vec<(Path, Result<Framed, Unusable>)> {
        if let Some(listener) = self.listeners.get(&flow) {
            let path = Path {
                flow,
                transport: listener.transport,
                peer: from,
            };
            return vec![(path, Ok(datagram(data)))];
        }
        let Some(connection) = self.connections.get_mut(&flow) else {
            return Vec::new();
        };
        let path = Path {
            flow,
            transport: connection.transport,
            peer: connection.peer,
        };
        connection.decoder.push(data);
        let mut arrived = Vec::new();
        loop {
            match connection.decoder.next() {
                Ok(Some(framed)) => arrived.push((path, Ok(framed))),
                Ok(None) => break,
                Err(unusable) => {
                    arrived.push((path, Err(unusable)));
                    break;
                }
            }
        }
        let whole = !arrived.is_empty() || connection.decoder.pending() == 0;
        if whole && let Some(at) = connection.whole_by.take() {
            self.deadlines.remove(&(at, flow));
        }
        if connection.decoder.pending() > 0 && connection.whole_by.is_none() {
            let at = now + HALF_MESSAGE;
            connection.whole_by = Some(at);
            self.deadlines.insert((at, flow));
        }
        arrived
    }

    /// Connections that have kept half a message for too long.
    pub(super) fn overdue(&self, now: Instant) -> Vec<FlowId> {
        self.deadlines
            .iter()
            .take_while(|(at, _)| *at <= now)
            .map(|(_, flow)| *flow)
            .collect()
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// The way to a peer that is there already: a connection, or the best datagram socket.
    pub(super) fn existing(&self, transport: Transport, peer: SocketAddr) -> Option<Path> {
        let flow = if transport.is_reliable() {
            *self.by_peer.get(&(transport, peer))?
        } else {
            let same_kind = |l: &&Listener| l.transport == transport && l.local.is_ipv4() == peer.is_ipv4();
            let (flow, _) = self
                .listeners
                .iter()
                .filter(|(_, l)| same_kind(l))
                .min_by_key(|(_, l)| {
                    let ip = l.local.ip();
                    !ip.is_unspecified() && ip.is_loopback() != peer.ip().is_loopback()
                })?;
            *flow
        };
        Some(Path {
            flow,
            transport,
            peer,
        })
    }

    /// A new connection to ask for; `None` when there are too many.
    pub(super) fn open(&mut self, transport: Transport, peer: SocketAddr) -> Option<Path> {
        if !transport.is_reliable() || self.connections.len() >= self.limit {
            return None;
        }
        self.next_flow += 1;
        let flow = FlowId::from_core(self.next_flow);
        self.insert(flow, transport, None, peer);
        Some(Path {
            flow,
            transport,
            peer,
        })
    }

    /// Whether messages can still be sent this way.
    pub(super) fn is_there(&self, flow: FlowId) -> bool {
        self.connections.contains_key(&flow) || self.listeners.contains_key(&flow)
    }

    /// The address peers on this path can reach us at: that of the listening socket.
    pub(super) fn advertised(&self, path: Path) -> SocketAddr {
        let same_kind =
            |l: &&Listener| l.transport == path.transport && l.local.is_ipv4() == path.peer.is_ipv4();
        let own = self.connections.get(&path.flow).and_then(|c| c.local);
        let listening =
            match self.listeners.get(&path.flow) {
                Some(listener) => Some(listener),
                None => self.listeners.values().filter(same_kind).min_by_key(|l| {
                    !l.local.ip().is_unspecified() && Some(l.local.ip()) != own.map(|o| o.ip())
                }),
            };
        let (ip, port) = match (listening.map(|l| l.local), own) {
            (Some(listening), Some(own)) if listening.ip().is_unspecified() => (own.ip(), listening.port()),
            (Some(listening), _) => (listening.ip(), listening.port()),
            (None, Some(own)) => (own.ip(), own.port()),
            (None, None) => (unspecified(path.peer), 5060),
        };
        let ip = if ip.is_unspecified() {
            self.concrete(path.peer)
        } else {
            ip
        };
        SocketAddr::new(ip, port)
    }

    /// The computer's address that fits a peer best.
    fn concrete(&self, peer: SocketAddr) -> IpAddr {
        let same_family = self
            .network
            .addresses
            .iter()
            .filter(|ip| ip.is_ipv4() == peer.is_ipv4());
        let best = same_family.min_by_key(|ip| {
            (
                ip.is_loopback() != peer.ip().is_loopback(),
                !same_network(**ip, peer.ip()),
            )
        });
        best.copied().unwrap_or_else(|| match peer {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        })
    }
}

fn unspecified(peer: SocketAddr) -> IpAddr {
    match peer {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

/// The usual size of a network; the routing table is not known here.
fn same_network(a: IpAddr, b: IpAddr) -> bool {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => a.octets()[..3] == b.octets()[..3],
        (IpAddr::V6(a), IpAddr::V6(b)) => a.octets()[..8] == b.octets()[..8],
        _ => false,
    }
}
