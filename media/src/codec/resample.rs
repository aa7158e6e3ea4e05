//! 8 kHz ↔ 48 kHz by a polyphase FIR: flat to 3.4 kHz, −60 dB from 4.6 kHz, 1.5 ms delay each way.

/// 48 kHz / 8 kHz.
pub(super) const FACTOR: usize = 6;
const TAPS: usize = 144;
const PHASE_TAPS: usize = TAPS / FACTOR;

/// Low-pass at 4 kHz: a sinc under a Kaiser window (β 5.65), gain 1 at 0 Hz.
fn design() -> [f32; TAPS] {
    let beta = 5.65;
    let cutoff = 4_000.0 / 48_000.0;
    let middle = (TAPS as f64 - 1.0) / 2.0;
    let mut taps: [f64; TAPS] = std::array::from_fn(|i| {
        let x = i as f64 - middle;
        let sinc = (std::f64::consts::TAU * cutoff * x).sin() / (std::f64::consts::PI * x);
        let r = x / (middle + 0.5);
        sinc * bessel_i0(beta * (1.0 - r * r).sqrt()) / bessel_i0(beta)
    });
    let sum: f64 = taps.iter().sum();
    for tap in &mut taps {
        *tap /= sum;
    }
    taps.map(|t| t as f32)
}

fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-12 {
        term *= (x / 2.0 / k) * (x / 2.0 / k);
        sum += term;
        k += 1.0;
    }
    sum
}

/// 8 kHz in, 48 kHz out.
#[derive(Clone, Debug)]
pub(super) struct Up {
    /// `phases[p]` makes output `p` of six; newest input first.
    phases: [[f32; PHASE_TAPS]; FACTOR],
    /// The last inputs twice in a row, so that a window never wraps.
    history: [f32; 2 * PHASE_TAPS],
    at: usize,
}

impl Up {
    pub(super) fn new() -> Self {
        let taps = design();
        Self {
            phases: std::array::from_fn(|p| std::array::from_fn(|k| taps[k * FACTOR + p] * FACTOR as f32)),
            history: [0.0; 2 * PHASE_TAPS],
            at: 0,
        }
    }

    /// Writes six samples for every sample of `input`; stops at the shorter of the two.
    pub(super) fn process(&mut self, input: &[f32], out: &mut [f32]) {
        for (sample, six) in input.iter().zip(out.chunks_exact_mut(FACTOR)) {
            self.at = (self.at + PHASE_TAPS - 1) % PHASE_TAPS;
            self.history[self.at] = *sample;
            self.history[self.at + PHASE_TAPS] = *sample;
            let window = &self.history[self.at..self.at + PHASE_TAPS];
            for (out, phase) in six.iter_mut().zip(&self.phases) {
                *out = dot(window, phase);
            }
        }
    }

    pub(super) fn reset(&mut self) {
        self.history = [0.0; 2 * PHASE_TAPS];
    }
}

/// 48 kHz in, 8 kHz out.
#[derive(Clone, Debug)]
pub(super) struct Down {
    taps: [f32; TAPS],
    history: [f32; 2 * TAPS],
    at: usize,
}

impl Down {
    pub(super) fn new() -> Self {
        Self {
            taps: design(),
            history: [0.0; 2 * TAPS],
            at: 0,
        }
    }

    /// Takes six samples for every sample of `out`; stops at the shorter of the two.
    pub(super) fn process(&mut self, input: &[f32], out: &mut [f32]) {
        for (six, out) in input.chunks_exact(FACTOR).zip(out) {
            for sample in six {
                self.at = (self.at + TAPS - 1) % TAPS;
                self.history[self.at] = *sample;
                self.history[self.at + TAPS] = *sample;
            }
            *out = dot(&self.history[self.at..self.at + TAPS], &self.taps);
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rms(x: &[f32]) -> f32 {
        (x.iter().map(|s| s * s).sum::<f32>() / x.len() as f32).sqrt()
    }

    /// Gain in dB of 48 kHz → 8 kHz for a tone.
    fn gain_down(hz: f32) -> f32 {
        let input: Vec<f32> = (0..48_000)
            .map(|i| (i as f32 * hz * std::f32::consts::TAU / 48_000.0).sin())
            .collect();
        let mut out = vec![0.0; 8_000];
        Down::new().process(&input, &mut out);
        20.0 * (rms(&out[100..]) / rms(&input)).log10()
    }

    #[test]
    fn passes_the_telephone_band_and_stops_what_would_alias() {
        for hz in [200.0, 1_000.0, 2_000.0, 3_000.0, 3_400.0] {
            assert!(gain_down(hz).abs() < 0.1, "{hz} Hz: {} dB", gain_down(hz));
        }
        for hz in [4_700.0, 6_000.0, 9_000.0, 15_000.0] {
            assert!(gain_down(hz) < -55.0, "{hz} Hz: {} dB", gain_down(hz));
        }
    }

    #[test]
    fn up_makes_no_images() {
        let input: Vec<f32> = (0..8_000)
            .map(|i| (i as f32 * 1_000.0 * std::f32::consts::TAU / 8_000.0).sin())
            .collect();
        let mut out = vec![0.0; 48_000];
        Up::new().process(&input, &mut out);
        // Taking the tone away leaves the images.
        let (mut c, mut s) = (0.0f64, 0.0f64);
        let w = std::f64::consts::TAU * 1_000.0 / 48_000.0;
        let tail = &out[480..];
        for (i, x) in tail.iter().enumerate() {
            c += f64::from(*x) * (w * i as f64).cos();
            s += f64::from(*x) * (w * i as f64).sin();
        }
        let n = tail.len() as f64 / 2.0;
        let rest: f64 = tail
            .iter()
            .enumerate()
            .map(|(i, x)| {
                let t = c / n * (w * i as f64).cos() + s / n * (w * i as f64).sin();
                (f64::from(*x) - t).powi(2)
            })
            .sum::<f64>()
            / tail.len() as f64;
        assert!(
            10.0 * (0.5 / rest).log10() > 55.0,
            "images at {} dB",
            10.0 * (rest / 0.5).log10()
        );
    }
}
