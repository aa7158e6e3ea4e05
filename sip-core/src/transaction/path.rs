//! Where a message came from or goes to.

use std::net::SocketAddr;

use crate::{FlowId, Transport};

/// One hop: a flow, what it speaks and the address at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// The socket or connection.
    pub flow: FlowId,
    /// What it speaks.
    pub transport: Transport,
    /// The other end.
    pub peer: SocketAddr,
}

impl std::fmt::Display for Path {
    /// `192.0.2.1:5060 over UDP`, as it is said to people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} over {}", self.peer, self.transport.via_name())
    }
}
