//! `ringside headless` as another program sees it: real processes, real sockets, real time.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod call;
mod phone;
mod protocol;
mod wav;
