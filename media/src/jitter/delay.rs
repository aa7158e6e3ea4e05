//! How long to hold packets: the target of the jitter buffer (after WebRTC's NetEQ delay manager).
//!
//! Each packet's transit (arrival − timestamp) is compared with the fastest of the last 2 s. The greatest
//! such lag of every 500 ms goes into a forgetting histogram; its 95th percentile is the target. Looking at
//! maxima makes rare but regular stalls count; forgetting makes them count less and less.

/// 48 kHz samples per millisecond.
const MS: i64 = 48;
/// Width of a histogram bucket.
const BUCKET: i64 = 5 * MS;
const BUCKETS: usize = 100;
/// Share of 500 ms windows whose packets should all be in time.
const QUANTILE: f32 = 0.95;
/// Forgetting per window. The first windows count more (NetEQ's start weight 2), but no window counts so much
/// that a single stall alone moves the quantile; two do.
const FORGET: f32 = 0.983;
const FORGET_FIRST: f32 = 0.955;
const START_WEIGHT: f32 = 2.0;
const WINDOW: i64 = 500 * MS;
/// The fastest packet is looked for in this many windows of `BASE_WINDOW`: 2 s.
const BASE_WINDOWS: usize = 8;
const BASE_WINDOW: i64 = 250 * MS;
/// One 20 ms frame in reserve, from the first packet on.
pub(super) const MIN_TARGET: i64 = 20 * MS;
/// Beyond this, conversation suffers more than from concealment.
pub(super) const MAX_TARGET: i64 = 400 * MS;
/// Measuring is as coarse as a tick may be late.
const MARGIN: i64 = 5 * MS;
/// Transit this far above the fastest is no late packet but another clock.
const OTHER_CLOCK: i64 = 1_000 * MS;
/// Transit this far below the fastest is a sender emptying a backlog.
const BACKLOG: i64 = 80 * MS;

/// Watches arrivals and says how long to hold packets. Times in 48 kHz samples.
#[derive(Clone, Debug)]
pub(super) struct DelayManager {
    minima: [Option<i64>; BASE_WINDOWS],
    base_window: i64,
    histogram: [f32; BUCKETS],
    windows: u32,
    window: i64,
    window_max: i64,
    quantile: i64,
    /// Held longer on top so that the packet after a lost one, with its copy, is there in time.
    extra: i64,
}

impl DelayManager {
    pub(super) fn new() -> Self {
        Self {
            minima: [None; BASE_WINDOWS],
            base_window: i64::MIN,
            // Until something is known: no jitter.
            histogram: std::array::from_fn(|i| if i == 0 { 1.0 } else { 0.0 }),
            windows: 0,
            window: i64::MIN,
            window_max: 0,
            quantile: 0,
            extra: 0,
        }
    }

