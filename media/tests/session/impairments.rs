//! Loss, jitter, stalls, drift. Figures are properties of the audio and of counted frames, by fixed seeds.

use media::{FRAME, engine::CodecKind, session::FrameKind};

use crate::sim::{Call, Chance, babble, broken_tenths, level, tone};

fn lossy(kind: CodecKind, percent: f64) -> Call {
    let mut call = Call::new(kind);
    let mut chance = Chance(0x5eed);
    call.run(60_000, &mut babble(), &mut |n| {
        (n < 10 || chance.part() * 100.0 >= percent).then(|| 20.0 + chance.part() * 5.0)
    });
    call
}

#[test]
fn v_003_opus_rebuilds_most_lost_frames_from_the_next_packet() {
    let mut last_mos = 4.5;
    for (percent, most_concealed) in [(5.0, 0.006), (10.0, 0.02), (20.0, 0.07)] {
        let call = lossy(CodecKind::Opus, percent);
        // Pauses between words carry no copies and need none.
        let spoken = |wanted| {
            let frames = call.heard.samples.chunks(FRAME).zip(&call.heard.kinds);
            let speech = frames.filter(|(f, _)| level(f) > -40.0);
            let (n, of) = speech.fold((0, 0), |(n, of), (_, k)| (n + u32::from(*k == wanted), of + 1));
            f64::from(n) / f64::from(of)
        };
        let (recovered, concealed) = (spoken(FrameKind::Recovered), spoken(FrameKind::Concealed));
        println!(
            "{percent} %: {concealed:.4} concealed, {recovered:.4} recovered, {:?}",
            call.listener.stats()
        );
        assert!(
            concealed < most_concealed,
            "{percent} %: {concealed:.4} concealed, {recovered:.4} recovered"
        );
        assert!(
            recovered > percent / 100.0 * 0.6,
            "{percent} %: {recovered:.4} recovered"
        );
        let stats = call.listener.stats();
        let mos = stats.mos.unwrap();
        assert!(
            (2.5..4.3).contains(&mos) && mos < last_mos,
            "{percent} %: MOS {mos}"
        );
        last_mos = mos;
        let lost = stats.lost as f64 / (stats.lost + stats.received) as f64;
        assert!(
            (lost * 100.0 - percent).abs() < percent * 0.25,
            "{percent} %: counted {lost:.4}"
        );
        let delay = call.listener.stats().playout_delay_ms;
        assert!(delay < 90.0, "{percent} %: held for {delay} ms");
    }
}

#[test]
fn v_003_concealed_g711_is_not_silence_and_does_not_click() {
    let mut call = Call::new(CodecKind::Pcmu);
    let mut chance = Chance(7);
    call.run(30_000, &mut tone(200.0), &mut |n| {
        (n < 10 || chance.part() >= 0.1).then_some(5.0)
    });
    let mut concealed = 0;
    let mut quiet = 0;
    for (frame, kind) in call.heard.samples.chunks(FRAME).zip(&call.heard.kinds) {
        if *kind == FrameKind::Concealed {
            concealed += 1;
            quiet += usize::from(level(frame) < -30.0);
        }
    }
    assert!(concealed > 100, "{concealed}");
    assert!(
        quiet * 20 < concealed,
        "{quiet} of {concealed} concealed frames are silent"
    );
    let steepest = 0.25 * 200.0 * std::f32::consts::TAU / 48_000.0;
    let worst = call.heard.samples[4_800..]
        .windows(2)
        .map(|w| (w[1] - w[0]).abs())
        .fold(0.0, f32::max);
    assert!(
        worst < 6.0 * steepest,
        "a step of {worst}, the tone's own is {steepest}"
    );
}

#[test]
fn jitter_raises_the_delay_and_calm_brings_it_back() {
    let mut call = Call::new(CodecKind::Opus);
    let mut chance = Chance(3);
    let mut voice = babble();
    call.run(10_000, &mut voice, &mut |_| Some(20.0));
    let calm = call.listener.stats().playout_delay_ms;
    assert!(calm < 32.0, "{calm} ms");
    call.run(30_000, &mut voice, &mut |_| Some(20.0 + chance.part() * 80.0));
    let rough = call.listener.stats().playout_delay_ms;
    let late = &call.heard.kinds[2_000..4_000];
    let concealed = late.iter().filter(|k| **k == FrameKind::Concealed).count();
    assert!(
        concealed < 60,
        "{concealed} of 2000 frames concealed once the delay has settled"
    );
    assert!(rough < 130.0, "{rough} ms");
    call.run(180_000, &mut voice, &mut |_| Some(20.0));
    let again = call.listener.stats().playout_delay_ms;
    assert!(again < 40.0, "{again} ms");
}

#[test]
fn after_a_stall_nothing_is_lost_and_the_delay_comes_back() {
    for kind in [CodecKind::Opus, CodecKind::Pcma] {
        let mut call = Call::new(kind);
        let mut voice = babble();
        // Packets 250–264 are held for 300 ms and then released at once.
        call.run(5_000 + 3_000, &mut voice, &mut |n| {
            Some(if (250..265).contains(&n) {
                20.0 + (265 - n) as f64 * 20.0
            } else {
                20.0
            })
        });
        let stats = call.listener.jitter_stats();
        assert_eq!((stats.discarded, stats.late), (0, 0), "{kind:?}");
        assert!(stats.shortened > 48 * 200, "{kind:?}: {stats:?}");
        let delay = call.listener.stats().playout_delay_ms;
        assert!(delay < 60.0, "{kind:?}: {delay} ms 2.7 s after the stall");
    }
}

