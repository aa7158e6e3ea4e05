//! Soft limiter for a mix: turns the gain down over a frame instead of clipping, and back up slowly.
//!
//! The gain moves on a straight line within each 10 ms frame so that it never steps; what overshoots
//! while it moves is bent by a knee that starts at −1.9 dBFS and never reaches full scale.

use crate::FRAME;

/// Peaks above this are turned down.
const CEILING: f32 = 0.8;
/// Gain regained per frame: full again 0.5 s after a 6 dB reduction.
const RELEASE: f32 = 0.01;

/// Keeps one mix below full scale. Transparent (bit-exact) while nothing exceeds −1.9 dBFS.
#[derive(Clone, Debug)]
pub struct Limiter {
    gain: f32,
}

impl Default for Limiter {
    fn default() -> Self {
        Self { gain: 1.0 }
    }
}

impl Limiter {
    /// Limits a frame in place.
    pub fn process(&mut self, frame: &mut [f32; FRAME]) {
        let peak = frame.iter().fold(0.0f32, |peak, s| peak.max(s.abs()));
        let wanted = if peak > CEILING { CEILING / peak } else { 1.0 };
        let from = self.gain;
        let to = wanted.min(from + RELEASE).min(1.0);
        self.gain = to;
        if from == 1.0 && to == 1.0 {
            return;
        }
        let step = (to - from) / FRAME as f32;
        let mut gain = from;
        for sample in frame.iter_mut() {
            gain += step;
            *sample = knee(*sample * gain);
        }
    }
}

/// Identity up to [`CEILING`], then bends towards 1 and never past it.
fn knee(sample: f32) -> f32 {
    let size = sample.abs();
    if size <= CEILING {
        return sample;
    }
    let room = 1.0 - CEILING;
    let over = (size - CEILING) / room;
    (CEILING + room * over / (1.0 + over)).copysign(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_audio_passes_bit_exact() {
        let mut frame = std::array::from_fn(|i| (i as f32 * 0.13).sin() * 0.79);
        let before = frame;
        Limiter::default().process(&mut frame);
        assert_eq!(frame, before);
    }

    #[test]
    fn loud_audio_stays_below_full_scale_and_settles_without_bending() {
        let mut limiter = Limiter::default();
        for n in 0..20 {
            let mut frame: [f32; FRAME] =
                std::array::from_fn(|i| ((n * FRAME + i) as f32 * 0.131).sin() * 4.0);
            limiter.process(&mut frame);
            assert!(frame.iter().all(|s| s.abs() < 1.0));
            if n > 0 {
                assert!(
                    frame.iter().all(|s| s.abs() <= CEILING + 1e-3),
                    "frame {n} is bent"
                );
            }
        }
    }
}
