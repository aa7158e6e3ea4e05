//! Starting a machine on its sockets.

use std::net::SocketAddr;

use bytes::Bytes;
use sip_core::{DnsAnswer, FlowId, Machine, QueryId, Transport};
use tokio::{net::TcpStream, sync::mpsc};

use crate::{
    BindError, Bound, Handle, Limits, Listen, Running, Tap,
    bind::{self, Socketed},
    task::Task,
};

/// Inputs from sockets that may wait for the machine. When it is full, readers stop reading.
const INBOX: usize = 1024;

/// What the readers, acceptors and helpers tell the driver.
#[derive(Debug)]
pub(crate) enum FromNet {
    Received {
        flow: FlowId,
        from: SocketAddr,
        data: Bytes,
    },
    NotSent {
        flow: FlowId,
        to: SocketAddr,
        data: Bytes,
        reason: String,
    },
    Accepted {
        stream: TcpStream,
        peer: SocketAddr,
    },
    Connected {
        flow: FlowId,
        local: SocketAddr,
        peer: SocketAddr,
    },
    Closed {
        flow: FlowId,
        reason: String,
    },
    Answer {
        query: QueryId,
        answer: DnsAnswer,
    },
}

/// How to run a machine: limits and a tap, then [`spawn`](Self::spawn).
#[derive(Clone, Debug, Default)]
pub struct Driver {
    limits: Limits,
    tap: Option<Tap>,
}

/// Runs `machine` with the default limits. Call it inside a tokio runtime.
///
/// # Errors
/// The first listening address that cannot be had; nothing runs then.
pub fn spawn<M>(machine: M, listen: &[Listen]) -> Result<Running<M::Command, M::Event>, BindError>
where
    M: Machine + Send + 'static,
    M::Command: Send + 'static,
    M::Event: Send + 'static,
{
    Driver::default().spawn(machine, listen)
}

impl Driver {
    /// Other limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Watch the wire.
    #[must_use]
    pub fn tap(mut self, tap: Tap) -> Self {
        self.tap = Some(tap);
        self
    }

    /// Binds every address and starts the task. Call it inside a tokio runtime.
    ///
    /// # Errors
    /// The first listening address that cannot be had; nothing runs then.
    pub fn spawn<M>(self, machine: M, listen: &[Listen]) -> Result<Running<M::Command, M::Event>, BindError>
    where
        M: Machine + Send + 'static,
        M::Command: Send + 'static,
        M::Event: Send + 'static,
    {
        let mut sockets = Vec::new();
        for one in listen {
            sockets.extend(bind::bind(*one)?);
        }
        let bound = sockets
            .iter()
            .map(|socket| match socket {
                Socketed::Udp(_, address) => Bound {
                    transport: Transport::Udp,
                    address: *address,
                },
                Socketed::Tcp(_, address) => Bound {
                    transport: Transport::Tcp,
                    address: *address,
                },
            })
            .collect();
        let (commands, commands_in) = mpsc::unbounded_channel();
        let (events_out, events) = mpsc::unbounded_channel();
        let (to_driver, inbox) = mpsc::channel(INBOX);
        let task = Task::new(machine, self.limits, self.tap, to_driver, events_out);
        let task = tokio::spawn(task.run(sockets, inbox, commands_in));
        Ok(Running {
            handle: Handle { commands, bound },
            events,
            task,
        })
    }
}
