//! The server's clock on our monotonic one: countdowns use deadlines, never "seconds left".

use std::time::{Duration, Instant};

use crate::Stopwatch;

/// A pair of readings taken at the same moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerClock {
    at: Instant,
    unix_ms: u64,
}

impl ServerClock {
    pub(super) const fn new(at: Instant, unix_ms: u64) -> Self {
        Self { at, unix_ms }
    }

    /// The server time of the reading.
    pub(super) const fn reference(&self) -> u64 {
        self.unix_ms
    }

    /// Our instant of a server time to come (or just past: then the reference instant).
    pub(super) fn instant(&self, unix_ms: u64) -> Instant {
        let ahead = Duration::from_millis(unix_ms.saturating_sub(self.unix_ms));
        self.at.checked_add(ahead).unwrap_or(self.at)
    }

    /// A stopwatch that was started at a server time.
    pub(super) fn since(&self, unix_ms: u64) -> Stopwatch {
        Stopwatch {
            at: self.instant(unix_ms),
            already: Duration::from_millis(self.unix_ms.saturating_sub(unix_ms)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_times_before_and_after_the_reference_run_on_our_clock() {
        let now = crate::session::tests::world::an_instant();
        let clock = ServerClock::new(now, 1_000_000);
        assert_eq!(
            clock.since(990_000).elapsed(now + Duration::from_secs(5)),
            Duration::from_secs(15)
        );
        assert_eq!(
            clock.since(1_002_000).elapsed(now + Duration::from_secs(5)),
            Duration::from_secs(3)
        );
        assert_eq!(clock.instant(1_020_000), now + Duration::from_secs(20));
        assert!(clock.instant(u64::MAX) >= now);
    }
}
