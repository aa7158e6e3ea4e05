//! Calls between engines whose process stands still now and then, as on a busy machine: what the files hear.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use super::{
    api::{CodecKind, FileInput},
    virtual_line::Line,
};
use crate::device::{AudioBackend, file::FileBackend};

const TONES: [f64; 2] = [440.0, 1_000.0];
const SECONDS: f64 = 6.0;

/// Phone, from second, milliseconds.
type Pause = (usize, f64, f64);

/// Lets two phones talk. What each heard and how much of it was guessed.
fn talk(codec: CodecKind, pauses: &[Pause]) -> [(Vec<f32>, f32); 2] {
    let dir = tempfile::tempdir().unwrap();
    let ears = [dir.path().join("0.wav"), dir.path().join("1.wav")];
    let start = Instant::now();
    let now = Arc::new(Mutex::new(start));
    let backend = |me: usize| -> Box<dyn AudioBackend> {
        let tone = FileInput::Tone {
            hz: TONES[me] as f32,
            dbfs: -12.0,
        };
        Box::new(FileBackend::open(tone, Some(ears[me].clone())).unwrap())
    };
    let mut lines = Line::both(codec, start, &now, [backend(0), backend(1)]);
    run(&mut lines, start, &now, SECONDS, pauses);
    let guessed = lines.each_ref().map(|line| line.stats().concealed_ratio);
    for line in &mut lines {
        line.driver.backend.close();
    }
    let mut heard = ears.iter().map(|ear| read(ear)).zip(guessed);
    std::array::from_fn(|_| heard.next().unwrap())
}

/// Steps both in virtual time.
fn run(lines: &mut [Line; 2], start: Instant, now: &Mutex<Instant>, seconds: f64, pauses: &[Pause]) {
    let at = |us: f64| start + Duration::from_nanos((us * 1e3) as u64);
    let mut now_us = 0.0;
    while now_us < seconds * 1e6 {
        *now.lock().unwrap() = at(now_us);
        for (me, line) in lines.iter_mut().enumerate() {
            let mut mine = pauses.iter().filter(|(who, ..)| *who == me);
            let ends = |(_, from, ms): &Pause| from * 1e6 + ms * 1e3;
            if let Some(pause) = mine.clone().find(|p| (p.1 * 1e6..ends(p)).contains(&now_us)) {
                line.wake_us = ends(pause);
            }
            let last = mine.rfind(|p| ends(p) <= now_us).map_or(0.0, ends);
            while line.wake_us <= now_us {
                line.step(at(now_us), now_us, at(last));
            }
        }
        now_us = lines.iter().map(|line| line.wake_us).fold(f64::MAX, f64::min);
    }
}

fn read(ear: &Path) -> Vec<f32> {
    let mut wav = hound::WavReader::open(ear).unwrap();
    wav.samples::<i16>()
        .map(|s| f32::from(s.unwrap()) / 32_768.0)
        .collect()
}

/// In how many tenths of a second after the first half the peer's tone is less than 20 dB over the rest.
fn broken_tenths(heard: &[f32], hz: f64) -> usize {
    let over_rest = |x: &[f32]| {
        let (mut c, mut s, mut all) = (0.0, 0.0, 0.0);
        for (i, x) in x.iter().enumerate() {
            let (x, phase) = (f64::from(*x), hz * i as f64 / 48_000.0 * std::f64::consts::TAU);
            c += x * phase.cos();
            s += x * phase.sin();
            all += x * x;
        }
        let tone = 2.0 * (c * c + s * s) / x.len() as f64;
        10.0 * (tone / (all - tone).max(1e-12)).log10()
    };
    heard[24_000..]
        .chunks_exact(4_800)
        .filter(|tenth| over_rest(tenth) < 20.0)
        .count()
}

#[test]
fn what_stands_still_together_goes_on_as_if_nothing_had_been() {
    for codec in [CodecKind::Opus, CodecKind::Pcmu] {
        for ms in [30.0, 100.0, 200.0, 450.0] {
            let heard = talk(
                codec,
                &[(0, 2.0, ms), (1, 2.001, ms), (0, 4.0, ms), (1, 3.997, ms)],
            );
            for (me, (samples, guessed)) in heard.iter().enumerate() {
                let case = format!("{codec:?}, {ms} ms, phone {me}");
                let missing = (SECONDS * 48_000.0) as usize - samples.len();
                assert!(missing <= 480, "{missing} samples are missing: {case}");
                assert!(*guessed < 0.005, "{guessed} guessed: {case}");
                assert!(broken_tenths(samples, TONES[1 - me]) <= 2, "{case}");
            }
        }
    }
}

#[test]
fn the_one_who_stood_still_loses_nothing_and_the_other_hears_one_gap() {
    for codec in [CodecKind::Opus, CodecKind::Pcmu] {
        for ms in [30.0, 100.0, 200.0, 450.0] {
            let heard = talk(codec, &[(0, 3.0, ms)]);
            let case = format!("{codec:?}, {ms} ms");
            assert_eq!(heard[0].1, 0.0, "guessed by who stood still: {case}");
            assert_eq!(broken_tenths(&heard[0].0, TONES[1]), 0, "{case}");
            let broken = broken_tenths(&heard[1].0, TONES[0]);
            assert!(broken <= ms as usize / 100 + 3, "{broken} broken tenths: {case}");
        }
    }
}

#[test]
fn a_report_of_a_late_tick_tells_the_true_time() {
    let start = Instant::now();
    let now = Arc::new(Mutex::new(start));
    let silent =
        || -> Box<dyn AudioBackend> { Box::new(FileBackend::open(FileInput::Silence, None).unwrap()) };
    let mut lines = Line::both(CodecKind::Pcmu, start, &now, [silent(), silent()]);
    let pauses: Vec<Pause> = (1..60).map(|second| (0, f64::from(second), 450.0)).collect();
    run(&mut lines, start, &now, 60.0, &pauses);
    let ages = lines[0].report_ages();
    assert!(ages.len() > 5, "{ages:?}");
    assert!(ages.iter().all(|age| age.abs() < 1.0), "{ages:?}");
}
