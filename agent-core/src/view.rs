//! What any face shows: a plain copy of the session's state, rebuilt when it changes.

use std::time::{Duration, Instant};

use contact_api::model::{Intent, Membership, Voice};
use sip_core::agent::CallId;

use crate::{AudioState, Levels};

/// Everything on the screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// The look.
    pub theme: Theme,
    /// The sign-in page, or the agent.
    pub sign_in: SignInView,
    /// The agent, once signed in.
    pub agent: Option<AgentView>,
    /// The link to the contact centre.
    pub connection: ConnectionView,
    /// The audio devices in use.
    pub audio: AudioState,
    /// Offers and direct calls that ring, oldest first.
    pub offers: Vec<OfferView>,
    /// Calls beyond ringing, oldest first.
    pub calls: Vec<CallView>,
    /// Conversations waiting in the agent's queues, in queue order.
    pub waiting: Vec<QueueRowView>,
    /// The agent's own conversations (F-200 Personal).
    pub personal: Vec<QueueRowView>,
    /// Conversations other agents have.
    pub connected: Vec<QueueRowView>,
    /// Short messages, newest last.
    pub toasts: Vec<Toast>,
    /// A question that waits for Yes or No.
    pub confirm: Option<ConfirmView>,
}

/// A sign-out that waits for the agent's word (F-016). Yes repeats it with `force`
/// ([`crate::Command::UccSignOut`], or [`crate::Command::SignOut`] when there is no UCC); No is
/// [`crate::Command::DismissConfirm`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmView {
    /// The question.
    pub text: String,
    /// The UCC to sign out of; `None` means all and the app.
    pub ucc: Option<String>,
}

/// The looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark.
    #[default]
    Dark,
    /// Light.
    Light,
}

/// The sign-in page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignInView {
    /// A sign-in is under way.
    pub busy: bool,
    /// Why the last one failed, and what to do.
    pub error: Option<String>,
    /// The field to look at again, with `error`.
    pub wrong: Option<SignInField>,
    /// How many have failed: tells a new failure from an old one in the same words.
    pub failures: u64,
    /// What the server field starts with.
    pub server: String,
    /// What the address field starts with.
    pub address: String,
}

/// A field of the sign-in page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInField {
    /// Server address.
    Server,
    /// Sign-in address.
    Address,
    /// Password.
    Password,
}

/// The agent at the top right.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentView {
    /// Name.
    pub name: String,
    /// Sign-in address.
    pub address: String,
    /// What the agent wants.
    pub intent: Intent,
    /// The voice channel.
    pub voice: Voice,
    /// Whether the queue may hunt the agent now.
    pub routable: bool,
    /// Why not.
    pub reason: Option<String>,
    /// Time in this state.
    pub since: Stopwatch,
    /// UCCs and memberships.
    pub uccs: Vec<UccView>,
}

/// One UCC in Manage profile.
#[derive(Clone, Debug, PartialEq)]
pub struct UccView {
    /// Its id.
    pub ucc: String,
    /// Its name.
    pub name: String,
    /// Signed in, signed out or informal.
    pub state: Membership,
    /// Skill names.
    pub skills: Vec<String>,
}

/// The link to the contact centre and the phone's registration.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ConnectionView {
    /// Not signed in.
    #[default]
    Offline,
    /// Under way.
    Connecting,
    /// Socket up and station registered.
    Up,
    /// Calls work, the queue view does not (socket down).
    Limited {
        /// A plain sentence.
        reason: String,
    },
    /// Calls do not work (station not registered).
    Phoneless {
        /// A plain sentence.
        reason: String,
    },
}

/// A ringing offer or direct call.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferView {
    /// The offer; `None` for a direct call.
    pub offer: Option<String>,
    /// The ringing call, when its INVITE is here. Accept works from then on.
    pub call: Option<CallId>,
    /// Name, or address when there is none.
    pub caller: String,
    /// Address.
    pub address: String,
    /// Skill and UCC, or `Direct call`.
    pub source: String,
    /// How long the customer has waited.
    pub waited: Stopwatch,
    /// When the ringing began.
    pub started: Instant,
    /// When it ends by itself.
    pub deadline: Option<Instant>,
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallView {
    /// Its id.
    pub call: CallId,
    /// The conversation it belongs to.
    pub conversation: Option<String>,
    /// Name, or address when there is none.
    pub peer: String,
    /// Address.
    pub address: String,
    /// Skill and UCC, or empty.
    pub source: String,
    /// Where it is.
    pub phase: CallPhase,
    /// Since it was answered (or started).
    pub since: Stopwatch,
    /// We hold the peer, since when.
    pub held: Option<Stopwatch>,
    /// The peer holds us.
    pub remote_held: bool,
    /// Our microphone is muted.
    pub muted: bool,
    /// Loudness.
    pub levels: Levels,
    /// Codec, for people: `HD voice (Opus)`, `PCMA`.
    pub codec: Option<String>,
    /// What is wrong with the voice, in a sentence.
    pub trouble: Option<String>,
}

/// Where a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallPhase {
    /// We call, nothing heard yet.
    Calling,
    /// It rings at the other end.
    Ringing,
    /// Accepted, not yet confirmed.
    Connecting,
    /// In conversation.
    Connected,
    /// Being hung up.
    Ending,
}

/// One row of the dialogues list.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueRowView {
    /// The conversation.
    pub conversation: String,
    /// Name, or address when there is none.
    pub caller: String,
    /// Address.
    pub address: String,
    /// Skill name.
    pub skill: String,
    /// UCC name.
    pub ucc: String,
    /// Time in the queue, or time connected.
    pub since: Stopwatch,
    /// The agent talking, when connected.
    pub agent: Option<String>,
    /// Whether Take is possible now.
    pub can_take: bool,
}

/// A short message.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// For [`crate::Command::DismissToast`].
    pub id: u64,
    /// How bad.
    pub kind: ToastKind,
    /// What happened and what to do next.
    pub text: String,
}

/// How bad a toast is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    /// Good to know.
    Info,
    /// Look at it.
    Warning,
    /// Something failed.
    Error,
}

/// A duration that runs: what had passed at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopwatch {
    /// Reference instant.
    pub at: Instant,
    /// What had already passed then.
    pub already: Duration,
}

impl Stopwatch {
    /// A stopwatch started at `at`.
    pub const fn starting(at: Instant) -> Self {
        Self {
            at,
            already: Duration::ZERO,
        }
    }

    /// What has passed at `now`.
    pub fn elapsed(&self, now: Instant) -> Duration {
        self.already + now.saturating_duration_since(self.at)
    }
}
