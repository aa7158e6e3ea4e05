//! No voice processing: what a headset wants, and what files and tests need.

use super::VoiceProcessor;
use crate::FRAME;

/// Passes the microphone through untouched.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bypass;

impl VoiceProcessor for Bypass {
    fn render(&mut self, _played: &[f32; FRAME]) {}

    fn capture(&mut self, _heard: &mut [f32; FRAME]) {}

    fn reset(&mut self) {}

    fn delay(&self) -> usize {
        0
    }
}
