//! A peer that says exactly what a test tells it to.

use std::{collections::VecDeque, net::SocketAddr, time::Instant};

use bytes::Bytes;

use crate::{
    FlowId, Input, Machine, Output,
    wire::{Framed, Message, datagram},
};

/// A datagram peer without any behaviour: commands are bytes to send, events are what arrived.
#[derive(Debug, Default)]
pub struct Raw {
    outputs: VecDeque<Output<(SocketAddr, Message)>>,
}

impl Machine for Raw {
    type Command = (SocketAddr, Bytes);
    type Event = (SocketAddr, Message);

    fn handle(&mut self, _now: Instant, input: Input<'_, Self::Command>) {
        match input {
            Input::Command((to, bytes)) => self.outputs.push_back(Output::Transmit {
                flow: FlowId::from_driver(1),
                to,
                bytes,
            }),
            Input::Received { from, data, .. } => {
                if let Framed::Message(message) = datagram(data) {
                    self.outputs.push_back(Output::Event((from, message)));
                }
            }
            _ => {}
        }
    }

    fn poll(&mut self) -> Option<Output<Self::Event>> {
        self.outputs.pop_front()
    }

    fn next_wake(&self) -> Option<Instant> {
        None
    }
}
