//! The sockets and connections there are: which to use, what to write in Via and Contact, reuse,
//! keep-alive, and what waits for a connection to open.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{
    Down,
    keepalive::{Due, KeepAlive, PING, PONG},
};
use crate::{
    FlowId, NetworkSnapshot, Transport,
    transaction::Path,
    wire::{Framed, Host, StreamDecoder, Unusable, Uri},
};

/// Connections beyond this number are closed as they come.
const MAX_CONNECTIONS: usize = 1024;
/// Bytes that may wait for one connection to open.
const MAX_WAITING: usize = 256 * 1024;
/// How long a refused TCP port is remembered.
const REFUSED_FOR: Duration = Duration::from_secs(300);

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
    /// Only on connections we opened, once open.
    keep_alive: Option<KeepAlive>,
    waiting: Vec<Bytes>,
}

/// What a closed flow was.
#[derive(Debug)]
pub(super) enum Was {
    Listener { transport: Transport, local: SocketAddr },
    Connection { opened: bool },
    Unknown,
}

/// All flows of one element.
#[derive(Debug, Default)]
pub(super) struct Flows {
    listeners: BTreeMap<FlowId, Listener>,
    connections: BTreeMap<FlowId, Connection>,
    network: NetworkSnapshot,
    refused: BTreeMap<SocketAddr, Instant>,
    next_flow: u64,
}

impl Flows {
    /// Notes the computer's addresses; `true` when they changed. The first word is no change.
    pub(super) fn set_network(&mut self, mut network: NetworkSnapshot) -> bool {
        network.addresses.sort_unstable();
        let changed = !self.network.addresses.is_empty() && self.network != network;
        self.network = network;
        changed
    }

    pub(super) fn listening(&mut self, flow: FlowId, transport: Transport, local: SocketAddr) {
        self.listeners.insert(flow, Listener { transport, local });
    }

    /// A connection is up. What waited for it goes out; `false` when there are too many.
    pub(super) fn opened(
        &mut self,
        now: Instant,
        flow: FlowId,
        transport: Transport,
        local: SocketAddr,
        peer: SocketAddr,
        down: &mut Vec<Down>,
    ) -> bool {
        if let Some(connection) = self.connections.get_mut(&flow) {
            connection.local = Some(local);
            connection.keep_alive = Some(KeepAlive::new(now));
            let to = connection.peer;
            down.extend(
                connection
                    .waiting
                    .drain(..)
                    .map(|bytes| Down::Transmit { flow, to, bytes }),
            );
            return true;
        }
        if self.connections.len() >= MAX_CONNECTIONS {
            down.push(Down::CloseFlow(flow));
            return false;
        }
        self.connections.insert(
            flow,
            Connection {
                transport,
                local: Some(local),
                peer,
                decoder: StreamDecoder::new(),
                keep_alive: None,
                waiting: Vec::new(),
            },
        );
        true
    }

    pub(super) fn closed(&mut self, now: Instant, flow: FlowId) -> Was {
        if let Some(connection) = self.connections.remove(&flow) {
            let opened = connection.local.is_some();
            if !opened {
                self.refuse(now, connection.peer);
            }
            return Was::Connection { opened };
        }
        match self.listeners.remove(&flow) {
            Some(Listener { transport, local }) => Was::Listener { transport, local },
            None => Was::Unknown,
        }
    }

    /// Remembers for a while that this address takes no connections.
    pub(super) fn refuse(&mut self, now: Instant, peer: SocketAddr) {
        self.refused.retain(|_, until| *until > now);
        self.refused.insert(peer, now + REFUSED_FOR);
    }

    /// The datagram socket for a peer: of the same address family, and on loopback only for loopback.
    pub(super) fn datagram(&self, peer: SocketAddr) -> Option<Path> {
        self.listeners
            .iter()
            .filter(|(_, l)| l.transport == Transport::Udp && l.local.is_ipv4() == peer.is_ipv4())
            .min_by_key(|(_, l)| {
                !l.local.ip().is_unspecified() && l.local.ip().is_loopback() != peer.ip().is_loopback()
            })
            .map(|(flow, _)| Path {
                flow: *flow,
                transport: Transport::Udp,
                peer,
            })
    }

