//! Measures the voice path on this machine.
//!
//! `measure cpu CALLS SECONDS [COMPLEXITY]`: processor time of that many calls between two engines on loopback.
//! `measure mouth SECONDS FROM_SINK TO_SOURCE`: delay of tone bursts played into one sound device until
//! they come out of another, across two engines with sound cards of their own. The engines' devices are
//! named in `A_IN`, `A_OUT`, `B_IN`, `B_OUT`.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a program touches the world"
)]

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::ExitCode,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use media::engine::{
    Backend, CodecKind, Engine, EngineConfig, FeedId, FeedTarget, LegConfig, LegDirection, LegId, LegParams,
    PHONE_COMPLEXITY, RoomId, Sound, bind_rtp,
};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["cpu", calls, seconds] => cpu(calls, seconds, PHONE_COMPLEXITY),
        ["cpu", calls, seconds, complexity] => complexity
            .parse()
            .map_err(Into::into)
            .and_then(|complexity| cpu(calls, seconds, complexity)),
        ["mouth", seconds, sink, source] => mouth(seconds, sink, source),
        _ => Err("measure cpu CALLS SECONDS [COMPLEXITY] | measure mouth SECONDS FROM_SINK TO_SOURCE".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn engine(seed: u8, backend: Backend, opus_complexity: u8) -> Fallible<Engine> {
    let config = EngineConfig {
        backend,
        seed: [seed; 32],
        opus_complexity,
    };
    Ok(Engine::start(config)?.0)
}

fn leg(engine: &Engine, id: u64) -> Fallible<SocketAddr> {
    let (socket, port) = bind_rtp(IpAddr::V4(Ipv4Addr::LOCALHOST))?;
    let config = LegConfig {
        socket,
        rtcp_socket: None,
        params: None,
    };
    engine.add_leg(LegId(id), config);
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

fn connect(a: &Engine, b: &Engine, id: u64) -> Fallible<()> {
    let (at_a, at_b) = (leg(a, id)?, leg(b, id)?);
    for (engine, remote) in [(a, at_b), (b, at_a)] {
        let params = LegParams {
            remote: Some(remote),
            remote_rtcp: Some(remote),
            rtcp_mux: true,
            send: (CodecKind::Opus, 111),
            receive: vec![(CodecKind::Opus, 111)],
            send_events: None,
            receive_events: Vec::new(),
            ptime_ms: 20,
            direction: LegDirection {
                send: true,
                receive: true,
            },
        };
        engine.update_leg(LegId(id), params);
        engine.set_room(LegId(id), Some(RoomId(id)));
    }
    Ok(())
}

/// Processor time of this process in seconds (Linux: clock ticks of 10 ms).
fn processor_s() -> Fallible<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or("").split(' ').collect();
    let ticks = |n: usize| fields.get(n).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    Ok((ticks(11) + ticks(12)) / 100.0)
}

fn cpu(calls: &str, seconds: &str, complexity: u8) -> Fallible<()> {
    let (calls, seconds): (u64, u64) = (calls.parse()?, seconds.parse()?);
    let (a, b) = (
        engine(1, Backend::None, complexity)?,
        engine(2, Backend::None, complexity)?,
    );
    // Something like speech in length and level, the same for all.
    let noise: Arc<[f32]> = (0..96_000_u32)
        .scan(1_u32, |state, n| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let pause = (n / 24_000) % 2 == 1;
            Some(if pause {
                0.0
            } else {
                (*state >> 8) as f32 / 1.7e7 * 0.1 - 0.05
            })
        })
        .collect();
    for id in 0..calls {
        connect(&a, &b, id)?;
        for engine in [&a, &b] {
            let sound = Sound::Samples {
                samples: noise.clone(),
                repeat: true,
            };
            engine.play(FeedId(id), FeedTarget::Leg(LegId(id)), sound);
        }
    }
    std::thread::sleep(Duration::from_secs(2));
    let (before, from) = (processor_s()?, Instant::now());
    std::thread::sleep(Duration::from_secs(seconds));
    let used = (processor_s()? - before) / from.elapsed().as_secs_f64() * 100.0;
    let lost: u64 = (0..calls)
        .filter_map(|id| b.stats(LegId(id)))
        .map(|s| s.lost)
        .sum();
    println!(
        "{calls} calls, both ends: {used:.2} % of a core, {:.3} % per end of a call, {lost} packets lost",
        used / (2 * calls.max(1)) as f64
    );
    Ok(())
}

/// The probe: 120 frames a block, tone bursts of 100 ms every 2 s.
fn mouth(seconds: &str, sink: &str, source: &str) -> Fallible<()> {
    let bursts: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let heard: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let config = cpal::StreamConfig {
        channels: 1,
        sample_rate: 48_000,
        buffer_size: cpal::BufferSize::Fixed(120),
    };
    let find = |id: &str| -> Fallible<cpal::Device> {
        cpal::default_host()
            .devices()?
            .find(|d| d.id().is_ok_and(|i| i.id() == id))
            .ok_or_else(|| format!("no device {id}").into())
    };
    let (note, mut at) = (bursts.clone(), 0_u64);
    let voice = find(sink)?.build_output_stream(
        config,
        move |data: &mut [f32], _: &cpal::OutputCallbackInfo| {
            for sample in data {
                let phase = at % 96_000;
                if phase == 0
                    && let Ok(mut bursts) = note.lock()
                {
                    bursts.push(Instant::now());
                }
                *sample = match phase < 4_800 {
                    true => (phase as f32 / 48.0 * std::f32::consts::TAU).sin() * 0.5,
                    false => 0.0,
                };
                at += 1;
            }
        },
        |error| eprintln!("{error}"),
        None,
    )?;
    let (note, mut quiet) = (heard.clone(), 0_u32);
    let ear = find(source)?.build_input_stream(
        config,
        move |data: &[f32], _: &cpal::InputCallbackInfo| {
            for sample in data {
                if sample.abs() > 0.05 {
                    if quiet > 24_000
                        && let Ok(mut heard) = note.lock()
                    {
                        heard.push(Instant::now());
                    }
                    quiet = 0;
                } else {
                    quiet += 1;
                }
            }
        },
        |error| eprintln!("{error}"),
        None,
    )?;
    voice.play()?;
    ear.play()?;
    std::thread::sleep(Duration::from_secs(4));
    let card = |side: &str| Backend::Cpal {
        input: std::env::var(format!("{side}_IN")).ok(),
        output: std::env::var(format!("{side}_OUT")).ok(),
        ring: None,
    };
    let (a, b) = (
        engine(1, card("A"), PHONE_COMPLEXITY)?,
        engine(2, card("B"), PHONE_COMPLEXITY)?,
    );
    connect(&a, &b, 1)?;
    for engine in [&a, &b] {
        engine.set_device_room(Some(RoomId(1)));
    }
    std::thread::sleep(Duration::from_secs(seconds.parse()?));
    let (bursts, heard) = (
        bursts.lock().map_err(|_| "probe")?,
        heard.lock().map_err(|_| "probe")?,
    );
    let mut delays: Vec<f64> = heard
        .iter()
        .filter_map(|h| {
            bursts
                .iter()
                .rev()
                .find(|b| *b < h)
                .map(|b| (*h - *b).as_secs_f64() * 1e3)
        })
        .collect();
    println!("{delays:.1?}");
    delays.sort_by(f64::total_cmp);
    if let (Some(median), Some(most)) = (delays.get(delays.len() / 2), delays.last()) {
        println!(
            "mouth to ear: median {median:.1} ms, worst {most:.1} ms, {} bursts",
            delays.len()
        );
    }
    std::process::exit(0);
}
