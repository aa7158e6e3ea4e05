//! Sockets for `sip-core`: runs any [`Machine`](sip_core::Machine) on tokio.
//!
//! One task owns the machine and the table of its sockets; the rest of the program holds a [`Handle`] and reads
//! a channel of events. The machine never waits for a socket, and a socket never waits for the machine's owner:
//! a peer that does not read is closed, a burst that cannot be taken stays in the kernel's buffers.
//!
//! ```text
//!  Handle ──commands──▶ ┌────────┐ ──Transmit──▶ UDP sockets, write queues of connections
//!  events ◀──────────── │ driver │ ──OpenFlow──▶ connect with a time limit
//!                       │  task  │ ──Query─────▶ resolver
//!  readers, acceptors ─▶└────────┘ ──next_wake─▶ one timer
//! ```
//!
//! | looking for | open |
//! |---|---|
//! | starting | `driver` |
//! | the loop | `task` |
//! | `udp:127.0.0.1:5060` | `listen`, `bind` |
//! | one connection | `connection` |
//! | one datagram socket | `datagram` |
//! | what a peer may use up | `limits` |
//! | addresses of this computer | `network` |
//! | watching the wire | `tap` |

mod accept;
mod bind;
mod connection;
mod datagram;
mod driver;
mod handle;
mod limits;
mod listen;
mod network;
mod resolve;
mod tap;
mod task;

pub use bind::BindError;
pub use driver::{Driver, spawn};
pub use handle::{Bound, Handle, Running, Stopped};
pub use limits::Limits;
pub use listen::{Listen, ListenError};
pub use network::{local_address_towards, snapshot};
pub use tap::{Captured, Direction, Tap};
