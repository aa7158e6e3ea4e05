//! `cargo xtask demo`: from nothing to a ringing call.

use crate::{
    Options,
    packages::Purpose,
    run::{self, Outcome},
    setup,
};

/// Sets up, builds release and hands over to `ringside demo`.
pub(crate) fn run(options: &Options) -> Outcome {
    setup::run(options, Purpose::Demo)?;
    eprintln!("Building Ringside (a few minutes the first time)…");
    run::finish(run::cargo().args([
        "build",
        "--release",
        "--package",
        "agent-app",
        "--bin",
        "ringside",
    ]))?;
    let mut demo = run::cargo();
    demo.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "agent-app",
        "--bin",
        "ringside",
        "--",
        "demo",
    ]);
    if options.headless {
        demo.arg("--headless");
    }
    if let Some(seconds) = options.seconds {
        demo.args(["--seconds", &seconds.to_string()]);
    }
    run::finish(demo.args(&options.rest))
}
