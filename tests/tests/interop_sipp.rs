//! SIPp (the scenarios of `interop/sipp`) against real phones and the real registrar. SIPp checks what it is
//! sent; these tests check what the phone says.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "tests touch the world")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use ringside_tests::{
    needs, needs_built,
    programs::{Headless, PATIENCE, Registrar, Running, free_port},
};

/// SIPp with a scenario, for one call; it ends by itself, with 0 when all went as written.
struct Sipp {
    process: Running,
    files: tempfile::TempDir,
    port: u16,
}

impl Sipp {
    fn start(scenario: &str, transport: &str, remote: Option<&str>) -> Self {
        let files = tempfile::tempdir().unwrap();
        let (port, media) = (free_port(), free_port());
        let scenario: PathBuf = [env!("CARGO_MANIFEST_DIR"), "interop/sipp", scenario]
            .iter()
            .collect();
        let mut command = Command::new("sipp");
        command.args(remote).arg("-sf").arg(scenario);
        command.args([
            "-i",
            "127.0.0.1",
            "-m",
            "1",
            "-nostdin",
            "-timeout",
            "25",
            "-timeout_error",
        ]);
        command.args(["-s", "bert", "-t", if transport == "tcp" { "t1" } else { "u1" }]);
        command.args(["-p", &port.to_string(), "-mp", &media.to_string()]);
        command.args([
            "-trace_err",
            "-error_file",
            "errors.txt",
            "-trace_msg",
            "-message_file",
            "messages.txt",
        ]);
        command
            .current_dir(files.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process = Running::start(&mut command);
        Self { process, files, port }
    }

    fn ends_well(mut self) {
        assert_eq!(self.process.ends_within(PATIENCE), Some(0), "SIPp is not content");
    }
}

impl Drop for Sipp {
    /// A test that fails shows what SIPp saw.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for name in ["errors.txt", "messages.txt"] {
            let text = std::fs::read_to_string(self.files.path().join(name));
            eprintln!(
                "--- SIPp's {name}
{}",
                text.unwrap_or_default()
            );
        }
    }
}

/// `HOST:PORT` of a SIP address.
fn host(address: &str) -> &str {
    let host = address.split('@').nth(1).unwrap();
    host.split(';').next().unwrap()
}

fn phone(dir: &Path) -> Headless {
    Headless::speaking(dir, "bert", 440, &["--accept-any-user"])
}

fn sipp_holds(transport: &str) {
    needs!("sipp");
    needs_built!("ringside");
    let files = tempfile::tempdir().unwrap();
    let mut bert = phone(files.path());
    let at = bert.address("bert", transport);
    let sipp = Sipp::start("uac_hold.xml", transport, Some(host(&at)));
    let call = bert.is_called();
    bert.does("call.answer", &call);
    bert.wait_state(&call, "confirmed");
    bert.wait("call.media", |p| {
        p["remote_hold"] == true && p["direction"] == "recvonly"
    });
    bert.wait("call.media", |p| {
        p["remote_hold"] == false && p["direction"] == "sendrecv"
    });
    bert.wait_state(&call, "ended");
    sipp.ends_well();
    bert.end();
}

#[test]
fn sipp_calls_holds_resumes_and_hangs_up_over_udp() {
    sipp_holds("udp");
}

#[test]
fn sipp_calls_holds_resumes_and_hangs_up_over_tcp() {
    sipp_holds("tcp");
}

#[test]
fn sipp_gives_up_while_it_rings() {
    needs!("sipp");
    needs_built!("ringside");
    let files = tempfile::tempdir().unwrap();
    let mut bert = phone(files.path());
    let at = bert.address("bert", "udp");
    let sipp = Sipp::start("uac_cancel.xml", "udp", Some(host(&at)));
    let call = bert.is_called();
    let end = bert.wait_state(&call, "ended");
    assert!(!end["cause"].as_str().unwrap().is_empty(), "{end}");
    sipp.ends_well();
    let (said, _) = bert.end();
    assert!(
        said.iter().all(|line| line["params"]["state"] != "ended"),
        "ended twice: {said:?}"
    );
}

#[test]
fn sipp_is_called_held_resumed_and_hung_up() {
    needs!("sipp");
    needs_built!("ringside");
    let files = tempfile::tempdir().unwrap();
    let sipp = Sipp::start("uas_hold.xml", "udp", None);
    let mut anna = phone(files.path());
    let call = anna.calls(&format!("sip:sipp@127.0.0.1:{}", sipp.port), None);
    anna.wait_state(&call, "ringing");
    anna.wait_state(&call, "confirmed");
    anna.does("call.hold", &call);
    anna.wait("call.media", |p| p["local_hold"] == true);
    anna.does("call.resume", &call);
    anna.wait("call.media", |p| {
        p["local_hold"] == false && p["direction"] == "sendrecv"
    });
    anna.does("call.hangup", &call);
    anna.wait_state(&call, "ended");
    sipp.ends_well();
    anna.end();
}

fn sipp_registers(transport: &str) {
    needs!("sipp");
    needs_built!("ringside", "ringside-server");
    let files = tempfile::tempdir().unwrap();
    let registrar = Registrar::start(&["bert", "carl"]);
    let mut bert = phone(files.path());
    bert.registers(&registrar, "bert", transport);
    let sipp = Sipp::start(
        "register_and_call.xml",
        transport,
        Some(&registrar.at(transport).to_string()),
    );
    let call = bert.is_called();
    assert_eq!(registrar.bindings("carl"), 1, "SIPp is registered");
    bert.does("call.answer", &call);
    bert.wait_state(&call, "confirmed");
    bert.wait_state(&call, "ended");
    sipp.ends_well();
    bert.end();
}

#[test]
fn sipp_registers_with_digest_and_calls_through_the_registrar_over_udp() {
    sipp_registers("udp");
}

#[test]
fn sipp_registers_with_digest_and_calls_through_the_registrar_over_tcp() {
    sipp_registers("tcp");
}
