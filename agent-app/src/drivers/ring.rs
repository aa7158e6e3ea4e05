//! The ring tone and the call-waiting beep, made here and played by the engine on the ring device or the headset.

use std::{f32::consts::TAU, sync::Arc};

use agent_core::RingKind;
use media::{
    SAMPLE_RATE,
    engine::{DeviceRole, Engine, FeedId, FeedTarget, Sound},
};

/// The one feed that rings.
const RING: FeedId = FeedId(u64::MAX);

/// Plays at most one ring.
#[derive(Debug)]
pub struct Ringer {
    tone: Arc<[f32]>,
    waiting: Arc<[f32]>,
}

impl Default for Ringer {
    fn default() -> Self {
        Self {
            tone: ring_tone(),
            waiting: waiting_beep(),
        }
    }
}

impl Ringer {
    /// Starts, changes or stops the ring.
    pub fn ring(&self, engine: &Engine, kind: Option<RingKind>) {
        let (role, samples) = match kind {
            None => return engine.stop(RING),
            Some(RingKind::RingTone) => (DeviceRole::Ring, &self.tone),
            Some(RingKind::CallWaiting) => (DeviceRole::Call, &self.waiting),
        };
        let sound = Sound::Samples {
            samples: Arc::clone(samples),
            repeat: true,
        };
        engine.play(RING, FeedTarget::Device(role), sound);
    }
}

/// Two soft double strokes and a pause: 3 s, 48 kHz mono.
fn ring_tone() -> Arc<[f32]> {
    let mut samples = silence(3.0);
    for (at, hz) in [(0.0, 659.26), (0.22, 783.99), (0.6, 659.26), (0.82, 783.99)] {
        strike(&mut samples, at, 0.5, hz, 0.25);
    }
    samples.into()
}

/// One short beep every 4 s, quiet enough to talk over.
fn waiting_beep() -> Arc<[f32]> {
    let mut samples = silence(4.0);
    strike(&mut samples, 0.0, 0.18, 880.0, 0.06);
    samples.into()
}

fn silence(seconds: f32) -> Vec<f32> {
    vec![0.0; (seconds * SAMPLE_RATE as f32) as usize]
}

/// Adds a struck note: 5 ms attack, exponential decay, two harmonics.
fn strike(samples: &mut [f32], at: f32, seconds: f32, hz: f32, peak: f32) {
    let rate = SAMPLE_RATE as f32;
    let start = (at * rate) as usize;
    let length = (seconds * rate) as usize;
    for (i, sample) in samples.iter_mut().skip(start).take(length).enumerate() {
        let t = i as f32 / rate;
        let attack = (t / 0.005).min(1.0);
        let release = ((seconds - t) / 0.02).clamp(0.0, 1.0);
        let envelope = peak * attack * release * (-4.0 * t / seconds).exp();
        *sample += envelope * ((TAU * hz * t).sin() + 0.3 * (TAU * 2.0 * hz * t).sin());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_are_audible_never_clip_and_loop_without_a_click() {
        for tone in [ring_tone(), waiting_beep()] {
            let peak = tone.iter().fold(0.0_f32, |p, s| p.max(s.abs()));
            assert!((0.02..0.9).contains(&peak), "{peak}");
            assert!(tone[0].abs() < 0.001 && tone[tone.len() - 1].abs() < 0.001);
        }
    }
}
