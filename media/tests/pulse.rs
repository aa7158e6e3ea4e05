//! Real streams through cpal against a private PulseAudio with null sinks.

#![allow(clippy::unwrap_used, reason = "the helpers of a test may panic like the test")]
#![allow(clippy::disallowed_methods, reason = "sound needs real time")]

mod common;

use common::{
    LEG, Phone, Recording, connect,
    pulse::{SPEAKER_AND_MICROPHONE, pactl, play_tone, record, recorded, with_pulse},
    start, tone_to_wav,
};
use media::device::{self, Direction};
use media::engine::{Backend, CodecKind, DeviceRole, EngineEvent, FeedId, FeedTarget, RoomId, Sound};

const ROOM: RoomId = RoomId(1);

/// Aborts the test when a device callback allocates.
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;

fn default_devices() -> Backend {
    Backend::Cpal {
        input: None,
        output: None,
        ring: None,
    }
}

/// Waits for the next word on the call's device: input, output and problem.
fn word(phone: &Phone) -> (Option<String>, Option<String>, Option<String>) {
    phone.wait("word of the device", |event| match event {
        EngineEvent::Device {
            role: DeviceRole::Call,
            input,
            output,
            problem,
        } => Some((input, output, problem)),
        _ => None,
    })
}

fn last(recording: &Recording) -> (f32, f32) {
    (recording.seconds() - 1.2, recording.seconds() - 0.2)
}

#[test]
fn a_call_is_heard_on_the_speaker_and_spoken_by_the_microphone() {
    with_pulse(
        "a_call_is_heard_on_the_speaker_and_spoken_by_the_microphone",
        SPEAKER_AND_MICROPHONE,
        || {
            pactl(&["set-default-sink", "spk"]);
            pactl(&["set-default-source", "mic"]);
            let dir = tempfile::tempdir().unwrap();
            let (wav, heard) = (dir.path().join("peer.wav"), dir.path().join("heard.raw"));
            let _voice = play_tone(dir.path(), "micfeed", 440.0);
            let agent = start(1, default_devices());
            let (input, output, problem) = word(&agent);
            assert_eq!(input.as_deref(), Some("Microphone"));
            assert_eq!(output.as_deref(), Some("Speaker"));
            assert_eq!(problem, None);
            let _ear = record("spk.monitor", &heard);
            let peer = tone_to_wav(2, 1_000.0, &wav);
            connect((&agent, LEG), (&peer, LEG), CodecKind::Opus);
            for phone in [&agent, &peer] {
                phone.engine.set_room(LEG, Some(ROOM));
                phone.engine.set_device_room(Some(ROOM));
            }
            // The first two seconds of a null sink come in bursts.
            peer.tenths(LEG, 60);
            peer.engine.shutdown();
            let at_ear = recorded(&heard);
            let (from, to) = last(&at_ear);
            let ear = at_ear.tone_over_rest(1_000.0, from - 0.5, to - 0.5);
            let at_peer = Recording::read(&wav);
            let (from, to) = last(&at_peer);
            let mouth = at_peer.tone_over_rest(440.0, from, to);
            println!("1,000 Hz at the ear {ear:.1} dB, 440 Hz at the peer {mouth:.1} dB over the rest");
            assert!(
                ear > 20.0 && mouth > 20.0,
                "{ear} dB at the ear, {mouth} dB at the peer"
            );
        },
    );
}

#[test]
fn no_device_at_all_is_told_in_a_sentence_and_one_that_comes_is_used() {
    with_pulse(
        "no_device_at_all_is_told_in_a_sentence_and_one_that_comes_is_used",
        &[],
        || {
            let agent = start(1, default_devices());
            let (input, output, problem) = word(&agent);
            assert_eq!((input, output), (None, None));
            let problem = problem.unwrap();
            assert!(problem.contains("There is no microphone"), "{problem}");
            assert!(problem.contains("There is no speaker"), "{problem}");
            pactl(&[
                "load-module",
                "module-null-sink",
                "sink_name=hs",
                "sink_properties=device.description=Headset",
            ]);
            let mut now = word(&agent);
            while now.1.is_none() {
                now = word(&agent);
            }
            assert_eq!(now.1.as_deref(), Some("Headset"));
            // The monitor of the only speaker is no microphone.
            assert_eq!(now.0, None);
            assert!(now.2.is_some_and(|p| p.contains("There is no microphone")));
            let speaker = device::list()
                .into_iter()
                .find(|d| d.direction == Direction::Output)
                .unwrap();
            assert_eq!((speaker.name.as_str(), speaker.is_default), ("Headset", true));
        },
    );
}

