//! New sources, jumps, pauses, holds, other codecs.

use media::{
    engine::CodecKind,
    session::{FrameKind, Ignored, Received},
};

use crate::sim::{Call, address, babble, level, params, payload_type, session, tone, tone_to_rest};

#[test]
fn sequence_numbers_and_timestamps_wrap_unheard() {
    // The sender starts at 65 500 and 100 000 below the top.
    let mut call = Call::new(CodecKind::Opus);
    call.run(5_000, &mut tone(440.0), &mut |_| Some(0.0));
    assert_eq!(call.heard.share(FrameKind::Concealed), 0.0);
    assert_eq!(call.listener.stats().lost, 0);
}

#[test]
fn another_source_is_heard_within_60_ms_and_the_old_one_no_more() {
    let mut call = Call::new(CodecKind::Opus);
    call.run(2_000, &mut tone(440.0), &mut |_| Some(0.0));
    call.sender = session(call.start, 99, params(CodecKind::Opus));
    call.run(1_000, &mut tone(1_500.0), &mut |_| Some(0.0));
    let after = &call.heard.samples[96_000..];
    // Opus and the tick take up to 10 ms more to swing in.
    assert!(
        tone_to_rest(&after[3_360..4_800], 1_500.0) > 6.0,
        "new voice at 70 ms"
    );
    assert!(tone_to_rest(&after[9_600..], 1_500.0) > 20.0);
    assert!(
        tone_to_rest(&after[4_800..], 440.0) < -20.0,
        "the old voice is gone"
    );
}

#[test]
fn a_stray_packet_of_another_source_changes_nothing() {
    let mut call = Call::new(CodecKind::Pcmu);
    call.run(1_000, &mut tone(440.0), &mut |_| Some(0.0));
    let mut stranger = session(call.start, 99, params(CodecKind::Pcmu));
    let mut stray = Vec::new();
    for tick in 0..2 {
        stranger.push(call.now(), &tone(900.0)(tick), &mut |p, _| stray = p.to_vec());
    }
    let now = call.now();
    assert_eq!(
        call.listener.receive(now, address(4_000), &stray),
        Received::Ignored(Ignored::Probation)
    );
    assert_eq!(
        call.listener.receive(now, address(9), &stray),
        Received::Ignored(Ignored::Source)
    );
    call.run(1_000, &mut tone(440.0), &mut |_| Some(0.0));
    assert_eq!(call.heard.share(FrameKind::Concealed), 0.0);
}

#[test]
fn a_timestamp_jump_of_the_same_source_plays_on_within_60_ms() {
    for jump in [5_000_000u32, 3_000_000_000] {
        let mut call = Call::new(CodecKind::Opus);
        let mut packets = Vec::new();
        let mut voice = tone(440.0);
        for tick in 0..400 {
            let now = call.start + std::time::Duration::from_millis(tick * 10);
            call.sender.push(now, &voice(tick as usize), &mut |p, _| {
                packets.push((tick, p.to_vec()))
            });
        }
        let mut heard = Vec::new();
        let mut queue = packets.into_iter().peekable();
        for tick in 0..400u64 {
            let now = call.start + std::time::Duration::from_millis(tick * 10);
            while let Some((_, mut packet)) = queue.next_if(|(at, _)| *at <= tick) {
                if tick >= 200 {
                    let ts = u32::from_be_bytes(packet[4..8].try_into().unwrap()).wrapping_add(jump);
                    packet[4..8].copy_from_slice(&ts.to_be_bytes());
                }
                call.listener.receive(now, address(4_000), &packet);
            }
            let mut frame = [0.0; 480];
            let pulled = call.listener.pull(now, &mut frame);
            heard.push(pulled.kind);
        }
        let normal = heard[206..].iter().filter(|k| **k == FrameKind::Normal).count();
        assert!(
            normal > 185,
            "{jump}: {normal} of 194 frames are voice: {:?}",
            &heard[195..230]
        );
    }
}

#[test]
fn hold_and_resume_go_on_without_old_sound_and_with_running_timestamps() {
    let mut call = Call::new(CodecKind::Opus);
    call.run(2_000, &mut tone(440.0), &mut |_| Some(0.0));
    let mut held = params(CodecKind::Opus);
    held.direction.send = false;
    call.sender.update(call.now(), held);
    let mut inactive = params(CodecKind::Opus);
    inactive.direction.receive = false;
    call.listener.update(call.now(), inactive);
    call.run(5_000, &mut tone(440.0), &mut |_| Some(0.0));
    assert!(
        level(&call.heard.samples[100_000..330_000]) < -90.0,
        "silence on hold"
    );
    let (a, b) = (params(CodecKind::Opus), params(CodecKind::Opus));
    call.sender.update(call.now(), a);
    call.listener.update(call.now(), b);
    call.run(2_000, &mut tone(1_000.0), &mut |_| Some(0.0));
    let after = &call.heard.samples[7 * 48_000..];
    assert!(tone_to_rest(&after[4_800..], 1_000.0) > 20.0);
    assert!(call.listener.stats().playout_delay_ms < 45.0);
    assert_eq!(call.listener.stats().lost, 0);
}

