//! Everything a person can do, as values. Buttons, shortcuts, menus, headset keys and JSON-RPC all send
//! the same [`Command`]; [`Action`] carries the label, icon and default shortcut a face shows for it.

use std::time::Duration;

use sip_core::agent::{AccountConfig, AccountId, CallId};

use crate::Theme;

/// One thing to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// `account.add`.
    AddAccount(Box<AccountSettings>),
    /// `account.remove`.
    RemoveAccount(AccountId),
    /// `call.start`.
    StartCall {
        /// Who: a URI, or a number or name completed with the account's domain.
        to: String,
        /// Through which account; `None` calls directly.
        account: Option<AccountId>,
        /// Extra header fields.
        headers: Vec<(String, String)>,
    },
    /// `call.ring`.
    Ring {
        /// The call.
        call: CallId,
        /// 180–189.
        status: u16,
        /// Answer the offer already now.
        early_media: bool,
    },
    /// `call.answer`.
    Answer(CallId),
    /// `call.reject`.
    Reject {
        /// The call.
        call: CallId,
        /// 400–699.
        status: u16,
    },
    /// `call.redirect`.
    Redirect {
        /// The call.
        call: CallId,
        /// The new target.
        to: String,
    },
    /// `call.hangup`.
    Hangup(CallId),
    /// `call.hold`.
    Hold(CallId),
    /// `call.resume`.
    Resume(CallId),
    /// `call.mute`.
    Mute(CallId),
    /// `call.unmute`.
    Unmute(CallId),
    /// `call.dtmf` (RFC 4733).
    Dtmf {
        /// The call.
        call: CallId,
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digits: Digits,
    },
    /// `call.stats`.
    Stats(CallId),
    /// `call.reinvite`: offer anew.
    Reinvite(CallId),
    /// `agent.sign_in`.
    SignIn {
        /// Contact centre, `http://host:port`.
        server: String,
        /// Sign-in address.
        address: String,
        /// Password.
        password: Secret,
    },
    /// `agent.sign_out`.
    SignOut {
        /// Confirmed although last in a skill; a conversation of the contact centre ends with it.
        force: bool,
    },
    /// `agent.ucc_sign_in`.
    UccSignIn(String),
    /// `agent.ucc_sign_out`.
    UccSignOut {
        /// UCC id.
        ucc: String,
        /// Confirmed although last in a skill.
        force: bool,
    },
    /// `agent.ready`.
    Ready,
    /// `agent.not_ready`.
    NotReady {
        /// The agent's reason.
        reason: Option<String>,
    },
    /// `agent.why`.
    Why,
    /// `offer.accept`.
    AcceptOffer(String),
    /// `offer.ignore`.
    IgnoreOffer(String),
    /// `queue.take`.
    TakeFromQueue(String),
    /// `queue.list`.
    ListQueue,
    /// `conversation.end`.
    EndConversation(String),
    /// Try a lost contact centre now instead of at the next planned moment.
    Reconnect,
    /// Choose the look.
    SetTheme(Theme),
    /// Close a toast.
    DismissToast(u64),
    /// Answer a [`crate::ConfirmView`] with No.
    DismissConfirm,
}

/// An account and how it talks.
#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// What the user agent needs.
    pub config: AccountConfig,
    /// Codec names, best first; empty means the session's list.
    pub codecs: Vec<String>,
}

/// A password on its way in: compares, clones, never prints.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Digits for the other end: often a PIN, so they never print.
#[derive(Clone, PartialEq, Eq)]
pub struct Digits(pub String);

impl std::fmt::Debug for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digits")
    }
}

/// How a face presents a kind of command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// Stable id for settings and tests (`call.hold`).
    pub id: &'static str,
    /// Sentence case, no full stop.
    pub label: &'static str,
    /// Accessible name, when the label alone is not enough.
    pub name: &'static str,
    /// Lucide icon name.
    pub icon: &'static str,
    /// Default shortcut, `Ctrl+Shift+H` (Ctrl is Cmd on macOS).
    pub shortcut: Option<&'static str>,
}

/// Ring at most this long without a contact centre that says otherwise.
pub const DIRECT_RING_LIMIT: Duration = Duration::from_secs(180);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_digits_never_print() {
        let call = CallId::incoming(1);
        let digits = Digits("4711".into());
        let dtmf = format!("{:?}", Command::Dtmf { call, digits });
        assert!(dtmf.starts_with("Dtmf") && !dtmf.contains("4711"), "{dtmf}");
        let sign_in = Command::SignIn {
            server: "http://127.0.0.1:1".into(),
            address: "pat@demo".into(),
            password: Secret("hidden".into()),
        };
        assert!(!format!("{sign_in:?}").contains("hidden"));
    }
}
