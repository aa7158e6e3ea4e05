//! How a contact centre starts, and why it may not.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use sip_core::wire::SyntaxError;

use crate::{api::ApiError, focus::FocusError, registrar, simulate, store::StoreError};

/// A contact centre to start.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// Where the API listens.
    pub api: SocketAddr,
    /// Where SIP listens, UDP and TCP.
    pub sip: SocketAddr,
    /// Where the database lives; `None` keeps it in memory.
    pub data: Option<PathBuf>,
    /// The SIP domain.
    pub domain: String,
    /// User parts customers can call.
    pub numbers: Vec<String>,
    /// Customers at once, waiting and talking; one more is told to come back later (480).
    pub max_conversations: usize,
    /// One password for all agents; random ones when `None`.
    pub password: Option<String>,
    /// Simulated customers call.
    pub customers: Option<simulate::Script>,
    /// Simulated colleagues register and answer.
    pub colleagues: bool,
}

impl ServeConfig {
    /// The demo: loopback, free ports, nothing kept, customers and colleagues at work.
    pub fn demo() -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            api: loopback,
            sip: loopback,
            data: None,
            domain: "demo.ringside".to_owned(),
            numbers: vec!["sales".to_owned(), "support".to_owned()],
            max_conversations: 500,
            password: None,
            customers: Some(simulate::Script::default()),
            colleagues: true,
        }
    }
}

/// Why a contact centre cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder cannot be made.
    #[error("cannot make the data folder {}: {source}; choose a folder you may write to with --data, or leave --data away to keep nothing", folder.display())]
    Data {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The registrar cannot start.
    #[error(transparent)]
    Registrar(#[from] registrar::StartError),
    /// The registrar stopped at once.
    #[error(transparent)]
    RegistrarStopped(#[from] sip_net::Stopped),
    /// The focus cannot start.
    #[error(transparent)]
    Focus(#[from] FocusError),
    /// The API's address cannot be had.
    #[error("cannot listen for the API on {address}: {source}; choose another port with --api")]
    ApiAddress {
        /// As asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The API cannot start.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A name or address does not make a SIP URI.
    #[error("not a SIP address: {0}")]
    Address(#[from] SyntaxError),
    /// A bundled sound is broken.
    #[error("a bundled sound cannot be read: {0}")]
    Sound(#[from] media::sound::SoundError),
    /// The simulation cannot start.
    #[error(transparent)]
    Simulate(#[from] simulate::SimulateError),
    /// The system has no randomness.
    #[error("no randomness: {0}")]
    Random(#[from] getrandom::Error),
}
