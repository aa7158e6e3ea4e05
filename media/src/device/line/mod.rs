//! A line to a sound card: a wait-free ring with the card's callback at one end and the media thread at
//! the other.
//!
//! ```text
//!  card ─▶ CaptureFeed ═ring═▶ CaptureLine ─▶ 480 samples a tick      rate conversion, downmix
//!  480 samples a tick ─▶ PlayoutLine ═ring═▶ PlayoutFeed ─▶ card      rate conversion, drift
//! ```
//!
//! The feeds are what a callback may do: copy samples (as `f32`) and touch atomics. The lines do the
//! arithmetic on the media thread. A virtual sound card drives the same feeds in simulated time.

mod capture;
mod playout;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

pub(crate) use self::{
    capture::{CaptureFeed, CaptureLine, capture_line},
    playout::{PlayoutFeed, PlayoutLine, playout_line},
};

/// Seconds of sound a ring holds.
const RING_S: f64 = 0.25;

/// What a card's stream looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// Frames per second.
    pub(crate) rate: u32,
    /// Samples per frame.
    pub(crate) channels: u16,
}

impl Format {
    fn ring_samples(self) -> usize {
        (f64::from(self.rate) * RING_S) as usize * usize::from(self.channels)
    }
}

/// What a callback leaves for the others to see.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Calls so far: the watchdog's heartbeat.
    callbacks: AtomicU64,
    /// Frames so far: the card's true rate.
    frames: AtomicU64,
    /// Longest block of frames in one call.
    block: AtomicU32,
    /// Frames lost because a ring was full, or silence played because it was empty.
    missed: AtomicU64,
    /// Moment of the last call, in microseconds since the line's epoch.
    last_us: AtomicU64,
    /// The media thread has begun to fill a playout ring.
    primed: AtomicBool,
}

impl Counters {
    /// Calls so far.
    pub(crate) fn callbacks(&self) -> u64 {
        self.callbacks.load(Relaxed)
    }

    /// Frames so far.
    pub(crate) fn frames(&self) -> u64 {
        self.frames.load(Relaxed)
    }

    /// Frames lost or made up so far.
    pub(crate) fn missed(&self) -> u64 {
        self.missed.load(Relaxed)
    }

    fn count(&self, frames: usize) {
        let frames = frames as u32;
        self.callbacks.fetch_add(1, Relaxed);
        self.frames.fetch_add(u64::from(frames), Relaxed);
        self.block.fetch_max(frames, Relaxed);
    }
}
