//! `cargo xtask lint`: formatting, clippy, dependency rules.

use crate::{
    Options,
    packages::Purpose,
    run::{self, Outcome},
    setup,
};

/// Runs what CI refuses a change for.
pub(crate) fn run(options: &Options) -> Outcome {
    setup::run(options, Purpose::Demo)?;
    run::finish(run::cargo().args(["fmt", "--all", "--check"]))?;
    run::finish(run::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    deny(options)
}

/// Licences, sources and duplicate versions are checked from the lock file alone. Advisories live in a
/// database outside the registry: they are checked where it can be reached, and said to be skipped where not.
fn deny(options: &Options) -> Outcome {
    let available = || {
        run::cargo()
            .args(["deny", "--version"])
            .output()
            .is_ok_and(|out| out.status.success())
    };
    if !available() {
        if options.no_install {
            eprintln!("skipped: dependency rules need cargo-deny (cargo install cargo-deny --locked)");
            return Ok(());
        }
        eprintln!("Installing cargo-deny, which checks licences and sources of dependencies…");
        run::finish(run::cargo().args(["install", "cargo-deny", "--locked", "--quiet"]))?;
    }
    run::finish(run::cargo().args([
        "deny",
        "--log-level",
        "error",
        "check",
        "bans",
        "licenses",
        "sources",
    ]))?;
    let fetched = run::cargo()
        .args(["deny", "fetch", "db"])
        .output()
        .is_ok_and(|out| out.status.success());
    if fetched {
        run::finish(run::cargo().args(["deny", "check", "--disable-fetch", "advisories"]))
    } else {
        eprintln!("skipped: advisories need the RustSec database, which cannot be fetched from here");
        Ok(())
    }
}
