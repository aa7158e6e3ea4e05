//! Ctrl+C and the system's request to end: hang up, sign out, and only then go.

use std::{io, thread, time::Duration};

/// What follows the session's end: windows, files, an embedded contact centre.
pub const AFTERMATH: Duration = Duration::from_secs(2);

/// Calls `stop` at the first signal. A second one, or `patience` without the end of the program, ends it there
/// with exit code 0.
pub fn watch(patience: Duration, stop: impl FnOnce() + Send + 'static) {
    let watch = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            tracing::warn!("signals are not watched: no event queue");
            return;
        };
        runtime.block_on(async {
            if let Err(error) = signal().await {
                tracing::warn!(%error, "signals are not watched");
                return;
            }
            stop();
            let said = tokio::time::timeout(patience, signal()).await;
            tracing::warn!(again = said.is_ok(), "ended before everything was put away");
            std::process::exit(0);
        });
    };
    if let Err(error) = thread::Builder::new().name("signals".into()).spawn(watch) {
        tracing::warn!(%error, "signals are not watched");
    }
}

#[cfg(unix)]
async fn signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
