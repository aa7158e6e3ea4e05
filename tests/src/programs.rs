//! The built programs as processes: where they are, how to start them, and how to talk with them.

mod headless;
mod registrar;

use std::{
    path::PathBuf,
    process::{Child, Command},
    time::{Duration, Instant},
};

pub use headless::Headless;
pub use registrar::Registrar;

/// Longest wait for anything that must happen; nothing takes this long unless it is broken.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The built program beside this test, `target/debug/NAME`; `None` (and a sentence) when nobody has built it.
pub fn find(name: &str) -> Option<PathBuf> {
    let here = std::env::current_exe().ok()?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    // target/debug/deps/TEST-HASH
    let found = here
        .ancestors()
        .skip(1)
        .take(3)
        .map(|dir| dir.join(&file))
        .find(|p| p.is_file());
    if found.is_none() {
        let package = if name == "ringside" {
            "agent-app"
        } else {
            "contact-center"
        };
        eprintln!(
            "skipped: needs {name} (`cargo build -p {package} --bin {name}`; `cargo xtask test` does it)"
        );
    }
    found
}

/// Leaves the test when one of our own programs has not been built.
#[macro_export]
macro_rules! needs_built {
    ($($program:literal),+) => {
        $(if $crate::programs::find($program).is_none() {
            return;
        })+
    };
}

/// A process that does not outlive its test.
#[derive(Debug)]
pub struct Running(pub Child);

impl Running {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> Self {
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self(child)
    }

    /// Waits for its end; the exit code, `None` when a signal ended it.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub fn ends_within(&mut self, patience: Duration) -> Option<i32> {
        let until = Instant::now() + patience;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < until, "the process does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A UDP (and most likely TCP) port on loopback that was free a moment ago, for programs that want a number.
pub fn free_port() -> u16 {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}
