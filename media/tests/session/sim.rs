//! A sender, a network that loses, delays and reorders by seed, a listener, and measures of what is heard.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use media::{
    FRAME,
    engine::{CodecKind, EventFormat, LegDirection, LegParams, PHONE_COMPLEXITY},
    session::{FrameKind, RtpSession, SessionConfig},
};

/// Seconds between the clocks of two sessions do not matter; one start serves all.
pub(crate) fn session(start: Instant, ssrc: u32, params: LegParams) -> RtpSession {
    let config = SessionConfig {
        ssrc,
        first_seq: 65_500,
        first_ts: u32::MAX - 100_000,
        cname: "tester".into(),
        start,
        ntp_at_start: 3_900_000_000 << 32,
        seed: u64::from(ssrc),
        opus_complexity: PHONE_COMPLEXITY,
    };
    RtpSession::new(config, Some(params))
}

pub(crate) fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], port))
}

pub(crate) fn payload_type(kind: CodecKind) -> u8 {
    match kind {
        CodecKind::Opus => 111,
        CodecKind::Pcmu => 0,
        CodecKind::Pcma => 8,
    }
}

pub(crate) fn params(kind: CodecKind) -> LegParams {
    LegParams {
        remote: Some(address(4_000)),
        remote_rtcp: None,
        rtcp_mux: true,
        send: (kind, payload_type(kind)),
        receive: vec![(kind, payload_type(kind))],
        send_events: Some(EVENTS),
        receive_events: vec![EVENTS],
        ptime_ms: 20,
        direction: LegDirection {
            send: true,
            receive: true,
        },
    }
}

pub(crate) const EVENTS: EventFormat = EventFormat {
    payload_type: 101,
    clock_rate: 8_000,
};

/// A repeatable source of chance.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// 0 ≤ x < 1.
    pub(crate) fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A tone of −12 dBFS.
pub(crate) fn tone(hz: f64) -> impl FnMut(usize) -> [f32; FRAME] {
    move |tick| {
        std::array::from_fn(|i| {
            let t = (tick * FRAME + i) as f64 / 48_000.0;
            ((t * hz * std::f64::consts::TAU).sin() * 0.25) as f32
        })
    }
}

/// Something like speech: a gliding, breathing voice with pauses between words.
pub(crate) fn babble() -> impl FnMut(usize) -> [f32; FRAME] {
    let mut phase = 0.0f64;
    move |tick| {
        std::array::from_fn(|i| {
            let t = (tick * FRAME + i) as f64 / 48_000.0;
            let pitch = 120.0 + 30.0 * (t * 1.7).sin();
            phase += pitch / 48_000.0;
            let word = ((t * 2.1).sin() + 0.5).clamp(0.0, 1.0);
            let voice: f64 = (1..12)
                .map(|k| {
                    let f = k as f64 * pitch;
                    let formant = 1.0 / (1.0 + ((f - 600.0) / 300.0).powi(2))
                        + 0.5 / (1.0 + ((f - 1_400.0) / 300.0).powi(2));
                    formant * (phase * k as f64 * std::f64::consts::TAU).sin()
                })
                .sum();
            (voice * word * 0.2) as f32
        })
    }
}

/// What one listener heard.
pub(crate) struct Heard {
    pub(crate) samples: Vec<f32>,
    pub(crate) kinds: Vec<FrameKind>,
    /// Delay held, per tick in ms.
    pub(crate) delays: Vec<f32>,
}

impl Heard {
    pub(crate) fn share(&self, kind: FrameKind) -> f64 {
        self.kinds.iter().filter(|k| **k == kind).count() as f64 / self.kinds.len() as f64
    }
}

/// One direction of a call in virtual time, advanced tick by tick.
pub(crate) struct Call {
    pub(crate) start: Instant,
    pub(crate) sender: RtpSession,
    pub(crate) listener: RtpSession,
    pub(crate) heard: Heard,
    /// Packets on the way: arrival in µs, bytes.
    way: Vec<(u64, Vec<u8>)>,
    pub(crate) tick: usize,
    sent_ticks: usize,
    packets: usize,
    /// Sender's clock against the listener's.
    pub(crate) ppm: f64,
    /// By how much every fifth tick of the listener comes late.
    pub(crate) late: Duration,
}

impl Call {
    pub(crate) fn new(kind: CodecKind) -> Self {
        let start = Instant::now();
        Self::between(
            start,
            session(start, 1, params(kind)),
            session(start, 2, params(kind)),
        )
    }

    pub(crate) fn between(start: Instant, sender: RtpSession, listener: RtpSession) -> Self {
        Self {
            start,
            sender,
            listener,
            heard: Heard {
                samples: Vec::new(),
                kinds: Vec::new(),
                delays: Vec::new(),
            },
            way: Vec::new(),
            tick: 0,
            sent_ticks: 0,
            packets: 0,
            ppm: 0.0,
            late: Duration::ZERO,
        }
    }

