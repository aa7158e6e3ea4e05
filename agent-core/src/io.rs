//! What goes into a session and what comes out.

use std::net::SocketAddr;

use contact_api::{
    event::Snapshot,
    frame::{EventFrame, Op, OpError},
    rest::{Me, StationSip},
};
use sip_core::{
    agent as sip,
    sdp::{LocalMedia, NegotiatedMedia},
};

use crate::{Command, CommandError, Notification, Reply, SignInField, Theme, ToastKind};

/// Ties a command to its reply; chosen by the face that sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub u64);

/// One RTP leg of the local media engine, chosen by the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub u64);

/// Everything that can happen to a session.
#[derive(Debug)]
pub enum Input {
    /// Time has passed.
    Tick,
    /// A face wants something; answered by exactly one [`Output::Reply`] when there is a token.
    Command {
        /// Whom to answer.
        token: Option<Token>,
        /// What to do.
        command: Command,
    },
    /// The SIP user agent says something.
    Sip(sip::Event),
    /// The contact-centre link says something.
    Center(CenterInput),
    /// The media engine says something.
    Media(MediaInput),
    /// A driver has something the person should know.
    Notice {
        /// How bad.
        kind: ToastKind,
        /// A plain sentence.
        text: String,
    },
    /// End of input or window closed: hang up, sign out, unregister, then [`Output::Stopped`].
    Stop,
}

/// From the contact-centre link driver.
#[derive(Debug)]
pub enum CenterInput {
    /// Signed in: token granted, `/me` read and a station's SIP account issued.
    SignedIn {
        /// Who we are.
        me: Box<Me>,
        /// Our SIP account.
        sip: Box<StationSip>,
    },
    /// The sign-in failed.
    SignInFailed(LinkFault),
    /// The WebSocket is up. What was missed follows before anything new.
    Up {
        /// The server's clock now, Unix milliseconds.
        server_time: u64,
        /// A snapshot follows at once; until then nothing is known of the state.
        snapshot: bool,
    },
    /// Full state, in place of all before.
    Snapshot(Box<Snapshot>),
    /// An event, in order and once.
    Event(Box<EventFrame>),
    /// The answer to [`CenterCommand::Do`].
    Answer {
        /// Its id.
        id: u64,
        /// What it gave.
        result: Result<Option<serde_json::Value>, OpError>,
    },
    /// The contact centre has signed this station out, and removed its SIP account.
    Dismissed {
        /// One of [`contact_api::frame::goaway`].
        reason: String,
    },
    /// The WebSocket is down; the driver retries by itself and resumes.
    Down {
        /// A plain sentence.
        reason: String,
        /// When it tries again.
        retry_in: std::time::Duration,
        /// What of it the contact centre asked for: [`CenterCommand::Reconnect`] does not shorten that.
        at_least: std::time::Duration,
    },
}

/// Why the contact centre could not be signed in to.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LinkFault {
    /// Address or password is wrong.
    #[error("Sign-in address or password is wrong")]
    BadCredentials,
    /// The sign-in could not be renewed.
    #[error("Your sign-in has expired: sign in again")]
    Expired,
    /// Too many attempts.
    #[error("Too many attempts; try again in {retry_s} s")]
    TooManyAttempts {
        /// Seconds to wait.
        retry_s: u64,
    },
    /// Not the address of a server at all.
    #[error("`{server}` is not a server address: {why}")]
    BadAddress {
        /// The server address as typed.
        server: String,
        /// What to write.
        why: String,
    },
    /// Nobody answers at that address.
    #[error("{server} cannot be reached: {why}")]
    Unreachable {
        /// The server address as typed.
        server: String,
        /// What the system said.
        why: String,
    },
    /// Something answers, but not a Ringside server.
    #[error("{server} is not a Ringside server: {why}")]
    NotRingside {
        /// The server address as typed.
        server: String,
        /// What gave it away.
        why: String,
    },
}

impl LinkFault {
    /// The field of the sign-in page to look at again.
    pub const fn field(&self) -> SignInField {
        match self {
            Self::BadCredentials | Self::Expired | Self::TooManyAttempts { .. } => SignInField::Password,
            Self::BadAddress { .. } | Self::Unreachable { .. } | Self::NotRingside { .. } => {
                SignInField::Server
            }
        }
    }
}

/// From the media driver.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaInput {
    /// A leg has its socket.
    Opened {
        /// The leg.
        leg: LegId,
        /// Where it receives and what it can do.
        local: Box<LocalMedia>,
    },
    /// A leg could not get a socket.
    OpenFailed {
        /// The leg.
        leg: LegId,
        /// A plain sentence.
        reason: String,
    },
    /// Loudness, at most ten times a second.
    Levels {
        /// The leg.
        leg: LegId,
        /// In dBFS.
        levels: Levels,
    },
    /// Packets arrive.
    Flowing {
        /// The leg.
        leg: LegId,
    },
    /// Nothing arrives any more although it should.
    Lost {
        /// The leg.
        leg: LegId,
    },
    /// A digit arrived.
    Dtmf {
        /// The leg.
        leg: LegId,
        /// The digit.
        digit: char,
        /// How long it was held.
        duration_ms: u32,
    },
    /// The devices in use.
    Audio(AudioState),
    /// Answer to [`MediaCommand::Stats`]: the JSON object of `call.stats`.
    Stats {
        /// Whom to answer.
        token: Token,
        /// The figures, or `None` when the leg is gone.
        stats: Option<serde_json::Value>,
    },
}

