//! SIP user agent, registrar and proxy as pure state machines (RFC 3261).
//!
//! Nothing in this crate reads a clock, opens a socket, starts a thread or asks the system for
//! randomness. A machine is fed `(now, input)` through [`Machine::handle`] and drained through
//! [`Machine::poll`] until it answers `None`; [`Machine::next_wake`] says when it wants time to pass.
//! The same sequence of inputs and the same seed give the same bytes, so a log of inputs replays a call.
//!
//! | looking for | open |
//! |---|---|
//! | bytes to messages and back | [`wire`] |
//! | digest authentication | [`auth`] |
//! | offer/answer | [`sdp`] |
//! | the four transactions | [`transaction`] |
//! | sockets, connections, where a request goes | [`flow`] |
//! | dialogs, calls, registration | [`dialog`], [`invite`], [`register`] |
//! | the phone itself | [`agent`] |
//! | registrar and proxy | [`server`] |

mod alarms;
mod ids;
mod io;

pub mod agent;
pub mod auth;
pub mod dialog;
pub mod flow;

pub mod invite;
pub mod register;
pub mod sdp;
pub mod server;
#[doc(hidden)]
pub mod testkit;
pub mod transaction;
pub mod wire;

pub use ids::{Ids, MAGIC_COOKIE};
pub use io::{
    DnsAnswer, DnsQuestion, FlowChange, FlowId, Input, Machine, NetworkSnapshot, Output, QueryId, Transport,
};
