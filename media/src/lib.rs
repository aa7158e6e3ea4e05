//! The voice path: RTP and RTCP, jitter buffer, codecs, mixer, audio devices and the engine that ticks them.
//!
//! Internal audio is 48 kHz mono `f32` in 10 ms frames of [`FRAME`] samples. Everything that decides is
//! pure and takes `now`; only [`engine`] and [`device`] touch threads, sockets and sound cards.

pub mod codec;
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "drivers touch the world"
)]
pub mod device;
pub mod drift;
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "drivers touch the world"
)]
pub mod engine;
pub mod jitter;
pub mod mix;
pub mod quality;
mod rtp;
pub mod session;
#[allow(clippy::disallowed_methods, reason = "reads and writes files")]
pub mod sound;
mod stretch;
pub mod voice;

/// Samples in one 10 ms frame at 48 kHz.
pub const FRAME: usize = 480;
/// Samples per second inside the crate.
pub const SAMPLE_RATE: u32 = 48_000;
