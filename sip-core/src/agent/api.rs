//! What a [`UserAgent`](super::UserAgent) is told and what it tells.

use std::time::Duration;

use crate::{
    sdp::{Direction, LocalMedia, NegotiatedMedia},
    wire::{NameAddr, Uri},
};

/// How a user agent behaves, whatever its accounts.
#[derive(Clone)]
pub struct AgentConfig {
    /// Seeds branches, tags, Call-IDs, SSRC-like numbers and jitter.
    pub seed: [u8; 32],
    /// The User-Agent and Server header.
    pub user_agent: String,
    /// Answer calls for any Request-URI user, not only those of an account and direct calls to the phone itself.
    pub accept_any_user: bool,
    /// Send 180 by itself for an incoming call.
    pub auto_ring: bool,
    /// Calls beyond this number are refused with 486.
    pub max_calls: usize,
}

impl std::fmt::Debug for AgentConfig {
    /// Leaves the seed out: who knows it can guess tags and nonces.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentConfig")
            .field("user_agent", &self.user_agent)
            .field("accept_any_user", &self.accept_any_user)
            .field("auto_ring", &self.auto_ring)
            .field("max_calls", &self.max_calls)
            .finish_non_exhaustive()
    }
}

/// Names an account; chosen by the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub u64);

/// Names one call at this user agent. The owner chooses ids for calls it starts
/// ([`CallId::outgoing`]); the user agent for those that arrive ([`CallId::incoming`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(u64);

impl CallId {
    const INCOMING: u64 = 1 << 63;

    /// The `n`th call of the owner.
    pub const fn outgoing(n: u64) -> Self {
        Self(n & !Self::INCOMING)
    }

    /// The `n`th call that arrived.
    pub const fn incoming(n: u64) -> Self {
        Self(n | Self::INCOMING)
    }
}

impl std::fmt::Display for CallId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let side = if self.0 & Self::INCOMING != 0 { "in" } else { "out" };
        write!(f, "{side}-{}", self.0 & !Self::INCOMING)
    }
}

/// An address of record and how to reach its registrar.
#[derive(Clone)]
pub struct AccountConfig {
    /// The address of record, `sip:user@domain`.
    pub uri: Uri,
    /// Shown to callees.
    pub display_name: Option<String>,
    /// Where REGISTER goes; the domain of `uri` when `None`.
    pub registrar: Option<Uri>,
    /// Where every other request goes first (a loose route); `None` sends to the target itself.
    pub outbound_proxy: Option<Uri>,
    /// Digest user name; the user of `uri` when `None`.
    pub username: Option<String>,
    /// Digest password; never logged.
    pub password: Option<String>,
    /// Whether to register at all.
    pub register: bool,
    /// Asked-for lifetime of the binding.
    pub expires: Duration,
}

impl std::fmt::Debug for AccountConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountConfig")
            .field("uri", &self.uri)
            .field("register", &self.register)
            .finish_non_exhaustive()
    }
}

/// What the owner wants.
#[derive(Clone, Debug)]
pub enum Command {
    /// Add an account and register it if it asks for that.
    AddAccount {
        /// Its id.
        account: AccountId,
        /// Its configuration.
        config: Box<AccountConfig>,
    },
    /// Unregister and forget an account. Its calls go on.
    RemoveAccount(AccountId),
    /// Forget an account that its registrar has already removed, bindings and all: nothing is sent, since it
    /// could only be refused. Its calls go on.
    ForgetAccount(AccountId),
    /// Register an account again now: its registrar may have lost the binding. Of a refresh only the outcome
    /// is told.
    Reregister(AccountId),
    /// Start a call.
    Call {
        /// Its id, from [`CallId::outgoing`].
        call: CallId,
        /// The calling account; `None` calls directly from the listening address.
        account: Option<AccountId>,
        /// The callee.
        to: Box<NameAddr>,
        /// Extra header fields (name, value).
        headers: Vec<(String, String)>,
        /// The offer.
        media: Box<LocalMedia>,
    },
    /// Send 180 (or another 18x), or 183 with an answer when `early_media` is there.
    Ring {
        /// The call.
        call: CallId,
        /// 180–189.
        status: u16,
        /// Answers the offer already now.
        early_media: Option<Box<LocalMedia>>,
    },
    /// Accept an incoming call with 200.
    Answer {
        /// The call.
        call: CallId,
        /// The answer (or the offer, when the INVITE had none).
        media: Box<LocalMedia>,
    },
    /// Refuse an incoming call; 503 goes out with `Retry-After: 30`.
    Reject {
        /// The call.
        call: CallId,
        /// 400–699.
        status: u16,
    },
    /// Answer an incoming call 302 with another contact.
    Redirect {
        /// The call.
        call: CallId,
        /// The new target.
        to: Box<NameAddr>,
    },
    /// End a call whatever its state: CANCEL, BYE or 603.
    Hangup {
        /// The call.
        call: CallId,
        /// `Reason` header value (RFC 3326), if any.
        reason: Option<String>,
    },
    /// Put the peer on hold (`sendonly`, or `inactive` when the peer holds us).
    Hold(CallId),
    /// Take the peer off hold.
    Resume(CallId),
    /// Offer anew with the same or another local media description (target and session refresh).
    Reinvite {
        /// The call.
        call: CallId,
        /// `None` repeats the last description.
        media: Option<Box<LocalMedia>>,
    },
    /// Ask a peer or registrar for a sign of life (OPTIONS); answered by [`Event::Pong`].
    Ping {
        /// Through which account.
        account: Option<AccountId>,
        /// Whom.
        to: Box<NameAddr>,
    },
    /// Hang up everything, unregister everything, then say [`Event::Stopped`]. Bounded by 2 s.
    Stop,
}

