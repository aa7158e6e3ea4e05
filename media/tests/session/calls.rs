//! Calls over a good network.

use media::{engine::CodecKind, session::FrameKind};

use crate::sim::{Call, level, tone, tone_to_rest};

const KINDS: [CodecKind; 3] = [CodecKind::Opus, CodecKind::Pcmu, CodecKind::Pcma];

#[test]
fn v_001_a_tone_arrives_clean_with_every_codec() {
    for kind in KINDS {
        let mut call = Call::new(kind);
        call.run(3_000, &mut tone(440.0), &mut |_| Some(0.0));
        let snr = tone_to_rest(&call.heard.samples[48_000..], 440.0);
        assert!(snr > 25.0, "{kind:?}: {snr:.1} dB");
        assert!(
            (level(&call.heard.samples[48_000..]) + 15.0).abs() < 1.0,
            "{kind:?}: level"
        );
        assert_eq!(call.heard.share(FrameKind::Concealed), 0.0, "{kind:?}");
        let stats = call.listener.stats();
        assert_eq!((stats.received, stats.lost), (150, 0));
    }
}

#[test]
fn v_002_sound_comes_out_within_60_ms_of_the_first_packet_and_stays_so() {
    for kind in KINDS {
        let mut call = Call::new(kind);
        call.run(5_000, &mut tone(440.0), &mut |_| Some(0.0));
        let first = call
            .heard
            .kinds
            .iter()
            .position(|k| *k == FrameKind::Normal)
            .unwrap();
        assert!(first <= 5, "{kind:?}: first voice at {} ms", first * 10);
        assert!(
            call.heard.kinds[first..].iter().all(|k| *k == FrameKind::Normal),
            "{kind:?}"
        );
        let delay = call.listener.stats().playout_delay_ms;
        assert!(delay <= 31.0, "{kind:?}: held for {delay} ms");
    }
}

#[test]
fn muted_and_unmuted_without_a_click_and_packets_keep_flowing() {
    let mut call = Call::new(CodecKind::Pcmu);
    let mut voice = tone(300.0);
    call.run(1_000, &mut voice, &mut |_| Some(0.0));
    call.sender.set_muted(true);
    call.run(1_000, &mut voice, &mut |_| Some(0.0));
    assert!(level(&call.heard.samples[60_000..90_000]) < -60.0);
    call.sender.set_muted(false);
    call.run(1_000, &mut voice, &mut |_| Some(0.0));
    assert!(level(&call.heard.samples[110_000..]) > -16.0);
    assert_eq!(call.sender.stats().sent, 150);
    assert_eq!(call.listener.stats().received, 150);
    assert!((98..=101).contains(&(call.sender.stats().speech_frames_sent / 2)));
}
