//! Waveform concealment for PCM codecs at 8 kHz, after ITU-T G.711 Appendix I.
//!
//! A gap is filled by repeating the last pitch periods: one for the first 10 ms, two, then three, so that
//! it does not buzz; 20 % quieter every further 10 ms, silent after 60 ms. Unlike the Appendix nothing is
//! delayed: where it blends the last 3.75 ms of good voice into the repetition, this one bends the
//! repetition to start where the good voice stopped.

const HISTORY: usize = 480;
const MIN_PITCH: usize = 40;
const MAX_PITCH: usize = 120;
const MATCH: usize = 160;
const TEN_MS: usize = 80;
/// After this many samples of a gap there is silence (60 ms).
const FADED: usize = 6 * TEN_MS;

/// Fills gaps in an 8 kHz signal.
#[derive(Clone, Debug)]
pub(super) struct Concealer {
    history: [f32; HISTORY],
    gap: Option<Gap>,
}

/// A gap being filled.
#[derive(Clone, Debug)]
struct Gap {
    /// The end of `history` when the gap began, its last quarter period bent to lead into its beginning.
    pitch: usize,
    /// Pitch periods in the loop, 1–3.
    periods: usize,
    /// Read position in the loop.
    at: usize,
    /// Position in the former loop while blending from it, and samples of blending left.
    from: Option<(usize, usize, usize)>,
    /// Samples filled so far.
    done: usize,
    /// What is missing to continue from the last good sample, dying out.
    bend: f32,
}

impl Concealer {
    pub(super) fn new() -> Self {
        Self {
            history: [0.0; HISTORY],
            gap: None,
        }
    }

    /// Takes good samples; after a gap blends their beginning with the repetition.
    pub(super) fn good(&mut self, samples: &mut [f32]) {
        if let Some(mut gap) = self.gap.take() {
            // 4 ms, and 4 ms more for every 10 ms of gap, up to 10 ms.
            let blend = (32 + 32 * (gap.done / TEN_MS)).min(TEN_MS).min(samples.len());
            for (i, sample) in samples.iter_mut().take(blend).enumerate() {
                let weight = (i + 1) as f32 / (blend + 1) as f32;
                let guess = gap.next(&self.history);
                *sample = *sample * weight + guess * (1.0 - weight);
            }
        }
        self.remember(samples);
    }

    /// Fills the next samples of a gap.
    pub(super) fn conceal(&mut self, out: &mut [f32]) {
        let mut gap = match self.gap.take() {
            Some(gap) => gap,
            None => Gap::new(&self.history),
        };
        for sample in out.iter_mut() {
            *sample = gap.next(&self.history);
        }
        self.gap = Some(gap);
    }

    fn remember(&mut self, samples: &[f32]) {
        let n = samples.len().min(HISTORY);
        self.history.copy_within(n.., 0);
        self.history[HISTORY - n..].copy_from_slice(&samples[samples.len() - n..]);
    }
}

impl Gap {
    fn new(history: &[f32; HISTORY]) -> Self {
        let pitch = find_pitch(history);
        let last = history[HISTORY - 1];
        let before = history[HISTORY - 1 - pitch];
        Self {
            pitch,
            periods: 1,
            at: 0,
            from: None,
            done: 0,
            bend: last - before,
        }
    }

    fn next(&mut self, history: &[f32; HISTORY]) -> f32 {
        if self.done >= FADED {
            return 0.0;
        }
        if self.done.is_multiple_of(TEN_MS) && self.done > 0 && self.periods < 3 {
            self.from = Some((self.periods, self.at, self.pitch / 4));
            // Same phase of the pitch, one period earlier in history.
            self.periods += 1;
        }
        let mut sample = self.read(history, self.periods, self.at);
        if let Some((periods, at, left)) = self.from {
            let weight = left as f32 / (self.pitch / 4 + 1) as f32;
            sample = sample * (1.0 - weight) + self.read(history, periods, at) * weight;
            self.from = (left > 1).then_some((periods, (at + 1) % (periods * self.pitch), left - 1));
        }
        self.at = (self.at + 1) % (self.periods * self.pitch);
        sample += self.bend;
        self.bend *= 0.85;
        let gain = if self.done < TEN_MS {
            1.0
        } else {
            1.0 - (self.done - TEN_MS) as f32 / (FADED - TEN_MS) as f32
        };
        self.done += 1;
        sample * gain
    }

    /// Sample `at` of the loop of `periods` periods; its last quarter period leads into its beginning.
    fn read(&self, history: &[f32; HISTORY], periods: usize, at: usize) -> f32 {
        let length = periods * self.pitch;
        let start = HISTORY - length;
        let quarter = self.pitch / 4;
        let sample = history[start + at];
        if at < length - quarter {
            return sample;
        }
        let into = at - (length - quarter);
        let weight = (into + 1) as f32 / (quarter + 1) as f32;
        sample * (1.0 - weight) + history[start - quarter + into] * weight
    }
}

/// The lag, 5–15 ms, at which the last 20 ms resemble what came before most.
fn find_pitch(history: &[f32; HISTORY]) -> usize {
    let recent = &history[HISTORY - MATCH..];
    let mut best = (MAX_PITCH, f32::MIN);
    for lag in MIN_PITCH..=MAX_PITCH {
        let past = &history[HISTORY - MATCH - lag..HISTORY - lag];
        let mut product = 0.0f32;
        let mut energy = 1e-9f32;
        for (a, b) in recent.iter().zip(past) {
            product += a * b;
            energy += b * b;
        }
        let score = product / energy.sqrt();
        if score > best.1 {
            best = (lag, score);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(from: usize, n: usize) -> Vec<f32> {
        // 100 Hz with harmonics: pitch 80 samples.
        (from..from + n)
            .map(|i| {
                let t = i as f32 * std::f32::consts::TAU * 100.0 / 8_000.0;
                0.3 * t.sin() + 0.15 * (2.0 * t).sin() + 0.1 * (5.0 * t).sin()
            })
            .collect()
    }

    #[test]
    fn a_short_gap_in_a_vowel_is_filled_with_the_vowel() {
        let mut plc = Concealer::new();
        plc.good(&mut voice(0, 800));
        let mut guess = vec![0.0; 80];
        plc.conceal(&mut guess);
        let truth = voice(800, 80);
        let error: f32 = guess.iter().zip(&truth).map(|(a, b)| (a - b).powi(2)).sum();
        let energy: f32 = truth.iter().map(|s| s * s).sum();
        assert!(
            10.0 * (energy / error).log10() > 20.0,
            "SNR {}",
            10.0 * (energy / error).log10()
        );
    }

    #[test]
    fn a_long_gap_fades_to_silence_and_voice_comes_back_without_a_step() {
        let mut plc = Concealer::new();
        let mut all = voice(0, 800);
        plc.good(&mut all);
        let mut gap = vec![1.0; 800];
        plc.conceal(&mut gap);
        assert!(
            gap[..80].iter().any(|s| s.abs() > 0.2),
            "the beginning is audible"
        );
        assert!(gap[480..].iter().all(|s| *s == 0.0), "silent after 60 ms");
        let mut again = voice(1_600, 160);
        plc.good(&mut again);
        all.extend(gap);
        all.extend(again);
        let natural = voice(0, 800)
            .windows(2)
            .map(|w| (w[1] - w[0]).abs())
            .fold(0.0, f32::max);
        let worst = all.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        assert!(worst < natural * 1.5, "step of {worst}, natural {natural}");
    }
}
