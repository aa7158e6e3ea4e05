//! From frames of 480 samples to a card's playout callback.
//!
//! What is steered is the headroom: the least sound left in the ring after a callback took its block.
//! That is what stands between the listener and a gap, whatever the card's block size and however its
//! callbacks fall between our ticks. It is kept at a few milliseconds by bending the resampler's ratio;
//! it grows when a gap was heard and shrinks again over minutes.

use std::sync::{Arc, atomic::Ordering::Relaxed};

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

/// Both ends of a playout line; `None` for a format no card has.
pub(crate) fn playout_line(format: Format) -> Option<(PlayoutFeed, PlayoutLine)> {
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
    /// Gives the card its block: `put` gets each sample, interleaved. What is missing is silence.
    pub(crate) fn pull(&mut self, samples: usize, mut put: impl FnMut(usize, f32)) {
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
            let left = ((there - take) / self.channels) as u32;
            self.counters.low_water.fetch_min(left, Relaxed);
            let missing = (samples - take) / self.channels;
            self.counters.missed.fetch_add(missing as u64, Relaxed);
        }
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

    fn add(&mut self, headroom: Option<f64>) -> Option<f64> {
        self.ticks += 1;
        if self.ticks > WINDOW {
            self.ticks = 0;
            self.last = self.now.take();
        }
        self.now = least(self.now, headroom);
        least(self.now, self.last)
    }
}

fn least(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
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
    pub(crate) fn write(&mut self, frame: &[f32; FRAME]) {
        if !self.primed {
            if self.counters.callbacks() == 0 {
                return;
            }
            self.prime();
        }
        let cut = self.steer();
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
        let block = self.counters.block.load(Relaxed) as usize;
        let reserve = (f64::from(self.format.rate) * HEADROOM_MS / 1_000.0) as usize;
        let silence = (block + reserve) * usize::from(self.format.channels);
        if let Ok(chunk) = self.ring.write_chunk_uninit(silence.min(self.ring.slots())) {
            chunk.fill_from_iter(std::iter::repeat_n(0.0, silence));
        }
        self.counters.low_water.store(u32::MAX, Relaxed);
        self.counters.primed.store(true, Relaxed);
        self.primed = true;
    }

    /// Bends the ratio; answers how many samples of this frame are better left out.
    fn steer(&mut self) -> usize {
        let missed = self.counters.missed();
        if missed > self.missed {
            self.missed = missed;
            self.target_ms = (self.target_ms + GAP_ADDS_MS).min(MAX_HEADROOM_MS);
        } else {
            self.target_ms = (self.target_ms - DECAY_MS).max(HEADROOM_MS);
        }
        let per_ms = f64::from(self.format.rate) / 1_000.0;
        let low = match self.counters.low_water.swap(u32::MAX, Relaxed) {
            u32::MAX => None,
            frames => Some(f64::from(frames) / per_ms),
        };
        self.age = self.age.saturating_add(1);
        let cut_ms = if self.age < SETTLING {
            SETTLING_CUT_MS
        } else {
            CUT_MS
        };
        let Some(headroom_ms) = self.window.add(low) else {
            return 0;
        };
        let excess_ms = headroom_ms - self.target_ms;
        if excess_ms > cut_ms && self.window.is_full() {
            self.window = Window::default();
            self.control.jump();
            return (excess_ms * per_ms) as usize;
        }
        // The loop thinks in frames at 48 kHz.
        let ppm = self.control.update(headroom_ms * 48.0, self.target_ms * 48.0);
        self.resampler.correct(ppm);
        0
    }
}
