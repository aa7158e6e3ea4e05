//! How a runtime starts.

use std::path::PathBuf;

use agent_core::SessionConfig;
use media::engine::{Backend, FileInput};
use sip_net::Listen;

/// What [`Runtime::start`](super::Runtime::start) needs.
#[derive(Clone, Debug)]
pub struct RuntimeConfig {
    /// The session's own configuration.
    pub session: SessionConfig,
    /// Where SIP listens; empty means UDP and TCP on an ephemeral port of every interface.
    pub sip_listen: Vec<Listen>,
    /// Answer calls for any Request-URI user.
    pub accept_any_user: bool,
    /// Microphone and speaker.
    pub audio: Backend,
    /// Where settings live; `None` takes the system's place for them.
    pub data: Option<PathBuf>,
    /// Whether settings are read and written at all.
    pub settings: bool,
}

impl RuntimeConfig {
    /// For the window: real devices, one call at a time, settings kept.
    pub fn window() -> Self {
        Self {
            session: SessionConfig {
                exclusive: true,
                ..SessionConfig::default()
            },
            sip_listen: Vec::new(),
            accept_any_user: false,
            audio: Backend::Cpal {
                input: None,
                output: None,
                ring: None,
            },
            data: None,
            settings: true,
        }
    }

    /// Without devices, settings or window: tests and the headless demo.
    pub fn silent() -> Self {
        Self {
            audio: Backend::File {
                input: FileInput::Silence,
                output: None,
            },
            settings: false,
            ..Self::window()
        }
    }
}
