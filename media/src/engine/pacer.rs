//! When the next 10 ms are due.
//!
//! ```text
//!             frame captured                    nothing for 15 ms
//!  Capture ────────────────▶ tick    Capture ─────────────────────▶ Timer
//!     ▲                                                              │ tick every 10 ms, capture silent
//!     └──────────────────────── frame captured ──────────────────────┘
//! ```
//!
//! Captured frames pace the tick: the sound card's clock is the engine's. Devices that deliver several
//! frames at once are spread out, so that the network and the speaker see one frame about every 10 ms.
//! Without a capture device a timer paces; after a pause of the whole process it catches up by a few
//! ticks and lets the rest go.

use std::time::{Duration, Instant};

use crate::device::CaptureClock;

/// One tick.
const TICK: Duration = Duration::from_millis(10);
/// A capture device that is silent for this long has stalled; the timer stands in.
const STALL: Duration = Duration::from_millis(15);
/// Least time between ticks: never two at once from a device that gives several frames at a time.
const SPREAD: Duration = Duration::from_micros(9_500);
/// Spacing while more than [`BACKLOG`] frames wait: catches up at 1.4 times real time.
const CATCH_UP: Duration = Duration::from_millis(7);
/// Frames that wait after a block of an ordinary device.
const BACKLOG: usize = 5;
/// The timer catches up this much after a pause; what is older is skipped.
const MAX_LAG: Duration = Duration::from_millis(100);
/// Shortest and longest sleep.
const SLEEP: (Duration, Duration) = (Duration::from_micros(500), TICK);

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Nothing is due for this long.
    Wait(Duration),
    /// Run a tick with a frame read from the device.
    Tick,
    /// Run a tick although the device gave nothing.
    TickWithoutCapture,
}

/// Decides when the engine ticks; takes the time from outside.
#[derive(Clone, Debug)]
pub(crate) struct Pacer {
    last: Instant,
    due: Instant,
    stalled: bool,
    skipped: u64,
}

impl Pacer {
    /// The first tick is due at once.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            last: now,
            due: now,
            stalled: false,
            skipped: 0,
        }
    }

    /// Ticks that were skipped because the process did not run.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// What to do now, given how the capture clock stands.
    pub(crate) fn decide(&mut self, now: Instant, clock: CaptureClock) -> Pace {
        match clock {
            CaptureClock::Absent => {
                self.stalled = false;
                self.by_timer(now, Pace::Tick)
            }
            CaptureClock::Ready(waiting) => {
                self.stalled = false;
                let spacing = if waiting <= BACKLOG { SPREAD } else { CATCH_UP };
                let earliest = self.last + spacing;
                if now >= earliest {
                    self.last = now;
                    self.due = now + TICK;
                    Pace::Tick
                } else {
                    wait(now, earliest)
                }
            }
            CaptureClock::Filling(missing) => {
                if self.stalled {
                    return self.by_timer_or(now, Pace::TickWithoutCapture, Some(missing));
                }
                let stall = self.last + STALL;
                if now < stall {
                    return wait(now, stall.min(now + missing));
                }
                self.stalled = true;
                self.last = now;
                self.due = now + TICK;
                Pace::TickWithoutCapture
            }
        }
    }

    fn by_timer(&mut self, now: Instant, tick: Pace) -> Pace {
        self.by_timer_or(now, tick, None)
    }

    fn by_timer_or(&mut self, now: Instant, tick: Pace, captured_in: Option<Duration>) -> Pace {
        if now < self.due {
            let until = captured_in.map_or(self.due, |missing| self.due.min(now + missing));
            return wait(now, until);
        }
        let lag = now - self.due;
        if lag > MAX_LAG {
            self.skipped += (lag.as_millis() / TICK.as_millis()) as u64;
            self.due = now;
        }
        self.due += TICK;
        self.last = now;
        tick
    }
}

