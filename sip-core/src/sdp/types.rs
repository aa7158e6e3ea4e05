//! The media description a call needs, before and after negotiation.

use std::net::{IpAddr, SocketAddr};

/// One direction of a stream, seen from our side (RFC 3264 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Both ways.
    SendRecv,
    /// We send only: the peer is on hold.
    SendOnly,
    /// We receive only: the peer holds us.
    RecvOnly,
    /// Neither.
    Inactive,
}

/// A payload format (RFC 3551, RFC 7587).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Codec {
    /// Encoding name: `opus`, `PCMU`, `PCMA`, `G722`, `telephone-event`.
    pub name: String,
    /// RTP clock rate in Hz.
    pub clock_rate: u32,
    /// Channels; 2 for Opus by definition.
    pub channels: u8,
    /// The payload type we propose, 0–127.
    pub payload_type: u8,
    /// Format parameters, as in `a=fmtp`.
    pub fmtp: Option<String>,
}

impl Codec {
    /// Not voice but digits (RFC 4733).
    pub fn is_events(&self) -> bool {
        self.name.eq_ignore_ascii_case("telephone-event")
    }
}

/// What we can do: where we receive and with which codecs, best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalMedia {
    /// Where RTP reaches us.
    pub address: IpAddr,
    /// The RTP port; RTCP shares it (RFC 5761) or is one above.
    pub rtp_port: u16,
    /// Codecs, best first.
    pub codecs: Vec<Codec>,
    /// Packet time in milliseconds.
    pub ptime_ms: u8,
    /// What we want to do with the stream when nobody holds.
    pub direction: Direction,
}

/// What both sides agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NegotiatedMedia {
    /// Where to send RTP; `None` when the peer gave no address (`c=0.0.0.0`) or refused the stream.
    pub remote_rtp: Option<SocketAddr>,
    /// Where to send RTCP.
    pub remote_rtcp: Option<SocketAddr>,
    /// RTP and RTCP share a port (RFC 5761).
    pub rtcp_mux: bool,
    /// The codec to send with; its `payload_type` is the peer's.
    pub codec: Codec,
    /// Every agreed codec with the payload type it arrives under.
    pub receive: Vec<Codec>,
    /// RFC 4733 events towards the peer, under its payload type; those it sends are in `receive`.
    pub events: Option<Codec>,
    /// Packet time the peer asks for, in milliseconds.
    pub ptime_ms: u8,
    /// The direction from our side.
    pub direction: Direction,
}
