//! How loud a tone is in what an ear heard.

use std::path::Path;

/// A recording: 48 kHz mono, or the channels of one mixed down.
#[derive(Debug)]
pub struct Ear {
    samples: Vec<f64>,
    rate: f64,
}

impl Ear {
    /// Reads a 16-bit WAV file.
    ///
    /// # Panics
    ///
    /// When it is none.
    pub fn read(path: &Path) -> Self {
        let mut wav = hound::WavReader::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let spec = wav.spec();
        let samples: Vec<f64> = wav
            .samples::<i16>()
            .map(|sample| f64::from(sample.unwrap()) / 32_768.0)
            .collect();
        let channels = usize::from(spec.channels);
        let mixed = samples
            .chunks_exact(channels)
            .map(|frame| frame.iter().sum::<f64>() / f64::from(spec.channels));
        Self {
            samples: mixed.collect(),
            rate: f64::from(spec.sample_rate),
        }
    }

    /// Its length.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / self.rate
    }

    /// RMS of a span (seconds) in dBFS; a full-scale sine is −3, silence −127.
    pub fn level(&self, from: f64, to: f64) -> f64 {
        let power = power(self.span(from, to));
        if power <= 0.0 {
            -127.0
        } else {
            (10.0 * power.log10()).max(-127.0)
        }
    }

    /// By how many dB a tone stands above everything else in a span: its share by Goertzel's algorithm
    /// against the rest of the power.
    pub fn tone_over_rest(&self, hz: f64, from: f64, to: f64) -> f64 {
        let span = self.span(from, to);
        let n = span.len().max(1) as f64;
        let coefficient = 2.0 * (std::f64::consts::TAU * hz / self.rate).cos();
        let (mut last, mut before) = (0.0, 0.0);
        for sample in span {
            (last, before) = (sample + coefficient * last - before, last);
        }
        let share = last * last + before * before - coefficient * last * before;
        let tone = 2.0 * share / (n * n);
        10.0 * (tone / (power(span) - tone).max(1e-12)).max(1e-12).log10()
    }

    /// The longest stretch of 100 ms steps whose level is `wanted`, as (from, to) in seconds.
    pub fn longest(&self, wanted: impl Fn(f64) -> bool) -> (f64, f64) {
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

    /// How often it goes from quiet to loud (above −30 dBFS for 300 ms or more).
    pub fn bursts(&self) -> usize {
        let steps = (self.seconds() * 10.0) as usize;
        let loud = |step: usize| self.level(step as f64 / 10.0, (step + 1) as f64 / 10.0) > -30.0;
        let loud: Vec<bool> = (0..steps).map(loud).collect();
        loud.split(|loud| !loud).filter(|burst| burst.len() >= 3).count()
    }

    fn span(&self, from: f64, to: f64) -> &[f64] {
        let index = |t: f64| ((t * self.rate) as usize).min(self.samples.len());
        &self.samples[index(from)..index(to.max(from))]
    }
}

fn power(span: &[f64]) -> f64 {
    span.iter().map(|s| s * s).sum::<f64>() / span.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ear(f: impl Fn(f64) -> f64) -> Ear {
        Ear {
            samples: (0..48_000).map(|i| f(f64::from(i) / 48_000.0)).collect(),
            rate: 48_000.0,
        }
    }

    #[test]
    fn a_tone_is_told_from_another_and_from_noise() {
        let sine = |hz: f64, t: f64| (std::f64::consts::TAU * hz * t).sin();
        let both = ear(|t| 0.1 * sine(440.0, t) + 0.01 * sine(1000.0, t));
        assert!((both.tone_over_rest(440.0, 0.0, 1.0) - 20.0).abs() < 0.1);
        assert!((both.tone_over_rest(1000.0, 0.0, 1.0) + 20.0).abs() < 0.1);
        assert!((both.level(0.0, 1.0) + 23.0).abs() < 0.1);
        assert_eq!(ear(|_| 0.0).level(0.0, 1.0), -127.0);
    }

    #[test]
    fn loud_stretches_are_counted_and_the_longest_found() {
        let heard = ear(|t| if (0.3..=0.5).contains(&t) { 0.0 } else { 0.5 });
        assert_eq!(heard.bursts(), 2);
        assert_eq!(heard.longest(|level| level > -30.0), (0.5, 1.0));
    }
}