/// Loudness in dBFS; −127 is silence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// What goes out.
    pub sent: f32,
    /// What is heard.
    pub heard: f32,
}

impl Levels {
    /// Nothing either way.
    pub const SILENCE: Self = Self {
        sent: -127.0,
        heard: -127.0,
    };
}

/// The audio devices in use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudioState {
    /// Capture device; `None` is silence.
    pub input: Option<String>,
    /// Playback device; `None` is silence.
    pub output: Option<String>,
    /// What is wrong, in a sentence.
    pub problem: Option<String>,
}

/// Everything a session can want.
#[derive(Debug)]
pub enum Output {
    /// To the SIP user agent.
    Sip(sip::Command),
    /// To the contact-centre link.
    Center(CenterCommand),
    /// To the media engine.
    Media(MediaCommand),
    /// The answer to a command.
    Reply {
        /// Who asked.
        token: Token,
        /// What it gave.
        result: Result<Reply, CommandError>,
    },
    /// Something happened (JSON-RPC notification; the window looks at [`crate::View`] instead).
    Notify(Notification),
    /// Ring, or stop ringing with `None`.
    Ring(Option<RingKind>),
    /// Tell the person through the operating system, window or no window.
    Alert {
        /// Short.
        title: String,
        /// One sentence.
        body: String,
    },
    /// Remember a setting.
    Persist(Setting),
    /// Everything is hung up and signed out.
    Stopped,
}

/// How to ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingKind {
    /// The ring tone on the ring device.
    RingTone,
    /// A discreet beep in the headset: the agent is already talking.
    CallWaiting,
}

/// Something worth remembering.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// The look.
    Theme(Theme),
    /// What the sign-in page starts with.
    LastSignIn {
        /// Server address.
        server: String,
        /// Sign-in address.
        address: String,
    },
}

/// To the contact-centre link driver.
pub enum CenterCommand {
    /// Get a token, `/me` and a station, then keep the WebSocket up.
    SignIn {
        /// `http://host:port`.
        server: String,
        /// Sign-in address.
        address: String,
        /// Password; never logged.
        password: String,
    },
    /// Do something, now or when the socket is back; done once whatever happens to the socket, and answered
    /// by [`CenterInput::Answer`].
    Do {
        /// Chosen by the session, different for each.
        id: u64,
        /// What to do.
        op: Op,
    },
    /// Nobody waits for this one any more: do not send it again.
    Withdraw(u64),
    /// Stop waiting for the next planned attempt and connect now, or when the wait that the contact centre asked
    /// for is over.
    Reconnect,
    /// Send what is waiting, close and forget the tokens.
    SignOut,
}

impl std::fmt::Debug for CenterCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SignIn { server, address, .. } => f
                .debug_struct("SignIn")
                .field("server", server)
                .field("address", address)
                .finish_non_exhaustive(),
            Self::Do { id, op } => f.debug_struct("Do").field("id", id).field("op", op).finish(),
            Self::Withdraw(id) => f.debug_tuple("Withdraw").field(id).finish(),
            Self::Reconnect => f.write_str("Reconnect"),
            Self::SignOut => f.write_str("SignOut"),
        }
    }
}

/// To the media driver.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaCommand {
    /// Bind a socket for a leg; answered by [`MediaInput::Opened`].
    Open {
        /// The leg.
        leg: LegId,
        /// The peer's signalling address, to choose the local address towards it.
        toward: Option<SocketAddr>,
        /// Codec names, best first (`opus`, `PCMA`, `PCMU`); empty means the default list.
        codecs: Vec<String>,
    },
    /// What offer and answer agreed.
    Update {
        /// The leg.
        leg: LegId,
        /// The agreement.
        media: Box<NegotiatedMedia>,
    },
    /// Connect the leg with microphone and speaker, or take it off.
    Connect {
        /// The leg.
        leg: LegId,
        /// Connected or not (held calls are not).
        connected: bool,
    },
    /// Mute what the leg sends.
    Mute {
        /// The leg.
        leg: LegId,
        /// Muted or not.
        muted: bool,
    },
    /// Send a DTMF digit.
    Dtmf {
        /// The leg.
        leg: LegId,
        /// The digit.
        digit: char,
    },
    /// Ask for figures.
    Stats {
        /// The leg.
        leg: LegId,
        /// Comes back in [`MediaInput::Stats`].
        token: Token,
    },
    /// Close the leg and its socket.
    Close {
        /// The leg.
        leg: LegId,
    },
}
