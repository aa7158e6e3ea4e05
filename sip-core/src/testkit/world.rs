//! Machines, wires and the clock.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{Faults, Links, Seat, Station};
use crate::{
    DnsAnswer, DnsQuestion, FlowChange, FlowId, Ids, Input, Machine, Output, QueryId, Transport,
    sdp::{Codec, Direction, LocalMedia},
};

/// Names a machine in its world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) usize);

/// Something on its way.
#[derive(Debug)]
pub(super) enum Happening {
    Datagram {
        from: SocketAddr,
        to: SocketAddr,
        bytes: Bytes,
    },
    Stream {
        node: NodeId,
        flow: FlowId,
        from: SocketAddr,
        bytes: Bytes,
    },
    Flow {
        node: NodeId,
        flow: FlowId,
        change: FlowChange,
    },
    Dns {
        node: NodeId,
        query: QueryId,
        answer: DnsAnswer,
    },
}

pub(super) struct Node {
    station: Box<dyn Station>,
    pub(super) address: SocketAddr,
    udp: bool,
    pub(super) tcp: bool,
    /// Off: nothing arrives, nothing leaves, time stands still.
    pub(super) on: bool,
    /// Our flow to the other end's node, flow and address.
    pub(super) streams: BTreeMap<FlowId, (NodeId, FlowId, SocketAddr)>,
    /// When the last bytes sent on a stream arrive: later ones not before.
    pub(super) stream_ready: BTreeMap<FlowId, Instant>,
    pub(super) next_flow: u64,
    pub(super) next_port: u16,
}

const UDP: FlowId = FlowId::from_driver(1);
const TCP: FlowId = FlowId::from_driver(2);

/// Decides about one datagram: `false` drops it.
pub type Filter = Box<dyn FnMut(&[u8]) -> bool>;

/// Several machines on one simulated network. The same seed and the same commands give the same bytes at the
/// same times.
pub struct World {
    /// What the network does, where [`World::link`] has said nothing else.
    pub faults: Faults,
    /// Asked about each datagram before the faults are.
    pub filter: Filter,
    /// Streams are cut into pieces of at most this many bytes.
    pub stream_piece: usize,
    /// Every datagram and stream piece that left, with sender, receiver and time since the start.
    pub log: Vec<(Duration, SocketAddr, SocketAddr, Bytes)>,
    /// Addresses to which no computer's system can send datagrams.
    pub no_route: HashSet<IpAddr>,
    names: HashMap<String, Vec<IpAddr>>,
    pub(super) links: Links,
    /// Pieces of streams that wait for a cut to end, in order.
    pub(super) held: Vec<Happening>,
    pub(super) now: Instant,
    start: Instant,
    pub(super) ids: Ids,
    pub(super) nodes: Vec<Node>,
    pub(super) happenings: BTreeMap<(Instant, u64), Happening>,
    pub(super) count: u64,
}

impl World {
    /// An empty world without faults.
    #[allow(clippy::disallowed_methods, reason = "virtual time has to start somewhere")]
    pub fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let now = Instant::now();
        Self {
            faults: Faults::NONE,
            filter: Box::new(|_| true),
            stream_piece: usize::MAX,
            log: Vec::new(),
            no_route: HashSet::new(),
            names: HashMap::new(),
            links: Links::default(),
            held: Vec::new(),
            now,
            start: now,
            ids: Ids::new(bytes),
            nodes: Vec::new(),
            happenings: BTreeMap::new(),
            count: 0,
        }
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The time since the world began.
    pub fn elapsed(&self) -> Duration {
        self.now.duration_since(self.start)
    }

    /// The world's own dice.
    pub fn ids(&mut self) -> &mut Ids {
        &mut self.ids
    }

    /// Seats a machine at an address, with sockets of the given kinds.
    pub fn add<M: Machine + 'static>(&mut self, machine: M, address: &str, transports: &[Transport]) -> NodeId
    where
        M::Event: 'static,
    {
        let address: SocketAddr = address
            .parse()
            .unwrap_or_else(|_| panic!("{address} is no socket address"));
        let id = NodeId(self.nodes.len());
        let mut node = Node {
            station: Box::new(Seat::new(machine)),
            address,
            udp: transports.contains(&Transport::Udp),
            tcp: transports.contains(&Transport::Tcp),
            on: true,
            streams: BTreeMap::new(),
            stream_ready: BTreeMap::new(),
            next_flow: 10,
            next_port: 40_000,
        };
        Self::power_on(self.now, &mut node);
        self.nodes.push(node);
        self.drain(id);
        id
    }

