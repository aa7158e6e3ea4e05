//! From a card's capture callback to frames of 480 samples.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use rtrb::{Consumer, Producer, RingBuffer};

use super::{Counters, Format};
use crate::{FRAME, device::CaptureClock, drift::Resampler};

/// Sound older than this, or than three of the card's blocks, is dropped: a card that was held up
/// delivers it in a burst, and it must not become delay.
const MAX_WAITING_MS: usize = 100;

/// Both ends of a capture line; `None` for a format no card has.
pub(crate) fn capture_line(format: Format) -> Option<(CaptureFeed, CaptureLine)> {
    if format.channels == 0 {
        return None;
    }
    let resampler = match format.rate {
        crate::SAMPLE_RATE => None,
        rate => Some(Resampler::to_frames(rate)?),
    };
    let longest = resampler.as_ref().map_or(FRAME, Resampler::input_max);
    let (producer, ring) = RingBuffer::new(format.ring_samples());
    let counters = Arc::new(Counters::default());
    let feed = CaptureFeed {
        ring: producer,
        channels: usize::from(format.channels),
        counters: counters.clone(),
    };
    let line = CaptureLine {
        ring,
        format,
        resampler,
        mono: vec![0.0; longest],
        counters,
    };
    Some((feed, line))
}

/// The callback's end.
pub(crate) struct CaptureFeed {
    ring: Producer<f32>,
    channels: usize,
    counters: Arc<Counters>,
}

impl CaptureFeed {
    /// Takes what the card gave: interleaved samples. What does not fit is lost and counted.
    pub(crate) fn push(&mut self, samples: impl ExactSizeIterator<Item = f32>) {
        let frames = samples.len() / self.channels;
        let room = (self.ring.slots() / self.channels).min(frames) * self.channels;
        if let Ok(chunk) = self.ring.write_chunk_uninit(room) {
            chunk.fill_from_iter(samples);
        }
        let lost = frames - room / self.channels;
        self.counters.missed.fetch_add(lost as u64, Relaxed);
        self.counters.count(frames);
    }

    /// What the callback leaves for others to see.
    pub(crate) fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }
}

/// The media thread's end.
pub(crate) struct CaptureLine {
    ring: Consumer<f32>,
    format: Format,
    resampler: Option<Resampler>,
    mono: Vec<f32>,
    counters: Arc<Counters>,
}

impl CaptureLine {
    fn channels(&self) -> usize {
        usize::from(self.format.channels)
    }

    /// Device frames the next 10 ms take.
    fn need(&self) -> usize {
        self.resampler.as_ref().map_or(FRAME, Resampler::input_next)
    }

    /// Whether a frame can be read. Drops what has become too old.
    pub(crate) fn clock(&mut self) -> CaptureClock {
        let need = self.need();
        let mut there = self.ring.slots() / self.channels();
        let block = self.counters.block.load(Relaxed) as usize;
        let limit = (self.format.rate as usize * MAX_WAITING_MS / 1_000).max(3 * block);
        if there > limit {
            let keep = need.max(block);
            let drop = (there - keep) * self.channels();
            if let Ok(chunk) = self.ring.read_chunk(drop) {
                chunk.commit_all();
            }
            self.counters.missed.fetch_add((there - keep) as u64, Relaxed);
            there = keep;
        }
        match there.checked_sub(need) {
            Some(more) => CaptureClock::Ready(more / need.max(1)),
            None => CaptureClock::Filling(Duration::from_secs_f64(
                (need - there) as f64 / f64::from(self.format.rate),
            )),
        }
    }

    /// The next 10 ms, mixed down to one channel; silence if they are not there.
    pub(crate) fn read(&mut self, frame: &mut [f32; FRAME]) {
        let (need, channels) = (self.need(), self.channels());
        let Ok(chunk) = self.ring.read_chunk(need * channels) else {
            frame.fill(0.0);
            return;
        };
        let scale = 1.0 / channels as f32;
        let mono = match &self.resampler {
            Some(_) => &mut self.mono[..need],
            None => &mut frame[..],
        };
        mono.fill(0.0);
        for (at, sample) in chunk.into_iter().enumerate() {
            mono[at / channels] += sample * scale;
        }
        if let Some(resampler) = &mut self.resampler
            && resampler.process(&self.mono[..need], frame) < FRAME
        {
            frame.fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stereo_at_another_rate_becomes_mono_frames() {
        let format = Format {
            rate: 16_000,
            channels: 2,
        };
        let (mut feed, mut line) = capture_line(format).unwrap();
        let mut frame = [0.0; FRAME];
        assert!(matches!(line.clock(), CaptureClock::Filling(_)));
        for _ in 0..50 {
            feed.push([0.2_f32, 0.4].repeat(160).into_iter());
            while let CaptureClock::Ready(_) = line.clock() {
                line.read(&mut frame);
            }
        }
        assert!(frame.iter().all(|s| (s - 0.3).abs() < 0.01), "{:?}", &frame[..4]);
        assert_eq!(feed.counters().frames(), 50 * 160);
    }

    #[test]
    fn a_burst_after_a_standstill_does_not_become_delay() {
        let format = Format {
            rate: 48_000,
            channels: 1,
        };
        let (mut feed, mut line) = capture_line(format).unwrap();
        for _ in 0..200 {
            feed.push(vec![0.1; 480].into_iter());
        }
        assert_eq!(line.clock(), CaptureClock::Ready(0), "only the newest is kept");
        assert!(feed.counters().missed() >= 199 * 480 - 480);
    }
}
