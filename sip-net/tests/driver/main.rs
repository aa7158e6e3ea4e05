//! The driver on real loopback sockets, with a machine that repeats what it hears.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod connections;
mod datagrams;
mod echo;
mod running;
