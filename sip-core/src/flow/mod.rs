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

use std::convert::Infallible;

pub use challenge::Login;
pub use endpoint::{Endpoint, Up};
pub use failure::Failure;
pub use outgoing::{ContactSpec, JobId, Outgoing};

use crate::Output;

pub(crate) use keepalive::PING_EVERY;

/// What an [`Endpoint`] wants from its driver: it has no events of its own.
pub type Down = Output<Infallible>;
