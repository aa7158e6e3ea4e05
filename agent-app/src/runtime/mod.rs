//! The one owner of a [`Session`](agent_core::Session) and its drivers.
//!
//! ```text
//!  window ─┐                      ┌─ sip      (sip-net: sockets, user agent)
//!  headless├─ RuntimeHandle ─▶ owner ─ media  (engine: legs, device, ring tone)
//!  demo   ─┘   commands in        └─ center   (HTTP, WebSocket)
//!              view out
//! ```
//!
//! The owner runs on its own thread. It never waits for a face: a frame that takes long, or a pipe nobody
//! reads, delays no ring and no voice.

mod config;
mod handle;
mod owner;

use std::{thread, time::Duration};

pub use config::RuntimeConfig;
pub use handle::{FaceEvent, RuntimeHandle, Sink};

/// Longest wait for hang-ups, un-REGISTER and files at the end.
pub const STOP_LIMIT: Duration = Duration::from_secs(4);

/// A running session.
#[derive(Debug)]
pub struct Runtime {
    handle: RuntimeHandle,
    thread: thread::JoinHandle<()>,
    sip: Vec<String>,
}

/// Why a runtime could not start.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The system refused a thread or an event queue.
    #[error("cannot start: {0}")]
    System(#[from] std::io::Error),
    /// A listening address cannot be had.
    #[error(transparent)]
    Listen(#[from] sip_net::BindError),
    /// The audio backend cannot start.
    #[error(transparent)]
    Audio(#[from] media::engine::EngineError),
}

impl Runtime {
    /// Starts session, drivers and owner thread. `sink` gets what the view does not hold: notifications,
    /// replies, alerts. It is called on the owner thread and must not block.
    pub fn start(config: RuntimeConfig, sink: impl Sink) -> Result<Self, RuntimeError> {
        let started = owner::start(config, Box::new(sink))?;
        Ok(Self {
            handle: started.handle,
            thread: started.thread,
            sip: started.sip,
        })
    }

    /// A handle for a face; clone it freely.
    pub fn handle(&self) -> RuntimeHandle {
        self.handle.clone()
    }

    /// Where SIP listens: `udp:127.0.0.1:5070`, ports filled in.
    pub fn listening(&self) -> &[String] {
        &self.sip
    }

    /// Hangs up, signs out, unregisters, finishes files; returns when done or after [`STOP_LIMIT`].
    pub fn shutdown(self) {
        self.handle.stop();
        self.join();
    }

    /// Waits until the session has stopped by itself.
    pub fn join(self) {
        if self.thread.join().is_err() {
            tracing::error!("the session thread panicked");
        }
    }
}