    /// A packet with timestamp `ts` arrived. True when the sender empties a backlog: packets come far ahead
    /// of their time and the delay is better dropped than played.
    pub(super) fn arrive(&mut self, now: i64, ts: i64) -> bool {
        let transit = now - ts;
        let window = now.div_euclid(BASE_WINDOW);
        if self.base().is_some_and(|base| transit > base + OTHER_CLOCK) {
            self.minima = [None; BASE_WINDOWS];
        }
        if window != self.base_window {
            let passed = window
                .saturating_sub(self.base_window)
                .clamp(0, BASE_WINDOWS as i64);
            for back in 0..passed {
                self.minima[(window - back).rem_euclid(BASE_WINDOWS as i64) as usize] = None;
            }
            self.base_window = window;
        }
        let at = window.rem_euclid(BASE_WINDOWS as i64) as usize;
        let earlier = self
            .minima
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != at)
            .filter_map(|(_, m)| *m)
            .min();
        self.minima[at] = Some(self.minima[at].map_or(transit, |m| m.min(transit)));
        self.learn(now, transit - self.base().unwrap_or(transit));
        earlier.is_some_and(|base| transit < base - BACKLOG)
    }

    /// Transit of the fastest packet of the last 2 s.
    pub(super) fn base(&self) -> Option<i64> {
        self.minima.iter().flatten().min().copied()
    }

    /// How long after the fastest possible arrival a sample should play.
    pub(super) fn target(&self) -> i64 {
        let jitter = if self.quantile > 0 {
            self.quantile + MARGIN
        } else {
            0
        };
        (jitter.max(MIN_TARGET) + self.extra).min(MAX_TARGET)
    }

    /// Holds packets longer by `extra` on top.
    pub(super) fn set_extra(&mut self, extra: i64) {
        self.extra = extra;
    }

    fn learn(&mut self, now: i64, lag: i64) {
        let window = now.div_euclid(WINDOW);
        if window == self.window {
            self.window_max = self.window_max.max(lag);
            return;
        }
        if self.window != i64::MIN {
            self.windows += 1;
            let forget = (1.0 - START_WEIGHT / (self.windows as f32 + 1.0)).clamp(FORGET_FIRST, FORGET);
            for share in &mut self.histogram {
                *share *= forget;
            }
            let bucket = (self.window_max / BUCKET).clamp(0, BUCKETS as i64 - 1) as usize;
            self.histogram[bucket] += 1.0 - forget;
            self.quantile = self.find_quantile();
        }
        self.window = window;
        self.window_max = lag;
    }

    /// Upper edge of the bucket that holds the quantile.
    fn find_quantile(&self) -> i64 {
        let all: f32 = self.histogram.iter().sum();
        let mut sum = 0.0;
        for (i, share) in self.histogram.iter().enumerate() {
            sum += share;
            if sum >= all * QUANTILE {
                return (i as i64 + 1) * BUCKET;
            }
        }
        BUCKETS as i64 * BUCKET
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends 20 ms packets whose n-th is late by `lag(n)` ms; gives the target in ms.
    fn target_after(packets: i64, lag: impl Fn(i64) -> i64) -> i64 {
        let mut delay = DelayManager::new();
        for n in 0..packets {
            delay.arrive(n * 960 + lag(n) * MS, n * 960);
        }
        delay.target() / MS
    }

    #[test]
    fn starts_with_one_frame_in_reserve_and_stays_there_without_jitter() {
        assert_eq!(DelayManager::new().target() / MS, 20);
        assert_eq!(target_after(3_000, |_| 0), 20);
    }

    #[test]
    fn covers_jitter_that_comes_back_and_shrugs_off_a_single_stall() {
        let regular = target_after(3_000, |n| if n % 25 == 0 { 80 } else { n * 7 % 10 });
        assert!((80..=95).contains(&regular), "{regular} ms");
        for at in [30, 200, 2_000] {
            let once = target_after(at + 50, |n| if n == at { 300 } else { 0 });
            assert_eq!(once, 20, "one stall at packet {at}");
        }
    }

    #[test]
    fn never_asks_for_more_than_400_ms() {
        assert_eq!(target_after(3_000, |n| if n % 10 == 0 { 900 } else { 0 }), 400);
    }

    #[test]
    fn forgets_bad_times() {
        let later = target_after(12_000, |n| if n < 1_500 && n % 25 == 0 { 150 } else { 0 });
        assert_eq!(later, 20, "200 s after the last stall");
    }

    #[test]
    fn tells_a_backlog_from_a_stall() {
        let mut delay = DelayManager::new();
        let mut backlog = false;
        for n in 0..100i64 {
            backlog |= delay.arrive(n * 960, n * 960);
        }
        assert!(!backlog);
        // Two seconds of audio at once.
        for n in 100..200i64 {
            backlog |= delay.arrive(100 * 960, n * 960);
        }
        assert!(backlog);
        let mut delay = DelayManager::new();
        for n in 0..100i64 {
            delay.arrive(n * 960, n * 960);
        }
        // A stall of 400 ms: late, but never early.
        let stalled = (100..120i64).any(|n| delay.arrive(120 * 960, n * 960));
        assert!(!stalled);
    }
}
