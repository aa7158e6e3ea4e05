//! Two RTP sessions over a simulated network in virtual time: what the listener hears, whatever happens on the way.

#![allow(clippy::disallowed_methods, reason = "any moment will do as the start")]

mod calls;
mod changes;
mod events;
mod impairments;
mod input;
mod sim;
