//! One leg: an RTP session in both directions, without sockets, threads or clock.
//!
//! The owner calls [`pull`](RtpSession::pull) and [`push`](RtpSession::push) once per 10 ms tick, gives every
//! datagram of the leg's sockets to [`receive`](RtpSession::receive) and calls
//! [`poll_rtcp`](RtpSession::poll_rtcp) once per tick. `receive`, `pull` and `push` do not allocate.
//!
//! [`receive`] and [`send`] hold the two halves, [`latch`] whom to listen and send to.

mod api;
mod events;
mod latch;
mod receive;
mod send;

use std::time::{Duration, Instant};

pub use api::{
    Destination, DtmfError, FrameKind, Ignored, Port, Pulled, Received, SessionConfig, SessionEvent,
};

use self::{events::Events, latch::Latch, receive::Candidate, send::Outbound};
use crate::{
    SAMPLE_RATE,
    codec::{self, CodecError, Encoder},
    engine::{CodecKind, LegParams, LegStats},
    jitter::{JitterStats, Playout},
    quality,
    rtp::{DtmfReceiver, DtmfSender, Rtcp, Schedule, Source},
};

/// Framing and devices at both ends, in milliseconds, for the delay in the quality score.
const DEVICES_MS: f32 = 50.0;

/// One RTP session. See the module's head for who calls what.
#[derive(Debug)]
pub struct RtpSession {
    ssrc: u32,
    start: Instant,
    ntp_at_start: u64,
    params: Option<LegParams>,
    rtp_latch: Latch,
    rtcp_latch: Latch,
    events: Events,

    source: Option<Source>,
    candidate: Option<Candidate>,
    playout: Playout,
    dtmf_in: DtmfReceiver,
    receive_rate: u32,
    last_heard: i64,
    listening_since: i64,
    flowing: bool,
    lost: bool,
    received_before: u64,
    lost_before: u64,
    speech_heard: u64,

    encoder: Option<Box<dyn Encoder>>,
    encoder_kind: Option<CodecKind>,
    opus_complexity: u8,
    out: Outbound,
    dtmf_out: DtmfSender,
    speech_sent: u64,

    rtcp: Rtcp,
    schedule: Schedule,
    reports: u64,
    rtt: Option<Duration>,
    peer_loss: f32,
}

impl RtpSession {
    /// A session that sends and receives nothing until [`update`](Self::update) unless `params` are known already.
    pub fn new(config: SessionConfig, params: Option<LegParams>) -> Self {
        let start = config.start;
        let mut session = Self::silent(config);
        if let Some(params) = params {
            session.update(start, params);
        }
        session
    }

    fn silent(config: SessionConfig) -> Self {
        Self {
            ssrc: config.ssrc,
            start: config.start,
            ntp_at_start: config.ntp_at_start,
            params: None,
            rtp_latch: Latch::default(),
            rtcp_latch: Latch::default(),
            events: Events::default(),
            source: None,
            candidate: None,
            playout: Playout::new(),
            dtmf_in: DtmfReceiver::default(),
            receive_rate: 48_000,
            last_heard: 0,
            listening_since: 0,
            flowing: false,
            lost: false,
            received_before: 0,
            lost_before: 0,
            speech_heard: 0,
            encoder: None,
            encoder_kind: None,
            opus_complexity: config.opus_complexity,
            out: Outbound::new(config.first_seq, config.first_ts),
            dtmf_out: DtmfSender::new(),
            speech_sent: 0,
            rtcp: Rtcp::new(config.ssrc, config.cname),
            schedule: Schedule::new(config.seed, config.start),
            reports: 0,
            rtt: None,
            peer_loss: 0.0,
        }
    }

    /// Takes what offer and answer agreed, first or anew. May allocate (codecs are made here).
    /// An unchanged codec keeps its state; a changed `remote` forgets the address learnt from packets.
    /// When a codec cannot be made (the system is out of memory) the session goes on as it was and the log says so.
    pub fn update(&mut self, now: Instant, params: LegParams) {
        if let Err(error) = self.try_update(now, params) {
            tracing::error!(%error, "the call's new media parameters are not used");
        }
    }

