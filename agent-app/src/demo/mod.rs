//! `ringside demo`: a whole contact centre in one process, and an agent signed in to it.
//!
//! The server, its customers and its colleagues are the real ones on loopback; only the people are made up.

mod headless;
mod server;

use std::{process::ExitCode, time::Duration};

pub use headless::{DemoReport, run_headless};
pub use server::{DemoError, DemoServer};

/// Runs the headless demo; the window is opened by `main`, which owns the main thread.
pub fn headless(duration: Duration) -> ExitCode {
    let report = match run_headless(duration) {
        Ok(report) => report,
        Err(error) => DemoReport {
            errors: vec![error.to_string()],
            ..DemoReport::default()
        },
    };
    println!("{}", report.json());
    if report.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
