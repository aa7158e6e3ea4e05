//! Digits, first and lost media, reports.

use std::time::Duration;

use media::{
    FRAME,
    engine::{CodecKind, EventFormat},
    session::{Destination, DtmfError, Port, SessionEvent},
};

use crate::sim::{Call, address, params, session, tone};

fn events(call: &mut Call) -> Vec<SessionEvent> {
    std::iter::from_fn(|| call.listener.poll_event()).collect()
}

#[test]
fn v_006_digits_arrive_once_each_and_in_order_even_over_a_lossy_network() {
    for kind in [CodecKind::Opus, CodecKind::Pcmu] {
        let mut call = Call::new(kind);
        call.run(500, &mut tone(440.0), &mut |_| Some(5.0));
        events(&mut call);
        for digit in "15*#d0".chars() {
            call.sender.send_dtmf(digit, 120).unwrap();
        }
        call.run(3_000, &mut tone(440.0), &mut |n| (n % 4 != 1).then_some(5.0));
        let digits: String = events(&mut call)
            .into_iter()
            .filter_map(|e| match e {
                SessionEvent::Dtmf { digit, duration_ms } => {
                    assert!(
                        (60..=120).contains(&duration_ms),
                        "{kind:?} {digit}: {duration_ms} ms"
                    );
                    Some(digit)
                }
                _ => None,
            })
            .collect();
        assert_eq!(digits, "15*#D0", "{kind:?}");
    }
}

#[test]
fn v_006_digits_arrive_whatever_number_and_clock_the_peer_has_for_them() {
    let format = |payload_type, clock_rate| EventFormat {
        payload_type,
        clock_rate,
    };
    // What the sender sends, what the listener said it receives, what the listener sends itself.
    for (sent, received, back) in [
        (format(101, 48_000), vec![format(101, 48_000)], format(97, 48_000)),
        (format(97, 48_000), vec![format(101, 48_000)], format(97, 48_000)),
        (
            format(102, 8_000),
            vec![format(101, 48_000), format(102, 8_000)],
            format(101, 48_000),
        ),
    ] {
        let mut call = Call::new(CodecKind::Opus);
        let mut ours = params(CodecKind::Opus);
        (ours.send_events, ours.receive_events) = (Some(back), received);
        call.listener.update(call.now(), ours);
        let mut theirs = params(CodecKind::Opus);
        theirs.send_events = Some(sent);
        call.sender.update(call.now(), theirs);
        call.run(500, &mut tone(440.0), &mut |_| Some(5.0));
        events(&mut call);
        call.sender.send_dtmf('7', 120).unwrap();
        call.run(500, &mut tone(440.0), &mut |_| Some(5.0));
        let digit = SessionEvent::Dtmf {
            digit: '7',
            duration_ms: 120,
        };
        assert_eq!(events(&mut call), [digit], "{sent:?}");
    }
}

#[test]
fn what_is_no_digit_or_not_agreed_is_refused() {
    let mut call = Call::new(CodecKind::Opus);
    assert_eq!(call.sender.send_dtmf('x', 100), Err(DtmfError::Digit('x')));
    for _ in 0..32 {
        call.sender.send_dtmf('1', 100).unwrap();
    }
    assert_eq!(call.sender.send_dtmf('1', 100), Err(DtmfError::Full));
    let mut without = params(CodecKind::Opus);
    without.send_events = None;
    call.sender.update(call.now(), without);
    assert_eq!(call.sender.send_dtmf('1', 100), Err(DtmfError::NotAgreed));
}

#[test]
fn v_009_media_is_called_flowing_and_lost_and_flowing_again() {
    let mut call = Call::new(CodecKind::Pcmu);
    call.run(1_000, &mut tone(440.0), &mut |_| Some(5.0));
    let flowing = SessionEvent::MediaFlowing { from: address(4_000) };
    assert_eq!(events(&mut call), [flowing]);
    call.run(1_900, &mut tone(440.0), &mut |_| None);
    assert_eq!(events(&mut call), []);
    call.run(2_000, &mut tone(440.0), &mut |_| None);
    assert_eq!(events(&mut call), [SessionEvent::MediaLost]);
    call.run(500, &mut tone(440.0), &mut |_| Some(5.0));
    assert_eq!(events(&mut call), [flowing]);
}

