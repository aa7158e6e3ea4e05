//! Transactions: one request, its responses and their retransmissions (RFC 3261 §17, RFC 6026).
//!
//! [`Layer`] holds every transaction of one SIP element and is all that user agents and proxies touch.
//! It is fed messages, responses and time; [`Layer::poll`] gives what to send and what to think about.
//!
//! | looking for | open |
//! |---|---|
//! | the four machines | `client_invite`, `client_request`, `server_invite`, `server_request` |
//! | which transaction a message belongs to | `key` |
//! | the timers | `timer` |
//! | carrying out what they ask for | `effects` |
//! | building ACK and CANCEL | `derive` |
//! | where responses go | `via` |

mod client_invite;
mod client_request;
mod derive;
mod effects;
mod entry;
mod key;
mod layer;
mod output;
mod path;
mod server_invite;
mod server_request;
mod timer;
mod via;

#[cfg(test)]
mod tests;

pub use layer::Layer;
pub use output::{ClientId, Output, ServerId};
pub use path::Path;
pub(crate) use timer::Doubling;
pub use timer::Timing;

/// What a machine wants done; the [`Layer`] knows which bytes and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// Send the last message (again).
    Send,
    /// Send ACK for the response at hand (300–699).
    Acknowledge,
    /// Send CANCEL for the INVITE.
    Cancel,
    /// Send 100 Trying in the TU's place.
    Trying,
    /// Hand the message at hand to the TU.
    Deliver,
    /// Tell the TU that the peer is silent.
    NoReply,
    /// Forget the transaction.
    Done,
}
