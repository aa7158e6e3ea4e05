//! Two engines on loopback and what their recordings hold.

#![allow(dead_code, reason = "each test binary uses its part of this")]
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic like a test")]

pub(crate) mod pulse;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use media::engine::{
    Backend, CodecKind, Engine, EngineConfig, EngineEvent, EventFormat, FileInput, LegConfig, LegDirection,
    LegId, LegParams, Levels, PHONE_COMPLEXITY, bind_rtp,
};

/// Longest wait for anything; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// An engine, its events and one leg.
pub(crate) struct Phone {
    pub(crate) engine: Engine,
    pub(crate) events: Receiver<EngineEvent>,
}

const EVENTS: EventFormat = EventFormat {
    payload_type: 101,
    clock_rate: 8_000,
};
pub(crate) const LEG: LegId = LegId(1);

pub(crate) fn seed(n: u8) -> [u8; 32] {
    [n; 32]
}

pub(crate) fn start(n: u8, backend: Backend) -> Phone {
    let (engine, events) = Engine::start(EngineConfig {
        backend,
        seed: seed(n),
        opus_complexity: PHONE_COMPLEXITY,
    })
    .unwrap();
    Phone { engine, events }
}

pub(crate) fn tone_to_wav(n: u8, hz: f32, out: &Path) -> Phone {
    start(
        n,
        Backend::File {
            input: FileInput::Tone { hz, dbfs: -12.0 },
            output: Some(out.to_owned()),
        },
    )
}

impl Phone {
    /// Adds a leg on a fresh socket and answers its address.
    pub(crate) fn leg(&self, leg: LegId) -> SocketAddr {
        let (socket, port) = bind_rtp(IpAddr::V4(Ipv4Addr::LOCALHOST)).unwrap();
        self.engine.add_leg(
            leg,
            LegConfig {
                socket,
                rtcp_socket: None,
                params: None,
            },
        );
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    }

    /// The next event that `pick` takes; panics when none comes.
    pub(crate) fn wait<T>(&self, what: &str, mut pick: impl FnMut(EngineEvent) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.events.recv_deadline(until) {
                Ok(event) => {
                    if let Some(found) = pick(event) {
                        return found;
                    }
                }
                Err(_) => panic!("waited for {what} in vain"),
            }
        }
    }

    /// Lets `n` tenths of a second of the engine's own time pass, counted by the level reports of a leg.
    pub(crate) fn tenths(&self, leg: LegId, n: usize) -> Levels {
        let mut seen = 0;
        self.wait("level reports", |event| match event {
            EngineEvent::Levels { leg: l, levels } if l == leg => {
                seen += 1;
                (seen == n).then_some(levels)
            }
            _ => None,
        })
    }
}

pub(crate) fn params(codec: CodecKind, remote: SocketAddr) -> LegParams {
    let payload_type = match codec {
        CodecKind::Opus => 111,
        CodecKind::Pcmu => 0,
        CodecKind::Pcma => 8,
    };
    LegParams {
        remote: Some(remote),
        remote_rtcp: Some(remote),
        rtcp_mux: true,
        send: (codec, payload_type),
        receive: vec![(codec, payload_type)],
        send_events: Some(EVENTS),
        receive_events: vec![EVENTS],
        ptime_ms: 20,
        direction: LegDirection {
            send: true,
            receive: true,
        },
    }
}

/// Connects one leg of each.
pub(crate) fn connect(a: (&Phone, LegId), b: (&Phone, LegId), codec: CodecKind) {
    let (at_a, at_b) = (a.0.leg(a.1), b.0.leg(b.1));
    a.0.engine.update_leg(a.1, params(codec, at_b));
    b.0.engine.update_leg(b.1, params(codec, at_a));
}

/// A finished or growing recording.
pub(crate) struct Recording(Vec<f32>);

impl Recording {
    pub(crate) fn read(path: &Path) -> Self {
        let mut reader = hound::WavReader::open(path).unwrap();
        assert_eq!(reader.spec().sample_rate, 48_000);
        assert_eq!(reader.spec().channels, 1);
        Self(
            reader
                .samples::<i16>()
                .map(|s| f32::from(s.unwrap()) / 32_768.0)
                .collect(),
        )
    }

    pub(crate) fn from_samples(samples: Vec<f32>) -> Self {
        Self(samples)
    }

    pub(crate) fn seconds(&self) -> f32 {
        self.0.len() as f32 / 48_000.0
    }

    fn span(&self, from: f32, to: f32) -> &[f32] {
        let at = |s: f32| ((s * 48_000.0) as usize).min(self.0.len());
        let span = &self.0[at(from)..at(to)];
        assert!(span.len() >= 4_800, "the recording has only {} s", self.seconds());
        span
    }

    /// RMS in dBFS between two moments in seconds.
    pub(crate) fn level(&self, from: f32, to: f32) -> f32 {
        let span = self.span(from, to);
        let mean = span.iter().map(|s| f64::from(s * s)).sum::<f64>() / span.len() as f64;
        (10.0 * (mean + 1e-15).log10()) as f32
    }

    /// How far a tone stands above everything else between two moments, in dB: the median over windows of
    /// 100 ms, each projected on the tone. The tone may be off by what two clocks differ, 1,200 ppm.
    pub(crate) fn tone_over_rest(&self, hz: f32, from: f32, to: f32) -> f32 {
        let near = |window: &[f32]| {
            (-6..=6)
                .map(|k| tone_over_rest(window, hz * (1.0 + k as f32 * 2e-4)))
                .fold(f32::MIN, f32::max)
        };
        let mut ratios: Vec<f32> = self.span(from, to).chunks_exact(4_800).map(near).collect();
        ratios.sort_by(f32::total_cmp);
        ratios[ratios.len() / 2]
    }
}

fn tone_over_rest(window: &[f32], hz: f32) -> f32 {
    let (mut re, mut im, mut all) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (n, s) in window.iter().enumerate() {
        let (sin, cos) = (std::f64::consts::TAU * f64::from(hz) * n as f64 / 48_000.0).sin_cos();
        re += f64::from(*s) * cos;
        im += f64::from(*s) * sin;
        all += f64::from(*s) * f64::from(*s);
    }
    let tone = 2.0 * (re * re + im * im) / window.len() as f64;
    (10.0 * ((tone + 1e-15) / (all - tone).max(1e-12)).log10()) as f32
}
