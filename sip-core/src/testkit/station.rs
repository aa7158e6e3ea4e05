//! A machine in its seat on the simulated network.

use std::{
    any::Any,
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use crate::{DnsAnswer, FlowChange, FlowId, Input, Machine, NetworkSnapshot, Output, QueryId};

/// A machine with its kind of command and event hidden.
pub trait Station: Any {
    /// Bytes arrived.
    fn received(&mut self, now: Instant, flow: FlowId, from: SocketAddr, data: &[u8]);
    /// A datagram could not be sent.
    fn not_sent(&mut self, now: Instant, flow: FlowId, to: SocketAddr, data: &[u8]);
    /// A flow changed.
    fn flow(&mut self, now: Instant, flow: FlowId, change: FlowChange);
    /// The resolver answered.
    fn dns(&mut self, now: Instant, query: QueryId, answer: DnsAnswer);
    /// Addresses changed.
    fn network(&mut self, now: Instant, addresses: Vec<IpAddr>);
    /// Time passed.
    fn tick(&mut self, now: Instant);
    /// The next output; events stay in the seat.
    fn poll(&mut self, now: Instant) -> Option<Output<()>>;
    /// When it wants [`Station::tick`].
    fn next_wake(&self) -> Option<Instant>;
    /// For getting the seat back.
    fn as_any(&mut self) -> &mut dyn Any;
}

/// A machine and everything it has said.
#[derive(Debug)]
pub struct Seat<M: Machine> {
    /// The machine.
    pub machine: M,
    /// Its events with the time they came.
    pub events: Vec<(Instant, M::Event)>,
}

impl<M: Machine> Seat<M> {
    /// A seat for a machine.
    pub fn new(machine: M) -> Self {
        Self {
            machine,
            events: Vec::new(),
        }
    }
}

impl<M: Machine + 'static> Station for Seat<M>
where
    M::Event: 'static,
{
    fn received(&mut self, now: Instant, flow: FlowId, from: SocketAddr, data: &[u8]) {
        self.machine.handle(now, Input::Received { flow, from, data });
    }

    fn not_sent(&mut self, now: Instant, flow: FlowId, to: SocketAddr, data: &[u8]) {
        let reason = "network is unreachable".to_owned();
        let input = Input::NotSent {
            flow,
            to,
            data,
            reason,
        };
        self.machine.handle(now, input);
    }

    fn flow(&mut self, now: Instant, flow: FlowId, change: FlowChange) {
        self.machine.handle(now, Input::Flow { flow, change });
    }

    fn dns(&mut self, now: Instant, query: QueryId, answer: DnsAnswer) {
        self.machine.handle(now, Input::Dns { query, answer });
    }

    fn network(&mut self, now: Instant, addresses: Vec<IpAddr>) {
        self.machine
            .handle(now, Input::Network(NetworkSnapshot { addresses }));
    }

    fn tick(&mut self, now: Instant) {
        self.machine.handle(now, Input::Tick);
    }

    fn poll(&mut self, now: Instant) -> Option<Output<()>> {
        loop {
            return Some(match self.machine.poll()? {
                Output::Event(event) => {
                    self.events.push((now, event));
                    continue;
                }
                Output::Transmit { flow, to, bytes } => Output::Transmit { flow, to, bytes },
                Output::OpenFlow { flow, transport, to } => Output::OpenFlow { flow, transport, to },
                Output::CloseFlow(flow) => Output::CloseFlow(flow),
                Output::Query { query, question } => Output::Query { query, question },
            });
        }
    }

    fn next_wake(&self) -> Option<Instant> {
        self.machine.next_wake()
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
