//! Loudness over 100 ms.

use crate::FRAME;

/// What RFC 6464 calls silence.
pub(crate) const SILENCE_DBFS: f32 = -127.0;

/// RMS of the frames since it was last read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter {
    energy: f32,
    frames: u32,
}

impl Meter {
    /// Counts a frame.
    pub(crate) fn add(&mut self, frame: &[f32; FRAME]) {
        self.energy += frame.iter().map(|s| s * s).sum::<f32>();
        self.frames += 1;
    }

    /// RMS in dBFS since the last call, −127 to 0; a full-scale sine reads −3.
    pub(crate) fn read(&mut self) -> f32 {
        let samples = self.frames * FRAME as u32;
        let mean = if samples == 0 {
            0.0
        } else {
            self.energy / samples as f32
        };
        *self = Self::default();
        if mean > 0.0 {
            (10.0 * mean.log10()).clamp(SILENCE_DBFS, 0.0)
        } else {
            SILENCE_DBFS
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_sine_reads_minus_3_and_silence_minus_127() {
        let mut meter = Meter::default();
        assert_eq!(meter.read(), SILENCE_DBFS);
        meter.add(&[0.0; FRAME]);
        assert_eq!(meter.read(), SILENCE_DBFS);
        let mut sine = crate::engine::Sine::new(1_000.0, 0.0);
        let mut frame = [0.0; FRAME];
        for _ in 0..10 {
            sine.fill(&mut frame);
            meter.add(&frame);
        }
        assert!((meter.read() + 3.01).abs() < 0.01);
    }
}
