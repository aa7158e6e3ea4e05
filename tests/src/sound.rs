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

    /// By how many dB a tone stands above everything else in a span.
    ///
    /// Both powers are summed over pieces of 100 ms: everything that is not the tone counts, but not that its
    /// phase has moved, as it may where two clocks are brought together by a pitch period more or less.
    pub fn tone_over_rest(&self, hz: f64, from: f64, to: f64) -> f64 {
        let (mut tone, mut rest) = (0.0, 0.0);
        for piece in self.span(from, to).chunks_exact((self.rate / 10.0) as usize) {
            let share = tone_power(piece, hz / self.rate);
            tone += share;
            rest += (power(piece) - share).max(0.0);
        }
        10.0 * (tone / rest.max(1e-12)).max(1e-12).log10()
    }

    /// The second within a span in which a tone is clearest, as dB above everything else.
    pub fn clearest_second(&self, hz: f64, from: f64, to: f64) -> f64 {
        let tenths = ((to - from - 1.0) * 10.0).max(0.0) as usize;
        (0..=tenths)
            .map(|tenth| from + tenth as f64 / 10.0)
            .map(|at| self.tone_over_rest(hz, at, at + 1.0))
            .fold(f64::MIN, f64::max)
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

/// Power of the tone of `cycles` a sample by Goertzel's algorithm.
fn tone_power(span: &[f64], cycles: f64) -> f64 {
    let n = span.len().max(1) as f64;
    let coefficient = 2.0 * (std::f64::consts::TAU * cycles).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for sample in span {
        (last, before) = (sample + coefficient * last - before, last);
    }
    2.0 * (last * last + before * before - coefficient * last * before) / (n * n)
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
    fn a_moved_phase_is_still_the_tone_and_a_gap_is_not() {
        let sine = |t: f64| 0.1 * (std::f64::consts::TAU * 440.0 * t).sin();
        let moved = ear(|t| if t < 0.5 { sine(t) } else { -sine(t) });
        assert!(moved.tone_over_rest(440.0, 0.0, 1.0) > 30.0);
        let noisy = ear(|t| sine(t) + if t < 0.2 { 0.1 * (t * 9e9).sin() } else { 0.0 });
        assert!(noisy.tone_over_rest(440.0, 0.0, 1.0) < 10.0);
        assert!(noisy.clearest_second(440.0, 0.0, 1.0) < 10.0);
    }

    #[test]
    fn loud_stretches_are_counted_and_the_longest_found() {
        let heard = ear(|t| if (0.3..=0.5).contains(&t) { 0.0 } else { 0.5 });
        assert_eq!(heard.bursts(), 2);
        assert_eq!(heard.longest(|level| level > -30.0), (0.5, 1.0));
    }
}
