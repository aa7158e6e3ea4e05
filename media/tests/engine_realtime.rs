//! Two engines in one process talk over real UDP on loopback, in real time.

#![allow(clippy::unwrap_used, reason = "the helpers of a test may panic like the test")]
#![allow(clippy::disallowed_methods, reason = "sound needs real time")]

mod common;

use common::{LEG, Phone, Recording, connect, start, tone_to_wav};
use media::engine::{
    Backend, CodecKind, Engine, EngineConfig, EngineError, EngineEvent, FeedId, FeedTarget, FileInput, LegId,
    PHONE_COMPLEXITY, RoomId, Sound,
};

const ROOM: RoomId = RoomId(1);

fn enter(phone: &Phone) {
    phone.engine.set_room(LEG, Some(ROOM));
    phone.engine.set_device_room(Some(ROOM));
}

fn each_hears_the_other(codec: CodecKind) {
    let dir = tempfile::tempdir().unwrap();
    let (wav_a, wav_b) = (dir.path().join("a.wav"), dir.path().join("b.wav"));
    let (a, b) = (tone_to_wav(1, 440.0, &wav_a), tone_to_wav(2, 1_000.0, &wav_b));
    connect((&a, LEG), (&b, LEG), codec);
    enter(&a);
    enter(&b);
    b.tenths(LEG, 25);
    let stats = b.engine.stats(LEG).unwrap();
    assert_eq!(stats.codec, Some(codec));
    assert!(stats.received >= 90 && stats.lost == 0, "{stats:?}");
    assert!(
        stats.speech_frames_heard > 150 && stats.speech_frames_sent > 150,
        "{stats:?}"
    );
    a.engine.shutdown();
    b.engine.shutdown();
    let (heard_a, heard_b) = (Recording::read(&wav_a), Recording::read(&wav_b));
    let (at_a, at_b) = (
        heard_a.tone_over_rest(1_000.0, 0.5, 2.2),
        heard_b.tone_over_rest(440.0, 0.5, 2.2),
    );
    println!("{codec:?}: 1,000 Hz at A {at_a:.1} dB, 440 Hz at B {at_b:.1} dB over the rest");
    assert!(at_a > 20.0 && at_b > 20.0, "{at_a} dB at A, {at_b} dB at B");
    let level = heard_b.level(0.5, 2.2);
    assert!(
        (level + 15.0).abs() < 1.5,
        "a sine at -12 dBFS has an RMS of -15: {level}"
    );
}

#[test]
fn each_engine_hears_the_others_tone_with_pcmu() {
    each_hears_the_other(CodecKind::Pcmu);
}

#[test]
fn each_engine_hears_the_others_tone_with_opus() {
    each_hears_the_other(CodecKind::Opus);
}

#[test]
fn muted_and_held_spans_are_silent_and_music_on_hold_is_heard() {
    let dir = tempfile::tempdir().unwrap();
    let wav_b = dir.path().join("b.wav");
    let a = start(
        1,
        Backend::File {
            input: FileInput::Tone {
                hz: 440.0,
                dbfs: -12.0,
            },
            output: None,
        },
    );
    let b = tone_to_wav(2, 1_000.0, &wav_b);
    connect((&a, LEG), (&b, LEG), CodecKind::Pcmu);
    enter(&a);
    enter(&b);
    let music = FeedId(1);
    b.tenths(LEG, 12);
    a.engine.mute(LEG, true);
    b.tenths(LEG, 12);
    a.engine.mute(LEG, false);
    b.tenths(LEG, 12);
    a.engine.set_room(LEG, None);
    b.tenths(LEG, 12);
    let sound = Sound::Tone {
        hz: 700.0,
        dbfs: -12.0,
    };
    a.engine.play(music, FeedTarget::Leg(LEG), sound);
    b.tenths(LEG, 12);
    a.engine.stop(music);
    a.engine.set_room(LEG, Some(ROOM));
    b.tenths(LEG, 12);
    b.engine.shutdown();
    let heard = Recording::read(&wav_b);
    // Phases of 1.2 s; their edges move by the delay of the call.
    let phase = |n: f32| (n * 1.2 + 0.4, n * 1.2 + 1.1);
    for (n, hz) in [(0.0, 440.0), (2.0, 440.0), (4.0, 700.0), (5.0, 440.0)] {
        let (from, to) = phase(n);
        let ratio = heard.tone_over_rest(hz, from, to);
        assert!(ratio > 20.0, "phase {n}: {hz} Hz stands {ratio} dB over the rest");
    }
    for (n, what) in [(1.0, "muted"), (3.0, "held")] {
        let (from, to) = phase(n);
        let level = heard.level(from, to);
        assert!(level < -60.0, "{what}: {level} dBFS");
    }
}

