//! The embedded contact centre on its own threads.

use agent_core::{Command, Secret};
use contact_center::serve::{self, Heard, Ready, ServeConfig, ServeError, Serving};
use tokio::runtime::Runtime;

/// Why the demo cannot run.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The embedded contact centre does not start.
    #[error("the demo's contact centre cannot start: {0}")]
    Serve(#[from] ServeError),
    /// The system refused threads.
    #[error("cannot start: {0}")]
    System(#[from] std::io::Error),
    /// The agent's session does not start.
    #[error("the agent's session cannot start: {0}")]
    Session(#[from] crate::runtime::RuntimeError),
    /// The contact centre has no agent.
    #[error("the demo has no agent to sign in")]
    NoAgent,
}

/// A contact centre that lives as long as this value.
#[derive(Debug)]
pub struct DemoServer {
    serving: Serving,
    runtime: Runtime,
}

impl DemoServer {
    /// Starts server, customers and colleagues on loopback, with a database in memory.
    ///
    /// # Errors
    /// When a socket, the database or a thread cannot be had.
    pub fn start() -> Result<Self, DemoError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("contact-center")
            .enable_all()
            .build()?;
        let serving = runtime.block_on(serve::start(ServeConfig::demo()))?;
        Ok(Self { serving, runtime })
    }

    /// Addresses and credentials.
    pub fn ready(&self) -> &Ready {
        self.serving.ready()
    }

    /// Signs the first agent in.
    ///
    /// # Errors
    /// [`DemoError::NoAgent`] when there is none.
    pub fn sign_in(&self) -> Result<Command, DemoError> {
        let agent = self.ready().agents.first().ok_or(DemoError::NoAgent)?;
        Ok(Command::SignIn {
            server: self.ready().api.clone(),
            address: agent.address.clone(),
            password: Secret(agent.password.clone()),
        })
    }

    /// What the server has heard so far.
    pub fn heard(&self) -> Heard {
        self.serving.heard()
    }

    /// Hangs up and stops; what went wrong on the server's side comes back.
    pub fn stop(self) -> Vec<String> {
        self.runtime.block_on(self.serving.stop())
    }
}
