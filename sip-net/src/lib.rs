//! Sockets for `sip-core`: runs any [`Machine`](sip_core::Machine) on tokio.
//!
//! One task owns the machine and all its sockets; the rest of the program holds a [`Handle`] and reads a
//! channel of events. The machine never waits for a socket and a socket never waits for the machine's owner.