    /// The connection to a peer that exists or is being opened.
    pub(super) fn connection(&self, transport: Transport, peer: SocketAddr) -> Option<Path> {
        self.connections
            .iter()
            .find(|(_, c)| c.transport == transport && c.peer == peer)
            .map(|(flow, _)| Path {
                flow: *flow,
                transport,
                peer,
            })
    }

    /// Asks for a new connection.
    pub(super) fn open(&mut self, transport: Transport, to: SocketAddr, down: &mut Vec<Down>) -> Path {
        self.next_flow += 1;
        let flow = FlowId::from_core(self.next_flow);
        self.connections.insert(
            flow,
            Connection {
                transport,
                local: None,
                peer: to,
                decoder: StreamDecoder::new(),
                keep_alive: None,
                waiting: Vec::new(),
            },
        );
        down.push(Down::OpenFlow { flow, transport, to });
        Path {
            flow,
            transport,
            peer: to,
        }
    }

    /// Gives up a connection from our side.
    pub(super) fn close(&mut self, flow: FlowId, down: &mut Vec<Down>) {
        if self.connections.remove(&flow).is_some() {
            down.push(Down::CloseFlow(flow));
        }
    }

    /// Whether messages can go out on this flow right now.
    pub(super) fn is_usable(&self, path: Path) -> bool {
        if path.transport.is_reliable() {
            self.connections
                .get(&path.flow)
                .is_some_and(|c| c.local.is_some())
        } else {
            self.listeners.contains_key(&path.flow)
        }
    }

    /// Whether a TCP connection to this address failed in the last minutes.
    pub(super) fn was_refused(&self, now: Instant, peer: SocketAddr) -> bool {
        self.refused.get(&peer).is_some_and(|until| *until > now)
    }

    /// Sends on a path; a response whose connection is gone goes over a new one to `reopen`.
    pub(super) fn transmit(
        &mut self,
        path: Path,
        bytes: Bytes,
        reopen: Option<SocketAddr>,
        down: &mut Vec<Down>,
    ) {
        let Path {
            flow,
            transport,
            peer,
        } = path;
        if !transport.is_reliable() {
            if self.listeners.contains_key(&flow) {
                down.push(Down::Transmit {
                    flow,
                    to: peer,
                    bytes,
                });
            }
            return;
        }
        let flow = match (self.connections.contains_key(&flow), reopen) {
            (true, _) => flow,
            (false, Some(to)) => match self.connection(transport, to) {
                Some(path) => path.flow,
                None => self.open(transport, to, down).flow,
            },
            (false, None) => return,
        };
        let Some(connection) = self.connections.get_mut(&flow) else {
            return;
        };
        if connection.local.is_some() {
            down.push(Down::Transmit {
                flow,
                to: connection.peer,
                bytes,
            });
        } else if connection.waiting.iter().map(Bytes::len).sum::<usize>() + bytes.len() <= MAX_WAITING {
            connection.waiting.push(bytes);
        }
    }

    /// What a flow speaks: `None` for one we do not know.
    pub(super) fn path(&self, flow: FlowId, from: SocketAddr) -> Option<Path> {
        let (transport, peer) = match self.connections.get(&flow) {
            Some(c) => (c.transport, c.peer),
            None => (self.listeners.get(&flow)?.transport, from),
        };
        Some(Path {
            flow,
            transport,
            peer,
        })
    }

    /// Takes the next bytes of a connection.
    pub(super) fn feed(&mut self, now: Instant, flow: FlowId, data: &[u8]) {
        if let Some(c) = self.connections.get_mut(&flow) {
            c.decoder.push(data);
            if let Some(k) = &mut c.keep_alive {
                k.heard(now);
            }
        }
    }

    /// The next thing found in a connection's bytes; after an error the connection has to go.
    pub(super) fn next_frame(&mut self, flow: FlowId) -> Result<Option<Framed>, Unusable> {
        match self.connections.get_mut(&flow) {
            Some(connection) => connection.decoder.next(),
            None => Ok(None),
        }
    }

    /// The peer asked for a sign of life.
    pub(super) fn pinged(&mut self, flow: FlowId, down: &mut Vec<Down>) {
        if let Some(c) = self.connections.get(&flow) {
            down.push(Down::Transmit {
                flow,
                to: c.peer,
                bytes: Bytes::from_static(PONG),
            });
        }
    }

