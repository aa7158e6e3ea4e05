//! Rate conversion with a ratio that can be bent while it runs.

use audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Adjustable, Async, FixedAsync, Resampler as _, SincInterpolationParameters, SincInterpolationType,
    WindowFunction,
};

use crate::FRAME;

/// Corrections stay within this factor of the nominal ratio.
const MAX_RELATIVE: f64 = 1.01;
/// Highest and lowest rate a device may claim, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=384_000;

/// Mono `f32` from one rate to another; does not allocate after construction.
pub struct Resampler {
    inner: Async<f32>,
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler")
            .field("ratio", &self.inner.resample_ratio())
            .finish()
    }
}

fn filter(length: usize) -> SincInterpolationParameters {
    SincInterpolationParameters::new(length, WindowFunction::Blackman2)
        .oversampling_factor(128)
        .interpolation(SincInterpolationType::Linear)
}

impl Resampler {
    /// From a device at `rate` Hz to whole frames of 480 samples at 48 kHz; `None` for a rate no sound
    /// card has.
    pub fn to_frames(rate: u32) -> Option<Self> {
        Self::new(
            f64::from(crate::SAMPLE_RATE) / f64::from(rate),
            rate,
            FixedAsync::Output,
        )
    }

    /// From whole frames of 480 samples at 48 kHz to a device at `rate` Hz; `None` for a rate no sound
    /// card has.
    pub fn from_frames(rate: u32) -> Option<Self> {
        Self::new(
            f64::from(rate) / f64::from(crate::SAMPLE_RATE),
            rate,
            FixedAsync::Input,
        )
    }

    fn new(ratio: f64, rate: u32, fixed: FixedAsync) -> Option<Self> {
        if !RATES.contains(&rate) {
            return None;
        }
        Async::new_sinc(ratio, MAX_RELATIVE, &filter(64), FRAME, 1, fixed)
            .ok()
            .map(|inner| Self { inner })
    }

    /// Samples the next call consumes.
    pub fn input_next(&self) -> usize {
        self.inner.input_frames_next()
    }

    /// Most samples a call can consume.
    pub fn input_max(&self) -> usize {
        self.inner.input_frames_max()
    }

    /// Most samples a call can produce.
    pub fn output_max(&self) -> usize {
        self.inner.output_frames_max()
    }

    /// Bends the ratio by `ppm` parts per million from nominal, gliding over the next call.
    pub fn correct(&mut self, ppm: f64) {
        // The clamp keeps the ratio inside what the constructor allowed, so this cannot fail.
        let relative = (1.0 + ppm * 1e-6).clamp(1.0 / MAX_RELATIVE, MAX_RELATIVE);
        let _ = self.inner.set_resample_ratio_relative(relative, true);
    }

    /// Converts [`Self::input_next`] samples; returns how many were written to `output`. On buffers that
    /// are too short nothing is written.
    pub fn process(&mut self, input: &[f32], output: &mut [f32]) -> usize {
        let (input_len, output_len) = (input.len(), output.len());
        let Ok(input) = InterleavedSlice::new(input, 1, input_len) else {
            return 0;
        };
        let Ok(mut output) = InterleavedSlice::new_mut(output, 1, output_len) else {
            return 0;
        };
        self.inner
            .process_into_buffer(&input, &mut output, None)
            .map_or(0, |(_, written)| written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_out_whole_at_every_device_rate() {
        for rate in [8_000, 16_000, 44_100, 48_000, 96_000] {
            let mut resampler = Resampler::to_frames(rate).unwrap();
            let mut consumed = 0;
            let mut out = [0.0; FRAME];
            for _ in 0..100 {
                let need = resampler.input_next();
                consumed += need;
                assert_eq!(resampler.process(&vec![0.1; need], &mut out), FRAME);
            }
            let expected = rate as usize;
            assert!(consumed.abs_diff(expected) < 200, "{rate} Hz: {consumed}");
        }
    }

    #[test]
    fn a_correction_changes_how_much_is_written() {
        let mut resampler = Resampler::from_frames(48_000).unwrap();
        resampler.correct(500.0);
        let mut out = vec![0.0; resampler.output_max()];
        let written: usize = (0..1_000)
            .map(|_| resampler.process(&[0.0; FRAME], &mut out))
            .sum();
        assert!(written.abs_diff(480_240) < 5, "{written}");
    }

    #[test]
    fn a_rate_no_card_has_is_refused() {
        assert!(Resampler::to_frames(0).is_none());
        assert!(Resampler::from_frames(1_000_000).is_none());
    }
}