/// What the user agent tells.
#[derive(Clone, Debug)]
pub enum Event {
    /// An account's registration changed.
    Registration {
        /// The account.
        account: AccountId,
        /// Its state.
        state: RegistrationState,
    },
    /// Somebody calls.
    Incoming(Box<IncomingCall>),
    /// A call moved on.
    State {
        /// The call.
        call: CallId,
        /// Where it is now.
        state: CallState,
        /// The response that moved it, if one did.
        status: Option<u16>,
        /// Its reason phrase.
        reason: Option<String>,
    },
    /// Offer and answer are complete (again): voice flows as described.
    Media {
        /// The call.
        call: CallId,
        /// What was agreed, from our side.
        media: Box<NegotiatedMedia>,
        /// We hold the peer.
        local_hold: bool,
        /// The peer holds us.
        remote_hold: bool,
    },
    /// A hold or resume was refused or failed; the session stays as it was.
    MediaRefused {
        /// The call.
        call: CallId,
        /// The response, or `None` when there was none.
        status: Option<u16>,
        /// A plain sentence.
        cause: String,
    },
    /// A call is over. Exactly once per call.
    Ended {
        /// The call.
        call: CallId,
        /// The final response, if one ended it.
        status: Option<u16>,
        /// Its reason phrase, or the Reason header's text.
        reason: Option<String>,
        /// A plain sentence: who ended it and why.
        cause: String,
    },
    /// The answer to [`Command::Ping`].
    Pong {
        /// Who was asked.
        to: Box<NameAddr>,
        /// The response; `None` when there was none in 32 s.
        status: Option<u16>,
    },
    /// A listening socket or connection failed; calls on other flows go on.
    Trouble {
        /// A plain sentence.
        what: String,
    },
    /// [`Command::Stop`] is done.
    Stopped,
}

/// A call that has just arrived.
#[derive(Clone, Debug)]
pub struct IncomingCall {
    /// Its id.
    pub call: CallId,
    /// The account it is for, when one matches.
    pub account: Option<AccountId>,
    /// The caller.
    pub from: NameAddr,
    /// The callee as the caller wrote it.
    pub to: NameAddr,
    /// The Request-URI.
    pub request_uri: Uri,
    /// Every header field (canonical name, value).
    pub headers: Vec<(String, String)>,
    /// The call it asks to replace (RFC 3891).
    pub replaces: Option<CallId>,
    /// What the caller offers; `None` when the INVITE has no offer.
    pub offered: Option<Direction>,
}

/// Where a registration is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationState {
    /// A REGISTER is under way.
    Registering,
    /// Bound until `expires` from now.
    Registered {
        /// Granted lifetime.
        expires: Duration,
    },
    /// Not bound and not trying.
    Unregistered,
    /// The last attempt failed.
    Failed {
        /// The response, if there was one.
        status: Option<u16>,
        /// A plain sentence.
        reason: String,
        /// When the next attempt comes; `None` when only the owner can help (403, wrong password).
        retry_in: Option<Duration>,
    },
}

/// Where a call is, before it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// INVITE sent, nothing heard but perhaps 100.
    Calling,
    /// 180 sent or received.
    Ringing,
    /// Early media (18x with a description).
    Early,
    /// Answered and acknowledged.
    Confirmed,
}
