//! Ringside server: registrar, queue, conference focus, API, store and simulator.

use std::process::ExitCode;

fn main() -> ExitCode {
    contact_center::cli::main()
}
