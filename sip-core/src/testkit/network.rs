//! The wires: datagrams that get lost, streams that do not, and links that are cut.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;

use super::{Faults, NodeId, World, world::Happening};
use crate::{FlowChange, FlowId, Transport};

/// How long a system tries to connect to a host that does not answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

impl World {
    /// Gives the link between two machines faults of its own.
    pub fn link(&mut self, a: NodeId, b: NodeId, faults: Faults) {
        let (a, b) = (self.ip(a), self.ip(b));
        self.links.entry(a, b).faults = Some(faults);
    }

    /// Cuts the link between two machines without telling either: datagrams are lost, streams stand still,
    /// new connections time out.
    pub fn cut(&mut self, a: NodeId, b: NodeId) {
        let (a, b) = (self.ip(a), self.ip(b));
        self.links.entry(a, b).cut = true;
    }

    /// Ends a cut: streams go on where they stood.
    pub fn mend(&mut self, a: NodeId, b: NodeId) {
        let (a, b) = (self.ip(a), self.ip(b));
        self.links.entry(a, b).cut = false;
        for piece in std::mem::take(&mut self.held) {
            self.happen(piece);
        }
    }

    pub(super) fn is_cut(&self, node: NodeId, peer: SocketAddr) -> bool {
        self.links.get(self.ip(node), peer.ip()).cut
    }

    fn ip(&self, node: NodeId) -> IpAddr {
        self.nodes[node.0].address.ip()
    }

    fn faults_to(&self, node: NodeId, peer: IpAddr) -> Faults {
        let link = self.links.get(self.ip(node), peer);
        link.faults.unwrap_or(self.faults)
    }

    /// How long something takes from one machine to another.
    pub(super) fn way(&mut self, from: NodeId, to: NodeId) -> Duration {
        let faults = self.faults_to(from, self.ip(to));
        self.ids.between(faults.min_delay, faults.max_delay)
    }

    pub(super) fn datagram(&mut self, id: NodeId, to: SocketAddr, bytes: Bytes) {
        let from = self.nodes[id.0].address;
        self.log.push((self.elapsed(), from, to, bytes.clone()));
        let faults = self.faults_to(id, to.ip());
        if !(self.filter)(&bytes) || self.dice(faults.loss) || self.is_cut(id, to) {
            return;
        }
        let copies = 1 + usize::from(self.dice(faults.duplicate));
        for _ in 0..copies {
            let way = self.ids.between(faults.min_delay, faults.max_delay);
            let bytes = bytes.clone();
            self.later(way, Happening::Datagram { from, to, bytes });
        }
    }

    pub(super) fn stream(&mut self, id: NodeId, flow: FlowId, bytes: &Bytes) {
        let Some(&(node, there, to)) = self.nodes[id.0].streams.get(&flow) else {
            return;
        };
        let from = self.nodes[id.0].address;
        self.log.push((self.elapsed(), from, to, bytes.clone()));
        for piece in bytes.chunks(self.stream_piece.max(1)) {
            let earliest = self.now + self.way(id, node);
            let ready = self.nodes[id.0].stream_ready.get(&flow).copied();
            let at = ready.map_or(earliest, |ready| ready.max(earliest));
            self.nodes[id.0].stream_ready.insert(flow, at);
            let bytes = Bytes::copy_from_slice(piece);
            self.count += 1;
            let happening = Happening::Stream {
                node,
                flow: there,
                from,
                bytes,
            };
            self.happenings.insert((at, self.count), happening);
        }
    }

    pub(super) fn open(&mut self, id: NodeId, flow: FlowId, to: SocketAddr) {
        let found = self.nodes.iter().position(|n| n.on && n.tcp && n.address == to);
        let (way, reason) = if self.is_cut(id, to) {
            (CONNECT_TIMEOUT, Some("connection timed out"))
        } else {
            let refused = found.is_none().then_some("connection refused");
            (self.faults_to(id, to.ip()).max_delay, refused)
        };
        let there = match (reason, found) {
            (None, Some(there)) => NodeId(there),
            (reason, _) => {
                let change = FlowChange::Closed {
                    reason: reason.unwrap_or("connection refused").to_owned(),
                };
                return self.later(
                    way,
                    Happening::Flow {
                        node: id,
                        flow,
                        change,
                    },
                );
            }
        };
        let port = self.nodes[id.0].next_port;
        self.nodes[id.0].next_port += 1;
        let ours = SocketAddr::new(self.nodes[id.0].address.ip(), port);
        let theirs = FlowId::from_driver(self.nodes[there.0].next_flow);
        self.nodes[there.0].next_flow += 1;
        self.nodes[id.0].streams.insert(flow, (there, theirs, to));
        self.nodes[there.0].streams.insert(theirs, (id, flow, ours));
        for (node, flow, local, peer) in [(id, flow, ours, to), (there, theirs, to, ours)] {
            let change = FlowChange::Opened {
                transport: Transport::Tcp,
                local,
                peer,
            };
            // Nothing sent on it overtakes the connection itself.
            let at = self.now + way;
            self.nodes[node.0].stream_ready.insert(flow, at);
            self.later(way, Happening::Flow { node, flow, change });
        }
    }
}
