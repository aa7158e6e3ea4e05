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

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

pub use config::RuntimeConfig;
pub use handle::{FaceEvent, RuntimeHandle, Sink};

/// Longest wait for hang-ups, un-REGISTER and files at the end.
pub const STOP_LIMIT: Duration = Duration::from_secs(4);

/// A running session.
#[derive(Debug)]
pub struct Runtime {
    handle: RuntimeHandle,
    thread: thread::JoinHandle<()>,
    /// Disconnected when the thread has ended.
    ended: Receiver<()>,
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
            ended: started.ended,
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

    /// Hangs up, signs out, unregisters, finishes files; returns when done or after [`STOP_LIMIT`]. What is not done
    /// by then is left to its thread.
    pub fn shutdown(self) {
        self.handle.stop();
        if self.ends_within(STOP_LIMIT) {
            self.join();
        } else {
            tracing::error!("the session does not end in time: it is left behind");
        }
    }

    fn ends_within(&self, limit: Duration) -> bool {
        self.ended.recv_timeout(limit) != Err(RecvTimeoutError::Timeout)
    }

    /// Waits until the session has stopped by itself, however long that takes.
    pub fn join(self) {
        if self.thread.join().is_err() {
            tracing::error!("the session thread panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_face_that_holds_the_end_up_holds_up_no_program() {
        let (let_go, held) = mpsc::channel::<()>();
        let config = RuntimeConfig {
            sip_listen: vec!["udp:127.0.0.1:0".parse().unwrap()],
            ..RuntimeConfig::silent()
        };
        let sink = move |event| {
            if event == FaceEvent::Stopped {
                let _ = held.recv();
            }
        };
        let runtime = Runtime::start(config, sink).unwrap();
        runtime.handle().stop();
        assert!(!runtime.ends_within(Duration::from_millis(10)));
        drop(let_go);
        assert!(runtime.ends_within(STOP_LIMIT * 10));
        runtime.join();
    }
}
