//! The conference focus (RFC 4579): every voice conversation is anchored here.
//!
//! `machine` decides who hears whom, `driver` gives it sockets, a SIP user agent and the media engine.

mod driver;
mod machine;

pub use driver::{FocusConfig, FocusError, Heard, RunningFocus, start};
pub use machine::{Focus, Input, OfferLeg, Output, ToCenter};