#[test]
fn a_stall_of_two_seconds_is_jumped_not_played_late() {
    let mut call = Call::new(CodecKind::Opus);
    // Packets 250–349 all arrive when the last of them should.
    call.run(8_000, &mut babble(), &mut |n| {
        Some(if (250..350).contains(&n) {
            20.0 + (350 - n) as f64 * 20.0
        } else {
            20.0
        })
    });
    let delay = call.listener.stats().playout_delay_ms;
    assert!(delay < 100.0, "{delay} ms one second later");
}

#[test]
fn a_senders_backlog_is_dropped_at_once() {
    let mut call = Call::new(CodecKind::Opus);
    let mut voice = babble();
    call.run(5_000, &mut voice, &mut |_| Some(20.0));
    // The sender's device hands over 300 ms of sound that it had kept from before the call.
    call.burst(30, &mut voice, 20.0);
    call.run(1_000, &mut voice, &mut |_| Some(20.0));
    let delay = call.listener.stats().playout_delay_ms;
    assert!(delay < 100.0, "{delay} ms one second later");
    assert!(call.listener.jitter_stats().discarded > 10);
    let concealed = call.heard.kinds[10..]
        .iter()
        .filter(|k| **k == FrameKind::Concealed)
        .count();
    assert!(concealed < 5, "{concealed}");
}

#[test]
fn a_way_that_becomes_longer_is_heard_as_one_gap_and_makes_no_delay_of_its_own() {
    for kind in [CodecKind::Opus, CodecKind::Pcmu] {
        for longer in [60u32, 120, 200, 300, 600] {
            for at in [60, 500] {
                let mut call = Call::new(kind);
                let network = &mut |n| Some(if n < at { 20.0 } else { 20.0 + f64::from(longer) });
                call.run(at * 20 + 5_000, &mut tone(1_000.0), network);
                let stats = call.listener.jitter_stats();
                let case = format!("{kind:?}, {longer} ms longer from {} ms on: {stats:?}", at * 20);
                assert!(stats.concealed <= 48 * u64::from(longer + 30), "{case}");
                assert_eq!((stats.shortened, stats.discarded), (0, 0), "{case}");
                let broken = broken_tenths(&call.heard.samples[24_000..], 1_000.0);
                assert!(
                    broken <= longer as usize / 100 + 3,
                    "{broken} broken tenths; {case}"
                );
                let delay = call.listener.stats().playout_delay_ms;
                assert!(delay < 50.0, "held for {delay} ms; {case}");
            }
        }
    }
}

#[test]
fn a_listener_that_stands_still_takes_what_came_meanwhile_out_again_by_whole_periods() {
    for ms in [40, 100, 200, 350] {
        let mut call = Call::new(CodecKind::Opus);
        let mut voice = tone(1_000.0);
        call.run(3_000, &mut voice, &mut |_| Some(20.0));
        call.stand_still(ms, &mut voice, 20.0);
        call.run(4_000, &mut voice, &mut |_| Some(20.0));
        let stats = call.listener.jitter_stats();
        assert_eq!((stats.concealed, stats.discarded), (0, 0), "{ms} ms: {stats:?}");
        let broken = broken_tenths(&call.heard.samples[24_000..], 1_000.0);
        assert!(broken <= 1, "{broken} broken tenths after {ms} ms: {stats:?}");
        let delay = call.listener.stats().playout_delay_ms;
        assert!(delay < 50.0, "held for {delay} ms after {ms} ms");
    }
}

#[test]
fn a_tick_that_comes_late_is_not_taken_for_delay() {
    let mut call = Call::new(CodecKind::Opus);
    call.late = std::time::Duration::from_millis(18);
    let mut voice = babble();
    call.run(2_000, &mut voice, &mut |_| Some(20.0));
    let settled = call.listener.jitter_stats();
    call.run(10_000, &mut voice, &mut |_| Some(20.0));
    let stats = call.listener.jitter_stats();
    assert_eq!(
        (stats.shortened, stats.lengthened, stats.concealed),
        (settled.shortened, settled.lengthened, 0)
    );
}

#[test]
fn jitter_wander_loses_little_and_stays_bounded() {
    let mut call = Call::new(CodecKind::Opus);
    let mut chance = Chance(11);
    let mut wander: f64 = 0.0;
    call.run(120_000, &mut babble(), &mut |_| {
        wander = (wander + (chance.part() - 0.5) * 4.0).clamp(0.0, 60.0);
        Some(20.0 + wander + if chance.part() < 0.005 { 50.0 } else { 0.0 })
    });
    assert!(
        call.heard.share(FrameKind::Concealed) < 0.02,
        "{}",
        call.heard.share(FrameKind::Concealed)
    );
    let worst = call.heard.delays.iter().copied().fold(0.0, f32::max);
    assert!(worst < 250.0, "{worst} ms");
}

/// An hour with a sender whose clock is off.
fn hour(ppm: f64) {
    let mut call = Call::new(CodecKind::Pcmu);
    call.ppm = ppm;
    let mut voice = babble();
    let minute: Vec<[f32; FRAME]> = (0..6_000).map(&mut voice).collect();
    call.run(3_600_000, &mut |tick| minute[tick % minute.len()], &mut |_| {
        Some(20.0)
    });
    let worst = call.heard.delays[1_000..].iter().copied().fold(0.0, f32::max);
    assert!(worst < 60.0, "{worst} ms");
    let stats = call.listener.jitter_stats();
    assert_eq!((stats.late, stats.discarded), (0, 0));
    assert!(stats.concealed < 48 * 1_000, "{stats:?}");
}

#[test]
fn an_hour_with_a_slow_sender_keeps_the_delay() {
    hour(-200.0);
}

#[test]
fn an_hour_with_a_fast_sender_keeps_the_delay() {
    hour(200.0);
}
