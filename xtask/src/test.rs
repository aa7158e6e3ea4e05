//! `cargo xtask test`: the whole suite on a machine that had nothing.

use crate::{
    Options,
    packages::Purpose,
    run::{self, Outcome},
    setup,
};

/// Sets up, builds the programs the end-to-end tests start, then runs every test.
pub(crate) fn run(options: &Options) -> Outcome {
    setup::run(options, Purpose::Test)?;
    run::finish(run::cargo().args(["build", "--workspace", "--bins"]))?;
    let nextest = run::cargo()
        .args(["nextest", "--version"])
        .output()
        .is_ok_and(|out| out.status.success());
    if nextest {
        // nextest leaves documentation examples to cargo; they go first so that its summary is last.
        run::finish(run::cargo().args(["test", "--workspace", "--doc", "--quiet"]))?;
        run::finish(
            run::cargo()
                .args(["nextest", "run", "--workspace"])
                .args(&options.rest),
        )
    } else {
        run::finish(run::cargo().args(["test", "--workspace"]).args(&options.rest))
    }
}
