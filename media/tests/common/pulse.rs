//! A private PulseAudio with null sinks: `spk` is what the user hears, `mic` what the microphone hears.
//!
//! The server lives in its own folder and dies with the test. The test binary runs the named test again
//! in a child process that has the server in its environment.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::Recording;

const MARK: &str = "RINGSIDE_TEST_PULSE";

/// A child process that ends with the test.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs `body` in a child process that sees a fresh PulseAudio, or says why not. `devices` are the
/// modules it starts with.
pub(crate) fn with_pulse(test: &str, devices: &[&str], body: fn()) {
    if std::env::var_os(MARK).is_some() {
        body();
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let Some(_server) = start(dir.path(), devices) else {
        println!("skipped: needs pulseaudio");
        return;
    };
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(MARK, "1")
        .env("HOME", dir.path())
        .env("XDG_RUNTIME_DIR", dir.path())
        .env("PULSE_RUNTIME_PATH", dir.path())
        .env(
            "PULSE_SERVER",
            format!("unix:{}", dir.path().join("native").display()),
        )
        .status()
        .unwrap();
    assert!(status.success(), "{test} failed, see above");
}

fn start(dir: &Path, devices: &[&str]) -> Option<Running> {
    let socket = dir.join("native");
    let mut command = Command::new("pulseaudio");
    command.args([
        "-n",
        "--daemonize=no",
        "--fail",
        "--exit-idle-time=-1",
        "--disallow-exit",
        "--use-pid-file=no",
        "--log-level=error",
    ]);
    command.arg(format!(
        "--load=module-native-protocol-unix socket={} auth-anonymous=1",
        socket.display()
    ));
    for device in devices {
        command.arg(format!("--load={device}"));
    }
    let child = command
        .env("HOME", dir)
        .env("XDG_RUNTIME_DIR", dir)
        .env("PULSE_RUNTIME_PATH", dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let running = Running(child);
    let until = Instant::now() + Duration::from_secs(10);
    while !socket.exists() {
        assert!(Instant::now() < until, "pulseaudio did not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(running)
}

/// The modules of a machine with a speaker and a microphone that a test can speak into (`micfeed`).
pub(crate) const SPEAKER_AND_MICROPHONE: &[&str] = &[
    "module-null-sink sink_name=spk rate=48000 channels=2 sink_properties=device.description=Speaker",
    "module-null-sink sink_name=micfeed rate=48000 channels=1 sink_properties=device.description=MicFeed",
    "module-remap-source source_name=mic master=micfeed.monitor source_properties=device.description=Microphone",
];

/// Runs `pactl` and answers what it printed.
pub(crate) fn pactl(args: &[&str]) -> String {
    let output = Command::new("pactl").args(args).output().unwrap();
    assert!(output.status.success(), "pactl {args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Plays a sine into a sink until dropped.
pub(crate) fn play_tone(dir: &Path, sink: &str, hz: f32) -> Running {
    let path = dir.join(format!("{sink}-{hz}.raw"));
    let bytes: Vec<u8> = (0..48_000 * 60)
        .flat_map(|n| {
            let s = (std::f64::consts::TAU * f64::from(hz) * f64::from(n) / 48_000.0).sin() * 8_000.0;
            (s as i16).to_le_bytes()
        })
        .collect();
    std::fs::write(&path, bytes).unwrap();
    Running(
        Command::new("pacat")
            .args([
                "--playback",
                "--raw",
                "--rate=48000",
                "--channels=1",
                "--format=s16le",
                "-d",
                sink,
            ])
            .stdin(std::fs::File::open(&path).unwrap())
            .spawn()
            .unwrap(),
    )
}

/// Records from a source into a file until dropped.
pub(crate) fn record(source: &str, to: &Path) -> Running {
    Running(
        Command::new("parec")
            .args([
                "-d",
                source,
                "--raw",
                "--rate=48000",
                "--channels=1",
                "--format=s16le",
                "--latency-msec=20",
            ])
            .stdout(std::fs::File::create(to).unwrap())
            .spawn()
            .unwrap(),
    )
}

/// Reads what [`record`] wrote.
pub(crate) fn recorded(path: &Path) -> Recording {
    let bytes = std::fs::read(path).unwrap();
    Recording::from_samples(
        bytes
            .chunks_exact(2)
            .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0)
            .collect(),
    )
}
