//! What the microphone hears when it is a file, a tone or silence.

use std::{io::ErrorKind, path::Path, sync::Arc};

use crate::{
    FRAME,
    engine::{EngineError, FileInput, Sine},
    sound::{self, SoundError},
};

/// An endless source of captured frames.
pub(super) struct Microphone {
    name: String,
    source: Source,
}

enum Source {
    Silence,
    Tone(Sine),
    Loop { samples: Arc<[f32]>, at: usize },
}

impl Microphone {
    /// Opens the source; a file is read and resampled whole.
    pub(super) fn open(input: FileInput) -> Result<Self, EngineError> {
        Ok(match input {
            FileInput::Silence => Self {
                name: "silence".to_owned(),
                source: Source::Silence,
            },
            FileInput::Tone { hz, dbfs } => Self {
                name: format!("tone of {hz} Hz"),
                source: Source::Tone(Sine::new(hz, dbfs)),
            },
            FileInput::Samples(samples) => Self {
                name: "recorded samples".to_owned(),
                source: Source::Loop { samples, at: 0 },
            },
            FileInput::Wav(path) => Self {
                name: path.display().to_string(),
                source: Source::Loop {
                    samples: load(&path)?,
                    at: 0,
                },
            },
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn read(&mut self, frame: &mut [f32; FRAME]) {
        match &mut self.source {
            Source::Silence => frame.fill(0.0),
            Source::Tone(sine) => sine.fill(frame),
            Source::Loop { samples, at } => {
                for out in frame {
                    *out = samples.get(*at).copied().unwrap_or(0.0);
                    *at = if *at + 1 < samples.len() { *at + 1 } else { 0 };
                }
            }
        }
    }
}

/// Reads a sound file whole; the error names the file and what is wrong with it.
fn load(path: &Path) -> Result<Arc<[f32]>, EngineError> {
    let fail = |problem: String| EngineError::File {
        path: path.to_owned(),
        problem,
    };
    let samples = sound::read(path).map_err(|error| match error {
        SoundError::File { source, .. } if source.kind() == ErrorKind::NotFound => {
            fail("there is no such file".to_owned())
        }
        SoundError::File { source, .. } => fail(source.to_string()),
        other => fail(other.to_string()),
    })?;
    if samples.is_empty() {
        return Err(fail("it holds no sound".to_owned()));
    }
    if !samples.iter().all(|s| s.is_finite()) {
        return Err(fail("it holds samples that are not numbers".to_owned()));
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(path: &Path) -> String {
        match Microphone::open(FileInput::Wav(path.to_owned())) {
            Err(EngineError::File { problem, path: named }) => {
                assert_eq!(named, path);
                problem
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{} was taken for a sound", path.display()),
        }
    }

    fn write(path: &Path, rate: u32, samples: impl Iterator<Item = i16>) {
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        for sample in samples {
            writer.write_sample(sample).unwrap();
            writer.write_sample(sample).unwrap();
        }
        writer.finalize().unwrap();
    }

    #[test]
    fn a_file_of_another_rate_is_heard_again_and_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("voice.wav");
        write(&path, 16_000, std::iter::repeat_n(8_192, 1_600));
        let mut microphone = Microphone::open(FileInput::Wav(path)).unwrap();
        let mut frame = [0.0; FRAME];
        for _ in 0..100 {
            microphone.read(&mut frame);
            assert!(frame.iter().all(|s| (s - 0.25).abs() < 0.02));
        }
    }

    #[test]
    fn a_file_that_is_missing_broken_or_empty_is_named_with_its_problem() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(problem(&dir.path().join("none.wav")), "there is no such file");
        let text = dir.path().join("text.wav");
        std::fs::write(&text, "this is not a sound at all, not even close").unwrap();
        assert!(problem(&text).contains("not a sound file"));
        let short = dir.path().join("short.wav");
        std::fs::write(&short, b"RIFF\x24\0").unwrap();
        assert!(problem(&short).contains("broken WAV"));
        let empty = dir.path().join("empty.wav");
        write(&empty, 48_000, std::iter::empty());
        assert_eq!(problem(&empty), "it holds no sound");
    }
}
