//! The real window, from start over a held call to its end: `ringside demo` on a virtual screen, a simulated
//! customer, a mouse and keys.
//!
//! It leaves pictures in `target/window/` (the folder is printed): `ringing.png`, `talking.png`, `held.png`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "a window needs real time")]

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread::sleep,
    time::{Duration, Instant},
};

use ringside_tests::{
    needs, needs_built,
    programs::{Running, find},
};

/// Software rendering on a busy machine: nothing takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(40);

/// A virtual screen with a window manager.
struct Screen {
    display: String,
    _manager: Running,
    _server: Running,
}

impl Screen {
    fn start(log: &Path) -> Self {
        let log = || Stdio::from(File::options().create(true).append(true).open(log).unwrap());
        // The X server chooses a display that is free and says which.
        let mut server = Running::start(
            Command::new("Xvfb")
                .args([
                    "-displayfd",
                    "1",
                    "-screen",
                    "0",
                    "1440x900x24",
                    "-nolisten",
                    "tcp",
                ])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(log()),
        );
        let mut number = String::new();
        BufReader::new(server.0.stdout.take().unwrap())
            .read_line(&mut number)
            .unwrap();
        let display = format!(":{}", number.trim());
        let manager = Running::start(
            Command::new("openbox")
                .env("DISPLAY", &display)
                .stdin(Stdio::null())
                .stdout(log())
                .stderr(log()),
        );
        Self {
            display,
            _manager: manager,
            _server: server,
        }
    }

    /// What xdotool prints; `None` when it fails (nothing found).
    fn xdotool(&self, args: &[&str]) -> Option<String> {
        let output = Command::new("xdotool")
            .args(args)
            .env("DISPLAY", &self.display)
            .output()
            .unwrap();
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The visible window of that title.
    fn window(&self, title: &str) -> Option<String> {
        let found = self.xdotool(&["search", "--onlyvisible", "--name", &format!("^{title}$")])?;
        found.lines().last().map(str::to_owned)
    }

    fn wait_for(&self, title: &str, there: bool) -> Option<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let window = self.window(title);
            if window.is_some() == there {
                return window;
            }
            assert!(Instant::now() < until, "the window {title:?}: wanted {there}");
            sleep(Duration::from_millis(100));
        }
    }

    fn picture(&self, file: &Path) {
        let status = Command::new("import")
            .args(["-window", "root"])
            .arg(file)
            .env("DISPLAY", &self.display)
            .status()
            .unwrap();
        assert!(status.success(), "no picture");
        println!("picture: {}", file.display());
    }
}

/// The next line of the log that holds all of these.
fn wait_for_line(lines: &Receiver<String>, wanted: &[&str]) -> String {
    let until = Instant::now() + PATIENCE;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let line = lines.recv_timeout(left);
        let line = line.unwrap_or_else(|error| panic!("no line with {wanted:?}: {error}"));
        if wanted.iter().all(|part| line.contains(part)) {
            return line;
        }
    }
}

/// Beside the test programs: `target/window`.
fn pictures() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let dir = here.ancestors().nth(3).unwrap().join("window");
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// `ringside demo` on a screen of its own.
struct Desk {
    screen: Screen,
    lines: Receiver<String>,
    ringside: Running,
    _files: tempfile::TempDir,
}

impl Desk {
    fn start() -> Self {
        let files = tempfile::tempdir().unwrap();
        let screen = Screen::start(&files.path().join("screen.txt"));
        let mut ringside = Running::start(
            Command::new(find("ringside").unwrap())
                .args(["demo", "--low-graphics"])
                .env("DISPLAY", &screen.display)
                .env_remove("WAYLAND_DISPLAY")
                .env_remove("WAYLAND_SOCKET")
                .env("XDG_RUNTIME_DIR", files.path())
                .env("HOME", files.path())
                .env(
                    "RUST_LOG",
                    "warn,contact_center::focus=debug,agent_app::window=debug",
                )
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped()),
        );
        let stderr = BufReader::new(ringside.0.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                eprintln!("ringside: {line}");
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            screen,
            lines,
            ringside,
            _files: files,
        }
    }

    /// Accepts the call that rings, with the mouse.
    fn accept(&self) {
        let ring = self.screen.wait_for("Incoming call", true).unwrap();
        // The middle of Accept, once the first moment, in which clicks do nothing, is over.
        sleep(Duration::from_millis(1500));
        self.screen
            .xdotool(&["mousemove", "--window", &ring, "100", "125", "click", "1"])
            .unwrap();
        self.screen.wait_for("Incoming call", false);
    }

    /// Presses keys in the main window.
    fn press(&self, keys: &[&str]) {
        let main = self.screen.window("Ringside").unwrap();
        self.screen.xdotool(&["windowactivate", "--sync", &main]);
        for key in keys {
            self.screen.xdotool(&["key", key]).unwrap();
        }
    }

    /// The program ends by itself, with everything put away.
    fn ends(mut self) {
        assert_eq!(self.ringside.ends_within(PATIENCE), Some(0));
        let hurried = self
            .lines
            .iter()
            .find(|line| line.contains("ended before everything was put away"));
        assert_eq!(hurried, None);
    }
}

#[test]
fn realtime_a_simulated_call_is_accepted_with_the_mouse_held_and_hung_up() {
    needs!("Xvfb", "openbox", "xdotool", "import");
    needs_built!("ringside");
    let (desk, pictures) = (Desk::start(), pictures());
    let screen = &desk.screen;
    let ring = screen.wait_for("Incoming call", true).unwrap();
    // What is typed still goes to the main window, and a click in the first moment does nothing.
    sleep(Duration::from_millis(1500));
    let focused = screen.xdotool(&["getwindowfocus"]);
    assert_ne!(
        focused.as_deref(),
        Some(ring.as_str()),
        "the pop-up took the keyboard"
    );
    screen.picture(&pictures.join("ringing.png"));
    desk.accept();
    sleep(Duration::from_secs(3));
    screen.picture(&pictures.join("talking.png"));

    desk.press(&["ctrl+shift+h"]);
    wait_for_line(&desk.lines, &["customer on hold", "held=true"]);
    sleep(Duration::from_secs(1));
    screen.picture(&pictures.join("held.png"));
    desk.press(&["ctrl+shift+h"]);
    wait_for_line(&desk.lines, &["customer on hold", "held=false"]);

    desk.press(&["ctrl+shift+e"]);
    wait_for_line(&desk.lines, &["from the window", "Hangup"]);
    desk.press(&["alt+F4"]);
    desk.ends();
}

#[test]
fn realtime_closing_in_a_call_asks_first_and_then_hangs_up() {
    needs!("Xvfb", "openbox", "xdotool", "import");
    needs_built!("ringside");
    let desk = Desk::start();
    desk.accept();
    desk.press(&["alt+F4"]);
    wait_for_line(&desk.lines, &["asking before the window closes"]);
    desk.screen.picture(&pictures().join("closing.png"));
    desk.press(&["Escape"]);
    desk.press(&["alt+F4"]);
    wait_for_line(&desk.lines, &["asking before the window closes"]);
    // The keyboard is on Stay.
    desk.press(&["Tab", "Return"]);
    desk.ends();
}

#[test]
#[cfg(unix)]
fn realtime_a_signal_ends_the_window_while_it_rings() {
    needs!("Xvfb", "openbox", "xdotool", "kill");
    needs_built!("ringside");
    let desk = Desk::start();
    desk.screen.wait_for("Incoming call", true);
    let process = desk.ringside.0.id().to_string();
    let status = Command::new("kill").args(["-TERM", &process]).status().unwrap();
    assert!(status.success());
    desk.ends();
}
