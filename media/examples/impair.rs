//! Sends a sound file through the voice path over a simulated bad network and writes what is heard.
//!
//! `cargo run --release -p media --example impair -- IN OUT.wav [codec opus|pcmu|pcma] [loss %] [mean burst] [jitter ms] [seed]`

#![allow(clippy::disallowed_methods, reason = "a program touches the world")]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use media::{
    FRAME,
    engine::{CodecKind, LegDirection, LegParams, PHONE_COMPLEXITY},
    session::{RtpSession, SessionConfig},
    sound,
};

fn session(start: Instant, kind: CodecKind) -> RtpSession {
    let config = SessionConfig {
        ssrc: 1,
        first_seq: 0,
        first_ts: 0,
        cname: "impair".into(),
        start,
        ntp_at_start: 1 << 40,
        seed: 1,
        opus_complexity: PHONE_COMPLEXITY,
    };
    let params = LegParams {
        remote: Some(([192, 0, 2, 1], 4_000).into()),
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, rest @ ..] = args.as_slice() else {
        return Err("usage: impair IN OUT.wav [codec] [loss %] [mean burst] [jitter ms] [seed]".into());
    };
    let number = |at: usize, or: f64| rest.get(at).map_or(Ok(or), |s| s.parse::<f64>());
    let kind = match rest.first().map_or("opus", String::as_str) {
        "pcmu" => CodecKind::Pcmu,
        "pcma" => CodecKind::Pcma,
        _ => CodecKind::Opus,
    };
    let (loss, burst, jitter) = (number(1, 0.0)? / 100.0, number(2, 1.0)?, number(3, 5.0)?);
    let mut state = (number(4, 1.0)? as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut chance = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let speech = sound::read(Path::new(input))?;
    let start = Instant::now();
    let (mut a, mut b) = (session(start, kind), session(start, kind));
    let mut way: Vec<(u64, Vec<u8>)> = Vec::new();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(output, spec)?;
    let mut bad = false;
    for (tick, chunk) in speech.chunks(FRAME).enumerate() {
        let ms = tick as u64 * 10;
        let now = start + Duration::from_millis(ms);
        let mut frame = [0.0; FRAME];
        frame[..chunk.len()].copy_from_slice(chunk);
        a.push(now, &frame, &mut |packet, _| {
            // Gilbert: mean stay in the bad state is `burst` packets.
            let leave = 1.0 / burst.max(1.0);
            let enter = if loss < 1.0 {
                loss * leave / (1.0 - loss)
            } else {
                1.0
            };
            bad = chance() < if bad { 1.0 - leave } else { enter };
            let at = ms * 1_000 + ((20.0 + chance() * jitter) * 1_000.0) as u64;
            if !bad {
                way.push((at, packet.to_vec()));
            }
        });
        a.poll_rtcp(now, &mut |_, _| {});
        b.poll_rtcp(now, &mut |packet, to| {
            a.receive(now, to.to, packet);
        });
        way.sort_by_key(|(at, _)| *at);
        let due = way.partition_point(|(at, _)| *at <= ms * 1_000);
        for (at, packet) in way.drain(..due) {
            b.receive(
                start + Duration::from_micros(at),
                ([192, 0, 2, 1], 4_000).into(),
                &packet,
            );
        }
        let mut heard = [0.0; FRAME];
        b.pull(now, &mut heard);
        for sample in heard {
            writer.write_sample((sample * 32_767.0).clamp(-32_768.0, 32_767.0) as i16)?;
        }
    }
    writer.finalize()?;
    let (stats, jitter) = (b.stats(), b.jitter_stats());
    println!(
        "{} received, {} lost; {:.2} % concealed, {:.2} % recovered; held {:.0} ms; {:.0} ms cut, {:.0} ms added; MOS {:.2} (E-model)",
        stats.received,
        stats.lost,
        stats.concealed_ratio * 100.0,
        jitter.recovered as f64 / jitter.played.max(1) as f64 * 100.0,
        stats.playout_delay_ms,
        jitter.shortened as f64 / 48.0,
        jitter.lengthened as f64 / 48.0,
        stats.mos.unwrap_or(0.0),
    );
    Ok(())
}
