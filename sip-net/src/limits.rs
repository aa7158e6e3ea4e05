//! What peers may use up.

use std::time::Duration;

/// Bounds of one driver. The defaults fit a server of 500 stations.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections open at once, both directions. Beyond it new ones are closed at once.
    pub connections: usize,
    /// Bytes waiting to be written on one connection. Beyond it the peer is not reading and is closed.
    pub write_queue: usize,
    /// Bytes of datagrams waiting until one socket can send again. Beyond it they are refused.
    pub datagram_queue: usize,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long an accepted connection may stay without its first byte.
    pub first_byte: Duration,
    /// How long a closing connection may take to write what is queued.
    pub flush: Duration,
    /// Questions to the resolver under way at once.
    pub queries: usize,
    /// How long one question may take.
    pub query_timeout: Duration,
    /// How often the computer's addresses are looked at.
    pub network_watch: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            write_queue: 1024 * 1024,
            datagram_queue: 4 * 1024 * 1024,
            connect_timeout: Duration::from_secs(4),
            first_byte: Duration::from_secs(10),
            flush: Duration::from_secs(1),
            queries: 256,
            query_timeout: Duration::from_secs(5),
            network_watch: Duration::from_millis(500),
        }
    }
}
