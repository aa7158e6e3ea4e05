//! What a session is given and what it gives back.

use std::{net::SocketAddr, time::Instant};

/// Identity and chance of one RTP session, all of it from the owner: the session has no random source.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// Our synchronisation source.
    pub ssrc: u32,
    /// Sequence number of the first packet we send.
    pub first_seq: u16,
    /// RTP timestamp of the first packet we send.
    pub first_ts: u32,
    /// Canonical name for RTCP SDES (RFC 3550 §6.5.1, RFC 7022: random, no user or host name); at most 255 bytes.
    pub cname: String,
    /// Moment at which `ntp_at_start` was read.
    pub start: Instant,
    /// Wall clock at `start` as a 64-bit NTP time (32.32 seconds since 1900).
    pub ntp_at_start: u64,
    /// Seeds the jitter of RTCP intervals.
    pub seed: u64,
    /// How hard the Opus encoder tries, 0–10.
    pub opus_complexity: u8,
}

/// Which of a leg's sockets a packet leaves by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// The RTP socket; with rtcp-mux RTCP leaves here too.
    Rtp,
    /// The separate RTCP socket.
    Rtcp,
}

/// Where a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Peer address.
    pub to: SocketAddr,
    /// Own socket.
    pub port: Port,
}

/// What became of a packet given to [`receive`](super::RtpSession::receive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Voice, queued for playout.
    Audio,
    /// An RFC 4733 event packet.
    Event,
    /// RTCP, taken into account.
    Rtcp,
    /// Not used.
    Ignored(Ignored),
}

/// Why a packet was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// Neither RTP nor RTCP, or broken.
    Malformed,
    /// A source other than the one the session follows.
    Source,
    /// A payload type that was not agreed.
    PayloadType,
    /// A sequence number already seen.
    Duplicate,
    /// Its turn to play has passed.
    Late,
    /// Bigger than any packet we accept.
    TooLarge,
    /// A synchronisation source on probation (RFC 3550 §A.1).
    Probation,
    /// The leg does not receive now (hold), or offer and answer are not complete.
    NotReceiving,
}

/// Where the 10 ms of a pull came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrameKind {
    /// Nothing to play: no call media yet, hold, or the peer fell silent long ago.
    #[default]
    Idle,
    /// Decoded voice.
    Normal,
    /// Decoded voice, a pitch period shorter to bring the delay down.
    Accelerated,
    /// Decoded voice, a pitch period longer to bring the delay up.
    Expanded,
    /// Rebuilt from redundancy in a later packet (in-band FEC).
    Recovered,
    /// Guessed: the packet did not come in time.
    Concealed,
    /// The peer's pause in speaking (DTX).
    ComfortNoise,
}

/// What one [`pull`](super::RtpSession::pull) gave.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pulled {
    /// Where the frame came from.
    pub kind: FrameKind,
    /// Its loudness as RMS in dBFS, −127 for silence.
    pub level_dbfs: f32,
    /// It carries speech energy (above −50 dBFS).
    pub speech: bool,
}

/// Something the owner should know; see [`poll_event`](super::RtpSession::poll_event).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// The first RTP packet arrived, or packets arrive again after `MediaLost`.
    MediaFlowing {
        /// From where.
        from: SocketAddr,
    },
    /// Nothing arrived for 2 s although it should.
    MediaLost,
    /// A DTMF digit ended (RFC 4733).
    Dtmf {
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: char,
        /// How long it was held.
        duration_ms: u32,
    },
    /// The peer said RTCP BYE.
    Bye,
}

/// Why a digit cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DtmfError {
    /// The peer did not agree to RFC 4733 events.
    #[error("the peer accepts no RFC 4733 events on this call: send digits by SIP INFO or as tones")]
    NotAgreed,
    /// Not a digit of RFC 4733.
    #[error("{0:?} is not a DTMF digit (0-9, *, #, A-D)")]
    Digit(char),
    /// Too many digits are waiting.
    #[error("32 digits are waiting to be sent already: try again in a moment")]
    Full,
}
