//! acp/1: the wire types between agent and contact centre.
//!
//! REST for resources ([`rest`]), one WebSocket for live state ([`frame`]). Everything here is data;
//! ids are opaque strings chosen by the server, times are Unix milliseconds, durations carry their unit
//! in the name. Unknown fields and unknown event kinds are ignored by both sides.

pub mod client;
pub mod event;
pub mod frame;
pub mod model;
pub mod rest;
pub mod schema;

/// The protocol version in `hello`.
pub const PROTOCOL: u32 = 1;
/// Prefix of the Alert-Info URN that ties an INVITE to an offer: `<urn:acp:offer:ID>`.
pub const OFFER_URN: &str = "urn:acp:offer:";
