//! The receiving half of a session: packets to playout, digits and reports.

use std::{net::SocketAddr, time::Instant};

use rtp_rs::RtpReader;

use super::{Ignored, Pulled, Received, RtpSession, SessionEvent};
use crate::{
    FRAME,
    jitter::{Inserted, Packet},
    quality,
    rtp::{self, Judgement, Source},
};

/// No datagram of a call is larger: an Ethernet frame.
const MAX_PACKET: usize = 1_500;
/// RFC 3389 comfort noise on 8 kHz streams.
const CN_PAYLOAD_TYPE: u8 = 13;
/// Silence of the stream after which another one is believed at its first packet, in 48 kHz samples.
const STREAM_SILENT: i64 = 48 * 100;
/// Silence after which media is called lost.
const LOST_AFTER: i64 = 48 * 2_000;

/// A packet of another synchronisation source, not yet believed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    ssrc: u32,
    next: u16,
}

impl RtpSession {
    /// Takes one datagram from either socket. RTP and RTCP are told apart by content (RFC 5761 §4).
    pub fn receive(&mut self, now: Instant, from: SocketAddr, packet: &[u8]) -> Received {
        if packet.len() > MAX_PACKET {
            return Received::Ignored(Ignored::TooLarge);
        }
        if rtp::is_rtcp(packet) {
            return self.receive_rtcp(now, from, packet);
        }
        match self.receive_rtp(self.samples(now), from, packet) {
            Ok(received) => received,
            Err(why) => Received::Ignored(why),
        }
    }

    fn receive_rtp(&mut self, now: i64, from: SocketAddr, packet: &[u8]) -> Result<Received, Ignored> {
        let reader = RtpReader::new(packet).map_err(|_| Ignored::Malformed)?;
        let params = self.params.as_ref().ok_or(Ignored::NotReceiving)?;
        let payload_type = reader.payload_type();
        let audio = params.receive.iter().copied().find(|(_, pt)| *pt == payload_type);
        let event = params.receive_events.iter().chain(&params.send_events);
        let event = event
            .copied()
            .find(|e| audio.is_none() && e.payload_type == payload_type);
        let noise = audio.is_none() && payload_type == CN_PAYLOAD_TYPE && self.receive_rate == 8_000;
        if audio.is_none() && event.is_none() && !noise {
            return Err(Ignored::PayloadType);
        }
        let rate = audio.map_or(self.receive_rate, |(kind, _)| kind.clock_rate());
        let receiving = params.direction.receive;
        if !self.rtp_latch.accept(now, from) {
            return Err(Ignored::Source);
        }
        let seq = u16::from(reader.sequence_number());
        let seq = self.follow(now, reader.ssrc(), seq)?;
        self.receive_rate = rate;
        self.last_heard = now;
        if audio.is_some()
            && let Some(source) = &mut self.source
        {
            source.arrived(now, reader.timestamp(), rate);
        }
        if !receiving {
            return Err(Ignored::NotReceiving);
        }
        if !self.flowing {
            self.flowing = true;
            self.events.push(SessionEvent::MediaFlowing { from });
        }
        let inserted = self.playout.insert(
            now,
            Packet {
                seq,
                timestamp: reader.timestamp(),
                payload_type: audio.map(|(_, pt)| pt),
                payload: if audio.is_some() { reader.payload() } else { &[] },
            },
        );
        if let Some(event) = event {
            let (timestamp, payload) = (reader.timestamp(), reader.payload());
            let over = self.dtmf_in.receive(now, timestamp, payload, event.clock_rate);
            self.tell_digit(over);
            return Ok(Received::Event);
        }
        match inserted {
            Inserted::Queued => Ok(Received::Audio),
            Inserted::Duplicate => Err(Ignored::Duplicate),
            Inserted::Late => Err(Ignored::Late),
            Inserted::Invalid => Err(Ignored::Malformed),
        }
    }

