//! A sound card in simulated time: its own clocks, blocks and accidents, the same rings as a real one.

use std::time::Instant;

use crossbeam_channel::{Sender, bounded};

use super::{
    CaptureClock,
    card::{CardBackend, Change},
    line::{CaptureFeed, Counters, Format, PlayoutFeed, capture_line, playout_line},
};

/// How one direction of a card behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    /// What it claims, in Hz.
    pub(crate) rate: u32,
    /// How far its crystal is off, in parts per million.
    pub(crate) ppm: f64,
    /// Frames per callback.
    pub(crate) block: usize,
    /// Samples per frame.
    pub(crate) channels: u16,
}

impl Side {
    pub(crate) const GOOD: Self = Self {
        rate: 48_000,
        ppm: 0.0,
        block: 480,
        channels: 1,
    };

    fn period_us(&self) -> f64 {
        self.block as f64 * 1e6 / (f64::from(self.rate) * (1.0 + self.ppm * 1e-6))
    }
}

struct Running<F> {
    side: Side,
    feed: F,
    next_us: f64,
}

/// A microphone that hears a tone, and an ear that remembers.
pub(crate) struct VirtualCard {
    epoch: Instant,
    changes: Sender<Change>,
    capture: Option<Running<CaptureFeed>>,
    playout: Option<Running<PlayoutFeed>>,
    /// Callbacks of the microphone do not happen before this moment; then they come at once.
    pub(crate) held_until_us: f64,
    /// What the microphone hears at a moment given in microseconds.
    pub(crate) mouth: fn(f64) -> f32,
    /// What was heard, with the moment of each sample in microseconds.
    pub(crate) ear: Vec<(f64, f32)>,
}

impl VirtualCard {
    /// A card with nothing plugged in, and the engine's end of it.
    pub(crate) fn new(epoch: Instant, mouth: fn(f64) -> f32) -> (Self, CardBackend) {
        let (changes, changed) = bounded(64);
        let card = Self {
            epoch,
            changes,
            capture: None,
            playout: None,
            held_until_us: 0.0,
            mouth,
            ear: Vec::new(),
        };
        (card, CardBackend::kept_elsewhere(changed))
    }

    /// Plugs it in; a card that was there is replaced.
    pub(crate) fn plug(&mut self, now_us: f64, capture: Side, playout: Side) {
        let format = |side: Side| Format {
            rate: side.rate,
            channels: side.channels,
        };
        let (feed, capture_line) = capture_line(format(capture)).unwrap();
        self.capture = Some(Running {
            side: capture,
            feed,
            next_us: now_us + capture.period_us(),
        });
        let (feed, playout_line) = playout_line(format(playout), self.epoch).unwrap();
        self.playout = Some(Running {
            side: playout,
            feed,
            next_us: now_us + playout.period_us() * 0.37,
        });
        let _ = self.changes.try_send(Change::Call(
            Some(Box::new(capture_line)),
            Some(Box::new(playout_line)),
        ));
    }

    /// Pulls the plug: no callbacks any more; with `tell` the engine's keeper has noticed.
    pub(crate) fn unplug(&mut self, tell: bool) {
        self.capture = None;
        self.playout = None;
        if tell {
            let _ = self.changes.try_send(Change::Call(None, None));
        }
    }

    /// Frames that were lost or made up at the ear.
    pub(crate) fn missed(&self) -> u64 {
        self.playout
            .as_ref()
            .map_or(0, |p| Counters::missed(&p.feed.counters()))
    }

    /// When its next callback comes.
    pub(crate) fn next_us(&self) -> f64 {
        let capture = self
            .capture
            .as_ref()
            .map_or(f64::MAX, |c| c.next_us.max(self.held_until_us));
        let playout = self.playout.as_ref().map_or(f64::MAX, |p| p.next_us);
        capture.min(playout)
    }

    /// Makes every callback up to a moment.
    pub(crate) fn run(&mut self, now_us: f64) {
        while let Some(capture) = &mut self.capture
            && capture.next_us <= now_us
            && self.held_until_us <= now_us
        {
            let Side { block, channels, .. } = capture.side;
            let (end, period) = (capture.next_us, capture.side.period_us());
            let mouth = self.mouth;
            let samples = (0..block * usize::from(channels)).map(|n| {
                let frame = n / usize::from(channels);
                mouth(end - period + period * frame as f64 / block as f64)
            });
            capture.feed.push(samples);
            capture.next_us += period;
        }
        while let Some(playout) = &mut self.playout
            && playout.next_us <= now_us
        {
            let Side { block, channels, .. } = playout.side;
            let (start, period) = (playout.next_us, playout.side.period_us());
            let ear = &mut self.ear;
            playout
                .feed
                .pull(start as u64, block * usize::from(channels), |at, sample| {
                    if at % usize::from(channels) == 0 {
                        let frame = at / usize::from(channels);
                        ear.push((start + period * frame as f64 / block as f64, sample));
                    }
                });
            playout.next_us += period;
        }
    }
}

#[test]
fn a_card_with_a_ring_of_nothing_has_no_clock() {
    use super::AudioBackend;
    let (_card, mut backend) = VirtualCard::new(Instant::now(), |_| 0.0);
    assert_eq!(backend.clock(Instant::now()), CaptureClock::Absent);
}
