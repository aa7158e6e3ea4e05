//! An engine with nothing to do sleeps. Alone in its process, whose threads it counts.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "threads sleep in real time")]

use std::{
    fs,
    thread::sleep,
    time::{Duration, Instant},
};

use media::engine::{Backend, DeviceRole, Engine, EngineConfig, FeedId, FeedTarget, PHONE_COMPLEXITY, Sound};

/// How often the engine's threads have gone to sleep.
fn naps() -> u64 {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    tasks
        .flatten()
        .filter(|task| {
            let name = fs::read_to_string(task.path().join("comm"));
            name.is_ok_and(|name| name.starts_with("media"))
        })
        .filter_map(|task| fs::read_to_string(task.path().join("status")).ok())
        .filter_map(|status| {
            let line = status.lines().find(|line| line.starts_with("voluntary"))?;
            line.split_whitespace().last()?.parse::<u64>().ok()
        })
        .sum()
}

/// Longest wait for anything; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until the threads sleep through a third of a second, but for one nap of each.
fn comes_to_rest() -> bool {
    let until = Instant::now() + PATIENCE;
    let mut before = naps();
    while Instant::now() < until {
        sleep(Duration::from_millis(300));
        let now = naps();
        if now - before <= 2 {
            return true;
        }
        before = now;
    }
    false
}

/// Waits until they have gone to sleep so many times.
fn naps_come_to(wanted: u64) -> bool {
    let until = Instant::now() + PATIENCE;
    while naps() < wanted && Instant::now() < until {
        sleep(Duration::from_millis(20));
    }
    naps() >= wanted
}

#[test]
fn realtime_an_engine_without_calls_and_sounds_sleeps_and_wakes_for_one() {
    let (engine, _events) = Engine::start(EngineConfig {
        backend: Backend::None,
        seed: [7; 32],
        opus_complexity: PHONE_COMPLEXITY,
    })
    .unwrap();
    assert!(naps_come_to(1), "the engine has threads");
    assert!(comes_to_rest(), "something ticks");
    let tone = Sound::Tone {
        hz: 440.0,
        dbfs: -20.0,
    };
    engine.play(FeedId(1), FeedTarget::Device(DeviceRole::Ring), tone);
    assert!(naps_come_to(naps() + 50), "a sound needs ticks");
    engine.stop(FeedId(1));
    assert!(comes_to_rest(), "something still ticks");
    engine.shutdown();
}
