//! What the network does to datagrams.

use std::time::Duration;

/// Faults of a simulated network. Streams only see the delay.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// Datagrams lost, in percent.
    pub loss: u8,
    /// Datagrams that arrive twice, in percent.
    pub duplicate: u8,
    /// Shortest way.
    pub min_delay: Duration,
    /// Longest way; datagrams overtake each other within the span.
    pub max_delay: Duration,
}

impl Faults {
    /// Everything arrives, once, in order, after 1 ms.
    pub const NONE: Self = Self {
        loss: 0,
        duplicate: 0,
        min_delay: Duration::from_millis(1),
        max_delay: Duration::from_millis(1),
    };

    /// A bad evening: 15 % lost, 5 % twice, 5–150 ms, out of order.
    pub const BAD: Self = Self {
        loss: 15,
        duplicate: 5,
        min_delay: Duration::from_millis(5),
        max_delay: Duration::from_millis(150),
    };
}
