//! How loud a tone is in what an ear heard.

use std::{f64::consts::TAU, fs, path::Path};

const RATE: f64 = 48_000.0;

/// A recording: 48 kHz mono.
pub(crate) struct Ear(Vec<f64>);

impl Ear {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        assert_eq!(&bytes[..4], b"RIFF", "{}", path.display());
        assert_eq!(u32::from_le_bytes(bytes[24..28].try_into().unwrap()), 48_000);
        let data = bytes.windows(4).position(|w| w == b"data").unwrap();
        let length = u32::from_le_bytes(bytes[data + 4..data + 8].try_into().unwrap()) as usize;
        let samples = &bytes[data + 8..];
        assert_eq!(samples.len(), length, "the header is complete at the exit");
        let samples = samples
            .chunks_exact(2)
            .map(|s| f64::from(i16::from_le_bytes([s[0], s[1]])) / 32_768.0);
        Self(samples.collect())
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.0.len() as f64 / RATE
    }

    /// RMS of a span in dBFS (a full-scale sine is −3); −127 for silence.
    pub(crate) fn level(&self, from: f64, to: f64) -> f64 {
        decibels(power(self.span(from, to)))
    }

    /// By how many dB a tone stands above everything else in a span (Goertzel against the rest of the power).
    pub(crate) fn tone_over_rest(&self, hz: f64, from: f64, to: f64) -> f64 {
        let span = self.span(from, to);
        let all = power(span);
        let (mut sine, mut cosine) = (0.0, 0.0);
        for (i, sample) in span.iter().enumerate() {
            let phase = TAU * hz * i as f64 / RATE;
            sine += sample * phase.sin();
            cosine += sample * phase.cos();
        }
        let n = span.len() as f64;
        let tone = 2.0 * (sine * sine + cosine * cosine) / (n * n);
        10.0 * (tone / (all - tone).max(1e-12)).log10()
    }

    /// The longest stretch of 100 ms steps for which `wanted` holds, as (from, to) in seconds.
    pub(crate) fn longest(&self, wanted: impl Fn(f64) -> bool) -> (f64, f64) {
        let steps = (self.seconds() * 10.0) as usize;
        let (mut best, mut start) = ((0.0, 0.0), None);
        for step in 0..=steps {
            let at = step as f64 / 10.0;
            if step < steps && wanted(self.level(at, at + 0.1)) {
                start.get_or_insert(at);
            } else if let Some(from) = start.take()
                && at - from > best.1 - best.0
            {
                best = (from, at);
            }
        }
        best
    }

    fn span(&self, from: f64, to: f64) -> &[f64] {
        let index = |t: f64| ((t * RATE) as usize).min(self.0.len());
        &self.0[index(from)..index(to)]
    }
}

fn power(span: &[f64]) -> f64 {
    span.iter().map(|s| s * s).sum::<f64>() / span.len().max(1) as f64
}

fn decibels(power: f64) -> f64 {
    if power <= 0.0 {
        -127.0
    } else {
        (10.0 * power.log10()).max(-127.0)
    }
}
