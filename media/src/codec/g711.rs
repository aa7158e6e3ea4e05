//! G.711 µ-law and A-law (ITU-T G.711; RTP RFC 3551 §4.5.14) with concealment and resampling to 48 kHz.

use super::{
    CONCEAL_STEP, CodecError, Decoder, Encoder, MAX_FRAME,
    plc::Concealer,
    resample::{Down, FACTOR, Up},
};

/// Which companding law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Law {
    /// µ-law: North America, Japan.
    Mu,
    /// A-law: elsewhere.
    A,
}

/// One µ-law octet to a 16-bit sample.
pub const fn ulaw_decode(code: u8) -> i16 {
    let code = !code;
    let exponent = (code >> 4) & 7;
    let mantissa = (code & 15) as i16;
    let size = (((mantissa << 3) + 0x84) << exponent) - 0x84;
    if code & 0x80 != 0 { -size } else { size }
}

/// A 16-bit sample to one µ-law octet.
pub const fn ulaw_encode(sample: i16) -> u8 {
    const BIAS: i32 = 0x84;
    const CLIP: i32 = 32_635;
    let (sign, mut size) = if sample < 0 {
        (0x80u8, -(sample as i32))
    } else {
        (0, sample as i32)
    };
    if size > CLIP {
        size = CLIP;
    }
    size += BIAS;
    // The position of the highest bit, 7..=14, is the segment.
    let exponent = (31 - size.leading_zeros() as i32) - 7;
    let mantissa = (size >> (exponent + 3)) & 15;
    !(sign | ((exponent as u8) << 4) | mantissa as u8)
}

/// One A-law octet to a 16-bit sample.
pub const fn alaw_decode(code: u8) -> i16 {
    let code = code ^ 0x55;
    let exponent = (code >> 4) & 7;
    let mantissa = (code & 15) as i16;
    let size = match exponent {
        0 => (mantissa << 4) + 8,
        e => ((mantissa << 4) + 0x108) << (e - 1),
    };
    if code & 0x80 != 0 { size } else { -size }
}

/// A 16-bit sample to one A-law octet.
pub const fn alaw_encode(sample: i16) -> u8 {
    // 13-bit magnitude; negative values in one's complement as in the ITU-T reference.
    let (sign, size) = if sample < 0 {
        (0u8, (!sample as i32) >> 4)
    } else {
        (0x80, (sample as i32) >> 4)
    };
    let code = if size < 16 {
        size
    } else {
        let exponent = (31 - size.leading_zeros() as i32) - 3;
        (exponent << 4) | ((size >> (exponent - 1)) & 15)
    };
    (sign | code as u8) ^ 0x55
}

const ULAW: [f32; 256] = table(Law::Mu);
const ALAW: [f32; 256] = table(Law::A);

const fn table(law: Law) -> [f32; 256] {
    let mut table = [0.0; 256];
    let mut code = 0;
    while code < 256 {
        let sample = match law {
            Law::Mu => ulaw_decode(code as u8),
            Law::A => alaw_decode(code as u8),
        };
        table[code] = sample as f32 / 32_768.0;
        code += 1;
    }
    table
}

/// Encodes G.711.
#[derive(Debug)]
pub(super) struct G711Encoder {
    law: Law,
    down: Down,
    narrow: [f32; MAX_FRAME / FACTOR],
}

impl G711Encoder {
    pub(super) fn new(law: Law) -> Self {
        Self {
            law,
            down: Down::new(),
            narrow: [0.0; MAX_FRAME / FACTOR],
        }
    }
}

impl Encoder for G711Encoder {
    fn encode(&mut self, pcm: &[f32], out: &mut [u8]) -> Result<usize, CodecError> {
        let n = pcm.len() / FACTOR;
        let room = out.len().min(self.narrow.len());
        if n > room {
            return Err(CodecError::TooSmall { needed: n, room });
        }
        let narrow = &mut self.narrow[..n];
        self.down.process(pcm, narrow);
        for (code, sample) in out.iter_mut().zip(narrow.iter()) {
            let sample = (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16;
            *code = match self.law {
                Law::Mu => ulaw_encode(sample),
                Law::A => alaw_encode(sample),
            };
        }
        Ok(n)
    }

    fn set_expected_loss(&mut self, _percent: u8) {}
}

/// Decodes G.711.
#[derive(Debug)]
pub(super) struct G711Decoder {
    law: Law,
    plc: Concealer,
    up: Up,
    narrow: [f32; MAX_FRAME / FACTOR],
}

impl G711Decoder {
    pub(super) fn new(law: Law) -> Self {
        Self {
            law,
            plc: Concealer::new(),
            up: Up::new(),
            narrow: [0.0; MAX_FRAME / FACTOR],
        }
    }
}

impl Decoder for G711Decoder {
    fn samples(&self, payload: &[u8]) -> Option<usize> {
        let n = payload.len() * FACTOR;
        (n > 0 && n <= MAX_FRAME).then_some(n)
    }