#[test]
fn a_pause_in_sending_is_no_loss_and_speech_after_it_is_in_time() {
    let mut call = Call::new(CodecKind::Pcma);
    let mut voice = tone(440.0);
    call.run(2_000, &mut voice, &mut |_| Some(10.0));
    // Voice activity detection of a gateway: nothing is sent, timestamps go on, numbers do not.
    let mut silent = params(CodecKind::Pcma);
    silent.direction.send = false;
    call.sender.update(call.now(), silent);
    call.run(700, &mut voice, &mut |_| Some(10.0));
    call.sender.update(call.now(), params(CodecKind::Pcma));
    call.run(2_000, &mut voice, &mut |_| Some(10.0));
    let stats = call.listener.jitter_stats();
    assert_eq!(stats.concealed, 0, "{stats:?}");
    assert!(stats.comfort > 48 * 500, "{stats:?}");
    assert_eq!(call.listener.stats().lost, 0);
    assert!(tone_to_rest(&call.heard.samples[3 * 48_000..], 440.0) > 20.0);
    assert!(call.listener.stats().playout_delay_ms < 45.0);
}

#[test]
fn the_codec_changes_in_the_call() {
    let mut call = Call::new(CodecKind::Opus);
    call.run(1_000, &mut tone(440.0), &mut |_| Some(0.0));
    let mut both = params(CodecKind::Opus);
    both.receive = vec![
        (CodecKind::Opus, payload_type(CodecKind::Opus)),
        (CodecKind::Pcmu, payload_type(CodecKind::Pcmu)),
    ];
    call.listener.update(call.now(), both);
    call.sender.update(call.now(), params(CodecKind::Pcmu));
    call.run(1_000, &mut tone(440.0), &mut |_| Some(0.0));
    assert!(tone_to_rest(&call.heard.samples[57_600..], 440.0) > 25.0);
}

#[test]
fn reordered_and_doubled_packets_are_put_right() {
    let mut call = Call::new(CodecKind::Pcmu);
    call.run(20_000, &mut babble(), &mut |n| {
        Some(if n % 5 == 0 { 35.0 } else { 10.0 })
    });
    let tail = &call.heard.kinds[500..];
    let concealed = tail.iter().filter(|k| **k == FrameKind::Concealed).count();
    assert!(concealed < 10, "{concealed}");
    assert_eq!(call.listener.stats().lost, 0);
}

#[test]
fn opus_dtx_pauses_are_no_loss_and_no_old_sound_comes_back() {
    let mut encoder = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip).unwrap();
    encoder.set_dtx(true).unwrap();
    let mut call = Call::new(CodecKind::Opus);
    let (mut low, mut high) = (tone(440.0), tone(1_200.0));
    let (mut seq, mut in_pause, mut sent) = (65_534u16, 0, 0u32);
    for n in 0..500u32 {
        // Two seconds of a low tone, five of silence, three of a high tone.
        let mut pcm = Vec::new();
        for half in 0..2 {
            let tick = 2 * n as usize + half;
            pcm.extend(match n {
                0..100 => low(tick),
                100..350 => [0.0; 480],
                _ => high(tick),
            });
        }
        let mut payload = vec![0; 1_275];
        let len = encoder.encode_float(&pcm, &mut payload).unwrap();
        in_pause = if len <= 2 { in_pause + 1 } else { 0 };
        if in_pause <= 1 || in_pause % 20 == 0 {
            let mut packet = vec![0x80, 111];
            packet.extend(seq.to_be_bytes());
            packet.extend((n * 960).to_be_bytes());
            packet.extend(7u32.to_be_bytes());
            packet.extend(&payload[..len]);
            call.listener.receive(call.now(), address(4_000), &packet);
            seq = seq.wrapping_add(1);
            sent += 1;
        }
        for _ in 0..2 {
            let mut frame = [0.0; 480];
            let kind = call.listener.pull(call.now(), &mut frame).kind;
            call.heard.kinds.push(kind);
            call.heard.samples.extend(frame);
            call.tick += 1;
        }
    }
    assert!(sent < 300, "{sent}: the encoder does pause");
    let stats = call.listener.jitter_stats();
    assert_eq!(
        (stats.concealed, stats.late, call.listener.stats().lost),
        (0, 0, 0),
        "{stats:?}"
    );
    assert!(stats.comfort > 48 * 3_000, "{stats:?}");
    let at = |ms: usize| &call.heard.samples[ms * 48..];
    assert!(
        level(&at(3_000)[..150_000]) < -60.0,
        "nothing but comfort noise in the pause"
    );
    assert!(tone_to_rest(&at(7_200)[..48_000], 1_200.0) > 15.0);
    assert!(
        tone_to_rest(&at(7_080)[..4_800], 1_200.0) > 3.0,
        "back 80 ms after it was said"
    );
    assert!(call.listener.stats().playout_delay_ms < 45.0);
}