    fn power_on(now: Instant, node: &mut Node) {
        node.station.network(now, vec![node.address.ip()]);
        for (there, flow, transport) in [(node.udp, UDP, Transport::Udp), (node.tcp, TCP, Transport::Tcp)] {
            if there {
                let local = node.address;
                node.station
                    .flow(now, flow, FlowChange::Listening { transport, local });
            }
        }
    }

    /// Pulls the plug: nothing arrives or leaves, connections break.
    pub fn switch_off(&mut self, id: NodeId) {
        self.nodes[id.0].on = false;
        let streams = std::mem::take(&mut self.nodes[id.0].streams);
        for (_, (node, flow, _)) in streams {
            self.nodes[node.0].streams.remove(&flow);
            let change = FlowChange::Closed {
                reason: "connection reset".to_owned(),
            };
            self.later(Duration::from_millis(1), Happening::Flow { node, flow, change });
        }
    }

    /// Another machine starts at the address of one that was switched off.
    pub fn restart<M: Machine + 'static>(&mut self, id: NodeId, machine: M)
    where
        M::Event: 'static,
    {
        let node = &mut self.nodes[id.0];
        node.station = Box::new(Seat::new(machine));
        node.on = true;
        Self::power_on(self.now, node);
        self.drain(id);
    }

    /// Cuts every connection of a node, as a firewall does.
    pub fn cut_streams(&mut self, id: NodeId) {
        let streams = std::mem::take(&mut self.nodes[id.0].streams);
        for (ours, (peer, theirs, _)) in streams {
            self.nodes[peer.0].streams.remove(&theirs);
            for (node, flow) in [(id, ours), (peer, theirs)] {
                let change = FlowChange::Closed {
                    reason: "connection reset".to_owned(),
                };
                self.later(Duration::from_millis(1), Happening::Flow { node, flow, change });
            }
        }
    }

    /// Tells a machine that its computer has these addresses now.
    pub fn addresses(&mut self, id: NodeId, addresses: &[&str]) {
        let addresses = addresses.iter().filter_map(|a| a.parse().ok()).collect();
        self.nodes[id.0].station.network(self.now, addresses);
        self.drain(id);
    }

    /// Gives a name addresses.
    pub fn name(&mut self, name: &str, addresses: &[&str]) {
        let addresses = addresses.iter().filter_map(|a| a.parse().ok()).collect();
        self.names.insert(name.to_owned(), addresses);
    }

    /// The seat of a machine.
    pub fn seat<M: Machine + 'static>(&mut self, id: NodeId) -> &mut Seat<M>
    where
        M::Event: 'static,
    {
        match self.nodes[id.0].station.as_any().downcast_mut() {
            Some(seat) => seat,
            None => panic!("node {} is another kind of machine", id.0),
        }
    }

    /// Gives a machine a command.
    pub fn command<M: Machine + 'static>(&mut self, id: NodeId, command: M::Command)
    where
        M::Event: 'static,
    {
        let now = self.now;
        self.seat::<M>(id).machine.handle(now, Input::Command(command));
        self.drain(id);
    }

    /// Sends raw bytes as a datagram from any address.
    pub fn inject(&mut self, from: &str, to: &str, bytes: impl Into<Bytes>) {
        if let (Ok(from), Ok(to)) = (from.parse(), to.parse()) {
            let bytes = bytes.into();
            self.later(Duration::from_millis(1), Happening::Datagram { from, to, bytes });
        }
    }

    pub(super) fn later(&mut self, after: Duration, happening: Happening) {
        self.count += 1;
        self.happenings.insert((self.now + after, self.count), happening);
    }

    pub(super) fn dice(&mut self, percent: u8) -> bool {
        percent > 0 && self.ids.number() % 100 < u64::from(percent)
    }

