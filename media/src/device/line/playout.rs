//! From frames of 480 samples to a card's playout callback.
//!
//! What is steered is the headroom: the sound that would be left in the ring if a callback came just
//! before our next tick, the worst moment there is. How full the ring is at a tick says little, because it
//! depends on how long ago the last callback was; so that is taken into account, and the figure does not
//! beat when the two clocks drift past each other. It is kept at a few milliseconds by bending the
//! resampler's ratio; it grows when a gap was heard and shrinks again over minutes.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Instant,
};

use rtrb::{Consumer, Producer, RingBuffer};

use super::{Counters, Format};
use crate::{
    FRAME,
    drift::{FillControl, Resampler},
};

/// Headroom to begin with, in milliseconds: what a woken thread is late by on an ordinary machine.
const HEADROOM_MS: f64 = 3.0;
/// Most that gaps make of it.
const MAX_HEADROOM_MS: f64 = 20.0;
/// How much a gap adds.
const GAP_ADDS_MS: f64 = 2.5;
/// How much of that is taken back per tick: 1 ms in 20 s.
const DECAY_MS: f64 = 1.0 / 2_000.0;
/// Headroom this far above target is cut at once instead of drained over seconds.
const CUT_MS: f64 = 40.0;
/// The same while a card settles: sound services ask in bursts for the first seconds.
const SETTLING_CUT_MS: f64 = 4.0;
/// Ticks that a card gets to settle.
const SETTLING: u32 = 500;
/// Ticks over which the least headroom is taken.
const WINDOW: u32 = 50;

/// Both ends of a playout line; `None` for a format no card has. Moments are counted from `epoch`.
pub(crate) fn playout_line(format: Format, epoch: Instant) -> Option<(PlayoutFeed, PlayoutLine)> {
    if format.channels == 0 {
        return None;
    }
    let resampler = Resampler::from_frames(format.rate)?;
    let (ring, consumer) = RingBuffer::new(format.ring_samples());
    let counters = Arc::new(Counters::default());
    let feed = PlayoutFeed {
        ring: consumer,
        channels: usize::from(format.channels),
        counters: counters.clone(),
    };
    let line = PlayoutLine {
        ring,
        format,
        converted: vec![0.0; resampler.output_max()],
        resampler,
        control: FillControl::new(),
        counters,
        epoch,
        primed: false,
        target_ms: HEADROOM_MS,
        missed: 0,
        age: 0,
        window: Window::default(),
    };
    Some((feed, line))
}

/// The callback's end.
pub(crate) struct PlayoutFeed {
    ring: Consumer<f32>,
    channels: usize,
    counters: Arc<Counters>,
}

impl PlayoutFeed {
    /// Gives the card its block, `now_us` microseconds after the line's epoch: `put` gets each sample,
    /// interleaved. What is missing is silence.
    pub(crate) fn pull(&mut self, now_us: u64, samples: usize, mut put: impl FnMut(usize, f32)) {
        let there = self.ring.slots();
        let take = there.min(samples);
        if let Ok(chunk) = self.ring.read_chunk(take) {
            for (at, sample) in chunk.into_iter().enumerate() {
                put(at, sample);
            }
        }
        for at in take..samples {
            put(at, 0.0);
        }
        if self.counters.primed.load(Relaxed) {
            let missing = (samples - take) / self.channels;
            self.counters.missed.fetch_add(missing as u64, Relaxed);
        }
        self.counters.last_us.store(now_us, Relaxed);
        self.counters.count(samples / self.channels);
    }

    /// What the callback leaves for others to see.
    pub(crate) fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }
}

/// Least headroom of this and the last half second.
#[derive(Default)]
struct Window {
    ticks: u32,
    last: Option<f64>,
    now: Option<f64>,
}

impl Window {
    /// It has seen a whole half second.
    fn is_full(&self) -> bool {
        self.last.is_some()
    }

