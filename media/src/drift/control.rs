//! PI loop from ring fill to rate correction.
//!
//! The ring integrates the clock difference: at 48 kHz one part per million moves it by 0.048 frames a
//! second. With that plant the gains below give a critically damped loop of about 10 s, slow enough
//! that no pitch change is heard (1,000 ppm is 1.7 cents), fast enough for real cards (±300 ppm).

/// Frames per second that one part per million moves the ring.
const PLANT: f64 = 0.048;
/// Proportional gain, ppm per frame of error.
const KP: f64 = 4.0;
/// Integral gain, ppm per frame and second: critical damping.
const KI: f64 = PLANT * KP * KP / 4.0;
/// Time constant of the smoothing in front of the loop, in seconds.
const SMOOTHING_S: f64 = 0.5;
/// Seconds between two calls of [`FillControl::update`].
const STEP_S: f64 = 0.010;
/// Largest correction: two cards at ±300 ppm are 600 apart, with room to move the fill.
const LIMIT_PPM: f64 = 1_000.0;

/// Keeps a ring at its target fill by correcting the rate of what is written to it.
#[derive(Clone, Debug)]
pub struct FillControl {
    smoothed_error: Option<f64>,
    integral_ppm: f64,
}

impl Default for FillControl {
    fn default() -> Self {
        Self::new()
    }
}

impl FillControl {
    /// A loop that knows nothing of the clocks yet.
    pub fn new() -> Self {
        Self {
            smoothed_error: None,
            integral_ppm: 0.0,
        }
    }

    /// One step, every 10 ms. `fill` and `target` are in frames at 48 kHz; the answer is how much more
    /// (positive) or less to write, in parts per million, within ±1,000.
    pub fn update(&mut self, fill: f64, target: f64) -> f64 {
        let error = target - fill;
        let smoothed = match self.smoothed_error {
            Some(old) => old + (error - old) * (STEP_S / SMOOTHING_S),
            None => error,
        };
        self.smoothed_error = Some(smoothed);
        let wanted = KP * smoothed + self.integral_ppm;
        // The integral stands still while the output is at its stop, or it would overshoot for minutes.
        if wanted.abs() < LIMIT_PPM || (wanted > 0.0) != (smoothed > 0.0) {
            self.integral_ppm = (self.integral_ppm + KI * smoothed * STEP_S).clamp(-LIMIT_PPM, LIMIT_PPM);
        }
        wanted.clamp(-LIMIT_PPM, LIMIT_PPM)
    }

    /// Forgets the error but keeps the learnt clock difference: after the ring was cut or refilled.
    pub fn jump(&mut self) {
        self.smoothed_error = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ring fed at 48 kHz·(1+correction) and drained at 48 kHz·(1+ppm).
    fn settle(ppm: f64, seconds: usize) -> (f64, f64) {
        let mut control = FillControl::new();
        let mut fill = 720.0;
        let mut correction = 0.0;
        for _ in 0..seconds * 100 {
            correction = control.update(fill, 720.0);
            fill += 480.0 * (correction - ppm) * 1e-6;
        }
        (fill, correction)
    }

    #[test]
    fn the_loop_finds_the_clock_difference_and_returns_to_the_target() {
        for ppm in [-600.0, -300.0, -20.0, 0.0, 20.0, 300.0, 600.0] {
            let (fill, correction) = settle(ppm, 240);
            assert!((fill - 720.0).abs() < 1.0, "{ppm} ppm: fill {fill}");
            assert!(
                (correction - ppm).abs() < 1.0,
                "{ppm} ppm: correction {correction}"
            );
        }
    }

    #[test]
    fn a_600_ppm_difference_never_moves_the_ring_by_more_than_5_ms() {
        let mut control = FillControl::new();
        let mut fill: f64 = 720.0;
        for _ in 0..12_000 {
            let correction = control.update(fill, 720.0);
            fill += 480.0 * (correction - 600.0) * 1e-6;
            assert!((fill - 720.0).abs() < 240.0, "fill {fill}");
        }
    }

    #[test]
    fn a_beat_of_callback_phase_does_not_shake_the_pitch() {
        let mut control = FillControl::new();
        let mut worst: f64 = 0.0;
        for tick in 0..6_000 {
            // Device blocks of 512 against ticks of 480: the fill saws by half a block.
            let saw = f64::from((tick * 480) % 512) - 240.0;
            let correction = control.update(720.0 + saw, 720.0);
            if tick > 1_000 {
                worst = worst.max(correction.abs());
            }
        }
        assert!(worst < 150.0, "{worst} ppm");
    }
}
