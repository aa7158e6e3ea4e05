//! The contact centre is killed while an agent is signed in, and comes back: the programs as they are shipped.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use ringside_tests::{
    needs_built,
    programs::{Headless, Running, find},
};
use serde_json::{Value, json};

/// `ringside-server serve --demo` with its data in `dir`, at the addresses of an earlier run if there was one.
fn serve(dir: &Path, before: Option<&Value>) -> (Running, Value) {
    let mut command = Command::new(find("ringside-server").unwrap());
    command
        .args(["serve", "--demo", "--no-customers", "--data"])
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if let Some(before) = before {
        let api = before["api"].as_str().unwrap().strip_prefix("http://").unwrap();
        let sip = before["sip"][0].as_str().unwrap().strip_prefix("udp:").unwrap();
        command.args(["--api", api, "--sip", sip]);
    }
    let mut server = Running::start(&mut command);
    let mut line = String::new();
    BufReader::new(server.0.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
    (server, ready)
}

#[test]
fn c_001_a_killed_contact_centre_is_said_and_the_agent_goes_on_when_it_is_back() {
    needs_built!("ringside", "ringside-server");
    let data = tempfile::tempdir().unwrap();
    let (server, ready) = serve(data.path(), None);
    let mut pat = Headless::start(&["--null-audio"]);
    let agent = &ready["agents"][0];
    let sign_in = json!({
        "server": ready["api"], "address": agent["address"], "password": agent["password"],
    });
    pat.ask("agent.sign_in", sign_in);
    pat.wait("agent.state", |p| p["routable"] == true);

    // Running kills its process.
    drop(server);
    let limited = pat.wait("agent.state", |p| p["routable"] == false);
    let reason = limited["reason"].as_str().unwrap();
    assert!(reason.starts_with("Limited: "), "{reason}");
    for method in ["agent.why", "agent.ready", "agent.not_ready", "queue.list"] {
        let (code, message) = pat.refused(method, json!({}));
        assert_eq!(code, 4, "{method}: {message}");
    }

    // Its registrar has forgotten the phone, which finds that out by itself.
    let (_server, _) = serve(data.path(), Some(&ready));
    pat.wait("agent.state", |p| p["routable"] == true);
    let why = pat.ask("agent.why", json!({}));
    assert_eq!(why["uccs"][0]["routable"], true, "{why}");
    let (said, _) = pat.end();
    assert!(
        !said.iter().any(|v| v["params"]["routable"] == true),
        "back is said once: {said:#?}"
    );
}
