//! Opus (RFC 6716, RTP payload RFC 7587): 48 kHz mono, voice settings, in-band FEC.

use super::{
    CodecError, Decoder, Encoder, MAX_FRAME,
    opus_ffi::{self, RawDecoder},
};

/// Target rate in bit/s: wideband speech with room for in-band FEC.
const BITRATE: i32 = 32_000;
/// Deep packet loss concealment is on from here.
const DECODER_COMPLEXITY: i32 = 5;
/// Loss in percent assumed before the peer's first report, so that FEC is there for the first loss.
const FIRST_LOSS: u8 = 5;

/// Encodes Opus.
#[derive(Debug)]
pub(super) struct OpusEncoder {
    inner: opus::Encoder,
    loss: u8,
}

impl OpusEncoder {
    /// An encoder at 32 kb/s, FEC on, DTX off. `complexity` is 0–10, 9 the best quality per CPU for voice
    /// (RFC 6716 §2.1.5).
    pub(super) fn new(complexity: u8) -> Result<Self, CodecError> {
        let make = || -> opus::Result<opus::Encoder> {
            let mut inner = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip)?;
            inner.set_bitrate(opus::Bitrate::Bits(BITRATE))?;
            inner.set_complexity(i32::from(complexity.min(10)))?;
            inner.set_signal(opus::Signal::Voice)?;
            inner.set_inband_fec(true)?;
            inner.set_packet_loss_perc(i32::from(FIRST_LOSS))?;
            inner.set_dtx(false)?;
            Ok(inner)
        };
        let inner = make().map_err(|e| CodecError::Opus {
            doing: "make an encoder",
            code: e.code() as i32,
        })?;
        Ok(Self {
            inner,
            loss: FIRST_LOSS,
        })
    }
}

impl Encoder for OpusEncoder {
    fn encode(&mut self, pcm: &[f32], out: &mut [u8]) -> Result<usize, CodecError> {
        self.inner.encode_float(pcm, out).map_err(|e| CodecError::Opus {
            doing: "encode a frame",
            code: e.code() as i32,
        })
    }

    fn set_expected_loss(&mut self, percent: u8) {
        // Never below 1: at 0 libopus writes no FEC at all, and the first lost packet has no copy.
        let percent = percent.clamp(1, 30);
        if percent != self.loss && self.inner.set_packet_loss_perc(i32::from(percent)).is_ok() {
            self.loss = percent;
        }
    }
}

/// Decodes Opus with deep packet loss concealment and in-band FEC.
#[derive(Debug)]
pub(super) struct OpusDecoder {
    raw: RawDecoder,
}

impl OpusDecoder {
    pub(super) fn new() -> Result<Self, CodecError> {
        Ok(Self {
            raw: RawDecoder::new(DECODER_COMPLEXITY)?,
        })
    }
}

impl Decoder for OpusDecoder {
    fn samples(&self, payload: &[u8]) -> Option<usize> {
        opus_ffi::packet_samples(payload).filter(|n| *n <= MAX_FRAME)
    }

    fn decode(&mut self, payload: &[u8], out: &mut [f32]) -> Result<usize, CodecError> {
        if payload.is_empty() {
            return Err(CodecError::BadPayload);
        }
        self.raw.decode(Some(payload), out, false)
    }

    fn conceal(&mut self, out: &mut [f32]) {
        if !matches!(self.raw.decode(None, out, false), Ok(n) if n == out.len()) {
            out.fill(0.0);
        }
    }

    fn can_recover(&self, next: &[u8]) -> bool {
        opus_ffi::packet_has_fec(next)
    }

    fn recover(&mut self, next: &[u8], out: &mut [f32]) -> bool {
        self.can_recover(next) && matches!(self.raw.decode(Some(next), out, true), Ok(n) if n == out.len())
    }

    fn starts_pause(&self, payload: &[u8]) -> bool {
        // A frame of nothing but its header: DTX (RFC 6716 §3.1, code 0 with no data).
        payload.len() <= 2
    }

    fn reset(&mut self) {
        self.raw.reset();
    }
}
