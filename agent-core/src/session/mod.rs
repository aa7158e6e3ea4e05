//! The session: one person's phone and place in the contact centre, as a pure machine.

use std::time::{Duration, Instant};

use crate::{Command, Input, Output, Setting, Theme, View};

/// How a session behaves.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionConfig {
    /// Codec names, best first; empty means the engine's default list.
    pub codecs: Vec<String>,
    /// One call at a time: answering or starting another holds the first by itself. Off, several calls
    /// may be active, and the one answered last has the microphone.
    pub exclusive: bool,
    /// Ring at most this long for a call the contact centre knows nothing of; `None` rings for ever.
    pub direct_ring_limit: Option<Duration>,
    /// The look.
    pub theme: Theme,
    /// What the sign-in page starts with: server and address.
    pub last_sign_in: (String, String),
    /// Shown once as toasts: what was wrong with the settings.
    pub warnings: Vec<String>,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            codecs: Vec::new(),
            exclusive: false,
            direct_ring_limit: Some(crate::command::DIRECT_RING_LIMIT),
            theme: Theme::default(),
            last_sign_in: (String::new(), String::new()),
            warnings: Vec::new(),
        }
    }
}

/// One person's session.
#[derive(Debug)]
pub struct Session {
    view: View,
}

impl Session {
    /// A session with nothing going on.
    pub fn new(config: SessionConfig) -> Self {
        let mut view = View {
            theme: config.theme,
            ..View::default()
        };
        (view.sign_in.server, view.sign_in.address) = config.last_sign_in;
        Self { view }
    }

    /// Takes one input; what follows from it, in order.
    pub fn handle(&mut self, _now: Instant, input: Input) -> Vec<Output> {
        match input {
            Input::Command {
                command: Command::SetTheme(theme),
                ..
            } => {
                self.view.theme = theme;
                vec![Output::Persist(Setting::Theme(theme))]
            }
            Input::Stop => vec![Output::Stopped],
            _ => Vec::new(),
        }
    }

    /// When the session next needs [`Input::Tick`].
    pub fn next_wake(&self) -> Option<Instant> {
        None
    }

    /// What to show.
    pub fn view(&self) -> &View {
        &self.view
    }
}
