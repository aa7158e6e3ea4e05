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
//! Without a capture device a timer paces. After a pause of the whole process it catches up at twice real
//! time, and each tick stands for the moment it should have run at: what was received meanwhile is heard and
//! what was to be said is sent as if nothing had happened. A pause too long to be made up for is skipped.

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
/// Spacing of late ticks of the timer: a peer that paused too gets a word in between.
const LATE: Duration = Duration::from_millis(5);
/// The timer makes up for a pause this long; a longer one is skipped, because delay would be heard instead.
const MAX_LAG: Duration = Duration::from_millis(500);
/// Shortest and longest sleep.
const SLEEP: (Duration, Duration) = (Duration::from_micros(500), TICK);

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Nothing is due for this long.
    Wait(Duration),
    /// Run a tick with a frame read from the device; it stands for this moment.
    Tick(Instant),
    /// Run a tick although the device gave nothing.
    TickWithoutCapture(Instant),
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
            last: before(now),
            due: now,
            stalled: false,
            skipped: 0,
        }
    }

    /// Ticks that were skipped because the process did not run.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// After a rest in which nothing needed a tick: the next one is due at once, and none was skipped.
    pub(crate) fn resume(&mut self, now: Instant) {
        self.last = before(now);
        self.due = now;
        self.stalled = false;
    }

    /// What to do now, given how the capture clock stands.
    pub(crate) fn decide(&mut self, now: Instant, clock: CaptureClock) -> Pace {
        match clock {
            CaptureClock::Absent => {
                self.stalled = false;
                self.by_timer(now, Pace::Tick, None)
            }
            CaptureClock::Ready(waiting) => {
                self.stalled = false;
                let spacing = if waiting <= BACKLOG { SPREAD } else { CATCH_UP };
                let earliest = self.last + spacing;
                if now >= earliest {
                    self.last = now;
                    self.due = now + TICK;
                    Pace::Tick(now)
                } else {
                    wait(now, earliest)
                }
            }
            CaptureClock::Filling(missing) => {
                if self.stalled {
                    return self.by_timer(now, Pace::TickWithoutCapture, Some(missing));
                }
                let stall = self.last + STALL;
                if now < stall {
                    return wait(now, stall.min(now + missing));
                }
                self.stalled = true;
                self.last = now;
                self.due = now + TICK;
                Pace::TickWithoutCapture(now)
            }
        }
    }

    /// `captured_in`: the device may have a frame before the timer is due.
    fn by_timer(&mut self, now: Instant, tick: fn(Instant) -> Pace, captured_in: Option<Duration>) -> Pace {
        let lag = now.saturating_duration_since(self.due);
        if lag > MAX_LAG {
            self.skipped += (lag.as_millis() / TICK.as_millis()) as u64;
            self.due = now;
        }
        let earliest = self.due.max(self.last + LATE);
        if now < earliest {
            let until = captured_in.map_or(earliest, |missing| earliest.min(now + missing));
            return wait(now, until);
        }
        let due = self.due;
        self.due += TICK;
        self.last = now;
        tick(due)
    }
}

/// When a tick was last allowed to run if one may run now.
fn before(now: Instant) -> Instant {
    now.checked_sub(LATE).unwrap_or(now)
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
                Pace::Tick(_) => {
                    fill -= 480;
                    ticks.push(now);
                }
                Pace::TickWithoutCapture(_) => {
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

    /// Runs a pacer by its timer alone from `from` to `to` ms; when each tick ran and for when, in ms.
    fn by_timer(pacer: &mut Pacer, start: Instant, from: u64, to: u64) -> Vec<(u64, u64)> {
        let at = |ms| start + Duration::from_millis(ms);
        let run = (from..to).map(|ms| (ms, pacer.decide(at(ms), CaptureClock::Absent)));
        run.filter_map(|(ms, pace)| match pace {
            Pace::Tick(stands_for) => Some((ms, (stands_for - start).as_millis() as u64)),
            _ => None,
        })
        .collect()
    }

    #[test]
    fn the_timer_makes_up_for_a_pause_at_twice_real_time_and_neither_drifts_nor_bursts() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start);
        by_timer(&mut pacer, start, 0, 1_000);
        let late = by_timer(&mut pacer, start, 1_400, 2_400);
        let expected: Vec<u64> = (100..240).map(|tick| tick * 10).collect();
        assert!(
            late.iter().map(|(_, for_when)| *for_when).eq(expected),
            "{late:?}"
        );
        let gaps = late.windows(2).map(|pair| pair[1].0 - pair[0].0);
        assert_eq!(gaps.min(), Some(5));
        assert!(late.iter().all(|(ran, for_when)| *ran < 1_800 || ran == for_when));
        assert_eq!(pacer.skipped(), 0);
    }

    #[test]
    fn a_long_pause_is_skipped() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start);
        by_timer(&mut pacer, start, 0, 1_000);
        let ran = by_timer(&mut pacer, start, 4_000, 4_020);
        assert_eq!(ran, [(4_000, 4_000), (4_010, 4_010)]);
        assert_eq!(pacer.skipped(), 300);
    }
}
