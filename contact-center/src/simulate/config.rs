//! Who takes part in a simulation and what they say, and why it cannot start.

use std::{net::IpAddr, sync::Arc};

use media::engine::EngineError;
use sip_core::wire::Uri;
use sip_net::BindError;

use super::plan::Script;

/// A simulation against a running server.
#[derive(Debug)]
pub struct SimulatorConfig {
    /// Where everything is sent: the server's SIP address.
    pub proxy: Uri,
    /// The numbers customers call.
    pub numbers: Vec<Uri>,
    /// What the customers do; `None` for colleagues only.
    pub customers: Option<Script>,
    /// Voices of the customers.
    pub voices: Vec<Voice>,
    /// People who can be called.
    pub colleagues: Vec<Colleague>,
    /// The address RTP is received on.
    pub media_ip: IpAddr,
}

/// Somebody's speech.
#[derive(Clone)]
pub struct Voice {
    /// Who speaks.
    pub name: String,
    /// What they say: 48 kHz mono.
    pub samples: Arc<[f32]>,
}

impl std::fmt::Debug for Voice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Voice")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A colleague who registers and answers.
#[derive(Clone)]
pub struct Colleague {
    /// Address of record.
    pub uri: Uri,
    /// Shown to callers.
    pub name: String,
    /// Digest password.
    pub password: String,
    /// What they say: 48 kHz mono samples.
    pub voice: Arc<[f32]>,
}

impl std::fmt::Debug for Colleague {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Colleague")
            .field("uri", &self.uri)
            .finish_non_exhaustive()
    }
}

/// Why a simulation cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// Customers need a number to call.
    #[error("no number to call; give at least one")]
    NoNumber,
    /// Customers need a voice.
    #[error("no voice to speak with")]
    NoVoice,
    /// No SIP address can be had.
    #[error("the simulator cannot listen: {0}")]
    Bind(#[from] BindError),
    /// The media engine cannot start.
    #[error("the simulator cannot start its media engine: {0}")]
    Media(#[from] EngineError),
    /// The system has no randomness.
    #[error("no randomness: {0}")]
    Random(#[from] getrandom::Error),
}
