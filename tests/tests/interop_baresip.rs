//! baresip, a phone of other people, at our registrar and in calls with ours: both ends hear the other's tone.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "sound needs real time")]

use std::{
    f64::consts::TAU,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use ringside_tests::{
    needs, needs_built,
    programs::{Headless, PATIENCE, Registrar, Running, free_port},
    sound::Ear,
};
use serde_json::{Value, json};

/// One baresip with a tone as its voice, steered over its TCP control port.
struct Baresip {
    process: Running,
    control: TcpStream,
    unread: Vec<u8>,
    files: tempfile::TempDir,
}

impl Baresip {
    fn start(registrar: &Registrar, user: &str, transport: &str, hz: f64, answer: &str) -> Option<Self> {
        let Some(modules) = modules() else {
            eprintln!("skipped: needs the modules of baresip");
            return None;
        };
        let files = tempfile::tempdir().unwrap();
        let dir = files.path();
        let control = free_port();
        tone(&dir.join("tone.wav"), hz);
        let at = dir.display();
        let config = format!(
            "poll_method epoll\nsip_listen 127.0.0.1:0\naudio_player aubridge,ear\naudio_alert aubridge,alert\n\
             audio_source aufile,{at}/tone.wav\nausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\n\
             auplay_channels 1\nmodule_path {modules}\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\n\
             module sndfile.so\nmodule_tmp uuid.so\nmodule_tmp account.so\nmodule_app menu.so\n\
             module_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{control}\nsnd_path {at}\n\
             rtp_timeout 60\n",
            modules = modules.display()
        );
        std::fs::write(dir.join("config"), config).unwrap();
        let account = format!(
            "<sip:{user}@{};transport={transport}>;auth_user={user};auth_pass={user}-secret;regint=600;\
             answermode={answer};audio_codecs=PCMU/8000/1\n",
            registrar.at(transport)
        );
        std::fs::write(dir.join("accounts"), account).unwrap();
        std::fs::write(dir.join("contacts"), "").unwrap();
        let log = std::fs::File::create(dir.join("log.txt")).unwrap();
        let process = Running::start(
            Command::new("baresip")
                .arg("-f")
                .arg(dir)
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log),
        );
        let until = Instant::now() + PATIENCE;
        let control = loop {
            match TcpStream::connect(("127.0.0.1", control)) {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < until, "baresip's control port: {error}"),
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        control.set_read_timeout(Some(PATIENCE)).unwrap();
        Some(Self {
            process,
            control,
            unread: Vec::new(),
            files,
        })
    }

    /// Gives a command of its menu.
    fn does(&mut self, command: &str, params: &str) {
        let text = json!({ "command": command, "params": params }).to_string();
        write!(self.control, "{}:{text},", text.len()).unwrap();
    }

    /// Waits for an event of its control port.
    fn wait(&mut self, event: &str) -> Value {
        loop {
            while let Some(message) = self.message() {
                if message["type"] == event {
                    return message;
                }
            }
            let mut buffer = [0; 4096];
            let length = self.control.read(&mut buffer);
            let length = length.unwrap_or_else(|error| panic!("no {event}: {error}"));
            assert_ne!(length, 0, "baresip has gone");
            self.unread.extend(&buffer[..length]);
        }
    }

    /// The next whole netstring that has been read.
    fn message(&mut self) -> Option<Value> {
        let colon = self.unread.iter().position(|byte| *byte == b':')?;
        let length: usize = std::str::from_utf8(&self.unread[..colon])
            .unwrap()
            .parse()
            .unwrap();
        let end = colon + 1 + length;
        if self.unread.len() <= end {
            return None;
        }
        let message = serde_json::from_slice(&self.unread[colon + 1..end]).unwrap();
        self.unread.drain(..=end);
        Some(message)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.files.path().join("log.txt")).unwrap_or_default()
    }

    /// Ends it and gives what it has heard.
    fn end(mut self) -> Ear {
        self.does("quit", "");
        self.process.ends_within(PATIENCE);
        let heard = std::fs::read_dir(self.files.path()).unwrap().find_map(|entry| {
            let path = entry.unwrap().path();
            path.to_string_lossy().ends_with("-dec.wav").then_some(path)
        });
        Ear::read(&heard.unwrap_or_else(|| panic!("it has recorded nothing")))
    }
}