fn wait(now: Instant, until: Instant) -> Pace {
    Pace::Wait(until.saturating_duration_since(now).clamp(SLEEP.0, SLEEP.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a pacer against a device that gives `block` frames at a time at `rate` frames/s; answers the
    /// times of the ticks in microseconds and how many had no capture.
    fn run(block: u64, rate: u64, outage: std::ops::Range<u64>, until_us: u64) -> (Vec<u64>, u64) {
        let start = Instant::now();
        let mut pacer = Pacer::new(start);
        let (mut fill, mut next, mut ticks, mut bare) = (0_u64, 0_u64, vec![], 0);
        let mut now = 0;
        while now < until_us {
            while next <= now {
                if !outage.contains(&next) {
                    fill += block;
                }
                next += block * 1_000_000 / rate;
            }
            let clock = match (fill / 480).checked_sub(1) {
                Some(more) => CaptureClock::Ready(more as usize),
                None => CaptureClock::Filling(Duration::from_micros((480 - fill) * 1_000_000 / rate)),
            };
            match pacer.decide(start + Duration::from_micros(now), clock) {
                Pace::Wait(time) => now += time.as_micros() as u64,
                Pace::Tick => {
                    fill -= 480;
                    ticks.push(now);
                }
                Pace::TickWithoutCapture => {
                    bare += 1;
                    ticks.push(now);
                }
            }
        }
        (ticks, bare)
    }

    fn gaps(ticks: &[u64]) -> (u64, u64) {
        let gaps = || ticks.windows(2).map(|pair| pair[1] - pair[0]).skip(20);
        (gaps().min().unwrap(), gaps().max().unwrap())
    }

    #[test]
    fn ticks_follow_the_capture_card_whatever_its_block_size() {
        for block in [24, 120, 240, 480, 512, 960, 1_024, 1_440] {
            let (ticks, bare) = run(block, 48_000, 0..0, 10_000_000);
            assert!(
                ticks.len().abs_diff(1_000) <= 4,
                "block {block}: {} ticks",
                ticks.len()
            );
            assert_eq!(bare, 0, "block {block}: ticks without capture");
            let (least, most) = gaps(&ticks);
            assert!(
                least >= 6_500 && most <= 15_000,
                "block {block}: gaps {least}–{most} µs"
            );
        }
    }

    #[test]
    fn blocks_longer_than_the_stall_limit_settle_with_a_reserve() {
        let (ticks, bare) = run(1_920, 48_000, 0..0, 10_000_000);
        assert!(ticks.len().abs_diff(1_000) <= 8, "{} ticks", ticks.len());
        assert!(bare <= 4, "{bare} frames invented");
    }

    #[test]
    fn the_tick_takes_the_drift_of_the_capture_card() {
        let (ticks, bare) = run(240, 48_015, 0..0, 100_000_000);
        assert_eq!(bare, 0);
        assert!(ticks.len().abs_diff(10_003) <= 2, "{} ticks", ticks.len());
    }

    #[test]
    fn a_stalled_capture_card_hands_over_to_the_timer_and_back() {
        let (ticks, bare) = run(480, 48_000, 2_000_000..5_000_000, 8_000_000);
        assert!(ticks.len().abs_diff(800) <= 3, "{} ticks", ticks.len());
        assert!(bare.abs_diff(300) <= 3, "{bare}");
        assert!(gaps(&ticks).1 <= 15_500, "longest gap {}", gaps(&ticks).1);
    }

    #[test]
    fn the_timer_neither_drifts_nor_bursts_after_a_long_pause() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start);
        let at = |ms| start + Duration::from_millis(ms);
        for ms in 0..1_000 {
            pacer.decide(at(ms), CaptureClock::Absent);
        }
        let burst = (0..100)
            .filter(|_| pacer.decide(at(4_000), CaptureClock::Absent) == Pace::Tick)
            .count();
        assert_eq!(burst, 1, "three seconds of pause are not made up for");
        assert_eq!(pacer.skipped(), 300);
        let burst = (0..100)
            .filter(|_| pacer.decide(at(4_060), CaptureClock::Absent) == Pace::Tick)
            .count();
        assert_eq!(burst, 6, "60 ms are");
    }
}
