//! Unix time that never jumps.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Unix time that never jumps: read once, then advanced by the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    unix_ms: u64,
    read_at: Instant,
}

impl Clock {
    pub(super) fn read() -> Self {
        let unix = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            unix_ms: millis(unix),
            read_at: Instant::now(),
        }
    }

    pub(super) fn now(&self) -> u64 {
        self.unix_ms + millis(self.read_at.elapsed())
    }

    pub(super) fn instant(&self, at: u64) -> Instant {
        self.read_at + Duration::from_millis(at.saturating_sub(self.unix_ms))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
