//! What the engine is told and what it tells.
//!
//! *Legs* carry RTP, *rooms* mix N−1: every member of a room hears all other members. The local device
//! (microphone and speaker) is a member of at most one room; *feeds* play sounds into a room, into one
//! leg, or out of a device. A leg outside any room sends silence and is heard by nobody.

use std::{
    net::{SocketAddr, UdpSocket},
    path::PathBuf,
    sync::Arc,
};

/// One RTP stream in both directions, chosen by the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub u64);

/// One N−1 mix, chosen by the owner; exists while it has members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(pub u64);

/// One sound being played, chosen by the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId(pub u64);

/// What a device is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceRole {
    /// Microphone and speaker of the call.
    Call,
    /// The ring tone.
    Ring,
}

/// Where the local microphone and speaker come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Backend {
    /// Real devices through cpal; `None` takes the system's default.
    Cpal {
        /// Name of the capture device.
        input: Option<String>,
        /// Name of the playback device.
        output: Option<String>,
        /// Name of the device the ring tone plays on.
        ring: Option<String>,
    },
    /// Files, tones and silence in real time (`--audio-in`, `--audio-out`).
    File {
        /// What the microphone hears.
        input: FileInput,
        /// Where the ear goes: a 48 kHz mono 16-bit WAV written from start to exit, or nowhere.
        output: Option<PathBuf>,
    },
    /// No local device at all: a timer paces the tick (server, simulator).
    None,
}

/// A microphone that is not one.
#[derive(Clone, Debug, PartialEq)]
pub enum FileInput {
    /// Digital silence.
    Silence,
    /// A sine.
    Tone {
        /// Frequency in Hz.
        hz: f32,
        /// Level in dBFS (a full-scale sine is 0).
        dbfs: f32,
    },
    /// A WAV file of any rate and channel count, looped.
    Wav(PathBuf),
    /// 48 kHz mono samples, looped.
    Samples(Arc<[f32]>),
}

/// Opus complexity of a phone: best quality for the few calls it has (RFC 6716 §2.1.5).
pub const PHONE_COMPLEXITY: u8 = 9;
/// Opus complexity of a server, which encodes for every leg of every conversation.
pub const SERVER_COMPLEXITY: u8 = 5;

/// How the engine starts.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// The local device.
    pub backend: Backend,
    /// How hard the Opus encoders try, 0–10: [`PHONE_COMPLEXITY`] or [`SERVER_COMPLEXITY`].
    pub opus_complexity: u8,
    /// Seeds SSRCs, sequence numbers and timestamps.
    pub seed: [u8; 32],
}

/// Codecs the engine speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodecKind {
    /// Opus, 48 kHz (RFC 7587).
    Opus,
    /// G.711 µ-law (RFC 3551).
    Pcmu,
    /// G.711 A-law (RFC 3551).
    Pcma,
}

impl CodecKind {
    /// Every codec, the best first.
    pub const ALL: [Self; 3] = [Self::Opus, Self::Pcma, Self::Pcmu];

    /// The encoding name of its RTP payload format (RFC 3551 §6, RFC 7587 §7), as session descriptions write it.
    pub const fn encoding_name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }

    /// The codec of an encoding name, in any case.
    pub fn from_encoding_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.encoding_name().eq_ignore_ascii_case(name))
    }

    /// The RTP clock rate in Hz.
    pub const fn clock_rate(self) -> u32 {
        match self {
            Self::Opus => 48_000,
            Self::Pcmu | Self::Pcma => 8_000,
        }
    }
}

/// Which ways voice flows on a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegDirection {
    /// We send voice (otherwise nothing but RTCP).
    pub send: bool,
    /// We play what arrives.
    pub receive: bool,
}

/// A new leg.
#[derive(Debug)]
pub struct LegConfig {
    /// Its bound RTP socket; RTCP shares it (RFC 5761) unless `rtcp_socket` is there.
    pub socket: UdpSocket,
    /// A separate RTCP socket for peers without rtcp-mux.
    pub rtcp_socket: Option<UdpSocket>,
    /// What was agreed; `None` until offer and answer are complete.
    pub params: Option<LegParams>,
}