impl Drop for Baresip {
    /// A test that fails shows what baresip said.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- baresip\n{}", self.log());
        }
    }
}

fn modules() -> Option<PathBuf> {
    [
        "/usr/lib/baresip/modules",
        "/usr/local/lib/baresip/modules",
        "/usr/lib64/baresip/modules",
    ]
    .into_iter()
    .map(PathBuf::from)
    .find(|dir| dir.join("ctrl_tcp.so").is_file())
}

/// Thirty seconds of a tone at −12 dBFS, 8 kHz.
fn tone(path: &Path, hz: f64) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(path, spec).unwrap();
    for i in 0..30 * 8000 {
        let sample = 0.25 * (TAU * hz * f64::from(i) / 8000.0).sin();
        wav.write_sample((sample * 32_767.0) as i16).unwrap();
    }
    wav.finalize().unwrap();
}

fn assert_hears(who: &str, ear: &Ear, hz: f64) {
    let (from, to) = ear.longest(|level| level > -25.0);
    assert!(
        to - from >= 1.0,
        "{who} hears the other for {:.1} s only",
        to - from
    );
    let over = ear.clearest_second(hz, from, to);
    assert!(over >= 20.0, "{who} hears {hz} Hz {over:.1} dB over the rest");
    println!("{who}: {hz} Hz is {over:.1} dB over the rest");
}

#[test]
fn baresip_registers_calls_us_and_both_hear_the_other() {
    needs!("baresip");
    needs_built!("ringside", "ringside-server");
    let files = tempfile::tempdir().unwrap();
    let registrar = Registrar::start(&["bert", "carl"]);
    let mut bert = Headless::speaking(files.path(), "bert", 440, &[]);
    bert.registers(&registrar, "bert", "udp");
    let Some(mut carl) = Baresip::start(&registrar, "carl", "udp", 1000.0, "manual") else {
        return;
    };
    registrar.waits_for("carl");
    carl.does("dial", &format!("sip:bert@{}", registrar.udp));
    let call = bert.is_called();
    bert.does("call.answer", &call);
    bert.wait_state(&call, "confirmed");
    carl.wait("CALL_ESTABLISHED");
    std::thread::sleep(Duration::from_secs(3));
    carl.does("hangup", "");
    bert.wait_state(&call, "ended");
    let (_, ear) = bert.end();
    assert_hears("ours", &Ear::read(&ear.unwrap()), 1000.0);
    assert_hears("baresip", &carl.end(), 440.0);
}

#[test]
fn baresip_is_called_by_us_held_and_hung_up() {
    needs!("baresip");
    needs_built!("ringside", "ringside-server");
    let files = tempfile::tempdir().unwrap();
    let registrar = Registrar::start(&["bert", "carl"]);
    let Some(mut carl) = Baresip::start(&registrar, "carl", "tcp", 1000.0, "auto") else {
        return;
    };
    registrar.waits_for("carl");
    let mut bert = Headless::speaking(files.path(), "bert", 440, &[]);
    let account = bert.registers(&registrar, "bert", "tcp");
    let call = bert.calls(&format!("sip:carl@{}", registrar.udp), Some(&account));
    bert.wait_state(&call, "confirmed");
    std::thread::sleep(Duration::from_secs(2));
    bert.does("call.hold", &call);
    bert.wait("call.media", |p| p["local_hold"] == true);
    std::thread::sleep(Duration::from_millis(1500));
    bert.does("call.resume", &call);
    bert.wait("call.media", |p| {
        p["local_hold"] == false && p["direction"] == "sendrecv"
    });
    std::thread::sleep(Duration::from_millis(1500));
    bert.does("call.hangup", &call);
    bert.wait_state(&call, "ended");
    carl.wait("CALL_CLOSED");
    let (_, ear) = bert.end();
    let ear = Ear::read(&ear.unwrap());
    assert_hears("ours", &ear, 1000.0);
    assert!(ear.bursts() >= 2, "nothing is heard while it holds");
    assert_hears("baresip", &carl.end(), 440.0);
}
