//! The Opus decoder of libopus 1.6, called directly: the one file of the crate that contains `unsafe`.
//!
//! The `opus` crate, which encodes for us, links the same library but cannot set the complexity of a
//! decoder. At its default of 0 neither deep packet loss concealment (5 and up) nor anything else neural
//! is on.

#![allow(unsafe_code, reason = "calls a C library; every block says why it is sound")]

use std::ptr::{self, NonNull};

use opusic_sys as ffi;

use super::CodecError;

/// A libopus decoder: 48 kHz, mono.
#[derive(Debug)]
pub(super) struct RawDecoder(NonNull<ffi::OpusDecoder>);

// SAFETY: libopus states are plain memory without thread affinity; `&mut self` on every use forbids
// concurrent access ("a single codec state may only be accessed from a single thread at a time").
unsafe impl Send for RawDecoder {}

impl RawDecoder {
    /// A decoder with a complexity of 0–10: from 5 on losses are concealed by the neural model.
    pub(super) fn new(complexity: i32) -> Result<Self, CodecError> {
        let mut code = 0;
        // SAFETY: `code` outlives the call; rate and channels are values libopus defines.
        let state = unsafe { ffi::opus_decoder_create(48_000, 1, &mut code) };
        let Some(state) = NonNull::new(state).filter(|_| code == ffi::OPUS_OK) else {
            return Err(CodecError::Opus {
                doing: "make a decoder",
                code,
            });
        };
        let decoder = Self(state);
        // SAFETY: the state is live; this request takes exactly one 32-bit integer by value.
        let code = unsafe {
            ffi::opus_decoder_ctl(decoder.0.as_ptr(), ffi::OPUS_SET_COMPLEXITY_REQUEST, complexity)
        };
        match code {
            ffi::OPUS_OK => Ok(decoder),
            code => Err(CodecError::Opus {
                doing: "set the decoder's complexity",
                code,
            }),
        }
    }

    /// Decodes `packet` (`None`: conceal `pcm.len()` samples). With `fec`, decodes the copy of the previous
    /// frame that `packet` carries, `pcm.len()` samples long. Gives the samples written.
    pub(super) fn decode(
        &mut self,
        packet: Option<&[u8]>,
        pcm: &mut [f32],
        fec: bool,
    ) -> Result<usize, CodecError> {
        let (data, len) = packet.map_or((ptr::null(), 0), |p| (p.as_ptr(), p.len()));
        let (Ok(len), Ok(room)) = (i32::try_from(len), i32::try_from(pcm.len())) else {
            return Err(CodecError::BadPayload);
        };
        // SAFETY: the state is live and ours alone; `data` is null or readable for `len` bytes; `pcm` is
        // writable for `room` samples and the decoder has one channel, so libopus writes at most `room`.
        let n = unsafe {
            ffi::opus_decode_float(self.0.as_ptr(), data, len, pcm.as_mut_ptr(), room, i32::from(fec))
        };
        usize::try_from(n).map_err(|_| CodecError::Opus {
            doing: "decode a packet",
            code: n,
        })
    }

    /// Forgets the past; keeps the complexity.
    pub(super) fn reset(&mut self) {
        // SAFETY: the state is live; this request takes no argument.
        unsafe { ffi::opus_decoder_ctl(self.0.as_ptr(), ffi::OPUS_RESET_STATE) };
    }
}

impl Drop for RawDecoder {
    fn drop(&mut self) {
        // SAFETY: made by `opus_decoder_create`, destroyed once.
        unsafe { ffi::opus_decoder_destroy(self.0.as_ptr()) }
    }
}

/// Length of a packet in 48 kHz samples; `None` when it is not valid Opus.
pub(super) fn packet_samples(packet: &[u8]) -> Option<usize> {
    if packet.is_empty() {
        return None;
    }
    let len = i32::try_from(packet.len()).ok()?;
    // SAFETY: `packet` is readable for `len` bytes and not empty.
    let n = unsafe { ffi::opus_packet_get_nb_samples(packet.as_ptr(), len, 48_000) };
    usize::try_from(n).ok().filter(|n| *n > 0)
}

/// The packet carries in-band FEC (LBRR) for the frame before it.
pub(super) fn packet_has_fec(packet: &[u8]) -> bool {
    let Ok(len) = i32::try_from(packet.len()) else {
        return false;
    };
    // SAFETY: `packet` is readable for `len` bytes; libopus parses it with bounds checks and not at all when empty.
    len > 0 && unsafe { ffi::opus_packet_has_lbrr(packet.as_ptr(), len) } == 1
}
