//! Bad input, each as its user or peer sees it, with a call in progress that goes on.
//!
//! Here: a phone in a call, as a process. Elsewhere:
//!
//! | what | where |
//! |---|---|
//! | malformed and oversized datagrams, half a message on TCP, another protocol, a flood: the registrar | `contact-center/tests/registrar.rs` |
//! | wrong password and unknown user: the registrar | `contact-center/tests/registrar.rs`, `sip-core/src/server/tests/registering.rs` |
//! | wrong password and unknown agent: the API and the sign-in page | `contact-center/tests/api.rs`, `agent-core/src/session/tests/center.rs`, `agent-app/tests/window/sign_in.rs` |
//! | every malformed message of RFC 4475: the verdict | `sip-core/tests/torture.rs`, `sip-core/tests/world/bad_input.rs` |
//! | no audio device, an unplugged one, one that hangs | `media/tests/pulse.rs`, `media/tests/session` |
//! | an unreachable contact centre | `agent-app/tests/headless/protocol.rs`, `agent-core/src/session/tests/center.rs` |
//! | an absent registrar, by plan | `sip-core/tests/world/registrations.rs` |
//! | a corrupt settings file | `agent-app/src/drivers/settings.rs` |
//! | a full disk: the database, a recording | `contact-center/tests/store.rs`, `media/src/device/file/writer.rs` |
//! | a line on stdin that is no JSON | `agent-app/tests/headless/protocol.rs` |
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "tests touch the world")]

use std::{
    io::{Read, Write},
    net::{TcpStream, UdpSocket},
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

use ringside_tests::{
    needs_built,
    programs::{self, Headless, PATIENCE, Registrar, Running},
};
use serde_json::json;

/// Two phones in a direct call.
struct Scene {
    anna: Headless,
    bert: Headless,
    out: String,
    inc: String,
    _files: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let files = tempfile::tempdir().unwrap();
        let mut anna = Headless::speaking(files.path(), "anna", 440, &[]);
        let mut bert = Headless::speaking(files.path(), "bert", 1000, &["--accept-any-user"]);
        let out = anna.calls(&bert.address("bert", "udp"), None);
        let inc = bert.is_called();
        bert.does("call.answer", &inc);
        anna.wait_state(&out, "confirmed");
        bert.wait_state(&inc, "confirmed");
        Self {
            anna,
            bert,
            out,
            inc,
            _files: files,
        }
    }

    /// `HOST:PORT` of Bert's phone.
    fn bert_at(&self, transport: &str) -> String {
        let address = self.bert.address("x", transport);
        address["sip:x@".len()..].split(';').next().unwrap().to_owned()
    }

    /// Voice still comes, a hold still works, and the call ends once.
    fn goes_on(mut self) {
        let received = |scene: &mut Self| scene.bert.does("call.stats", &scene.inc)["received"].as_u64();
        let before = received(&mut self).unwrap();
        sleep(Duration::from_millis(1500));
        let after = received(&mut self).unwrap();
        assert!(
            after > before + 20,
            "voice stopped: {before} packets, then {after}"
        );
        self.anna.does("call.hold", &self.out);
        self.bert.wait("call.media", |p| p["remote_hold"] == true);
        self.anna.does("call.hangup", &self.out);
        self.bert.wait_state(&self.inc, "ended");
        for phone in [self.anna, self.bert] {
            let (said, _) = phone.end();
            let ends = said
                .iter()
                .filter(|line| line["params"]["state"] == "ended")
                .count();
            assert!(ends <= 1, "{said:?}");
        }
    }
}

/// An OPTIONS from `here` that a phone answers with 200.
fn options(transport: &str, here: &str, there: &str, branch: &str, extra: &str) -> String {
    format!(
        "OPTIONS sip:bert@{there} SIP/2.0\r\nVia: SIP/2.0/{transport} {here};branch=z9hG4bK{branch};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:test@{here}>;tag=1\r\nTo: <sip:bert@{there}>\r\nCall-ID: {branch}@{here}\r\n\
         CSeq: 1 OPTIONS\r\n{extra}Content-Length: 0\r\n\r\n"
    )
}

fn status(text: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(text);
    text.split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0)
}

#[test]
fn realtime_malformed_and_oversized_datagrams_are_answered_and_the_call_goes_on() {
    needs_built!("ringside");
    let scene = Scene::new();
    let at = scene.bert_at("udp");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let here = socket.local_addr().unwrap().to_string();
    let noise = [
        &b"\0\xff\xfe rubbish"[..],
        b"INVITE",
        b"SIP/2.0 200 OK\r\n\r\n",
        &[b'x'; 60_000],
    ];
    for noise in noise {
        socket.send_to(noise, &at).unwrap();
    }
    let good = options("UDP", &here, &at, "good", "");
    let long = format!("Subject: {}\r\n", "x".repeat(60_000));
    for (message, wanted) in [
        (good.replace("CSeq: 1", "CSeq: one"), 400),
        (good.replace("Content-Length: 0", "Content-Length: 999"), 400),
        (options("UDP", &here, &at, "long", &long), 513),
        (good, 200),
    ] {
        socket.send_to(message.as_bytes(), &at).unwrap();
        let mut buffer = [0; 65_535];
        let (length, _) = socket.recv_from(&mut buffer).expect("no answer");
        assert_eq!(status(&buffer[..length]), wanted, "{message:.90}");
    }
    scene.goes_on();
}