    fn try_update(&mut self, now: Instant, params: LegParams) -> Result<(), CodecError> {
        let now = self.samples(now);
        let sent = self.params.as_ref().is_some_and(|p| p.direction.send);
        let starts = params.direction.send && !sent;
        // What the encoder still holds is from before the hold: nobody should hear it after.
        if self.encoder_kind != Some(params.send.0) || starts {
            self.encoder = Some(codec::encoder(params.send.0, self.opus_complexity)?);
            self.encoder_kind = Some(params.send.0);
            self.out.restart();
        }
        self.playout.set_codecs(&params.receive)?;
        let before = self.params.as_ref();
        if before.is_some_and(|b| send::ptime(b.ptime_ms) != send::ptime(params.ptime_ms)) {
            self.out.restart();
        }
        let received = before.is_some_and(|b| b.direction.receive);
        if before.is_none_or(|b| b.direction.send) != params.direction.send {
            // The peer's hold begins or ends: silence counts from here.
            self.listening_since = now;
        }
        if received != params.direction.receive {
            // Hold begins or ends: what waits is not what should be heard next.
            self.playout.reset();
            self.listening_since = now;
            self.flowing = false;
            self.lost = false;
        }
        if before.is_none() {
            self.receive_rate = params
                .receive
                .first()
                .map_or(48_000, |(kind, _)| kind.clock_rate());
        }
        self.rtp_latch.signal(params.remote);
        self.rtcp_latch.signal(params.remote_rtcp);
        self.params = Some(params);
        Ok(())
    }

    /// Hands out what happened, oldest first, until `None`.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        self.events.pop()
    }

    /// The figures so far.
    pub fn stats(&self) -> LegStats {
        let jitter = self.playout.stats();
        let source = self.source.as_ref();
        LegStats {
            codec: self.params.as_ref().map(|p| p.send.0),
            sent: self.out.packets(),
            received: self.received_before + source.map_or(0, Source::received_in_all),
            lost: self.lost_before + source.map_or(0, Source::lost),
            jitter_ms: source.map_or(0.0, |s| {
                (s.jitter() * 1_000.0 / f64::from(self.receive_rate)) as f32
            }),
            rtt_ms: self.rtt.map(|rtt| rtt.as_secs_f32() * 1_000.0),
            playout_delay_ms: self.playout.playout_delay_ms(),
            concealed_ratio: jitter.concealed as f32 / jitter.played.max(1) as f32,
            mos: self.mos(),
            speech_frames_heard: self.speech_heard,
            speech_frames_sent: self.speech_sent,
        }
    }

    /// E-model score of what is heard: delay from both networks and our buffer, voice that had to be guessed.
    fn mos(&self) -> Option<f32> {
        let jitter = self.playout.stats();
        if jitter.played < u64::from(SAMPLE_RATE) / 2 {
            return None;
        }
        let codec = match self.params.as_ref()?.receive.first()?.0 {
            CodecKind::Opus => quality::OPUS,
            CodecKind::Pcmu | CodecKind::Pcma => quality::G711,
        };
        let way = self.rtt.map_or(0.0, |rtt| rtt.as_secs_f32() * 500.0);
        let delay = way + self.playout.playout_delay_ms() + DEVICES_MS;
        let guessed = jitter.concealed as f32 / jitter.played as f32;
        let r = quality::r_factor(codec, delay, guessed, self.playout.bursts().burst_ratio());
        Some(quality::mos(r))
    }

    /// What the jitter buffer did, in more detail than [`stats`](Self::stats).
    pub fn jitter_stats(&self) -> JitterStats {
        self.playout.stats()
    }

    /// How long packets are held at present, in milliseconds.
    pub fn target_delay_ms(&self) -> f32 {
        self.playout.target_ms()
    }

    /// Time since the start in 48 kHz samples.
    fn samples(&self, now: Instant) -> i64 {
        let elapsed = now.saturating_duration_since(self.start);
        elapsed.as_secs() as i64 * 48_000 + i64::from(elapsed.subsec_nanos()) * 48 / 1_000_000
    }

    fn ntp(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.start);
        let fraction = (u64::from(elapsed.subsec_nanos()) << 32) / 1_000_000_000;
        self.ntp_at_start
            .wrapping_add(elapsed.as_secs() << 32)
            .wrapping_add(fraction)
    }
}
