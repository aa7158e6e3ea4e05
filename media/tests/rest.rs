//! An engine with nothing to do sleeps. Alone in its process, whose threads it counts.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "threads sleep in real time")]

use std::{fs, thread::sleep, time::Duration};

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

/// How often they go to sleep in half a second.
fn naps_in_half_a_second() -> u64 {
    sleep(Duration::from_millis(200));
    let before = naps();
    sleep(Duration::from_millis(500));
    naps() - before
}

#[test]
fn realtime_an_engine_without_calls_and_sounds_sleeps_and_wakes_for_one() {
    let (engine, _events) = Engine::start(EngineConfig {
        backend: Backend::None,
        seed: [7; 32],
        opus_complexity: PHONE_COMPLEXITY,
    })
    .unwrap();
    assert!(naps() > 0, "the engine has threads");
    assert!(naps_in_half_a_second() <= 2, "something ticks");
    let tone = Sound::Tone {
        hz: 440.0,
        dbfs: -20.0,
    };
    engine.play(FeedId(1), FeedTarget::Device(DeviceRole::Ring), tone);
    assert!(naps_in_half_a_second() >= 25, "a sound needs ticks");
    engine.stop(FeedId(1));
    assert!(naps_in_half_a_second() <= 2, "something still ticks");
    engine.shutdown();
}
