//! What a leg costs per 10 ms tick. Prints figures, asserts nothing: `cargo bench -p media --bench voice`.

#![allow(clippy::disallowed_methods, reason = "a bench measures time")]

use std::{
    hint::black_box,
    net::SocketAddr,
    time::{Duration, Instant},
};

use media::{
    FRAME,
    engine::{CodecKind, LegDirection, LegParams, PHONE_COMPLEXITY},
    mix::Mixer,
    session::{RtpSession, SessionConfig},
};

const TICKS: usize = 6_000;

fn session(start: Instant, kind: CodecKind) -> RtpSession {
    let config = SessionConfig {
        ssrc: 1,
        first_seq: 0,
        first_ts: 0,
        cname: "bench".into(),
        start,
        ntp_at_start: 1 << 40,
        seed: 1,
        opus_complexity: PHONE_COMPLEXITY,
    };
    let params = LegParams {
        remote: Some(remote()),
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

fn remote() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 4_000))
}

/// Something with pitch and pauses.
fn voice(tick: usize) -> [f32; FRAME] {
    std::array::from_fn(|i| {
        let t = (tick * FRAME + i) as f32 / 48_000.0;
        let word = ((t * 5.0).sin() + 0.5).clamp(0.0, 1.0);
        (1..9)
            .map(|k| (t * 140.0 * k as f32 * std::f32::consts::TAU).sin() / k as f32)
            .sum::<f32>()
            * 0.2
            * word
    })
}

fn leg(kind: CodecKind, loss: bool) {
    let start = Instant::now();
    let (mut a, mut b) = (session(start, kind), session(start, kind));
    let frames: Vec<[f32; FRAME]> = (0..TICKS).map(voice).collect();
    let (mut push, mut receive, mut pull) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut worst = Duration::ZERO;
    let (mut packets, mut bytes) = (0u32, 0usize);
    let mut buffer = [0u8; 1_500];
    for (tick, frame) in frames.iter().enumerate() {
        let now = start + Duration::from_millis(tick as u64 * 10);
        let mut len = 0;
        let t = Instant::now();
        a.push(now, frame, &mut |packet, _| {
            len = packet.len();
            buffer[..len].copy_from_slice(packet);
        });
        let pushed = t.elapsed();
        push += pushed;
        if len > 0 {
            packets += 1;
            bytes += len;
            if !(loss && packets % 10 == 3) {
                let t = Instant::now();
                black_box(b.receive(now, remote(), &buffer[..len]));
                receive += t.elapsed();
            }
        }
        let mut out = [0.0; FRAME];
        let t = Instant::now();
        black_box(b.pull(now, &mut out));
        let pulled = t.elapsed();
        pull += pulled;
        worst = worst.max(pushed + pulled);
    }
    let per = |d: Duration| d.as_nanos() / TICKS as u128;
    println!(
        "{kind:?}{}: per 10 ms tick push {} ns, pull {} ns, worst tick {} µs; receive {} ns per packet; \
         {packets} packets, {} bit/s with RTP header",
        if loss { ", 10 % lost" } else { "" },
        per(push),
        per(pull),
        worst.as_micros(),
        receive.as_nanos() / u128::from(packets),
        bytes * 8 * 100 / TICKS,
    );
}

fn mix(members: usize) {
    let mut mixer = Mixer::new();
    let places: Vec<_> = (0..members).filter_map(|_| mixer.join()).collect();
    let frame = voice(3);
    let mut out = [0.0; FRAME];
    let t = Instant::now();
    for _ in 0..TICKS {
        mixer.begin();
        for place in &places {
            mixer.put(*place, &frame);
        }
        for place in &places {
            mixer.take(*place, &mut out);
            black_box(&out);
        }
    }
    println!(
        "mix of {members}: {} ns per 10 ms tick",
        t.elapsed().as_nanos() / TICKS as u128
    );
}

fn main() {
    for kind in [CodecKind::Opus, CodecKind::Pcmu] {
        leg(kind, false);
        leg(kind, true);
    }
    for members in [3, 10, 16] {
        mix(members);
    }
}
