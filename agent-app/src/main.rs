//! The `ringside` command: the window, `headless`, or a link to dial.

use std::{process::ExitCode, sync::Arc};

use agent_app::{
    headless::{self, HeadlessOptions},
    runtime::{FaceEvent, Runtime, RuntimeConfig},
    window::{self, RendererChoice, WindowOptions},
};
use agent_core::Command;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// The native desktop for contact-centre agents. Without a command it opens the window.
#[derive(Debug, Parser)]
#[command(name = "ringside", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    mode: Option<Mode>,
    #[command(flatten)]
    window: WindowArgs,
}

#[derive(Debug, Subcommand)]
enum Mode {
    /// The same session without a window: JSON-RPC 2.0 on stdin and stdout, one object a line
    Headless(Box<HeadlessOptions>),
}

#[derive(Debug, clap::Args)]
struct WindowArgs {
    /// A link to dial: tel:, callto: or sip:
    #[arg(value_name = "URI")]
    uri: Option<String>,
    /// How the window is drawn
    #[arg(long, default_value = "auto")]
    renderer: RendererChoice,
    /// Spare the processor: no shadows, fewer repaints
    #[arg(long)]
    low_graphics: bool,
    /// Where settings live instead of the system's place for them
    #[arg(long, value_name = "DIR")]
    data: Option<std::path::PathBuf>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr();
    match cli.mode {
        Some(Mode::Headless(options)) => headless::run(*options),
        None => open_window(cli.window),
    }
}

fn open_window(args: WindowArgs) -> ExitCode {
    let config = RuntimeConfig {
        data: args.data,
        ..RuntimeConfig::window()
    };
    // The window looks at the view; what is only told goes nowhere else yet.
    let runtime = match Runtime::start(config, |_: FaceEvent| {}) {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let handle = runtime.handle();
    if let Some(to) = args.uri {
        let headers = Vec::new();
        let account = None;
        handle.send(Command::StartCall { to, account, headers });
    }
    let options = WindowOptions {
        renderer: args.renderer,
        low_graphics: args.low_graphics,
    };
    let closed = window::run(Arc::new(handle), options);
    runtime.shutdown();
    match closed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("ringside: {error}");
    ExitCode::FAILURE
}

/// `RUST_LOG` says how much; never secrets, message bodies or audio.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
