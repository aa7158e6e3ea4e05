//! How a session behaves.

use std::time::Duration;

use crate::{DIRECT_RING_LIMIT, Theme};

/// How a session behaves.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionConfig {
    /// Codec names, best first; empty means the engine's default list.
    pub codecs: Vec<String>,
    /// One call at a time: answering, starting or resuming another holds the first by itself. Off, several
    /// calls may be active at once; microphone and ear belong to the one answered or resumed last, the
    /// others send silence until it ends or is held.
    pub exclusive: bool,
    /// Ring at most this long for a call the contact centre knows nothing of; `None` rings for ever.
    pub direct_ring_limit: Option<Duration>,
    /// Answer incoming calls without a person.
    pub auto_answer: Option<AutoAnswer>,
    /// The look.
    pub theme: Theme,
    /// What the sign-in page starts with: server and address.
    pub last_sign_in: (String, String),
    /// Shown once as toasts: what was wrong with the settings.
    pub warnings: Vec<String>,
}

/// `--auto-answer CODE[,MS]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutoAnswer {
    /// 180–189 rings (183 with early media), 200 answers, 400–699 refuses.
    pub status: u16,
    /// How long it rings before that.
    pub after: Duration,
}

impl AutoAnswer {
    /// Whether the phone says 180 by itself first: not when something else is said at once.
    pub const fn rings_first(&self) -> bool {
        self.status == 180 || !self.after.is_zero()
    }
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            codecs: Vec::new(),
            exclusive: false,
            direct_ring_limit: Some(DIRECT_RING_LIMIT),
            auto_answer: None,
            theme: Theme::default(),
            last_sign_in: (String::new(), String::new()),
            warnings: Vec::new(),
        }
    }
}
