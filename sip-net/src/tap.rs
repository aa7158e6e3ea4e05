//! Watching what goes over the wire, for ladders and tests.

use std::{fmt, net::SocketAddr, sync::Arc};

use sip_core::Transport;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To us.
    In,
    /// From us.
    Out,
}

/// One datagram, or one piece of a stream, as it passed.
#[derive(Debug)]
pub struct Captured<'a> {
    /// Which way.
    pub direction: Direction,
    /// What carries it.
    pub transport: Transport,
    /// Our end.
    pub local: SocketAddr,
    /// The other end.
    pub peer: SocketAddr,
    /// The bytes. They may hold credentials: mask before showing.
    pub bytes: &'a [u8],
}

/// A callback for everything that passes. It runs on the driver's task: be quick, never block.
#[derive(Clone)]
pub struct Tap(Arc<dyn Fn(&Captured<'_>) + Send + Sync>);

impl Tap {
    /// A tap that calls `watch`.
    pub fn new(watch: impl Fn(&Captured<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(watch))
    }

    pub(crate) fn see(&self, captured: &Captured<'_>) {
        (self.0)(captured);
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tap")
    }
}
