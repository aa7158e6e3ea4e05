//! User agents in the simulated world: behaviours by name, in virtual time.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod addressing;
mod bad_input;
mod calls;
mod common;
mod common_peer;
mod dialogs;
mod holds;
mod hostile;
mod losses;
mod registrations;
mod through_the_server;
