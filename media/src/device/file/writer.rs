//! A 48 kHz mono 16-bit WAV that grows in real time and can be read at any moment.
//!
//! The media thread pushes frames into a ring; a worker thread writes them and brings the header up to
//! date once a second, so that a reader, or a crash, finds a valid file.

use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread::JoinHandle,
    time::Duration,
};

use hound::{SampleFormat, WavSpec, WavWriter};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::{FRAME, SAMPLE_RATE, engine::EngineError};

/// Seconds of sound the ring holds while the disk stalls.
const RING_SECONDS: usize = 10;
/// How often the worker empties the ring.
const WAKE: Duration = Duration::from_millis(100);
/// Samples between two updates of the header: one second.
const HEADER_EVERY: usize = SAMPLE_RATE as usize;

type File48 = WavWriter<BufWriter<File>>;

/// The media thread's end.
pub(super) struct Writer {
    name: String,
    ring: Producer<f32>,
    /// Samples that found the ring full: written as silence later, so that the time line stays true.
    owed: usize,
    problems: Receiver<String>,
    worker: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Writer {
    /// Creates the file and its header, and starts the worker.
    pub(super) fn create(path: PathBuf) -> Result<Self, EngineError> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let fail = |e: hound::Error| EngineError::File {
            path: path.clone(),
            problem: match &e {
                hound::Error::IoError(e) if e.kind() == std::io::ErrorKind::NotFound => {
                    "its folder does not exist".to_owned()
                }
                other => other.to_string(),
            },
        };
        let mut wav = WavWriter::create(&path, spec).map_err(fail)?;
        wav.flush().map_err(fail)?;
        let (ring, consumer) = RingBuffer::new(RING_SECONDS * SAMPLE_RATE as usize);
        let (stop, stopped) = channel();
        let (problem, problems) = channel();
        let worker = {
            let path = path.clone();
            std::thread::Builder::new()
                .name("audio-out".to_owned())
                .spawn(move || run(&path, wav, consumer, &stopped, &problem))?
        };
        Ok(Self {
            name: path.display().to_string(),
            ring,
            owed: 0,
            problems,
            worker: Some((stop, worker)),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Hands a frame to the worker; never waits.
    pub(super) fn write(&mut self, frame: &[f32; FRAME]) {
        if self.owed > 0 {
            let silence = self.owed.min(self.ring.slots());
            if let Ok(chunk) = self.ring.write_chunk_uninit(silence) {
                self.owed -= chunk.fill_from_iter(std::iter::repeat_n(0.0, silence));
            }
        }
        let room = if self.owed > 0 {
            0
        } else {
            self.ring.slots().min(FRAME)
        };
        if let Ok(chunk) = self.ring.write_chunk_uninit(room) {
            self.owed += FRAME - chunk.fill_from_iter(frame.iter().copied());
        }
    }

    /// What went wrong since the last call, as a sentence.
    pub(super) fn problem(&mut self) -> Option<String> {
        self.problems.try_recv().ok()
    }

    /// Writes the rest and the final header.
    pub(super) fn close(&mut self) {
        if let Some((stop, worker)) = self.worker.take() {
            drop(stop);
            let _ = worker.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn run(path: &Path, wav: File48, mut ring: Consumer<f32>, stopped: &Receiver<()>, problem: &Sender<String>) {
    let mut wav = Some(wav);
    let mut since_header = 0;
    loop {
        let stop = !matches!(stopped.recv_timeout(WAKE), Err(RecvTimeoutError::Timeout));
        if let Some(file) = &mut wav
            && let Err(error) = drain(file, &mut ring, &mut since_header)
        {
            let sentence = format!(
                "What is heard is no longer written to {}: {}.",
                path.display(),
                error
            );
            tracing::warn!("{sentence}");
            let _ = problem.send(sentence);
            wav = None;
        }
        if wav.is_none() {
            let waiting = ring.slots();
            if let Ok(chunk) = ring.read_chunk(waiting) {
                chunk.commit_all();
            }
        }
        if stop {
            break;
        }
    }
    if let Some(file) = wav
        && let Err(error) = file.finalize()
    {
        tracing::warn!("{} is cut off: {}", path.display(), error);
    }
}

fn drain(file: &mut File48, ring: &mut Consumer<f32>, since_header: &mut usize) -> Result<(), hound::Error> {
    let waiting = ring.slots();
    if let Ok(chunk) = ring.read_chunk(waiting) {
        for sample in chunk {
            file.write_sample((sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16)?;
        }
    }
    *since_header += waiting;
    if *since_header >= HEADER_EVERY {
        *since_header = 0;
        file.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_in_the_file_after_close() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.wav");
        let mut writer = Writer::create(path.clone()).unwrap();
        for n in 0..250 {
            writer.write(&[n as f32 / 1_000.0; FRAME]);
        }
        writer.close();
        let mut reader = hound::WavReader::open(&path).unwrap();
        assert_eq!(reader.duration(), 250 * FRAME as u32);
        let last = reader.samples::<i16>().last().unwrap().unwrap();
        assert_eq!(last, (0.249 * f32::from(i16::MAX)).round() as i16);
    }

    #[test]
    fn what_the_disk_was_too_slow_for_becomes_silence_of_the_same_length() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.wav");
        let mut writer = Writer::create(path.clone()).unwrap();
        // More than the ring holds, faster than the worker can follow: some of it is owed.
        let frames = RING_SECONDS * 100 * 2;
        for _ in 0..frames {
            writer.write(&[0.5; FRAME]);
        }
        while writer.owed > 0 {
            std::thread::yield_now();
            let silence = writer.owed.min(writer.ring.slots());
            if let Ok(chunk) = writer.ring.write_chunk_uninit(silence) {
                writer.owed -= chunk.fill_from_iter(std::iter::repeat_n(0.0, silence));
            }
        }
        writer.close();
        let reader = hound::WavReader::open(&path).unwrap();
        assert_eq!(reader.duration() as usize, frames * FRAME);
    }

    #[test]
    fn a_folder_that_does_not_exist_is_named() {
        let Err(EngineError::File { path, problem }) = Writer::create("/no/such/folder/out.wav".into())
        else {
            panic!("created a file in a folder that does not exist");
        };
        assert_eq!(path, PathBuf::from("/no/such/folder/out.wav"));
        assert_eq!(problem, "its folder does not exist");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_in_a_sentence_and_sound_goes_on() {
        let mut writer = Writer::create("/dev/full".into());
        // Some systems refuse the header at once, which is as good.
        let Ok(writer) = &mut writer else { return };
        let sentence = loop {
            writer.write(&[0.1; FRAME]);
            if let Some(sentence) = writer.problem() {
                break sentence;
            }
            std::thread::yield_now();
        };
        assert!(sentence.contains("no longer written to /dev/full"), "{sentence}");
    }
}
