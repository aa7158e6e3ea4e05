//! Voice codecs behind two traits: Opus and G.711.
//!
//! Everything outside is 48 kHz mono `f32`; a codec with another rate resamples inside. Making a codec
//! allocates, using it does not.

mod g711;
mod opus;
mod opus_ffi;
mod plc;
mod resample;

use std::fmt::Debug;

pub use g711::{alaw_decode, alaw_encode, ulaw_decode, ulaw_encode};

use crate::engine::CodecKind;

/// Longest frame any codec may carry in one packet: 120 ms (RFC 6716 §2.1.4), in 48 kHz samples.
pub const MAX_FRAME: usize = 5_760;
/// Granularity of concealment: 2.5 ms in 48 kHz samples. Lengths given to [`Decoder::conceal`] are multiples of it.
pub const CONCEAL_STEP: usize = 120;
/// Largest payload a codec writes or reads, in bytes (an Opus frame of 1275 bytes and its header).
pub const MAX_PAYLOAD: usize = 1_280;

/// What a codec could not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The library refused; the code is its own.
    #[error("the Opus library refused to {doing} (code {code})")]
    Opus {
        /// What was asked.
        doing: &'static str,
        /// `OPUS_*` error code.
        code: i32,
    },
    /// The output does not fit.
    #[error("{needed} bytes or samples do not fit in {room}")]
    TooSmall {
        /// What the result needs.
        needed: usize,
        /// What the caller gave.
        room: usize,
    },
    /// The payload is not valid for the codec.
    #[error("the payload is not valid for this codec")]
    BadPayload,
}

/// Turns voice into payloads.
pub trait Encoder: Debug + Send {
    /// Encodes one packet time of 48 kHz samples (480, 960, 1920 or 2880) into `out`; gives the bytes written.
    fn encode(&mut self, pcm: &[f32], out: &mut [u8]) -> Result<usize, CodecError>;
    /// Tells which share of packets the peer loses, 0–100 %, so that redundancy can follow.
    fn set_expected_loss(&mut self, percent: u8);
}

/// Turns payloads into voice and bridges what is missing.
pub trait Decoder: Debug + Send {
    /// Length of a payload in 48 kHz samples, at most [`MAX_FRAME`]; `None` when it is not valid.
    fn samples(&self, payload: &[u8]) -> Option<usize>;
    /// Decodes a payload; gives the samples written (`samples(payload)` of them).
    fn decode(&mut self, payload: &[u8], out: &mut [f32]) -> Result<usize, CodecError>;
    /// Guesses `out.len()` samples, a multiple of [`CONCEAL_STEP`], in continuation of what was decoded.
    fn conceal(&mut self, out: &mut [f32]);
    /// `next` carries a copy of the frame before it.
    fn can_recover(&self, next: &[u8]) -> bool;
    /// Rebuilds the frame before `next`, `out.len()` samples long; false when `next` has no copy (nothing is written).
    fn recover(&mut self, next: &[u8], out: &mut [f32]) -> bool;
    /// The payload says that the peer stops sending while it has nothing to say (DTX).
    fn starts_pause(&self, payload: &[u8]) -> bool;
    /// Forgets the past.
    fn reset(&mut self);
}

/// An encoder of a kind; `opus_complexity` (0–10) says how hard Opus tries, the others always do the same.
pub fn encoder(kind: CodecKind, opus_complexity: u8) -> Result<Box<dyn Encoder>, CodecError> {
    Ok(match kind {
        CodecKind::Opus => Box::new(opus::OpusEncoder::new(opus_complexity)?),
        CodecKind::Pcmu => Box::new(g711::G711Encoder::new(g711::Law::Mu)),
        CodecKind::Pcma => Box::new(g711::G711Encoder::new(g711::Law::A)),
    })
}

/// A decoder of a kind.
pub fn decoder(kind: CodecKind) -> Result<Box<dyn Decoder>, CodecError> {
    Ok(match kind {
        CodecKind::Opus => Box::new(opus::OpusDecoder::new()?),
        CodecKind::Pcmu => Box::new(g711::G711Decoder::new(g711::Law::Mu)),
        CodecKind::Pcma => Box::new(g711::G711Decoder::new(g711::Law::A)),
    })
}