#[test]
fn media_that_never_comes_is_called_lost_after_2_s_but_not_on_hold() {
    let mut call = Call::new(CodecKind::Pcmu);
    call.run(2_500, &mut tone(440.0), &mut |_| None);
    assert_eq!(events(&mut call), [SessionEvent::MediaLost]);
    let mut held = params(CodecKind::Pcmu);
    held.direction.receive = false;
    call.listener.update(call.now(), held);
    call.run(5_000, &mut tone(440.0), &mut |_| None);
    assert_eq!(events(&mut call), []);
}

#[test]
fn a_peer_that_holds_us_may_be_silent_and_is_missed_again_2_s_after_it() {
    let mut call = Call::new(CodecKind::Pcmu);
    call.run(500, &mut tone(440.0), &mut |_| Some(5.0));
    let mut held = params(CodecKind::Pcmu);
    held.direction.send = false;
    call.listener.update(call.now(), held);
    call.run(6_000, &mut tone(440.0), &mut |_| None);
    call.listener.update(call.now(), params(CodecKind::Pcmu));
    call.run(1_900, &mut tone(440.0), &mut |_| None);
    let flowing = SessionEvent::MediaFlowing { from: address(4_000) };
    assert_eq!(events(&mut call), [flowing]);
    call.run(200, &mut tone(440.0), &mut |_| None);
    assert_eq!(events(&mut call), [SessionEvent::MediaLost]);
}

#[test]
fn reports_tell_each_side_round_trip_and_loss() {
    let start = std::time::Instant::now();
    let mut sides = [
        session(start, 1, params(CodecKind::Opus)),
        session(start, 2, params(CodecKind::Opus)),
    ];
    // 40 ms each way; every tenth packet of the first side is lost.
    let mut way: Vec<(u64, usize, Vec<u8>)> = Vec::new();
    let mut n = 0;
    let mut rtcp = 0;
    for ms in (0..30_000u64).step_by(10) {
        let now = start + Duration::from_millis(ms);
        for (side, session) in sides.iter_mut().enumerate() {
            let mut sink = |packet: &[u8], to: Destination| {
                assert_eq!((to.to, to.port), (address(4_000), Port::Rtp));
                n += 1;
                let report = (200..=204).contains(&packet[1]);
                rtcp += usize::from(report);
                if side == 0 && n % 10 == 0 && !report {
                    return;
                }
                way.push((ms + 40, 1 - side, packet.to_vec()));
            };
            session.push(now, &[0.01; FRAME], &mut sink);
            session.poll_rtcp(now, &mut sink);
        }
        way.retain(|(at, side, packet)| {
            if *at <= ms {
                sides[*side].receive(now, address(4_000), packet);
            }
            *at > ms
        });
        for session in &mut sides {
            session.pull(now, &mut [0.0; FRAME]);
        }
    }
    assert!((10..40).contains(&rtcp), "{rtcp} reports in 30 s");
    for session in &sides {
        let rtt = session.stats().rtt_ms.unwrap();
        assert!((rtt - 80.0).abs() < 11.0, "{rtt} ms");
        assert!(session.stats().jitter_ms < 1.0);
    }
    let stats = sides[1].stats();
    let share = stats.lost as f64 / (stats.lost + stats.received) as f64;
    assert!(share > 0.05 && share < 0.25, "{share}");
    let mut last = Vec::new();
    sides[0].close(start + Duration::from_secs(30), &mut |p, _| last = p.to_vec());
    sides[1].receive(start + Duration::from_secs(30), address(4_000), &last);
    assert!(std::iter::from_fn(|| sides[1].poll_event()).any(|e| e == SessionEvent::Bye));
}
