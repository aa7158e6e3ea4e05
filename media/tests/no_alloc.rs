//! The media thread may not allocate: receiving, playing and sending run under an allocator that aborts.

#![allow(clippy::disallowed_methods, reason = "any moment will do")]

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use media::{
    FRAME,
    engine::{CodecKind, LegDirection, LegParams, PHONE_COMPLEXITY},
    mix::Mixer,
    session::{Destination, RtpSession, SessionConfig},
};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

fn session(start: Instant, ssrc: u32, kind: CodecKind, remote: SocketAddr) -> RtpSession {
    let config = SessionConfig {
        ssrc,
        first_seq: 0,
        first_ts: 0,
        cname: "c".into(),
        start,
        ntp_at_start: 1 << 40,
        seed: 1,
        opus_complexity: PHONE_COMPLEXITY,
    };
    let params = LegParams {
        remote: Some(remote),
        remote_rtcp: None,
        rtcp_mux: true,
        send: (kind, 96),
        receive: vec![(kind, 96)],
        send_events: None,
        receive_events: Vec::new(),
        ptime_ms: 20,
        direction: LegDirection {
            send: true,
            receive: true,
        },
    };
    RtpSession::new(config, Some(params))
}

/// A call of 20 s with loss, reordering, stalls, digits, reports and another source; three in a mix.
fn call(kind: CodecKind) {
    let start = Instant::now();
    let remote = SocketAddr::from(([192, 0, 2, 1], 4_000));
    let mut peers = [session(start, 1, kind, remote), session(start, 2, kind, remote)];
    let mut phone = session(start, 3, kind, remote);
    let mut mixer = Mixer::new();
    let members = [(); 3].map(|()| mixer.join().expect("room for three"));
    let mut way: Vec<(usize, Vec<u8>)> = Vec::new();
    for tick in 0..2_000usize {
        let now = start + Duration::from_millis(tick as u64 * 10);
        let peer = &mut peers[usize::from(tick > 1_500)];
        if tick % 300 == 100 {
            let _ = peer.send_dtmf('5', 100);
            let _ = phone.send_dtmf('6', 100);
        }
        let voice: [f32; FRAME] = std::array::from_fn(|i| ((tick * FRAME + i) as f32 * 0.02).sin() * 0.3);
        let mut sink = |packet: &[u8], _: Destination| {
            if tick % 13 != 0 {
                let stall = if (800..830).contains(&tick) {
                    835 - tick
                } else {
                    tick % 7
                };
                way.push((tick + stall, packet.to_vec()));
            }
        };
        peer.push(now, &voice, &mut sink);
        peer.poll_rtcp(now, &mut sink);
        let mut sent = 0usize;
        assert_no_alloc(|| {
            for (_, packet) in way.iter().filter(|(at, _)| *at == tick) {
                phone.receive(now, remote, packet);
            }
            let mut heard = [0.0; FRAME];
            phone.pull(now, &mut heard);
            mixer.begin();
            for member in members {
                mixer.put(member, &heard);
            }
            let mut mixed = [0.0; FRAME];
            mixer.take(members[0], &mut mixed);
            phone.push(now, &mixed, &mut |packet, _| sent += packet.len());
            while phone.poll_event().is_some() {}
            let _ = phone.stats();
        });
    }
    let stats = phone.stats();
    assert!(stats.received > 800 && stats.lost > 20, "{stats:?}");
    assert!(phone.jitter_stats().concealed > 0);
}

#[test]
fn opus_calls_do_not_allocate() {
    call(CodecKind::Opus);
}

#[test]
fn g711_calls_do_not_allocate() {
    call(CodecKind::Pcmu);
    call(CodecKind::Pcma);
}