#[test]
fn two_legs_meet_in_a_server_and_each_hears_only_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let (wav_a, wav_b) = (dir.path().join("a.wav"), dir.path().join("b.wav"));
    let (a, b) = (tone_to_wav(1, 440.0, &wav_a), tone_to_wav(2, 1_000.0, &wav_b));
    let server = start(3, Backend::None);
    connect((&a, LEG), (&server, LegId(10)), CodecKind::Opus);
    connect((&b, LEG), (&server, LegId(20)), CodecKind::Pcma);
    server.engine.set_room(LegId(10), Some(ROOM));
    server.engine.set_room(LegId(20), Some(ROOM));
    enter(&a);
    enter(&b);
    b.tenths(LEG, 25);
    a.engine.shutdown();
    b.engine.shutdown();
    server.engine.shutdown();
    let at_a = Recording::read(&wav_a).tone_over_rest(1_000.0, 0.6, 2.2);
    let at_b = Recording::read(&wav_b).tone_over_rest(440.0, 0.6, 2.2);
    assert!(at_a > 20.0 && at_b > 20.0, "{at_a} dB at A, {at_b} dB at B");
}

#[test]
fn a_leg_tells_that_media_flows_that_it_is_lost_and_that_it_ended() {
    let (a, b) = (start(1, Backend::None), start(2, Backend::None));
    connect((&a, LEG), (&b, LEG), CodecKind::Pcmu);
    b.wait("media", |e| {
        matches!(e, EngineEvent::MediaFlowing { leg: LEG, .. }).then_some(())
    });
    a.engine.remove_leg(LEG);
    let sent = a.wait("the end of the leg", |e| match e {
        EngineEvent::LegEnded { leg: LEG, stats } => Some(stats.sent),
        _ => None,
    });
    assert!(sent > 0);
    b.wait("lost media", |e| {
        matches!(e, EngineEvent::MediaLost { leg: LEG }).then_some(())
    });
}

#[test]
fn digits_cross_the_call() {
    let (a, b) = (start(1, Backend::None), start(2, Backend::None));
    connect((&a, LEG), (&b, LEG), CodecKind::Opus);
    b.wait("media", |e| {
        matches!(e, EngineEvent::MediaFlowing { leg: LEG, .. }).then_some(())
    });
    for digit in ['1', '#', 'A'] {
        a.engine.send_dtmf(LEG, digit, 100);
    }
    for expected in ['1', '#', 'A'] {
        let digit = b.wait("a digit", |e| match e {
            EngineEvent::Dtmf { digit, .. } => Some(digit),
            _ => None,
        });
        assert_eq!(digit, expected);
    }
}

#[test]
fn a_sound_that_does_not_repeat_tells_its_end() {
    let phone = start(1, Backend::None);
    let sound = Sound::Samples {
        samples: vec![0.1; 4_800].into(),
        repeat: false,
    };
    phone.engine.play(FeedId(7), FeedTarget::Room(ROOM), sound);
    phone.wait("the end of the sound", |e| {
        (e == EngineEvent::FeedEnded(FeedId(7))).then_some(())
    });
}

#[test]
fn a_growing_recording_can_be_read_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let wav = dir.path().join("out.wav");
    let phone = tone_to_wav(1, 440.0, &wav);
    assert_eq!(hound::WavReader::open(&wav).unwrap().duration(), 0);
    let mut length = 0;
    // The header follows the sound second by second.
    while length < 2 * 48_000 {
        std::thread::yield_now();
        let now = hound::WavReader::open(&wav).unwrap().duration();
        assert!(now >= length);
        length = now;
    }
    drop(phone);
    assert!(hound::WavReader::open(&wav).unwrap().duration() >= length);
}

#[test]
fn a_missing_audio_file_is_an_error_that_names_it() {
    let result = Engine::start(EngineConfig {
        backend: Backend::File {
            input: FileInput::Wav("/no/such/voice.wav".into()),
            output: None,
        },
        seed: [0; 32],
        opus_complexity: PHONE_COMPLEXITY,
    });
    match result {
        Err(error @ EngineError::File { .. }) => {
            let text = error.to_string();
            assert!(text.contains("/no/such/voice.wav"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}
