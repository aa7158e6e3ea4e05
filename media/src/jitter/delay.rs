//! How long to hold packets: the target of the jitter buffer (after WebRTC's NetEQ delay manager).
//!
//! Each packet's transit (arrival − timestamp) is compared with the fastest of the last 2 s. The greatest
//! such lag of every 500 ms goes into a forgetting histogram; its 95th percentile is the target. Looking at
//! maxima makes rare but regular stalls count; forgetting makes them count less and less.
//!
//! A way that becomes longer for good (another route, a sender that stood still) is no jitter: once two
//! windows of 250 ms agree that even their fastest packet is late by the same, that is the new way, and what
//! was learned from its packets is taken back.

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
/// A way longer by this is looked at: less is covered by the jitter target anyway.
const SHIFT: i64 = 40 * MS;
/// The latest packets that say how the way is at this moment, and for how long each does.
const RECENT: usize = 2;
const RECENT_LASTS: i64 = 200 * MS;
const NEVER: (i64, i64) = (i64::MIN, 0);
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

/// Transit of the fastest and the slowest packet of a time.
#[derive(Clone, Copy, Debug)]
struct Span {
    fastest: i64,
    slowest: i64,
}

impl Span {
    fn with(span: Option<Self>, transit: i64) -> Self {
        let Self { fastest, slowest } = span.unwrap_or(Self {
            fastest: transit,
            slowest: transit,
        });
        Self {
            fastest: fastest.min(transit),
            slowest: slowest.max(transit),
        }
    }
}

/// Watches arrivals and says how long to hold packets. Times in 48 kHz samples.
#[derive(Clone, Debug)]
pub(super) struct DelayManager {
    spans: [Option<Span>; BASE_WINDOWS],
    base_window: i64,
    /// Arrival and transit of the latest packets.
    recent: [(i64, i64); RECENT],
    histogram: [f32; BUCKETS],
    /// Bucket and share of what the last two windows put into the histogram.
    learned: [(usize, f32); 2],
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
            spans: [None; BASE_WINDOWS],
            base_window: i64::MIN,
            recent: [NEVER; RECENT],
            // Until something is known: no jitter.
            histogram: std::array::from_fn(|i| if i == 0 { 1.0 } else { 0.0 }),
            learned: [(0, 0.0); 2],
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
        if self.base().is_some_and(|base| transit > base + OTHER_CLOCK) {
            self.spans = [None; BASE_WINDOWS];
            self.recent = [NEVER; RECENT];
        }
        self.recent.rotate_right(1);
        self.recent[0] = (now, transit);
        let window = now.div_euclid(BASE_WINDOW);
        if window != self.base_window {
            self.follow_the_way(window);
            let passed = window
                .saturating_sub(self.base_window)
                .clamp(0, BASE_WINDOWS as i64);
            for back in 0..passed {
                self.spans[place(window - back)] = None;
            }
            self.base_window = window;
        }
        let at = place(window);
        let earlier = self.fastest(|i| i != at);
        self.spans[at] = Some(Span::with(self.spans[at], transit));
        self.learn(now, transit - self.base().unwrap_or(transit));
        earlier.is_some_and(|base| transit < base - BACKLOG)
    }

    /// Transit of the fastest packet of the last 2 s.
    pub(super) fn base(&self) -> Option<i64> {
        self.fastest(|_| true)
    }

    /// Transit of the fastest packet of this moment, or of the last 2 s when there was none of late.
    pub(super) fn recent_base(&self, now: i64) -> Option<i64> {
        let recent = self.recent.iter().filter(|(at, _)| *at > now - RECENT_LASTS);
        recent.map(|(_, transit)| *transit).min().or_else(|| self.base())
    }

    fn fastest(&self, among: impl Fn(usize) -> bool) -> Option<i64> {
        let spans = self.spans.iter().enumerate().filter(|(i, _)| among(*i));
        spans.filter_map(|(_, span)| Some(span.as_ref()?.fastest)).min()
    }

    /// When `window` begins: forgets the old way if the last two windows know nothing but a longer one.
    fn follow_the_way(&mut self, window: i64) {
        if window != self.base_window + 1 {
            return;
        }
        let new = [place(window - 1), place(window - 2)];
        let [Some(a), Some(b)] = new.map(|at| self.spans[at]) else {
            return;
        };
        let Some(base) = self.fastest(|i| !new.contains(&i)) else {
            return;
        };
        let (fastest, slowest) = (a.fastest.min(b.fastest), a.slowest.max(b.slowest));
        let shift = fastest - base;
        if shift < SHIFT || slowest - fastest > shift / 2 {
            return;
        }
        for (at, span) in self.spans.iter_mut().enumerate() {
            if !new.contains(&at) {
                *span = None;
            }
        }
        self.window_max = (self.window_max - shift).max(0);
        for (bucket, share) in &mut self.learned {
            let nearer = bucket.saturating_sub((shift / BUCKET) as usize);
            self.histogram[*bucket] -= *share;
            self.histogram[nearer] += *share;
            *bucket = nearer;
        }
        self.quantile = self.find_quantile();
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
            self.learned = [(0, 0.0), (self.learned[0].0, self.learned[0].1 * forget)];
            let bucket = (self.window_max / BUCKET).clamp(0, BUCKETS as i64 - 1) as usize;
            self.histogram[bucket] += 1.0 - forget;
            self.learned[0] = (bucket, 1.0 - forget);
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

/// Where a window is kept.
fn place(window: i64) -> usize {
    window.rem_euclid(BASE_WINDOWS as i64) as usize
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
    fn a_longer_way_is_no_jitter_and_a_way_that_is_longer_and_rough_is() {
        for at in [20, 200, 2_000] {
            let longer = target_after(at + 400, |n| if n < at { 0 } else { 150 });
            assert_eq!(longer, 20, "longer from packet {at} on");
        }
        let rough = target_after(1_000, |n| if n < 200 { 0 } else { 150 + n * 7 % 10 * 15 });
        assert!((135..=170).contains(&rough), "{rough} ms for a jitter of 135 ms");
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
