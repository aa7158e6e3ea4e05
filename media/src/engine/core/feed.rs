//! A sound being played into a room, down a leg or out of a device.

use std::sync::Arc;

use super::super::{
    api::{FeedId, FeedTarget, Sound},
    sine::Sine,
};
use crate::FRAME;

/// One sound and where it has got to.
pub(crate) struct Feed {
    pub(super) id: FeedId,
    pub(super) target: FeedTarget,
    source: Source,
}

enum Source {
    Samples {
        samples: Arc<[f32]>,
        at: usize,
        repeat: bool,
    },
    Tone(Sine),
}

impl Feed {
    /// A sound at its start.
    pub(crate) fn new(id: FeedId, target: FeedTarget, sound: Sound) -> Self {
        let source = match sound {
            Sound::Samples { samples, repeat } => Source::Samples {
                samples,
                at: 0,
                repeat,
            },
            Sound::Tone { hz, dbfs } => Source::Tone(Sine::new(hz, dbfs)),
        };
        Self { id, target, source }
    }

    /// The next 10 ms; `false` once there is no more to come. The last frame is filled up with silence.
    pub(super) fn fill(&mut self, frame: &mut [f32; FRAME]) -> bool {
        match &mut self.source {
            Source::Tone(sine) => {
                sine.fill(frame);
                true
            }
            Source::Samples { samples, at, repeat } => {
                let mut filled = 0;
                while filled < FRAME {
                    let rest = samples.get(*at..).unwrap_or(&[]);
                    if rest.is_empty() {
                        if !*repeat || samples.is_empty() {
                            break;
                        }
                        *at = 0;
                        continue;
                    }
                    let take = rest.len().min(FRAME - filled);
                    frame[filled..filled + take].copy_from_slice(&rest[..take]);
                    filled += take;
                    *at += take;
                }
                frame[filled..].fill(0.0);
                (*repeat && !samples.is_empty()) || *at < samples.len()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(length: usize, repeat: bool) -> Feed {
        let samples: Arc<[f32]> = (0..length).map(|n| n as f32).collect();
        Feed::new(
            FeedId(1),
            FeedTarget::Device(crate::engine::DeviceRole::Ring),
            Sound::Samples { samples, repeat },
        )
    }

    #[test]
    fn a_sound_ends_with_its_last_sample_and_silence() {
        let mut feed = feed(700, false);
        let mut frame = [9.0; FRAME];
        assert!(feed.fill(&mut frame));
        assert_eq!(frame[479], 479.0);
        assert!(!feed.fill(&mut frame));
        assert_eq!((frame[219], frame[220], frame[479]), (699.0, 0.0, 0.0));
    }

    #[test]
    fn a_repeated_sound_starts_again_without_a_gap() {
        let mut feed = feed(500, true);
        let mut frame = [0.0; FRAME];
        assert!(feed.fill(&mut frame) && feed.fill(&mut frame));
        assert_eq!((frame[19], frame[20], frame[479]), (499.0, 0.0, 459.0));
    }

    #[test]
    fn a_sound_without_samples_ends_at_once_even_when_repeated() {
        let mut frame = [1.0; FRAME];
        assert!(!feed(0, true).fill(&mut frame));
        assert_eq!(frame, [0.0; FRAME]);
    }
}
