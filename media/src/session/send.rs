//! The sending half of a session: frames to packets, digits, reports.

use std::time::Instant;

use rtp_rs::{RtpPacketBuilder, Seq};

use super::{Destination, DtmfError, Port, RtpSession};
use crate::{
    FRAME,
    codec::MAX_PAYLOAD,
    quality,
    rtp::{self, Sent},
};

/// Longest packet time, 60 ms, in 48 kHz samples.
const MAX_PTIME: usize = 6 * FRAME;
const HEADER: usize = RtpReader::MIN_HEADER_LEN;
use rtp_rs::RtpReader;

/// What the sender keeps.
#[derive(Debug)]
pub(super) struct Outbound {
    seq: u16,
    /// Timestamp of the packet being collected.
    timestamp: u32,
    collected: [f32; MAX_PTIME],
    len: usize,
    /// The next packet is the first after a pause (RFC 3551 §4.1).
    marker: bool,
    muted: bool,
    /// Gain at the end of the last frame: 1 when heard, 0 when muted.
    gain: f32,
    packets: u64,
    octets: u64,
    /// Packets at the last and the last but one report.
    reported: [u64; 2],
    payload: [u8; MAX_PAYLOAD],
    packet: [u8; HEADER + MAX_PAYLOAD],
}

impl Outbound {
    pub(super) fn new(seq: u16, timestamp: u32) -> Self {
        Self {
            seq,
            timestamp,
            collected: [0.0; MAX_PTIME],
            len: 0,
            marker: true,
            muted: false,
            gain: 1.0,
            packets: 0,
            octets: 0,
            reported: [0; 2],
            payload: [0; MAX_PAYLOAD],
            packet: [0; HEADER + MAX_PAYLOAD],
        }
    }

    pub(super) fn packets(&self) -> u64 {
        self.packets
    }

    /// Another codec or packet time: begin a new packet, marked.
    pub(super) fn restart(&mut self) {
        self.len = 0;
        self.marker = true;
    }

    /// Appends a frame, silenced while muted, without a step between the two.
    fn collect(&mut self, frame: &[f32; FRAME]) -> &[f32] {
        let from = self.gain;
        let to = if self.muted { 0.0 } else { 1.0 };
        self.gain = to;
        let start = self.len.min(MAX_PTIME - FRAME);
        let place = &mut self.collected[start..start + FRAME];
        for (i, (out, sample)) in place.iter_mut().zip(frame).enumerate() {
            let sample = if sample.is_finite() { *sample } else { 0.0 };
            *out = sample * (from + (to - from) * (i + 1) as f32 / FRAME as f32);
        }
        self.len = start + FRAME;
        &self.collected[start..start + FRAME]
    }

    /// Builds the packet around `payload[..len]` and hands it to `sink`.
    fn send(
        &mut self,
        header: Header,
        len: usize,
        to: Destination,
        sink: &mut dyn FnMut(&[u8], Destination),
    ) {
        let built = RtpPacketBuilder::new()
            .payload_type(header.payload_type)
            .marked(header.marker)
            .sequence(Seq::from(self.seq))
            .timestamp(header.timestamp)
            .ssrc(header.ssrc)
            .payload(&self.payload[..len])
            .build_into(&mut self.packet);
        if let Ok(n) = built {
            self.seq = self.seq.wrapping_add(1);
            self.packets += 1;
            self.octets += len as u64;
            sink(&self.packet[..n], to);
        }
    }
}

#[derive(Clone, Copy)]
struct Header {
    payload_type: u8,
    marker: bool,
    timestamp: u32,
    ssrc: u32,
}

impl RtpSession {
    /// Sends silence instead of what `push` is given; packets keep flowing.
    pub fn set_muted(&mut self, muted: bool) {
        self.out.muted = muted;
    }