    /// The peer gave a sign of life.
    pub(super) fn ponged(&mut self, flow: FlowId) {
        if let Some(k) = self
            .connections
            .get_mut(&flow)
            .and_then(|c| c.keep_alive.as_mut())
        {
            k.pong();
        }
    }

    /// Sends due pings; gives the connections found dead.
    pub(super) fn handle_timeout(&mut self, now: Instant, down: &mut Vec<Down>) -> Vec<FlowId> {
        let mut dead = Vec::new();
        for (flow, c) in &mut self.connections {
            match c.keep_alive.as_mut().and_then(|k| k.expired(now)) {
                Some(Due::Ping) => down.push(Down::Transmit {
                    flow: *flow,
                    to: c.peer,
                    bytes: Bytes::from_static(PING),
                }),
                Some(Due::Dead) => dead.push(*flow),
                None => {}
            }
        }
        dead
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.connections
            .values()
            .filter_map(|c| c.keep_alive.as_ref().map(KeepAlive::next_timeout))
            .min()
    }

    /// The address peers can reach us at over this path: the listener's port where there is one.
    pub(super) fn advertised(&self, path: Path) -> SocketAddr {
        let listener = |flow: Option<FlowId>| {
            self.listeners
                .iter()
                .filter(|(id, l)| match flow {
                    Some(flow) => **id == flow,
                    None => l.transport == path.transport && l.local.is_ipv4() == path.peer.is_ipv4(),
                })
                .map(|(_, l)| l.local)
                .next()
        };
        let local = if path.transport.is_reliable() {
            let own = self.connections.get(&path.flow).and_then(|c| c.local);
            match (own, listener(None)) {
                (Some(own), Some(listener)) => Some(SocketAddr::new(own.ip(), listener.port())),
                (own, listener) => own.or(listener),
            }
        } else {
            listener(Some(path.flow))
        };
        self.concrete(local, path.peer)
    }

    /// An address to name ourselves by when there is no path yet.
    pub(super) fn any_address(&self) -> SocketAddr {
        let best = self
            .listeners
            .values()
            .min_by_key(|l| l.transport)
            .map(|l| l.local);
        let peer = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        self.concrete(best, best.filter(SocketAddr::is_ipv6).unwrap_or(peer))
    }

    /// Replaces "any address" by one of the computer's that fits the peer.
    fn concrete(&self, local: Option<SocketAddr>, peer: SocketAddr) -> SocketAddr {
        let local = local.unwrap_or(if peer.is_ipv4() {
            SocketAddr::from((Ipv4Addr::UNSPECIFIED, 5060))
        } else {
            SocketAddr::from((Ipv6Addr::UNSPECIFIED, 5060))
        });
        if !local.ip().is_unspecified() {
            return local;
        }
        let same_family = |ip: &&IpAddr| ip.is_ipv4() == peer.is_ipv4();
        let ip = self
            .network
            .addresses
            .iter()
            .filter(same_family)
            .min_by_key(|ip| ip.is_loopback() != peer.ip().is_loopback())
            .copied()
            .unwrap_or(if peer.is_ipv4() {
                IpAddr::V4(Ipv4Addr::LOCALHOST)
            } else {
                IpAddr::V6(Ipv6Addr::LOCALHOST)
            });
        SocketAddr::new(ip, local.port())
    }

    /// Our Contact URI on a path.
    pub(super) fn contact(&self, path: Path, user: Option<&str>) -> Uri {
        let address = self.advertised(path);
        let mut uri = Uri::sip(user, address.ip(), Some(address.port()));
        if path.transport.is_reliable() {
            uri.params.set("transport", Some(path.transport.param_name()));
        }
        uri
    }

    /// Whether a URI is this computer at the port behind a path: what a caller writes who has no registrar.
    pub(super) fn is_ours(&self, path: Path, uri: &Uri) -> bool {
        let ours = self.advertised(path);
        let host = match &uri.host {
            Host::Ip(ip) => *ip == ours.ip() || self.network.addresses.contains(ip),
            Host::Name(name) => name == "localhost" && ours.ip().is_loopback(),
        };
        host && uri.port.unwrap_or(5060) == ours.port()
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.len()
    }
}
