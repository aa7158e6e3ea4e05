//! Demo, test and set-up commands: `cargo xtask`.
//!
//! Builds with the standard library alone, so it runs before anything is installed.

mod demo;
mod lint;
mod packages;
mod run;
mod setup;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
Ringside's own commands.

  cargo xtask demo [--headless --seconds N] [--no-install] [-- ARGS]
      Install what is missing, build, start a contact centre with simulated
      customers and open the agent's window signed in to it.
      --headless answers by itself for N seconds and prints one JSON line.

  cargo xtask test [--no-install] [-- ARGS]
      Install what is missing, build and run every test. ARGS go to the runner.

  cargo xtask lint [--no-install]
      Formatting, clippy and dependency rules, as CI runs them.

  cargo xtask setup [demo|test] [--no-install]
      Only install what the demo or the tests need.

--no-install lists what is missing, says why, and changes nothing.
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let options = match Options::read(args) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("xtask: {problem}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let result = match command.as_str() {
        "demo" => demo::run(&options),
        "test" => test::run(&options),
        "lint" => lint::run(&options),
        "setup" => setup::run(&options, options.purpose()),
        "" | "help" | "--help" | "-h" => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        other => {
            eprintln!("xtask: there is no command {other:?}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(sentence) = failure.sentence {
                eprintln!("xtask: {sentence}");
            }
            ExitCode::from(failure.code)
        }
    }
}

/// What the command line asked for.
struct Options {
    no_install: bool,
    headless: bool,
    seconds: Option<u32>,
    positional: Option<String>,
    rest: Vec<String>,
}

impl Options {
    fn read(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            no_install: false,
            headless: false,
            seconds: None,
            positional: None,
            rest: Vec::new(),
        };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--no-install" => options.no_install = true,
                "--headless" => options.headless = true,
                "--seconds" => {
                    let value = args.next().ok_or("--seconds needs a number")?;
                    let seconds = value
                        .parse()
                        .map_err(|_| format!("--seconds: {value:?} is not a number"))?;
                    options.seconds = Some(seconds);
                }
                "--" => {
                    options.rest = args.collect();
                    break;
                }
                word if !word.starts_with('-') && options.positional.is_none() => {
                    options.positional = Some(word.to_owned());
                }
                other => return Err(format!("there is no option {other:?}")),
            }
        }
        Ok(options)
    }

    fn purpose(&self) -> packages::Purpose {
        match self.positional.as_deref() {
            Some("demo") => packages::Purpose::Demo,
            _ => packages::Purpose::Test,
        }
    }
}
