//! The request to stop: SIGTERM, SIGINT (Ctrl-C) or what the system has in their place.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(not(unix))]
use tokio::signal::windows::{CtrlC, ctrl_c};

/// Listens from the moment it is made: a request that comes while the program starts is not lost, and does
/// not kill it.
#[derive(Debug)]
pub(crate) struct Stop {
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(not(unix))]
    interrupt: CtrlC,
}

impl Stop {
    /// Begins to listen.
    ///
    /// # Errors
    /// The system's, when it lets nobody listen.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(not(unix))]
            interrupt: ctrl_c()?,
        })
    }

    /// Waits until it is asked.
    pub(crate) async fn asked(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        {
            let _ = self.interrupt.recv().await;
        }
    }
}