    /// Which stream to follow; gives the packet's extended sequence number.
    fn follow(&mut self, now: i64, ssrc: u32, seq: u16) -> Result<u64, Ignored> {
        let confirmed = self.candidate.is_some_and(|c| c.ssrc == ssrc && c.next == seq);
        let judgement = match &mut self.source {
            Some(source) if source.ssrc == ssrc => source.update(seq),
            Some(_) if now - self.last_heard < STREAM_SILENT && !confirmed => {
                // One stray packet does not end a stream that is being heard; two in sequence do.
                self.candidate = Some(Candidate {
                    ssrc,
                    next: seq.wrapping_add(1),
                });
                return Err(Ignored::Probation);
            }
            _ => {
                if let Some(old) = &self.source {
                    self.received_before += old.received_in_all();
                    self.lost_before += old.lost();
                }
                self.playout.reset();
                self.rtcp.forget();
                self.source.insert(Source::new(ssrc, seq)).update(seq)
            }
        };
        self.candidate = None;
        match judgement {
            Judgement::Valid(seq) => Ok(seq),
            Judgement::Restarted(seq) => {
                self.playout.reset();
                Ok(seq)
            }
            Judgement::Probation => Err(Ignored::Probation),
        }
    }

    fn receive_rtcp(&mut self, now: Instant, from: SocketAddr, packet: &[u8]) -> Received {
        let Some(params) = &self.params else {
            return Received::Ignored(Ignored::NotReceiving);
        };
        // Reports come from the peer's host, whatever its NAT makes of the port.
        let known = [self.rtp_latch.target(), params.remote, params.remote_rtcp];
        if !known.iter().flatten().any(|address| address.ip() == from.ip()) {
            return Received::Ignored(Ignored::Source);
        }
        let ntp = self.ntp(now);
        let Some(remote) = self.rtcp.read(ntp, packet) else {
            return Received::Ignored(Ignored::Malformed);
        };
        if !params.rtcp_mux {
            let now = self.samples(now);
            self.rtcp_latch.accept(now, from);
        }
        if let Some(rtt) = remote.rtt {
            self.rtt = Some(rtt);
        }
        if let Some(lost) = remote.fraction_lost {
            // Up at once, down slowly: redundancy should outlast the gap between two bursts.
            self.peer_loss = if lost > self.peer_loss {
                lost
            } else {
                0.75 * self.peer_loss + 0.25 * lost
            };
            if let Some(encoder) = &mut self.encoder {
                encoder.set_expected_loss((self.peer_loss * 100.0).ceil() as u8);
            }
        }
        if remote.bye {
            self.events.push(SessionEvent::Bye);
        }
        Received::Rtcp
    }

    /// Fills the next 10 ms to be heard; called once per tick, always.
    pub fn pull(&mut self, now: Instant, out: &mut [f32; FRAME]) -> Pulled {
        let now = self.samples(now);
        let kind = self.playout.pull(now, out);
        let over = self.dtmf_in.poll(now);
        self.tell_digit(over);
        // A peer that holds us (we may not send) need not send either.
        let expected = self
            .params
            .as_ref()
            .is_some_and(|p| p.direction.receive && p.direction.send);
        if expected && now - self.last_heard.max(self.listening_since) > LOST_AFTER && !self.lost {
            self.lost = true;
            self.flowing = false;
            self.events.push(SessionEvent::MediaLost);
        } else if self.flowing {
            self.lost = false;
        }
        let level_dbfs = quality::level_dbfs(out);
        let speech = level_dbfs > quality::SPEECH_DBFS;
        if speech {
            self.speech_heard += 1;
        }
        Pulled {
            kind,
            level_dbfs,
            speech,
        }
    }

    fn tell_digit(&mut self, over: Option<(char, u32)>) {
        if let Some((digit, duration_ms)) = over {
            self.events.push(SessionEvent::Dtmf { digit, duration_ms });
        }
    }
}
