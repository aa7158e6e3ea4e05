//! A sine of constant level, for tones and the file backend.

use crate::{FRAME, SAMPLE_RATE};

/// Amplitude of a sine at `dbfs`, where a full-scale sine is 0 dBFS.
fn amplitude(dbfs: f32) -> f32 {
    10_f32.powf(dbfs.min(0.0) / 20.0)
}

/// An endless sine whose phase runs on from frame to frame.
#[derive(Clone, Debug)]
pub(crate) struct Sine {
    amplitude: f32,
    /// Turns per sample.
    step: f64,
    /// Turns, 0–1.
    phase: f64,
}

impl Sine {
    /// A sine of `hz` Hz at `dbfs`; above 24 kHz or not a number it is silent.
    pub(crate) fn new(hz: f32, dbfs: f32) -> Self {
        let audible = (0.0..=SAMPLE_RATE as f32 / 2.0).contains(&hz) && !dbfs.is_nan();
        Self {
            amplitude: if audible { amplitude(dbfs) } else { 0.0 },
            step: if audible {
                f64::from(hz) / f64::from(SAMPLE_RATE)
            } else {
                0.0
            },
            phase: 0.0,
        }
    }

    /// The next 10 ms.
    pub(crate) fn fill(&mut self, frame: &mut [f32; FRAME]) {
        for sample in frame {
            *sample = (self.phase * std::f64::consts::TAU).sin() as f32 * self.amplitude;
            self.phase = (self.phase + self.step).fract();
        }
    }
}