    fn decode(&mut self, payload: &[u8], out: &mut [f32]) -> Result<usize, CodecError> {
        let n = self.samples(payload).ok_or(CodecError::BadPayload)?;
        let room = out.len();
        let out = out.get_mut(..n).ok_or(CodecError::TooSmall { needed: n, room })?;
        let table = match self.law {
            Law::Mu => &ULAW,
            Law::A => &ALAW,
        };
        let narrow = &mut self.narrow[..payload.len()];
        for (sample, code) in narrow.iter_mut().zip(payload) {
            *sample = table[usize::from(*code)];
        }
        self.plc.good(narrow);
        self.up.process(narrow, out);
        Ok(n)
    }

    fn conceal(&mut self, out: &mut [f32]) {
        debug_assert_eq!(out.len() % CONCEAL_STEP, 0);
        for out in out.chunks_mut(MAX_FRAME) {
            let narrow = &mut self.narrow[..out.len() / FACTOR];
            self.plc.conceal(narrow);
            self.up.process(narrow, out);
        }
    }

    fn can_recover(&self, _next: &[u8]) -> bool {
        false
    }

    fn recover(&mut self, _next: &[u8], _out: &mut [f32]) -> bool {
        false
    }

    fn starts_pause(&self, _payload: &[u8]) -> bool {
        false
    }

    fn reset(&mut self) {
        self.plc = Concealer::new();
        self.up.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_the_levels_of_the_standard() {
        // ITU-T G.711 tables 2a/2b (µ, 14 bit × 4 less the 16-bit bias) and 1a/1b (A, 13 bit × 8).
        for (code, level) in [
            (0xff, 0),
            (0x7f, 0),
            (0xfe, 8),
            (0x7e, -8),
            (0xf0, 120),
            (0xef, 132),
            (0xe0, 372),
            (0xdf, 396),
            (0x9f, 8_316),
            (0x90, 15_996),
            (0x80, 32_124),
            (0x00, -32_124),
            (0x8f, 16_764),
        ] {
            assert_eq!(ulaw_decode(code), level, "µ {code:#04x}");
        }
        for (code, level) in [
            (0xd5, 8),
            (0x55, -8),
            (0xd4, 24),
            (0xda, 248),
            (0xc5, 264),
            (0xaa, 32_256),
            (0x2a, -32_256),
            (0xa5, 16_896),
        ] {
            assert_eq!(alaw_decode(code), level, "A {code:#04x}");
        }
    }

    #[test]
    fn every_code_survives_the_way_round() {
        for code in 0..=255u8 {
            let again = ulaw_encode(ulaw_decode(code));
            assert!(
                again == code || (code == 0x7f && again == 0xff),
                "µ {code:#04x} became {again:#04x}"
            );
            assert_eq!(alaw_encode(alaw_decode(code)), code, "A {code:#04x}");
        }
    }

    #[test]
    fn every_sample_lands_in_its_step() {
        // Steps are a sixteenth of their segment, levels lie in the middle: the error is at most 1/32.
        let (mut last_mu, mut last_a) = (i16::MIN, i16::MIN);
        for sample in -32_768..=32_767i32 {
            let s = sample as i16;
            let (mu, a) = (ulaw_decode(ulaw_encode(s)), alaw_decode(alaw_encode(s)));
            assert!(mu >= last_mu && a >= last_a, "{sample}: not monotone");
            (last_mu, last_a) = (mu, a);
            let size = sample.abs();
            let clipped = (size - 32_124).max(0);
            assert!(
                (i32::from(mu) - sample).abs() <= (size + 132) / 32 + 1 + clipped,
                "µ {sample}: {mu}"
            );
            assert!(
                (i32::from(a) - sample).abs() <= (size / 32 + 1).max(16),
                "A {sample}: {a}"
            );
        }
    }
}