#[test]
fn realtime_half_a_message_on_tcp_holds_nobody_up_and_the_call_goes_on() {
    needs_built!("ringside");
    let scene = Scene::new();
    let at = scene.bert_at("tcp");
    let connect = || {
        let stream = TcpStream::connect(&at).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    };
    let ask = |stream: &TcpStream, branch| {
        options("TCP", &stream.local_addr().unwrap().to_string(), &at, branch, "")
    };
    let answer = |stream: &mut TcpStream| {
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).expect("no answer");
        status(&buffer[..length])
    };
    let (mut half, mut whole) = (connect(), connect());
    let message = ask(&half, "half");
    let (first, rest) = message.split_at(message.len() / 2);
    half.write_all(first.as_bytes()).unwrap();
    let other = ask(&whole, "whole");
    whole.write_all(other.as_bytes()).unwrap();
    assert_eq!(answer(&mut whole), 200);
    half.write_all(rest.as_bytes()).unwrap();
    assert_eq!(answer(&mut half), 200, "the rest may come later");
    let mut cut = connect();
    cut.write_all(first.as_bytes()).unwrap();
    drop(cut);
    scene.goes_on();
}

#[test]
fn realtime_a_wrong_password_and_an_unknown_user_are_told_and_the_call_goes_on() {
    needs_built!("ringside", "ringside-server");
    let registrar = Registrar::start(&["anna"]);
    let mut scene = Scene::new();
    for (user, password) in [("anna", "guess"), ("nobody", "nobody-secret")] {
        let account = scene.anna.adds_account(&registrar, user, password, "udp");
        let told = scene.anna.wait("account.state", |p| {
            p["account"] == account && p["state"] == "failed"
        });
        let reason = told["reason"].as_str().unwrap();
        assert!(reason.contains("password"), "{told}");
        assert!(!reason.contains(password), "{told}");
        assert!(told["retry_in_s"].is_null(), "only the user can help: {told}");
    }
    assert_eq!(registrar.bindings("anna"), 0);
    scene.goes_on();
}

#[test]
fn realtime_an_unreachable_registrar_is_told_with_the_next_attempt_and_the_call_goes_on() {
    needs_built!("ringside");
    let mut scene = Scene::new();
    let nobody = programs::free_port();
    for (user, registrar) in [
        ("anna", format!("sip:127.0.0.1:{nobody};transport=tcp")),
        ("annie", "sip:no-such-host.invalid".to_owned()),
    ] {
        let params =
            json!({ "uri": format!("sip:{user}@house.test"), "registrar": registrar, "password": "x" });
        let account = scene.anna.ask("account.add", params)["account"].clone();
        // The first attempts may follow at once.
        let told = scene.anna.wait("account.state", |p| {
            p["account"] == account && p["state"] == "failed" && p["retry_in_s"].as_f64() > Some(0.0)
        });
        assert!(!told["reason"].as_str().unwrap().is_empty(), "{told}");
    }
    // A call to nobody ends with a sentence, too.
    let call = scene
        .anna
        .calls(&format!("<sip:x@127.0.0.1:{nobody};transport=tcp>"), None);
    let end = scene.anna.wait_state(&call, "ended");
    assert!(!end["cause"].as_str().unwrap().is_empty(), "{end}");
    scene.goes_on();
}

#[test]
fn an_absent_sound_file_ends_the_start_with_a_sentence() {
    needs_built!("ringside");
    let program = programs::find("ringside").unwrap();
    let mut command = Command::new(program);
    command.args(["headless", "--audio-in", "/nowhere/voice.wav"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut process = Running::start(&mut command);
    let code = process.ends_within(PATIENCE);
    let mut said = String::new();
    process
        .0
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(matches!(code, Some(1 | 2)), "{code:?}: {said}");
    assert!(said.contains("/nowhere/voice.wav"), "{said}");
}

#[test]
fn realtime_a_corrupt_settings_file_is_kept_aside_and_the_phone_works() {
    needs_built!("ringside");
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("settings.toml"), "= nonsense [").unwrap();
    let mut phone = Headless::start(&["--null-audio", "--data", data.path().to_str().unwrap()]);
    let call = phone.calls(&phone.address("ringside", "udp"), None);
    phone.wait_state(&call, "ringing");
    phone.end();
    let kept = std::fs::read_to_string(data.path().join("settings.toml.broken")).unwrap();
    assert_eq!(kept, "= nonsense [");
}
