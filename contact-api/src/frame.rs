//! WebSocket frames of acp/1, one JSON object each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::Snapshot;

/// From agent to server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ClientFrame {
    /// First frame of a connection.
    Hello {
        /// [`crate::PROTOCOL`].
        proto: u32,
        /// The access token.
        token: String,
        /// The station's id.
        station: String,
        /// Where to go on, after a reconnect.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume: Option<Resume>,
    },
    /// A command.
    Cmd {
        /// Idempotency key, unique per station.
        id: String,
        /// What to do.
        #[serde(flatten)]
        op: Op,
        /// Only if the subject still has this version.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        if_version: Option<u64>,
    },
    /// Events up to `seq` are applied.
    Ack {
        /// The last applied sequence number.
        seq: u64,
    },
}

/// A place in the event log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resume {
    /// The log.
    pub epoch: String,
    /// The last event seen.
    pub seq: u64,
}

/// Commands, as `op` and `args`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", content = "args")]
pub enum Op {
    /// Sign in to a UCC; gives [`crate::model::UccOutcome`].
    #[serde(rename = "agent.ucc_sign_in")]
    UccSignIn {
        /// UCC id.
        ucc: String,
    },
    /// Sign out of a UCC; gives [`crate::model::UccOutcome`].
    #[serde(rename = "agent.ucc_sign_out")]
    UccSignOut {
        /// UCC id.
        ucc: String,
        /// Confirmed although last in a skill.
        #[serde(default)]
        force: bool,
    },
    /// Hunt me.
    #[serde(rename = "agent.ready")]
    Ready {},
    /// Do not hunt me.
    #[serde(rename = "agent.not_ready")]
    NotReady {
        /// The agent's reason.
        #[serde(default)]
        reason: Option<String>,
    },
    /// Accept an offer; the INVITE is answered by the phone.
    #[serde(rename = "offer.accept")]
    OfferAccept {
        /// The offer.
        offer: String,
    },
    /// Ignore an offer: stop ringing here, hunt elsewhere.
    #[serde(rename = "offer.ignore")]
    OfferIgnore {
        /// The offer.
        offer: String,
    },
    /// Take a conversation from the waiting queue; it is then offered to this agent.
    #[serde(rename = "queue.take")]
    QueueTake {
        /// The conversation.
        conversation: String,
    },
    /// Why the agent is or is not hunted, per UCC and skill; gives [`crate::model::Why`].
    #[serde(rename = "agent.why")]
    Why {},
    /// The agent signs out of the contact centre and of every UCC; gives [`crate::model::SignOutOutcome`].
    #[serde(rename = "agent.sign_out")]
    SignOut {
        /// Confirmed although last in a skill.
        #[serde(default)]
        force: bool,
    },
}

/// From server to agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ServerFrame {
    /// Answer to `hello`.
    Welcome {
        /// Names the event log; a new one makes old sequence numbers void.
        epoch: String,
        /// The newest event.
        seq: u64,
        /// The server's clock, Unix milliseconds.
        server_time: u64,
        /// Ping at least this often; the peer is dead after 2.5 times as long.
        keepalive_ms: u64,
        /// What comes next.
        mode: Mode,
    },
    /// Full state as of `seq`.
    Snap {
        /// The newest event it contains.
        seq: u64,
        /// The state.
        body: Box<Snapshot>,
    },
    /// An event; decode `kind` and `body` with [`EventFrame::decode`].
    Ev(EventFrame),
    /// Answer to a command.
    Res {
        /// The command's id.
        id: String,
        /// Whether it was done.
        ok: bool,
        /// The event at which its effect is visible.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        /// What it gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
        /// What went wrong.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        err: Option<OpError>,
    },
    /// The server closes this connection; come back later.
    Goaway {
        /// Why: one of [`goaway`], or words from a newer server.
        reason: String,
        /// Wait between these, in milliseconds.
        reconnect_ms: [u64; 2],
    },
}

/// How a connection catches up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Every missed event follows.
    Replay,
    /// A `snap` follows.
    Snapshot,
}

/// An event on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventFrame {
    /// Place in the log; grows, with gaps.
    pub seq: u64,
    /// When, Unix milliseconds.
    pub at: u64,
    /// What kind.
    pub kind: String,
    /// What it is about: `conversation/c_9`, `offer/o_3`, `agent/a_1`.
    pub subject: String,
    /// The subject's version after the event.
    pub version: u64,
    /// The body; its shape depends on `kind`.
    pub body: Value,
}

impl EventFrame {
    /// The event, or `None` for a kind this version does not know.
    pub fn decode(&self) -> Option<crate::event::Event> {
        let tagged = serde_json::json!({"kind": self.kind, "body": self.body});
        serde_json::from_value(tagged).ok()
    }
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OpError {
    /// Stable code: `not_found`, `wrong_state`, `lost_race`, `forbidden`, `conflict`, `bad_request`.
    pub code: String,
    /// What happened and what to do, for people.
    pub detail: String,
}

/// Reasons in [`ServerFrame::Goaway`].
pub mod goaway {
    /// The server stops or restarts; reconnect and resume.
    pub const RESTART: &str = "restart";
    /// This client read too slowly; reconnect and resume.
    pub const SLOW: &str = "slow";
    /// The access token is unknown or has expired; refresh it, then reconnect.
    pub const TOKEN: &str = "token";
    /// Another station of the agent took over; do not reconnect.
    pub const TAKEOVER: &str = "takeover";
    /// The same station opened another connection; that one goes on.
    pub const REPLACED: &str = "replaced";
    /// The agent signed out; do not reconnect.
    pub const SIGNED_OUT: &str = "signed_out";
    /// The client broke the protocol (first frame, size, JSON); a bug to report.
    pub const PROTOCOL: &str = "protocol";
}
