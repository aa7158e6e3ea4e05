//! What a test says when a tool it needs is missing. `cargo xtask test` installs them all.

use std::process::{Command, Stdio};

/// Whether a program is on the path.
pub fn is_installed(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(|mut child| {
            // Some start up instead of telling their version.
            let _ = child.kill();
            let _ = child.wait();
        })
        .is_ok()
}

/// Leaves the test with `skipped: needs X` for the first program that is not installed.
#[macro_export]
macro_rules! needs {
    ($($program:literal),+) => {
        $(if !$crate::skip::is_installed($program) {
            eprintln!("skipped: needs {}", $program);
            return;
        })+
    };
}
