//! The `ringside` command: the window, `headless`, or a link to dial.

use std::{
    io::IsTerminal as _,
    process::ExitCode,
    sync::{Arc, mpsc},
};

#[cfg(feature = "demo")]
use std::time::Duration;

#[cfg(feature = "demo")]
use agent_app::demo::{self, DemoServer};
use agent_app::{
    drivers::signals,
    headless::{self, HeadlessOptions},
    runtime::{FaceEvent, Runtime, RuntimeConfig, RuntimeError, STOP_LIMIT},
    window::{self, RendererChoice, WindowOptions},
};
use agent_core::Command;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// The native desktop for contact-centre agents. Without a command it opens the window.
#[derive(Debug, Parser)]
#[command(
    name = "ringside",
    version,
    propagate_version = true,
    args_conflicts_with_subcommands = true
)]
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
    /// A contact centre with simulated customers, and the window signed in to it
    ///
    /// Everything is real but the people, and stays on this computer. With --headless there is no window: the
    /// agent answers by itself and one JSON line says what happened.
    #[cfg(feature = "demo")]
    Demo(DemoArgs),
}

#[cfg(feature = "demo")]
#[derive(Debug, clap::Args)]
struct DemoArgs {
    /// No window: answer, talk, hold, resume and hang up by itself
    #[arg(long)]
    headless: bool,
    /// How long the headless demo runs
    #[arg(long, value_name = "N", default_value_t = 30, requires = "headless")]
    seconds: u32,
    #[command(flatten)]
    graphics: GraphicsArgs,
}

#[derive(Debug, clap::Args)]
struct WindowArgs {
    /// A link to dial: tel:, callto: or sip:
    #[arg(value_name = "URI", value_parser = link)]
    uri: Option<String>,
    #[command(flatten)]
    graphics: GraphicsArgs,
    /// Where settings live instead of the system's place for them
    #[arg(long, value_name = "DIR")]
    data: Option<std::path::PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::Args)]
struct GraphicsArgs {
    /// How the window is drawn
    #[arg(long, default_value = "auto")]
    renderer: RendererChoice,
    /// Spare the processor: no shadows, fewer repaints
    #[arg(long)]
    low_graphics: bool,
}

/// A link that can be dialled; what is none of them is a slip, not a reason to open a window.
fn link(text: &str) -> Result<String, String> {
    let scheme = text
        .split_once(':')
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("tel" | "callto" | "sip" | "sips") => Ok(text.to_owned()),
        _ => Err("neither a command nor a tel:, callto: or sip: link".into()),
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr();
    match cli.mode {
        Some(Mode::Headless(options)) => headless::run(*options),
        #[cfg(feature = "demo")]
        Some(Mode::Demo(args)) if args.headless => demo::headless(Duration::from_secs(args.seconds.into())),
        #[cfg(feature = "demo")]
        Some(Mode::Demo(args)) => open_demo(args),
        None => open_window(cli.window),
    }
}

fn open_window(args: WindowArgs) -> ExitCode {
    let config = RuntimeConfig {
        data: args.data,
        ..RuntimeConfig::window()
    };
    let (runtime, options) = match start(config, args.graphics) {
        Ok(started) => started,
        Err(error) => return failed(&error),
    };
    if let Some(to) = args.uri {
        let headers = Vec::new();
        let account = None;
        runtime.handle().send(Command::StartCall { to, account, headers });
    }
    show(runtime, options)
}

/// The embedded contact centre outlives the window, so that hanging up and signing out still reach it.
#[cfg(feature = "demo")]
fn open_demo(args: DemoArgs) -> ExitCode {
    let started = DemoServer::start().and_then(|server| Ok((server.sign_in()?, server)));
    let (sign_in, server) = match started {
        Ok(started) => started,
        Err(error) => return failed(&error),
    };
    let config = RuntimeConfig {
        settings: false,
        ..RuntimeConfig::window()
    };
    let (runtime, mut options) = match start(config, args.graphics) {
        Ok(started) => started,
        Err(error) => return failed(&error),
    };
    if let Command::SignIn { password, .. } = &sign_in {
        options.password = password.clone();
    }
    runtime.handle().send(sign_in);
    let code = show(runtime, options);
    for problem in server.stop() {
        eprintln!("ringside: {problem}");
    }
    code
}

/// Starts the session behind a window. A signal ends the session and closes the window; a window that does not
/// react, because it is hidden, goes with the program.
fn start(config: RuntimeConfig, graphics: GraphicsArgs) -> Result<(Runtime, WindowOptions), RuntimeError> {
    let (stopped, end) = mpsc::channel();
    // The window looks at the view; what is only told goes nowhere else yet.
    let runtime = Runtime::start(config, move |event: FaceEvent| {
        if event == FaceEvent::Stopped {
            // Nobody waits for it without a signal.
            let _ = stopped.send(());
        }
    })?;
    let options = WindowOptions {
        renderer: graphics.renderer,
        low_graphics: graphics.low_graphics,
        ..WindowOptions::default()
    };
    let (handle, close) = (runtime.handle(), options.close.clone());
    signals::watch(signals::AFTERMATH, move || {
        handle.stop();
        close.close();
        if end.recv_timeout(STOP_LIMIT).is_err() {
            tracing::warn!("the session does not end in time");
        }
    });
    Ok((runtime, options))
}

/// Shows the window until it is closed, then hangs up and signs out.
fn show(runtime: Runtime, options: WindowOptions) -> ExitCode {
    let closed = window::run(Arc::new(runtime.handle()), options);
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
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}
