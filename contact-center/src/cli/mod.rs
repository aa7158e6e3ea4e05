//! The command line of `ringside-server`: one subcommand a file.
//!
//! Exit codes: 0 done, 1 failed (one sentence on stderr), 2 bad usage. Standard output carries only what
//! another program reads; the log goes to standard error.

mod registrar;
mod serve;
mod simulate;
mod stop;

use std::{
    fmt,
    io::{IsTerminal as _, Write as _},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// Ringside server: a contact centre in one process.
#[derive(Debug, Parser)]
#[command(
    name = "ringside-server",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  \
        ringside-server serve --demo                      a whole contact centre with simulated customers\n  \
        ringside-server registrar --listen udp:127.0.0.1:5060 --users users.txt\n\n\
        The log goes to standard error; RUST_LOG sets how much (error, warn, info, debug, trace).\n\
        Exit codes: 0 done, 1 failed, 2 bad usage."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Registrar(registrar::Args),
    Simulate(simulate::Args),
}

/// Why a subcommand failed, as one sentence for people.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads the command line and runs it; the program's exit code.
pub fn main() -> ExitCode {
    // Prints help, version and usage errors itself and ends with 0 or 2.
    let cli = Cli::parse();
    log_to_stderr();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => serve::run(args).await,
            Command::Registrar(args) => registrar::run(args).await,
            Command::Simulate(args) => simulate::run(args).await,
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&failure),
    }
}

/// Prints one line of JSON, for the program that reads it.
fn say(what: &impl serde::Serialize) -> Result<(), Failure> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    out.write_all(&line)
        .and_then(|()| out.flush())
        .map_err(|error| Failure(format!("cannot write to standard output: {error}")))
}

fn fail(why: &dyn fmt::Display) -> ExitCode {
    eprintln!("ringside-server: {why}");
    ExitCode::FAILURE
}

fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}