#[test]
fn an_unplugged_device_is_told_and_comes_back_by_itself() {
    with_pulse(
        "an_unplugged_device_is_told_and_comes_back_by_itself",
        &[],
        || {
            let plug = || {
                pactl(&[
                    "load-module",
                    "module-null-sink",
                    "sink_name=hs",
                    "sink_properties=device.description=Headset",
                ])
            };
            let dir = tempfile::tempdir().unwrap();
            let module = plug();
            let agent = start(1, default_devices());
            assert_eq!(word(&agent).1.as_deref(), Some("Headset"));
            let tone = Sound::Tone {
                hz: 700.0,
                dbfs: -12.0,
            };
            agent
                .engine
                .play(FeedId(1), FeedTarget::Device(DeviceRole::Call), tone);
            pactl(&["unload-module", &module]);
            let (_, output, problem) = word(&agent);
            assert_eq!(output, None);
            assert!(problem.is_some_and(|p| p.contains("There is no speaker")));
            plug();
            let mut now = word(&agent);
            while now.1.is_none() {
                now = word(&agent);
            }
            let heard = dir.path().join("heard.raw");
            let _ear = record("hs.monitor", &heard);
            // Heard again: until the file holds enough of it.
            while std::fs::metadata(&heard).map_or(0, |m| m.len()) < 6 * 96_000 {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            let heard = recorded(&heard);
            let (from, to) = last(&heard);
            let ratio = heard.tone_over_rest(700.0, from, to);
            assert!(ratio > 20.0, "{ratio} dB");
        },
    );
}

#[test]
fn the_ring_tone_plays_on_its_own_device_or_on_the_calls() {
    with_pulse(
        "the_ring_tone_plays_on_its_own_device_or_on_the_calls",
        SPEAKER_AND_MICROPHONE,
        || {
            pactl(&["set-default-sink", "spk"]);
            pactl(&[
                "load-module",
                "module-null-sink",
                "sink_name=bell",
                "sink_properties=device.description=Bell",
            ]);
            let dir = tempfile::tempdir().unwrap();
            let agent = start(
                1,
                Backend::Cpal {
                    input: None,
                    output: Some("Speaker".to_owned()),
                    ring: Some("Bell".to_owned()),
                },
            );
            let bell = agent.wait("the ring device", |event| match event {
                EngineEvent::Device {
                    role: DeviceRole::Ring,
                    output,
                    ..
                } => output,
                _ => None,
            });
            assert_eq!(bell, "Bell");
            let tone = Sound::Tone {
                hz: 425.0,
                dbfs: -12.0,
            };
            agent
                .engine
                .play(FeedId(1), FeedTarget::Device(DeviceRole::Ring), tone);
            let (at_bell, at_ear) = (dir.path().join("bell.raw"), dir.path().join("ear.raw"));
            let (_bell, _ear) = (record("bell.monitor", &at_bell), record("spk.monitor", &at_ear));
            let enough =
                |path: &std::path::Path| std::fs::metadata(path).map_or(0, |m| m.len()) >= 6 * 96_000;
            while !enough(&at_bell) || !enough(&at_ear) {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            let (at_bell, at_ear) = (recorded(&at_bell), recorded(&at_ear));
            let (from, to) = (4.0, 5.5);
            assert!(at_bell.tone_over_rest(425.0, from, to) > 20.0);
            assert!(at_ear.level(from, to) < -80.0, "the call's speaker rings too");
        },
    );
}

#[test]
fn the_microphone_is_let_go_when_idle_and_taken_again_when_a_phone_rings() {
    with_pulse(
        "the_microphone_is_let_go_when_idle_and_taken_again_when_a_phone_rings",
        SPEAKER_AND_MICROPHONE,
        || {
            // The remapped source is itself one that records, from the sink behind it.
            let remap = pactl(&["list", "short", "source-outputs"]).lines().count();
            let in_use = || pactl(&["list", "short", "source-outputs"]).lines().count() > remap;
            let until = |wanted: bool| {
                let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
                while in_use() != wanted {
                    assert!(
                        std::time::Instant::now() < patience,
                        "microphone in use: {}",
                        !wanted
                    );
                    std::thread::sleep(std::time::Duration::from_millis(100));
                }
            };
            pactl(&["set-default-source", "mic"]);
            let agent = start(1, default_devices());
            word(&agent);
            until(true);
            until(false);
            let tone = Sound::Tone {
                hz: 425.0,
                dbfs: -12.0,
            };
            agent
                .engine
                .play(FeedId(1), FeedTarget::Device(DeviceRole::Ring), tone);
            until(true);
        },
    );
}