    /// Does what a machine asks for.
    fn drain(&mut self, id: NodeId) {
        while let Some(output) = self.nodes[id.0].station.poll(self.now) {
            if !self.nodes[id.0].on {
                continue;
            }
            match output {
                Output::Transmit { flow: UDP, to, bytes } if self.no_route.contains(&to.ip()) => {
                    self.nodes[id.0].station.not_sent(self.now, UDP, to, &bytes);
                }
                Output::Transmit { flow: UDP, to, bytes } => self.datagram(id, to, bytes),
                Output::Transmit { flow, bytes, .. } => self.stream(id, flow, &bytes),
                Output::OpenFlow { flow, to, .. } => self.open(id, flow, to),
                Output::CloseFlow(flow) => {
                    if let Some((node, flow, _)) = self.nodes[id.0].streams.remove(&flow) {
                        self.nodes[node.0].streams.remove(&flow);
                        let change = FlowChange::Closed {
                            reason: "closed by the peer".to_owned(),
                        };
                        let way = self.way(id, node);
                        self.later(way, Happening::Flow { node, flow, change });
                    }
                }
                Output::Query {
                    query,
                    question: DnsQuestion::Addresses(name),
                } => {
                    let answer = DnsAnswer::Addresses(self.names.get(&name).cloned().unwrap_or_default());
                    let asked = Happening::Dns {
                        node: id,
                        query,
                        answer,
                    };
                    self.later(self.faults.min_delay, asked);
                }
                Output::Event(()) => {}
            }
        }
    }

    /// Lets `span` pass.
    pub fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.step(end) {}
        self.now = end;
    }

    /// Lets time pass until `done`, for at most `span`; says whether it came to that.
    pub fn run_until(&mut self, span: Duration, mut done: impl FnMut(&mut Self) -> bool) -> bool {
        let end = self.now + span;
        loop {
            if done(self) {
                return true;
            }
            if !self.step(end) {
                self.now = end;
                return done(self);
            }
        }
    }

    /// Goes to the next thing that happens before `end`; `false` when nothing does.
    fn step(&mut self, end: Instant) -> bool {
        let next = self.happenings.first_key_value().map(|(key, _)| key.0);
        let wake = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, n)| n.on)
            .filter_map(|(i, n)| n.station.next_wake().map(|at| (at, i)))
            .min();
        let wake_first = wake.is_some_and(|(at, _)| next.is_none_or(|next| at < next));
        match (wake, next) {
            (Some((at, node)), _) if wake_first && at <= end => {
                self.now = self.now.max(at);
                self.nodes[node].station.tick(self.now);
                self.drain(NodeId(node));
                true
            }
            (_, Some(at)) if !wake_first && at <= end => {
                if let Some(((at, _), happening)) = self.happenings.pop_first() {
                    self.now = self.now.max(at);
                    self.happen(happening);
                }
                true
            }
            _ => false,
        }
    }

    pub(super) fn happen(&mut self, happening: Happening) {
        let node = match happening {
            Happening::Datagram { from, to, bytes } => {
                let found = self.nodes.iter().position(|n| n.on && n.udp && n.address == to);
                let Some(node) = found else { return };
                self.nodes[node].station.received(self.now, UDP, from, &bytes);
                NodeId(node)
            }
            Happening::Stream {
                node,
                flow,
                from,
                bytes,
            } => {
                if !self.nodes[node.0].on || !self.nodes[node.0].streams.contains_key(&flow) {
                    return;
                }
                if self.is_cut(node, from) {
                    return self.held.push(Happening::Stream {
                        node,
                        flow,
                        from,
                        bytes,
                    });
                }
                self.nodes[node.0].station.received(self.now, flow, from, &bytes);
                node
            }
            Happening::Flow { node, flow, change } => {
                if !self.nodes[node.0].on {
                    return;
                }
                self.nodes[node.0].station.flow(self.now, flow, change);
                node
            }
            Happening::Dns { node, query, answer } => {
                self.nodes[node.0].station.dns(self.now, query, answer);
                node
            }
        };
        self.drain(node);
    }
}

/// A local description for tests: PCMU and DTMF at `address`.
pub fn sample_media(address: IpAddr, rtp_port: u16) -> LocalMedia {
    let codec = |name: &str, payload_type, fmtp: Option<&str>| Codec {
        name: name.to_owned(),
        clock_rate: 8000,
        channels: 1,
        payload_type,
        fmtp: fmtp.map(str::to_owned),
    };
    LocalMedia {
        address,
        rtp_port,
        codecs: vec![
            codec("PCMU", 0, None),
            codec("telephone-event", 101, Some("0-16")),
        ],
        ptime_ms: 20,
        direction: Direction::SendRecv,
    }
}
