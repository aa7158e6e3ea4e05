//! Pitch-synchronous time stretching: takes one pitch period out of, or puts one into, 48 kHz voice.
//!
//! The period (2.5–15 ms) is the lag at which the beginning of the window resembles its continuation most;
//! the two are cross-faded over one period, so no edge is heard. Unclear periods are left alone unless
//! there is hurry or nothing but quiet.

/// Shortest and longest lag in 48 kHz samples.
const MIN_LAG: usize = 120;
const MAX_LAG: usize = 720;
/// The search works on every sixth sample, then looks closer.
const COARSE: usize = 6;
/// Below this RMS (−50 dBFS) any lag will do.
const QUIET: f32 = 0.003_16;

/// Shortest window [`shorten`] and [`lengthen`] can do something with.
pub(crate) const MIN_WINDOW: usize = 4 * MIN_LAG;

/// How much likeness (normalised correlation, −1 to 1) a change needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Care {
    /// Only where it is inaudible: 0.9.
    Careful,
    /// Delay is well above its target: 0.5.
    Hurry,
    /// Anything is better than the delay.
    Any,
}

impl Care {
    fn least(self) -> f32 {
        match self {
            Self::Careful => 0.9,
            Self::Hurry => 0.5,
            Self::Any => -1.0,
        }
    }
}

/// Takes up to `most` samples out of `window` in place; gives how many, with the window's new end at
/// `window.len() - removed`. 0: nothing suitable.
pub(crate) fn shorten(window: &mut [f32], care: Care, most: usize) -> usize {
    let Some(lag) = find_lag(window, care, most) else {
        return 0;
    };
    for i in 0..lag {
        let weight = (i as f32 + 0.5) / lag as f32;
        window[i] = window[i] * (1.0 - weight) + window[i + lag] * weight;
    }
    window.copy_within(2 * lag.., lag);
    lag
}

/// Puts one period into `buffer[..len]`, which has room behind it; gives how many samples. 0: nothing suitable.
pub(crate) fn lengthen(buffer: &mut [f32], len: usize, care: Care) -> usize {
    let Some(window) = buffer.get(..len) else {
        return 0;
    };
    let Some(lag) = find_lag(window, care, buffer.len() - len) else {
        return 0;
    };
    // One period passes as it is, the second fades back into the first, then the second follows.
    buffer.copy_within(lag..len, 2 * lag);
    for i in (0..lag).rev() {
        let weight = (i as f32 + 0.5) / lag as f32;
        // After the copy the second period lives at 2·lag.
        buffer[lag + i] = buffer[2 * lag + i] * (1.0 - weight) + buffer[i] * weight;
    }
    lag
}

fn find_lag(window: &[f32], care: Care, most: usize) -> Option<usize> {
    if window.len() < MIN_WINDOW {
        return None;
    }
    let max_lag = MAX_LAG.min(window.len() / 2).min(most);
    if max_lag < MIN_LAG {
        return None;
    }
    let energy: f32 = window.iter().map(|s| s * s).sum::<f32>() / window.len() as f32;
    if energy.sqrt() < QUIET {
        return Some(max_lag);
    }
    let span = (window.len() - max_lag).min(MAX_LAG);
    let coarse = search(window, (MIN_LAG..=max_lag).step_by(COARSE), span, COARSE)?.0;
    let near = coarse.saturating_sub(COARSE - 1).max(MIN_LAG)..=(coarse + COARSE - 1).min(max_lag);
    let (lag, likeness) = search(window, near, span, 1)?;
    (likeness >= care.least()).then_some(lag)
}

/// The lag with the greatest normalised correlation, and that.
fn search(
    window: &[f32],
    lags: impl Iterator<Item = usize>,
    span: usize,
    step: usize,
) -> Option<(usize, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for lag in lags {
        let (mut product, mut here, mut there) = (0.0f32, 1e-9f32, 1e-9f32);
        for (a, b) in window[..span]
            .iter()
            .step_by(step)
            .zip(window[lag..].iter().step_by(step))
        {
            product += a * b;
            here += a * a;
            there += b * b;
        }
        let likeness = product / (here * there).sqrt();
        if best.is_none_or(|(_, b)| likeness > b) {
            best = Some((lag, likeness));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vowel(n: usize) -> Vec<f32> {
        // 150 Hz with harmonics: period 320 samples.
        (0..n)
            .map(|i| {
                let t = i as f32 * std::f32::consts::TAU * 150.0 / 48_000.0;
                0.3 * t.sin() + 0.2 * (3.0 * t).sin()
            })
            .collect()
    }

    fn worst_step(x: &[f32]) -> f32 {
        x.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn shortening_takes_out_whole_periods_without_a_step() {
        let mut x = vowel(1_440);
        let removed = shorten(&mut x, Care::Careful, usize::MAX);
        assert!(removed == 320 || removed == 640, "{removed}");
        let truth = vowel(1_440 - removed);
        for (a, b) in x[..1_440 - removed].iter().zip(&truth) {
            assert!((a - b).abs() < 0.01);
        }
    }

    #[test]
    fn lengthening_puts_in_whole_periods_without_a_step() {
        let mut x = vowel(1_440);
        x.resize(1_440 + 720, 0.0);
        let added = lengthen(&mut x, 1_440, Care::Careful);
        assert!(added == 320 || added == 640, "{added}");
        for (a, b) in x[..1_440 + added].iter().zip(&vowel(1_440 + added)) {
            assert!((a - b).abs() < 0.01);
        }
    }

    #[test]
    fn noise_is_left_alone_unless_there_is_hurry_and_quiet_goes_at_once() {
        let mut seed = 1u32;
        let mut noise: Vec<f32> = (0..1_440)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 8) as f32 / (1 << 24) as f32 - 0.5
            })
            .collect();
        assert_eq!(shorten(&mut noise, Care::Careful, usize::MAX), 0);
        let before = worst_step(&noise);
        let removed = shorten(&mut noise, Care::Any, usize::MAX);
        assert!(removed >= MIN_LAG);
        assert!(worst_step(&noise[..1_440 - removed]) <= before * 1.2);
        assert_eq!(shorten(&mut vec![0.000_1; 1_440], Care::Careful, usize::MAX), 720);
    }
}
