//! Flows: sockets and connections, keep-alive, reuse, and the way of a request to its target
//! (RFC 3261 §8.1.2, §18; RFC 3263 §4; RFC 5626 §3.5.1).
//!
//! [`Endpoint`] is the lower half of an element: bytes, flows, DNS answers and time go in; requests and
//! responses with their outcome come up. It owns the [`transaction::Layer`](crate::transaction::Layer).
//!
//! | looking for | open |
//! |---|---|
//! | the entry | `endpoint` |
//! | one request on its way: resolve, connect, authenticate | `courier`, `outgoing` |
//! | an address that does not work | `failover` |
//! | an address that answers after its turn | `behind` |
//! | which socket, which Via and Contact | `table` |
//! | what a URI says about where to go | `target` |
//! | CRLF keep-alive | `keepalive` |

mod behind;
mod candidates;
mod challenge;
mod courier;
mod endpoint;
mod failover;
mod failure;
mod keepalive;
mod outgoing;
mod table;
mod target;

use std::net::SocketAddr;

use bytes::Bytes;

pub use challenge::Login;
pub use endpoint::{Endpoint, Up};
pub use failure::Failure;
pub use outgoing::{ContactSpec, JobId, Outgoing};

use crate::{DnsQuestion, FlowId, Output, QueryId, Transport};

pub(crate) use keepalive::PING_EVERY;

/// What an [`Endpoint`] wants from its driver: an [`Output`] that is no event.
#[derive(Debug)]
pub enum Down {
    /// See [`Output::Transmit`].
    Transmit {
        /// The flow to send on.
        flow: FlowId,
        /// The destination.
        to: SocketAddr,
        /// The bytes.
        bytes: Bytes,
    },
    /// See [`Output::OpenFlow`].
    OpenFlow {
        /// Its id.
        flow: FlowId,
        /// What kind.
        transport: Transport,
        /// Where to.
        to: SocketAddr,
    },
    /// See [`Output::CloseFlow`].
    CloseFlow(FlowId),
    /// See [`Output::Query`].
    Query {
        /// Comes back with the answer.
        query: QueryId,
        /// The question.
        question: DnsQuestion,
    },
}

impl<E> From<Down> for Output<E> {
    fn from(down: Down) -> Self {
        match down {
            Down::Transmit { flow, to, bytes } => Self::Transmit { flow, to, bytes },
            Down::OpenFlow { flow, transport, to } => Self::OpenFlow { flow, transport, to },
            Down::CloseFlow(flow) => Self::CloseFlow(flow),
            Down::Query { query, question } => Self::Query { query, question },
        }
    }
}
