//! What only the window knows: what is typed, chosen and open. Nothing here outlives the window.

use std::time::{Duration, Instant};

use agent_core::{OfferView, Secret, SignInField, View};
use sip_core::agent::CallId;

use super::{close::Closing, dialogues::Dialogues, widgets::ToastShelf};

/// A pop-up takes no input this long after it appears, so that a click or key meant for something else
/// answers no call.
pub const RING_GUARD: Duration = Duration::from_millis(400);

/// The rooms of the side bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Room {
    /// Conversations: own, waiting, connected.
    #[default]
    Dialogues,
    /// Settings.
    Settings,
}

/// The tabs of a conversation that have something to show (F-210).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// How the call goes.
    #[default]
    Conversation,
    /// Who it is.
    Contact,
}

/// Window state.
#[derive(Debug, Default)]
pub struct Local {
    /// The room shown.
    pub room: Room,
    /// The sign-in page's fields.
    pub sign_in: SignInForm,
    /// The list pane's content: filtered when the view or the search changes, never while drawing.
    pub dialogues: Dialogues,
    /// The call chosen in the list.
    pub chosen: Option<CallId>,
    /// The calls of the last view: a new one brings its conversation up, whatever was shown.
    known: Vec<CallId>,
    /// The tab of the conversation.
    pub tab: Tab,
    /// The keypad is open.
    pub keypad: bool,
    /// Digits sent to the open call, for the eye.
    pub digits: String,
    /// The profile dialog is open.
    pub profile: bool,
    /// The person wants to close the window.
    pub closing: Closing,
    /// Put the keyboard into the search field at the next frame.
    pub focus_search: bool,
    /// Short messages on the screen.
    pub toasts: ToastShelf,
    /// The pop-up guard.
    pub guard: Guard,
    /// Incoming calls show inside the window: there is no pop-up of its own.
    pub ring_inside: bool,
}

impl Local {
    /// The state of a window just opened.
    pub fn new(view: &View) -> Self {
        let mut local = Self {
            ring_inside: true,
            ..Self::default()
        };
        local.sign_in.focus = Some(Focus::Start);
        local.sign_in.failures = view.sign_in.failures;
        local.view_changed(view);
        local
    }

    /// Follows a changed view.
    pub fn view_changed(&mut self, view: &View) {
        self.dialogues.rebuild(view);
        self.sign_in.view_changed(view);
        self.closing.view_changed(view);
        self.toasts.follow(&view.toasts);
        if self
            .chosen
            .is_some_and(|id| view.calls.iter().all(|call| call.call != id))
        {
            self.chosen = None;
        }
        if view.calls.iter().any(|call| !self.known.contains(&call.call)) {
            self.room = Room::Dialogues;
        }
        self.known.clear();
        self.known.extend(view.calls.iter().map(|call| call.call));
        if view.calls.is_empty() {
            self.keypad = false;
            self.digits.clear();
        }
        if view.agent.is_none() {
            self.room = Room::Dialogues;
            self.profile = false;
        }
    }
}

/// The sign-in page's fields.
#[derive(Default)]
pub struct SignInForm {
    /// Server address.
    pub server: String,
    /// Sign-in address.
    pub address: String,
    /// Password; once signed in it is what was given from the start, as a rule nothing.
    pub password: String,
    /// What is missing, after an attempt to sign in without it.
    pub missing: Option<SignInField>,
    /// Where the keyboard goes at the next frame in which something can be typed.
    pub focus: Option<Focus>,
    /// The password that stands here from the start.
    given: Secret,
    prefilled: bool,
    failures: u64,
}

/// Where the keyboard goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The first empty field, else the password: on a page just opened.
    #[default]
    Start,
    /// A field that was wrong, its text selected, so that what is typed next replaces it and lands nowhere
    /// else.
    Again(SignInField),
}

impl std::fmt::Debug for SignInForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInForm")
            .field("server", &self.server)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl SignInForm {
    /// The password stands here now, and again after each sign-in.
    pub fn fill_password(&mut self, password: Secret) {
        self.password.clone_from(&password.0);
        self.given = password;
    }

    fn view_changed(&mut self, view: &View) {
        let given = &view.sign_in;
        // Enter and fields that cannot be typed in lose the keyboard; it comes back to the one that was wrong. A
        // window may never see the attempt that came between.
        if std::mem::replace(&mut self.failures, given.failures) != given.failures {
            self.focus = Some(given.wrong.map_or(Focus::Start, Focus::Again));
        }
        let something_given = !given.server.is_empty() || !given.address.is_empty();
        if something_given && !self.prefilled {
            self.prefilled = true;
            if self.server.is_empty() {
                self.server.clone_from(&given.server);
            }
            if self.address.is_empty() {
                self.address.clone_from(&given.address);
            }
        }
        if view.agent.is_some() {
            self.password.clone_from(&self.given.0);
            self.missing = None;
            self.focus = Some(Focus::Start);
        }
    }
}

/// Remembers which offer is at the top and since when it shows.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    top: Option<(Option<String>, Option<CallId>)>,
    since: Option<Instant>,
    open: bool,
}

impl Guard {
    /// Follows the top offer. A new offer at the top closes the guard again, since the buttons under the
    /// pointer have become another call's.
    pub fn watch(&mut self, top: Option<&OfferView>, now: Instant) {
        let Some(offer) = top else {
            *self = Self::default();
            return;
        };
        // An offer keeps its identity when its call arrives later.
        let same = self
            .top
            .as_ref()
            .is_some_and(|(id, call)| match (&offer.offer, id) {
                (Some(now), Some(before)) => now == before,
                (None, None) => offer.call == *call,
                _ => false,
            });
        if !same {
            self.top = Some((offer.offer.clone(), offer.call));
            self.since = Some(now);
        }
        let since = self.since.unwrap_or(now);
        self.open = now.saturating_duration_since(since) >= RING_GUARD;
    }

    /// Whether the top offer has shown long enough to be acted on.
    pub const fn is_open(&self) -> bool {
        self.open
    }
}
