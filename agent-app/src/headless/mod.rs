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

use std::{io, process::ExitCode, thread};

pub use options::HeadlessOptions;

use self::{responses::Responses, writer::Writer};
use crate::{
    drivers::{settings, signals},
    runtime::{Runtime, STOP_LIMIT},
};

/// Runs until end of input or a signal. The exit code is 0, or 1 when nothing could be started.
pub fn run(options: HeadlessOptions) -> ExitCode {
    if let Some(dir) = &options.data
        && let Err(error) = settings::prepare(dir)
    {
        eprintln!("ringside: {error}");
        return ExitCode::FAILURE;
    }
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
    let handle = runtime.handle();
    writer.when_closed({
        let handle = handle.clone();
        move || handle.stop()
    });
    signals::watch(STOP_LIMIT + signals::AFTERMATH, {
        let handle = handle.clone();
        move || handle.stop()
    });
    writer.ready(runtime.listening());
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
