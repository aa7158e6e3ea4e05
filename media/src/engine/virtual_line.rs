//! Two engines on one cable, stepped in virtual time by tests.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

use super::{
    PHONE_COMPLEXITY,
    api::{CodecKind, EngineEvent, LegDirection, LegId, LegParams, LegStats, RoomId},
    command::{Command, Outlet, Retired},
    core::{Core, Leg, Link},
    driver::Driver,
};
use crate::{
    device::AudioBackend,
    session::{Destination, RtpSession, SessionConfig},
    voice::Bypass,
};

const LEG: LegId = LegId(1);
const ROOM: RoomId = RoomId(1);

/// RTCP packet type (RFC 3550 §6.4.1).
const SENDER_REPORT: u8 = 200;

/// Packets on their way, with the moment they were sent.
type Cable = Arc<Mutex<VecDeque<(Instant, Vec<u8>)>>>;

pub(super) struct Plug {
    cable: Cable,
    now: Arc<Mutex<Instant>>,
    start: Instant,
    report_ages: Ages,
}

/// How old the time in each sender report was when it left, in milliseconds.
type Ages = Arc<Mutex<Vec<f64>>>;

impl Link for Plug {
    fn send(&mut self, packet: &[u8], _to: Destination) {
        let now = *self.now.lock().unwrap();
        if packet[1] == SENDER_REPORT {
            // The sessions' NTP time begins with 0.
            let ntp = u64::from_be_bytes(packet[8..16].try_into().unwrap());
            let says = ntp as f64 / (1u64 << 32) as f64;
            let age = (now - self.start).as_secs_f64() - says;
            self.report_ages.lock().unwrap().push(age * 1e3);
        }
        self.cable.lock().unwrap().push_back((now, packet.to_vec()));
    }
}

#[derive(Default)]
struct Heard {
    stats: LegStats,
}

impl Outlet<Plug> for Heard {
    fn event(&mut self, _event: EngineEvent) {}
    fn stats(&mut self, _leg: LegId, stats: LegStats) {
        self.stats = stats;
    }
    fn retire(&mut self, _what: Retired<Plug>) {}
}

/// One engine and its end of the cable.
pub(super) struct Line {
    pub(super) driver: Driver<Plug>,
    out: Heard,
    inbox: Cable,
    from: SocketAddr,
    /// When it wants to be stepped again, in microseconds.
    pub(super) wake_us: f64,
    /// When it ticked.
    pub(super) tick_us: Vec<f64>,
    report_ages: Ages,
}

impl Line {
    /// Both ends of a call between engines with these devices. `now` is what packets are stamped with.
    pub(super) fn both(
        codec: CodecKind,
        start: Instant,
        now: &Arc<Mutex<Instant>>,
        backends: [Box<dyn AudioBackend>; 2],
    ) -> [Self; 2] {
        let cables: [Cable; 2] = [Cable::default(), Cable::default()];
        let at = [
            SocketAddr::from(([192, 0, 2, 1], 4_000)),
            SocketAddr::from(([192, 0, 2, 2], 4_000)),
        ];
        let mut me = 0;
        backends.map(|backend| {
            let peer = 1 - me;
            let session = RtpSession::new(
                SessionConfig {
                    ssrc: 7 + me as u32,
                    first_seq: 100,
                    first_ts: 1_000,
                    cname: format!("phone{me}"),
                    start,
                    ntp_at_start: 0,
                    seed: me as u64,
                    opus_complexity: PHONE_COMPLEXITY,
                },
                Some(params(codec, at[peer])),
            );
            let report_ages = Ages::default();
            let plug = Plug {
                cable: cables[peer].clone(),
                now: now.clone(),
                start,
                report_ages: report_ages.clone(),
            };
            let mut line = Self {
                driver: Driver::new(start, backend, Box::new(Bypass)),
                out: Heard::default(),
                inbox: cables[me].clone(),
                from: at[peer],
                wake_us: 0.0,
                tick_us: Vec::new(),
                report_ages,
            };
            for command in [
                Command::AddLeg(Box::new(Leg::new(LEG, session, plug))),
                Command::Join(LEG, ROOM, Box::default()),
                Command::DeviceJoin(ROOM, Box::default()),
            ] {
                line.driver.core.command(start, command, &mut line.out);
            }
            me += 1;
            line
        })
    }

    /// One step at a moment; what came since the last is stamped with when it was sent, or with
    /// the end of a pause of the whole process in which it came.
    pub(super) fn step(&mut self, now: Instant, now_us: f64, stood_still_until: Instant) {
        let (inbox, from) = (&self.inbox, self.from);
        let receive = |core: &mut Core<Plug>| {
            for (at, packet) in inbox.lock().unwrap().drain(..) {
                core.receive(LEG, at.max(stood_still_until), from, &packet);
            }
        };
        match self.driver.step(now, receive, &mut self.out) {
            Some(wait) => self.wake_us = now_us + wait.as_nanos() as f64 / 1e3,
            None => self.tick_us.push(now_us),
        }
    }

    /// How old the time in each sender report was when it left, in milliseconds.
    pub(super) fn report_ages(&self) -> Vec<f64> {
        self.report_ages.lock().unwrap().clone()
    }

    /// The leg's figures, a tenth of a second old at most.
    pub(super) fn stats(&self) -> &LegStats {
        &self.out.stats
    }
}

fn params(codec: CodecKind, remote: SocketAddr) -> LegParams {
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
        send_events: None,
        receive_events: Vec::new(),
        ptime_ms: 20,
        direction: LegDirection {
            send: true,
            receive: true,
        },
    }
}
