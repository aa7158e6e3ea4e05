//! `ringside headless`: JSON-RPC 2.0, one JSON object a line, on stdin and stdout.
//!
//! The same session as the window's, with no window. End of input hangs up, unregisters and exits 0.
//!
//! ```text
//!  stdin ─▶ reader thread ─▶ request ─▶ methods ─▶ RuntimeHandle
//!  stdout ◀─ writer thread ◀─ queue ◀─ sink on the session thread
//! ```
//!
//! A reader of stdout that is slow fills a queue; it never holds up the session or the voice.

mod input;
mod methods;
mod options;
mod params;
mod request;
mod responses;
mod writer;

use std::{io, process::ExitCode, thread, time::Duration};

pub use options::HeadlessOptions;

use self::{responses::Responses, writer::Writer};
use crate::runtime::{Runtime, RuntimeHandle, STOP_LIMIT};

/// Runs until end of input or a signal. The exit code is 0, or 1 when nothing could be started.
pub fn run(options: HeadlessOptions) -> ExitCode {
    let server = options.server.clone();
    let writer = Writer::start(io::stdout());
    let responses = Responses::new(writer.clone());
    let runtime = match Runtime::start(options.into_config(), responses.sink()) {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("ringside: {error}");
            return ExitCode::FAILURE;
        }
    };
    writer.ready(runtime.listening());
    let handle = runtime.handle();
    writer.when_closed({
        let handle = handle.clone();
        move || handle.stop()
    });
    stop_on_signal(handle.clone());
    let reader = thread::Builder::new().name("stdin".into()).spawn({
        let handle = handle.clone();
        move || {
            input::read(io::stdin().lock(), |line| {
                responses.line(line, &handle, server.as_deref())
            });
            handle.stop();
        }
    });
    if let Err(error) = reader {
        eprintln!("ringside: cannot start: {error}");
        runtime.shutdown();
        return ExitCode::FAILURE;
    }
    runtime.join();
    writer.finish();
    ExitCode::SUCCESS
}

/// Ctrl+C and the system's request to end are an end of input.
fn stop_on_signal(handle: RuntimeHandle) {
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
            handle.stop();
            // A second one, or a peer that never answers, ends it here.
            let _ = tokio::time::timeout(STOP_LIMIT + Duration::from_secs(2), signal()).await;
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