    fn add(&mut self, headroom: f64) -> f64 {
        self.ticks += 1;
        if self.ticks > WINDOW {
            self.ticks = 0;
            self.last = self.now.take();
        }
        let least = self.now.map_or(headroom, |now| now.min(headroom));
        self.now = Some(least);
        self.last.map_or(least, |last| last.min(least))
    }
}

/// The media thread's end.
pub(crate) struct PlayoutLine {
    ring: Producer<f32>,
    format: Format,
    resampler: Resampler,
    converted: Vec<f32>,
    control: FillControl,
    counters: Arc<Counters>,
    epoch: Instant,
    primed: bool,
    target_ms: f64,
    missed: u64,
    /// Ticks since the card first asked.
    age: u32,
    window: Window,
}

impl PlayoutLine {
    /// Plays 10 ms; called every tick. Before the card asks for sound for the first time, and while the
    /// ring is full because it has stopped asking, nothing is kept.
    pub(crate) fn write(&mut self, now: Instant, frame: &[f32; FRAME]) {
        if !self.primed {
            if self.counters.callbacks() == 0 {
                return;
            }
            self.prime();
        }
        let cut = self.steer(now);
        let converted = self.resampler.process(frame, &mut self.converted);
        let kept = &self.converted[cut.min(converted)..converted];
        let channels = usize::from(self.format.channels);
        let samples = kept.iter().flat_map(|s| std::iter::repeat_n(*s, channels));
        let room = self.ring.slots().min(kept.len() * channels);
        if let Ok(chunk) = self.ring.write_chunk_uninit(room - room % channels) {
            chunk.fill_from_iter(samples);
        }
    }

    fn prime(&mut self) {
        let reserve = (f64::from(self.format.rate) * HEADROOM_MS / 1_000.0) as usize;
        let silence = (self.block() + reserve) * usize::from(self.format.channels);
        if let Ok(chunk) = self.ring.write_chunk_uninit(silence.min(self.ring.slots())) {
            chunk.fill_from_iter(std::iter::repeat_n(0.0, silence));
        }
        self.counters.primed.store(true, Relaxed);
        self.primed = true;
    }

    /// Frames the card takes at a time.
    fn block(&self) -> usize {
        self.counters.block.load(Relaxed) as usize
    }

    /// What would be left, in milliseconds, after a callback just before the next tick.
    fn headroom_ms(&self, now: Instant) -> f64 {
        let per_ms = f64::from(self.format.rate) / 1_000.0;
        let capacity = self.ring.buffer().capacity();
        let fill = (capacity - self.ring.slots()) / usize::from(self.format.channels);
        let now_us = now.saturating_duration_since(self.epoch).as_micros() as u64;
        let since_ms = now_us.saturating_sub(self.counters.last_us.load(Relaxed)) as f64 / 1_000.0;
        // What the card has played of its last block counts as gone from the ring; this tick's frame is
        // about to be added and will be played by the next.
        fill as f64 / per_ms - since_ms.min(self.block() as f64 / per_ms)
    }

    /// Bends the ratio; answers how many samples of this frame are better left out.
    fn steer(&mut self, now: Instant) -> usize {
        let missed = self.counters.missed();
        if missed > self.missed {
            self.missed = missed;
            self.target_ms = (self.target_ms + GAP_ADDS_MS).min(MAX_HEADROOM_MS);
        } else {
            self.target_ms = (self.target_ms - DECAY_MS).max(HEADROOM_MS);
        }
        let headroom_ms = self.headroom_ms(now);
        let excess_ms = self.window.add(headroom_ms) - self.target_ms;
        self.age = self.age.saturating_add(1);
        let cut_ms = if self.age < SETTLING {
            SETTLING_CUT_MS
        } else {
            CUT_MS
        };
        if excess_ms > cut_ms && self.window.is_full() {
            self.window = Window::default();
            self.control.jump();
            return (excess_ms * f64::from(self.format.rate) / 1_000.0) as usize;
        }
        // The loop thinks in frames at 48 kHz.
        let ppm = self.control.update(headroom_ms * 48.0, self.target_ms * 48.0);
        self.resampler.correct(ppm);
        0
    }
}
