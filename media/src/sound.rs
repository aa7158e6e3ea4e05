//! Reads sound files into 48 kHz mono samples: WAV of any rate and layout, Ogg Opus (RFC 7845).
//!
//! For ring tones, announcements, music and speech of the simulator. Not for the audio thread.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    SAMPLE_RATE,
    codec::{self, MAX_FRAME},
    engine::CodecKind,
};

/// Longest sound read: 2 h. Longer files are an error, not an exhausted memory.
const MAX_SAMPLES: usize = 2 * 3_600 * SAMPLE_RATE as usize;

/// Why a sound could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {source}", path = .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Neither WAV nor Ogg Opus.
    #[error("not a sound file: expected WAV or Ogg Opus")]
    Unknown,
    /// The WAV is broken or of an unsupported kind.
    #[error("broken WAV: {0}")]
    Wav(#[from] hound::Error),
    /// The Ogg container is broken.
    #[error("broken Ogg: {0}")]
    Ogg(#[from] ogg::OggReadError),
    /// The Opus stream in the Ogg is broken or of an unsupported kind.
    #[error("broken Ogg Opus: {0}")]
    Opus(&'static str),
    /// Longer than 2 h.
    #[error("the sound is longer than 2 hours")]
    TooLong,
}

/// Reads a file: 48 kHz mono, full scale ±1.
pub fn read(path: &Path) -> Result<Arc<[f32]>, SoundError> {
    let bytes = fs::read(path).map_err(|source| SoundError::File {
        path: path.to_owned(),
        source,
    })?;
    decode(&bytes)
}

/// Decodes the contents of a file: 48 kHz mono, full scale ±1.
pub fn decode(bytes: &[u8]) -> Result<Arc<[f32]>, SoundError> {
    let samples = match bytes.get(..4) {
        Some(b"RIFF") => wav(bytes)?,
        Some(b"OggS") => ogg_opus(bytes)?,
        _ => return Err(SoundError::Unknown),
    };
    Ok(samples.into())
}

fn wav(bytes: &[u8]) -> Result<Vec<f32>, SoundError> {
    let mut reader = hound::WavReader::new(Cursor::new(bytes))?;
    let spec = reader.spec();
    let channels = usize::from(spec.channels.max(1));
    if spec.sample_rate == 0 || spec.bits_per_sample == 0 {
        return Err(SoundError::Wav(hound::Error::Unsupported));
    }
    if reader.duration() as usize / spec.sample_rate as usize > MAX_SAMPLES / SAMPLE_RATE as usize {
        return Err(SoundError::TooLong);
    }
    let all: Vec<f32> = match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().collect::<Result<_, _>>()?,
        hound::SampleFormat::Int => {
            let scale = 1.0 / (1u64 << (spec.bits_per_sample - 1)) as f32;
            reader
                .samples::<i32>()
                .map(|s| s.map(|s| s as f32 * scale))
                .collect::<Result<_, _>>()?
        }
    };
    let mono: Vec<f32> = all
        .chunks_exact(channels)
        .map(|c| c.iter().sum::<f32>() / channels as f32)
        .collect();
    resample(&mono, spec.sample_rate)
}

/// To 48 kHz by a windowed sinc; exact length, no delay.
fn resample(input: &[f32], rate: u32) -> Result<Vec<f32>, SoundError> {
    if rate == SAMPLE_RATE {
        return Ok(input.to_vec());
    }
    let ratio = f64::from(rate) / f64::from(SAMPLE_RATE);
    let n = (input.len() as f64 / ratio).round() as usize;
    if n > MAX_SAMPLES {
        return Err(SoundError::TooLong);
    }
    // Below the lower of the two Nyquist frequencies; 24 zero crossings each side under a Hann window.
    let cutoff = (0.95 / ratio).min(0.95);
    let half = (24.0 / cutoff).ceil();
    Ok((0..n)
        .map(|i| {
            let at = i as f64 * ratio;
            let from = (at - half).ceil().max(0.0) as usize;
            let to = ((at + half).floor() as usize).min(input.len().saturating_sub(1));
            let (mut sum, mut weight) = (0.0, 0.0);
            for (k, sample) in input.iter().enumerate().take(to + 1).skip(from) {
                let x = k as f64 - at;
                let phase = std::f64::consts::PI * x * cutoff;
                let sinc = if phase.abs() < 1e-9 {
                    1.0
                } else {
                    phase.sin() / phase
                };
                let w = sinc * (0.5 + 0.5 * (std::f64::consts::PI * x / half).cos());
                sum += w * f64::from(*sample);
                weight += w;
            }
            if weight.abs() < 1e-9 {
                0.0
            } else {
                (sum / weight) as f32
            }
        })
        .collect())
}

fn ogg_opus(bytes: &[u8]) -> Result<Vec<f32>, SoundError> {
    let mut reader = ogg::PacketReader::new(Cursor::new(bytes));
    let head = reader.read_packet()?.ok_or(SoundError::Opus("no header"))?;
    if head.data.get(..8) != Some(b"OpusHead") {
        return Err(SoundError::Opus("the stream is not Opus"));
    }
    let &[_, channels, skip_low, skip_high, ..] = &head.data[8..] else {
        return Err(SoundError::Opus("the header is cut off"));
    };
    // Family 0 has one or two channels; the decoder mixes two into one.
    if !(1..=2).contains(&channels) {
        return Err(SoundError::Opus("more than two channels"));
    }
    let skip = usize::from(u16::from_le_bytes([skip_low, skip_high]));
    let serial = head.stream_serial();
    let mut decoder =
        codec::decoder(CodecKind::Opus).map_err(|_| SoundError::Opus("no decoder could be made"))?;
    let mut samples = Vec::new();
    let mut frame = vec![0.0; MAX_FRAME];
    let mut tags = true;
    while let Some(packet) = reader.read_packet()? {
        if packet.stream_serial() != serial {
            continue;
        }
        if std::mem::take(&mut tags) {
            continue;
        }
        let n = decoder
            .decode(&packet.data, &mut frame)
            .map_err(|_| SoundError::Opus("a packet cannot be decoded"))?;
        samples.extend_from_slice(&frame[..n]);
        if samples.len() > MAX_SAMPLES {
            return Err(SoundError::TooLong);
        }
        if packet.last_in_stream() {
            // The last granule position says how many samples count, padding cut off (RFC 7845 §4.4).
            samples.truncate(usize::try_from(packet.absgp_page()).unwrap_or(usize::MAX));
            break;
        }
    }
    samples.drain(..skip.min(samples.len()));
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav_file(rate: u32, channels: u16, bits: u16, format: hound::SampleFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: bits,
            sample_format: format,
        };
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        for i in 0..rate {
            let s = 0.5 * (i as f32 * 440.0 * std::f32::consts::TAU / rate as f32).sin();
            for _ in 0..channels {
                match format {
                    hound::SampleFormat::Float => writer.write_sample(s).unwrap(),
                    hound::SampleFormat::Int => {
                        writer
                            .write_sample((s * ((1u32 << (bits - 1)) - 1) as f32) as i32)
                            .unwrap();
                    }
                }
            }
        }
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    #[test]
    fn wav_of_any_rate_and_layout_becomes_48_khz_mono() {
        for (rate, channels, bits, format) in [
            (8_000, 1, 16, hound::SampleFormat::Int),
            (16_000, 2, 16, hound::SampleFormat::Int),
            (44_100, 2, 24, hound::SampleFormat::Int),
            (48_000, 1, 32, hound::SampleFormat::Float),
            (96_000, 1, 16, hound::SampleFormat::Int),
        ] {
            let sound = decode(&wav_file(rate, channels, bits, format)).unwrap();
            assert_eq!(sound.len(), 48_000, "{rate} Hz");
            for (i, s) in sound.iter().enumerate().take(47_000).skip(1_000) {
                let truth = 0.5 * (i as f32 * 440.0 * std::f32::consts::TAU / 48_000.0).sin();
                assert!(
                    (s - truth).abs() < 0.01,
                    "{rate} Hz, sample {i}: {s} instead of {truth}"
                );
            }
        }
    }

    #[test]
    fn ogg_opus_comes_out_with_its_length_and_sound() {
        let mut encoder = codec::encoder(CodecKind::Opus, 9).unwrap();
        let mut file = Vec::new();
        let mut writer = ogg::PacketWriter::new(&mut file);
        let mut head = b"OpusHead\x01\x01".to_vec();
        head.extend(312u16.to_le_bytes());
        head.extend(48_000u32.to_le_bytes());
        head.extend([0, 0, 0]);
        writer
            .write_packet(head, 7, ogg::PacketWriteEndInfo::EndPage, 0)
            .unwrap();
        let tags = b"OpusTags\0\0\0\0\0\0\0\0".to_vec();
        writer
            .write_packet(tags, 7, ogg::PacketWriteEndInfo::EndPage, 0)
            .unwrap();
        for n in 0..51u64 {
            let pcm: Vec<f32> = (0..960)
                .map(|i| {
                    let t = (n * 960 + i) as f32 / 48_000.0;
                    0.5 * (t * 440.0 * std::f32::consts::TAU).sin()
                })
                .collect();
            let mut packet = vec![0; 1_275];
            let len = encoder.encode(&pcm, &mut packet).unwrap();
            packet.truncate(len);
            let (info, at) = if n == 50 {
                (ogg::PacketWriteEndInfo::EndStream, 48_000 + 312)
            } else {
                (ogg::PacketWriteEndInfo::NormalPacket, (n + 1) * 960)
            };
            writer.write_packet(packet, 7, info, at).unwrap();
        }
        let sound = decode(&file).unwrap();
        assert_eq!(sound.len(), 48_000);
        let rms = (sound[4_800..].iter().map(|s| s * s).sum::<f32>() / 43_200.0).sqrt();
        assert!((rms - 0.354).abs() < 0.05, "{rms}");
    }

    #[test]
    fn what_is_no_sound_says_so() {
        assert!(matches!(decode(b"hello"), Err(SoundError::Unknown)));
        assert!(matches!(decode(b"RIFF\0\0\0\0WAVE"), Err(SoundError::Wav(_))));
        assert!(decode(b"OggS\0\0").is_err());
        assert!(matches!(
            read(Path::new("/no/such/file")),
            Err(SoundError::File { .. })
        ));
    }
}