    pub(crate) fn now(&self) -> Instant {
        self.start + Duration::from_millis(self.tick as u64 * 10)
    }

    /// Advances by `ms`. `network(n)` gives the n-th packet's delay in ms, or loses it.
    pub(crate) fn run(
        &mut self,
        ms: usize,
        voice: &mut dyn FnMut(usize) -> [f32; FRAME],
        network: &mut dyn FnMut(usize) -> Option<f64>,
    ) {
        for _ in 0..ms / 10 {
            self.send(voice, network);
            self.deliver(self.tick as u64 * 10_000);
            let mut frame = [0.0; FRAME];
            let late = if self.tick % 5 == 4 {
                self.late
            } else {
                Duration::ZERO
            };
            let pulled = self.listener.pull(self.now() + late, &mut frame);
            self.heard.samples.extend(frame);
            self.heard.kinds.push(pulled.kind);
            self.heard.delays.push(self.listener.stats().playout_delay_ms);
            self.tick += 1;
        }
    }

    /// The sender's ticks up to now come when its clock says so.
    fn send(
        &mut self,
        voice: &mut dyn FnMut(usize) -> [f32; FRAME],
        network: &mut dyn FnMut(usize) -> Option<f64>,
    ) {
        let now_us = self.tick as f64 * 10_000.0;
        while (self.sent_ticks as f64) * 10_000.0 * (1.0 - self.ppm * 1e-6) <= now_us {
            let at = self.sent_ticks as f64 * 10_000.0 * (1.0 - self.ppm * 1e-6);
            let frame = voice(self.sent_ticks);
            self.sent_ticks += 1;
            let (way, packets) = (&mut self.way, &mut self.packets);
            let when = self.start + Duration::from_micros(at as u64);
            self.sender.push(when, &frame, &mut |packet, _| {
                let n = *packets;
                *packets += 1;
                if let Some(delay) = network(n) {
                    way.push(((at + delay * 1_000.0) as u64, packet.to_vec()));
                }
            });
        }
    }

    /// The listener asks for nothing for `ms`; what was sent meanwhile has arrived in time.
    pub(crate) fn stand_still(
        &mut self,
        ms: usize,
        voice: &mut dyn FnMut(usize) -> [f32; FRAME],
        delay: f64,
    ) {
        for _ in 0..ms / 10 {
            self.send(voice, &mut |_| Some(delay));
            self.deliver(self.tick as u64 * 10_000);
            self.tick += 1;
        }
    }

    /// The sender pushes frames beyond its clock, all in this moment.
    pub(crate) fn burst(&mut self, frames: usize, voice: &mut dyn FnMut(usize) -> [f32; FRAME], delay: f64) {
        let at = self.tick as u64 * 10_000;
        for n in 0..frames {
            let frame = voice(self.sent_ticks + n);
            let (way, now) = (&mut self.way, self.start + Duration::from_micros(at));
            self.sender.push(now, &frame, &mut |packet, _| {
                way.push((at + (delay * 1_000.0) as u64, packet.to_vec()));
            });
        }
        self.packets += frames / 2;
    }

    fn deliver(&mut self, until: u64) {
        self.way.sort_by_key(|(at, _)| *at);
        let due = self.way.partition_point(|(at, _)| *at <= until);
        for (at, packet) in self.way.drain(..due) {
            self.listener
                .receive(self.start + Duration::from_micros(at), address(4_000), &packet);
        }
    }
}

/// Power of the tone in a span, and of all else, in dB: tone-to-rest ratio.
pub(crate) fn tone_to_rest(x: &[f32], hz: f64) -> f64 {
    let w = hz * std::f64::consts::TAU / 48_000.0;
    let n = x.len() as f64;
    let (mut c, mut s, mut all) = (0.0, 0.0, 0.0);
    for (i, x) in x.iter().enumerate() {
        let x = f64::from(*x);
        c += x * (w * i as f64).cos();
        s += x * (w * i as f64).sin();
        all += x * x;
    }
    let tone = 2.0 * (c * c + s * s) / n;
    10.0 * (tone / (all - tone).max(1e-12)).log10()
}

/// In how many tenths of a second the tone is less than 20 dB over everything else.
pub(crate) fn broken_tenths(x: &[f32], hz: f64) -> usize {
    x.chunks_exact(4_800)
        .filter(|tenth| tone_to_rest(tenth, hz) < 20.0)
        .count()
}

/// RMS in dBFS.
pub(crate) fn level(x: &[f32]) -> f32 {
    media::quality::level_dbfs(x)
}
