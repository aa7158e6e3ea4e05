//! `ringside headless` as another program sees it: real processes, real sockets, real time.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod call;
#[cfg(feature = "demo")]
mod center;
#[cfg(feature = "demo")]
mod house;
mod protocol;
