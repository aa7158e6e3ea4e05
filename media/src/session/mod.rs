//! One leg: an RTP session in both directions, without sockets, threads or clock.
//!
//! The owner calls [`pull`](RtpSession::pull) and [`push`](RtpSession::push) once per 10 ms tick, gives every
//! datagram of the leg's sockets to [`receive`](RtpSession::receive) and calls
//! [`poll_rtcp`](RtpSession::poll_rtcp) once per tick. `receive`, `pull` and `push` do not allocate.

mod api;

use std::{net::SocketAddr, time::Instant};

pub use api::{
    Destination, DtmfError, FrameKind, Ignored, Port, Pulled, Received, SessionConfig, SessionEvent,
};

use crate::{
    FRAME,
    engine::{LegParams, LegStats},
};

/// One RTP session. See the module's head for who calls what.
#[derive(Debug)]
pub struct RtpSession {
    params: Option<LegParams>,
}

impl RtpSession {
    /// A session that sends and receives nothing until [`update`](Self::update) unless `params` are known already.
    pub fn new(_config: SessionConfig, params: Option<LegParams>) -> Self {
        Self { params }
    }

    /// Takes what offer and answer agreed, first or anew. May allocate (codecs are made here).
    /// An unchanged codec keeps its state; a changed `remote` forgets the address learnt from packets.
    pub fn update(&mut self, _now: Instant, params: LegParams) {
        self.params = Some(params);
    }

    /// Sends silence instead of what `push` is given; packets keep flowing.
    pub fn set_muted(&mut self, _muted: bool) {}

    /// Takes one datagram from either socket. RTP and RTCP are told apart by content (RFC 5761 §4).
    pub fn receive(&mut self, _now: Instant, _from: SocketAddr, _packet: &[u8]) -> Received {
        Received::Ignored(Ignored::NotReceiving)
    }

    /// Fills the next 10 ms to be heard; called once per tick, always.
    pub fn pull(&mut self, _now: Instant, out: &mut [f32; FRAME]) -> Pulled {
        out.fill(0.0);
        Pulled::default()
    }

    /// Takes the next 10 ms to be sent; called once per tick, always, so that timestamps go on through hold.
    /// `sink` gets a packet whenever a packet time is complete.
    pub fn push(&mut self, _now: Instant, _frame: &[f32; FRAME], _sink: &mut dyn FnMut(&[u8], Destination)) {}

    /// Sends an RTCP report when one is due (RFC 3550 §6.3); called once per tick.
    pub fn poll_rtcp(&mut self, _now: Instant, _sink: &mut dyn FnMut(&[u8], Destination)) {}

    /// Says goodbye: a last report with RTCP BYE.
    pub fn close(&mut self, _now: Instant, _sink: &mut dyn FnMut(&[u8], Destination)) {}

    /// Queues a digit (`0`–`9`, `*`, `#`, `A`–`D`) for sending as RFC 4733 events.
    pub fn send_dtmf(&mut self, _digit: char, _duration_ms: u32) -> Result<(), DtmfError> {
        Err(DtmfError::NotAgreed)
    }

    /// Hands out what happened, oldest first, until `None`.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        None
    }

    /// The figures so far.
    pub fn stats(&self) -> LegStats {
        LegStats {
            codec: self.params.as_ref().map(|p| p.send.0),
            ..LegStats::default()
        }
    }
}
