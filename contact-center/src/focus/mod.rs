//! The conference focus (RFC 4579): every voice conversation is anchored here.
//!
//! `machine` decides who hears whom, `parties` knows who they are, `api` is what it is told and wants;
//! `driver` gives it sockets, a SIP user agent and the media engine.

mod api;
mod driver;
mod machine;
mod parties;
#[cfg(test)]
mod tests;

pub use api::{Input, OfferLeg, Output, ToCenter};
pub use driver::{FocusConfig, FocusError, Heard, RunningFocus, start};
pub use machine::{Focus, Setup};