    /// Takes the next 10 ms to be sent; called once per tick, always, so that timestamps go on through hold.
    /// `sink` gets a packet whenever a packet time is complete.
    pub fn push(&mut self, _now: Instant, frame: &[f32; FRAME], sink: &mut dyn FnMut(&[u8], Destination)) {
        let Some(params) = &self.params else {
            return;
        };
        let (kind, payload_type) = params.send;
        let sends = params.direction.send;
        let events = params.send_events;
        let ptime_ms = ptime(params.ptime_ms);
        let said = self.out.collect(frame);
        if sends && quality::level_dbfs(said) > quality::SPEECH_DBFS {
            self.speech_sent += 1;
        }
        let wanted = ptime_ms as usize * 48;
        if self.out.len < wanted {
            return;
        }
        self.out.len = 0;
        let rate = kind.clock_rate();
        let timestamp = self.out.timestamp;
        self.out.timestamp = timestamp.wrapping_add(ptime_ms * rate / 1_000);
        let (true, Some(to)) = (sends, self.rtp_latch.target()) else {
            self.out.marker = true;
            return;
        };
        let to = Destination { to, port: Port::Rtp };
        if let Some(events) = events
            && let Some(event) = self.dtmf_out.next(timestamp, ptime_ms, rate, events.clock_rate)
        {
            let header = Header {
                payload_type: events.payload_type,
                marker: event.marker,
                timestamp: event.timestamp,
                ssrc: self.ssrc,
            };
            self.out.payload[..4].copy_from_slice(&event.payload);
            for _ in 0..event.times {
                self.out.send(header, 4, to, sink);
            }
            return;
        }
        let Some(encoder) = &mut self.encoder else {
            return;
        };
        match encoder.encode(&self.out.collected[..wanted], &mut self.out.payload) {
            Ok(len) => {
                let header = Header {
                    payload_type,
                    marker: std::mem::take(&mut self.out.marker),
                    timestamp,
                    ssrc: self.ssrc,
                };
                self.out.send(header, len, to, sink);
            }
            Err(error) => tracing::debug!(%error, "a frame was not encoded"),
        }
    }

    /// Sends an RTCP report when one is due (RFC 3550 §6.3); called once per tick.
    pub fn poll_rtcp(&mut self, now: Instant, sink: &mut dyn FnMut(&[u8], Destination)) {
        if self.params.is_some() && self.schedule.is_due(now) {
            self.report(now, false, sink);
        }
    }

    /// Says goodbye: a last report with RTCP BYE. Nothing is said where nothing was ever sent (§6.3.7).
    pub fn close(&mut self, now: Instant, sink: &mut dyn FnMut(&[u8], Destination)) {
        if self.out.packets > 0 || self.reports > 0 {
            self.report(now, true, sink);
        }
    }

    fn report(&mut self, now: Instant, bye: bool, sink: &mut dyn FnMut(&[u8], Destination)) {
        let Some(to) = self.rtcp_destination() else {
            return;
        };
        // A sender is who sent since the last report but one (§6.4).
        let rate = self.params.as_ref().map_or(48_000, |p| p.send.0.clock_rate());
        let collected = (self.out.len as u64 * u64::from(rate) / 48_000) as u32;
        let sent = (self.out.packets > self.out.reported[1]).then_some(Sent {
            rtp_timestamp: self.out.timestamp.wrapping_add(collected),
            packets: self.out.packets,
            octets: self.out.octets,
        });
        self.out.reported = [self.out.packets, self.out.reported[0]];
        let ntp = self.ntp(now);
        if let Some(packet) = self.rtcp.write(ntp, sent, self.source.as_mut(), bye) {
            sink(packet, to);
            self.reports += 1;
        }
    }

    fn rtcp_destination(&self) -> Option<Destination> {
        let params = self.params.as_ref()?;
        if params.rtcp_mux {
            return Some(Destination {
                to: self.rtp_latch.target()?,
                port: Port::Rtp,
            });
        }
        // Without a word about it, RTCP is one port above RTP (RFC 3550 §11).
        let above = || {
            let mut rtp = self.rtp_latch.target()?;
            rtp.set_port(rtp.port().checked_add(1)?);
            Some(rtp)
        };
        Some(Destination {
            to: self.rtcp_latch.target().or_else(above)?,
            port: Port::Rtcp,
        })
    }

    /// Queues a digit (`0`–`9`, `*`, `#`, `A`–`D`) for sending as RFC 4733 events, 40 ms to 10 s long.
    pub fn send_dtmf(&mut self, digit: char, duration_ms: u32) -> Result<(), DtmfError> {
        if self.params.as_ref().is_none_or(|p| p.send_events.is_none()) {
            return Err(DtmfError::NotAgreed);
        }
        let code = rtp::dtmf_code(digit).ok_or(DtmfError::Digit(digit))?;
        if self.dtmf_out.push(code, duration_ms) {
            Ok(())
        } else {
            Err(DtmfError::Full)
        }
    }
}

/// A packet time every codec can do: 10, 20, 40 or 60 ms.
pub(super) fn ptime(agreed: u8) -> u32 {
    match agreed {
        0..=10 => 10,
        11..=29 => 20,
        30..=49 => 40,
        50.. => 60,
    }
}
