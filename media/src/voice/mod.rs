//! What happens to the microphone between the capture ring and the mixer: echo, noise and gain.
//!
//! The engine calls [`VoiceProcessor::render`] with exactly what goes to the loudspeaker and then
//! [`VoiceProcessor::capture`] with what the microphone gave in the same tick, both from the media
//! thread. A processor is told to forget what it learnt whenever a device changes: the echo path is
//! another one then.

mod bypass;

pub use bypass::Bypass;

use crate::FRAME;

/// Cleans what the microphone hears, one 10 ms frame at a time.
pub trait VoiceProcessor: Send {
    /// Shows what is about to be played, after mixing and limiting: 480 samples, 48 kHz, mono.
    fn render(&mut self, played: &[f32; FRAME]);

    /// Processes what the microphone gave, in place: 480 samples, 48 kHz, mono.
    fn capture(&mut self, heard: &mut [f32; FRAME]);

    /// Forgets the echo path: another device, another rate or a gap.
    fn reset(&mut self);

    /// Delay this processor adds to the microphone, in samples at 48 kHz.
    fn delay(&self) -> usize;
}
