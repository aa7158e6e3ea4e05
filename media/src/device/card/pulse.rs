//! The heartbeat of a stream: whether its callbacks come, and how fast.

use std::time::{Duration, Instant};

use crate::device::line::Counters;

/// No callback for this long: the stream is dead.
const DEAD: Duration = Duration::from_millis(300);
/// A fresh stream may take this long to its first callback (2 s on an idle PulseAudio null sink).
const WARM_UP: Duration = Duration::from_secs(4);
/// A stream's first callbacks come in bursts and measure nothing.
const FIRST_BURSTS: Duration = Duration::from_secs(1);
/// Time over which a card's true rate is measured.
const RATE_WINDOW: Duration = Duration::from_secs(4);
/// Rates that cards have.
const RATES: [u32; 8] = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

/// The heartbeat of a stream.
pub(super) struct Pulse {
    callbacks: u64,
    seen: Instant,
    opened: Instant,
    measured_from: Option<(Instant, u64)>,
}

impl Pulse {
    /// Of a stream opened at `now`.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            callbacks: 0,
            seen: now,
            opened: now,
            measured_from: None,
        }
    }

    /// Whether callbacks still come.
    pub(super) fn alive(&mut self, now: Instant, counters: &Counters) -> bool {
        let callbacks = counters.callbacks();
        if callbacks != self.callbacks {
            self.callbacks = callbacks;
            self.seen = now;
            return true;
        }
        match callbacks {
            0 => now - self.opened < WARM_UP,
            _ => now - self.seen < DEAD,
        }
    }

    /// The rate the card really has, if it is plainly another than `claimed`.
    pub(super) fn true_rate(&mut self, now: Instant, counters: &Counters, claimed: u32) -> Option<u32> {
        let frames = counters.frames();
        let Some((since, at_start)) = self.measured_from else {
            // The first second after opening comes in bursts.
            if self.callbacks > 0 && now - self.opened > FIRST_BURSTS {
                self.measured_from = Some((now, frames));
            }
            return None;
        };
        let time = now - since;
        if time < RATE_WINDOW {
            return None;
        }
        self.measured_from = Some((now, frames));
        let measured = (frames - at_start) as f64 / time.as_secs_f64();
        let off = |rate: u32| (measured / f64::from(rate) - 1.0).abs();
        if off(claimed) < 0.05 {
            return None;
        }
        RATES
            .into_iter()
            .find(|rate| *rate != claimed && off(*rate) < 0.02)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::line::{Format, capture_line};

    /// A stream whose callbacks bring `frames` every 10 ms from `from_ms` to `to_ms`; answers what `look`
    /// makes of the heartbeat at each 100 ms.
    fn beat<T>(
        frames: usize,
        from_ms: u64,
        to_ms: u64,
        until_ms: u64,
        mut look: impl FnMut(&mut Pulse, Instant, &Counters) -> T,
    ) -> Vec<T> {
        let format = Format {
            rate: 48_000,
            channels: 1,
        };
        let (mut feed, _line) = capture_line(format).unwrap();
        let start = Instant::now();
        let mut pulse = Pulse::new(start);
        let mut seen = Vec::new();
        for ms in (0..until_ms).step_by(10) {
            if (from_ms..to_ms).contains(&ms) {
                feed.push(vec![0.0; frames].into_iter());
            }
            if ms.is_multiple_of(100) {
                seen.push(look(
                    &mut pulse,
                    start + Duration::from_millis(ms),
                    &feed.counters(),
                ));
            }
        }
        seen
    }

    #[test]
    fn a_stream_that_stops_calling_is_dead_300_ms_later() {
        let alive = beat(480, 1_000, 5_000, 6_000, Pulse::alive);
        let died = alive.iter().position(|alive| !alive).unwrap();
        assert!((53..=54).contains(&died), "dead after {} ms", died * 100);
    }

    #[test]
    fn a_stream_that_never_calls_gets_time_to_warm_up() {
        let alive = beat(480, 0, 0, 6_000, Pulse::alive);
        assert_eq!(alive.iter().position(|alive| !alive), Some(40));
    }

    #[test]
    fn a_headset_that_claims_48_khz_and_delivers_24_is_found_out() {
        let rate = |pulse: &mut Pulse, now: Instant, counters: &Counters| {
            pulse.alive(now, counters);
            pulse.true_rate(now, counters, 48_000)
        };
        assert_eq!(
            beat(240, 0, 20_000, 20_000, rate).into_iter().flatten().next(),
            Some(24_000)
        );
        assert_eq!(
            beat(480, 0, 20_000, 20_000, rate).into_iter().flatten().next(),
            None
        );
        assert_eq!(
            beat(482, 0, 20_000, 20_000, rate).into_iter().flatten().next(),
            None
        );
    }
}