/// What offer and answer agreed for a leg; sent again on every change.
#[derive(Clone, Debug, PartialEq)]
pub struct LegParams {
    /// Where RTP goes. Until something arrives from elsewhere: then it follows (symmetric RTP).
    pub remote: Option<SocketAddr>,
    /// Where RTCP goes.
    pub remote_rtcp: Option<SocketAddr>,
    /// RTP and RTCP share a port.
    pub rtcp_mux: bool,
    /// Codec and payload type to send with.
    pub send: (CodecKind, u8),
    /// Codecs and payload types that may arrive.
    pub receive: Vec<(CodecKind, u8)>,
    /// RFC 4733 events towards the peer, if agreed.
    pub send_events: Option<EventFormat>,
    /// RFC 4733 events that may arrive. The number they are sent under is taken as well: many peers answer
    /// with a number of their own and then use it both ways.
    pub receive_events: Vec<EventFormat>,
    /// Packet time in milliseconds: 10, 20, 40 or 60.
    pub ptime_ms: u8,
    /// Which ways voice flows.
    pub direction: LegDirection,
}

/// How RFC 4733 events are written: payload type and the clock their durations count in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventFormat {
    /// 0–127.
    pub payload_type: u8,
    /// In Hz. The timestamps of the packets are the voice's all the same.
    pub clock_rate: u32,
}

/// A sound to play.
#[derive(Clone, Debug)]
pub enum Sound {
    /// 48 kHz mono samples, once or for ever.
    Samples {
        /// The samples.
        samples: Arc<[f32]>,
        /// Start again at the end.
        repeat: bool,
    },
    /// A sine.
    Tone {
        /// Frequency in Hz.
        hz: f32,
        /// Level in dBFS.
        dbfs: f32,
    },
}

/// Where a feed plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedTarget {
    /// To every member of a room.
    Room(RoomId),
    /// Down one leg only, towards its peer.
    Leg(LegId),
    /// Out of a local device.
    Device(DeviceRole),
}

/// Loudness of the last 100 ms as RMS in dBFS; −127 is silence (RFC 6464's range).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// What goes out.
    pub sent: f32,
    /// What is played.
    pub heard: f32,
}

/// A leg's figures so far (RFC 3550, RFC 3611).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LegStats {
    /// Codec being sent.
    pub codec: Option<CodecKind>,
    /// RTP packets sent.
    pub sent: u64,
    /// RTP packets received.
    pub received: u64,
    /// Packets lost on the way to us.
    pub lost: u64,
    /// Interarrival jitter in milliseconds (RFC 3550 §6.4.1).
    pub jitter_ms: f32,
    /// Round-trip time in milliseconds from RTCP, when known.
    pub rtt_ms: Option<f32>,
    /// Time from arrival to playout in milliseconds.
    pub playout_delay_ms: f32,
    /// Share of played 10 ms frames that were concealed, 0–1.
    pub concealed_ratio: f32,
    /// Estimated mean opinion score of what we hear, 1–4.5 (ITU-T G.107); `None` before the first second of it.
    pub mos: Option<f32>,
    /// Frames of 10 ms that carried speech energy (above −50 dBFS) towards the room.
    pub speech_frames_heard: u64,
    /// Frames of 10 ms with speech energy that we sent.
    pub speech_frames_sent: u64,
}

/// What the engine tells.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineEvent {
    /// Loudness on a leg, ten times a second while it is in a room.
    Levels {
        /// The leg.
        leg: LegId,
        /// Its levels.
        levels: Levels,
    },
    /// The first RTP packet arrived, or packets arrive again after `MediaLost`.
    MediaFlowing {
        /// The leg.
        leg: LegId,
        /// From where.
        from: SocketAddr,
    },
    /// Nothing arrived for 2 s although it should: voice flows both ways, neither side holds.
    MediaLost {
        /// The leg.
        leg: LegId,
    },
    /// A DTMF digit arrived (RFC 4733).
    Dtmf {
        /// The leg.
        leg: LegId,
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: char,
        /// How long it was held.
        duration_ms: u32,
    },
    /// A leg was removed; nothing more comes from it.
    LegEnded {
        /// The leg.
        leg: LegId,
        /// Its final figures.
        stats: LegStats,
    },
    /// A sound that does not repeat has ended.
    FeedEnded(FeedId),
    /// The device in use for a role; `None` when there is none and silence stands in.
    Device {
        /// What for.
        role: DeviceRole,
        /// The capture device's name.
        input: Option<String>,
        /// The playback device's name.
        output: Option<String>,
        /// A plain sentence when something is wrong.
        problem: Option<String>,
    },
}
