//! Ctrl+C and the system's request to end: hang up, sign out, and only then go.

use std::{io, sync::mpsc, thread, time::Duration};

/// What follows the session's end: windows, files, an embedded contact centre.
pub const AFTERMATH: Duration = Duration::from_secs(2);

/// Calls `stop` at the first signal from here on. A second one, or `patience` without the end of the program,
/// ends it there with exit code 0.
pub fn watch(patience: Duration, stop: impl FnOnce() + Send + 'static) {
    let (listens, listening) = mpsc::channel::<()>();
    let watch = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            tracing::warn!("signals are not watched: no event queue");
            return;
        };
        runtime.block_on(async {
            let mut signals = match Signals::listen() {
                Ok(signals) => signals,
                Err(error) => {
                    tracing::warn!(%error, "signals are not watched");
                    return;
                }
            };
            drop(listens);
            signals.next().await;
            stop();
            let said = tokio::time::timeout(patience, signals.next()).await;
            tracing::warn!(again = said.is_ok(), "ended before everything was put away");
            std::process::exit(0);
        });
    };
    if let Err(error) = thread::Builder::new().name("signals".into()).spawn(watch) {
        tracing::warn!(%error, "signals are not watched");
    }
    // Nothing is ever sent: it ends when the thread listens, or cannot.
    let _ = listening.recv();
}

/// SIGTERM, SIGINT (Ctrl+C) or what the system has in their place.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(not(unix))]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    #[cfg(not(unix))]
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: tokio::signal::windows::ctrl_c()?,
        })
    }

    async fn next(&mut self) {
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
