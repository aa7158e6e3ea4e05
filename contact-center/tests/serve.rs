//! `ringside-server serve` and `simulate` as programs: what people and scripts see of them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests touch the world"
)]

mod support;

use std::{
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener, UdpSocket},
    process::{Child, Output},
};

use serde_json::{Value, json};
use support::{PATIENCE, Phone, server};

/// A contact centre of its own process, without customers.
struct Contact {
    child: Child,
    ready: Value,
    line: String,
}

impl Contact {
    fn start(more: &[&str]) -> Self {
        let mut child = server()
            .args(["serve", "--demo", "--no-customers"])
            .args(more)
            .stderr(std::process::Stdio::inherit())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Self { child, ready, line }
    }

    fn text(&self, pointer: &str) -> &str {
        self.ready
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no {pointer} in {}", self.line))
    }

    fn sip(&self) -> SocketAddr {
        self.text("/sip/0").strip_prefix("udp:").unwrap().parse().unwrap()
    }

    #[cfg(unix)]
    fn end(mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        let kill = std::process::Command::new("kill").args(["-TERM", &id]).status();
        assert!(kill.unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Contact {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(args: &[&str]) -> Output {
    server().args(args).output().unwrap()
}

/// Exit code 1, nothing on standard output, one line on standard error that says all of `words`.
fn assert_one_sentence(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(output.stdout, b"");
    assert_eq!(said.lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in {said:?}");
    }
}

#[test]
fn c_011_the_ready_line_has_the_keys_and_shapes_of_the_contract() {
    let contact = Contact::start(&[]);
    let keys: Vec<_> = contact.ready.as_object().unwrap().keys().cloned().collect();
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(sorted, ["agents", "api", "numbers", "ready", "sip"]);
    assert!(
        contact
            .line
            .starts_with("{\"ready\":true,\"api\":\"http://127.0.0.1:"),
        "{}",
        contact.line
    );
    assert_eq!(contact.ready["ready"], true);
    assert!(contact.text("/sip/0").starts_with("udp:127.0.0.1:"));
    assert!(contact.text("/sip/1").starts_with("tcp:127.0.0.1:"));
    for agent in contact.ready["agents"].as_array().unwrap() {
        let mut keys: Vec<_> = agent.as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["address", "password"]);
    }
    assert!(contact.text("/numbers/0").starts_with("sip:"));
    let mut rest = String::new();
    #[cfg(unix)]
    {
        let mut contact = contact;
        let stdout = contact.child.stdout.take().unwrap();
        assert_eq!(contact.end().code(), Some(0), "SIGTERM");
        BufReader::new(stdout).read_line(&mut rest).unwrap();
    }
    assert_eq!(rest, "", "one line and no more");
}

#[tokio::test]
async fn c_010_a_printed_agent_signs_in_and_a_wrong_password_does_not() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let contact = Contact::start(&[]);
    let http = reqwest::Client::new();
    let token = |password: &str| {
        let address = contact.text("/agents/0/address");
        http.post(format!("{}/api/v1/auth/token", contact.text("/api")))
            .json(&json!({"address": address, "password": password, "station": "st-1"}))
            .send()
    };
    let signed_in = token(contact.text("/agents/0/password")).await.unwrap();
    assert_eq!(signed_in.status(), 200);
    let tokens: Value = signed_in.json().await.unwrap();
    assert!(tokens["access"].is_string() && tokens["refresh"].is_string() && tokens["expires_in"].is_u64());
    assert_eq!(token("wrong").await.unwrap().status(), 401);
    let health = http
        .get(format!("{}/healthz", contact.text("/api")))
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), 200);
}

/// The user part and what a phone with only G.711 µ-law says it can do.
fn call(phone: &Phone, number: &str, rtp: u16) -> sip_core::wire::Response {
    let mut invite = phone.request("INVITE", number, "ada");
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {rtp} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    );
    invite.headers.set("Content-Type", "application/sdp".to_owned());
    invite.body = sdp.into();
    phone.send(&invite);
    let answer = phone.response();
    if answer.status == 200 {
        let contact = answer.headers.get("Contact").unwrap();
        let target = contact.split(['<', '>']).nth(1).unwrap();
        let mut ack = phone.request("ACK", target, "ada");
        for name in ["From", "To", "Call-ID"] {
            ack.headers
                .set(name, answer.headers.get(name).unwrap().to_owned());
        }
        for route in answer
            .headers
            .values("Record-Route")
            .collect::<Vec<_>>()
            .iter()
            .rev()
        {
            ack.headers.push("Route", (*route).to_owned());
        }
        phone.send(&ack);
    }
    answer
}

#[test]
fn a_customer_is_answered_at_a_printed_number_and_hears_music() {
    let contact = Contact::start(&[]);
    let phone = Phone::new(contact.sip());
    let ear = UdpSocket::bind("127.0.0.1:0").unwrap();
    ear.set_read_timeout(Some(PATIENCE)).unwrap();
    let answer = call(
        &phone,
        contact.text("/numbers/0"),
        ear.local_addr().unwrap().port(),
    );
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut packet = [0; 2_048];
    let loud = (0..500).any(|_| {
        let (length, _) = ear.recv_from(&mut packet).expect("no RTP came");
        let is_voice = length > 12 && packet[1] & 0x7f == 0;
        let loudest = packet[12..length]
            .iter()
            .map(|byte| media::codec::ulaw_decode(*byte));
        is_voice && loudest.map(|sample| sample.unsigned_abs()).max() > Some(1_000)
    });
    assert!(loud, "ten seconds of silence");
    #[cfg(unix)]
    {
        assert_eq!(contact.end().code(), Some(0));
        assert_eq!(
            phone.heard_request().method,
            sip_core::wire::Method::BYE,
            "who waits is told that it is over"
        );
    }
}

#[test]
fn c_011_simulated_customers_against_a_running_server_are_reported() {
    let contact = Contact::start(&[]);
    let output = run(&[
        "simulate",
        "--server",
        &format!("sip:{}", contact.sip()),
        "--number",
        contact.text("/numbers/0"),
        "--customers",
        "2",
        "--stay",
        "2",
        "--every",
        "0.5",
    ]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["placed"], 2);
    assert_eq!(report["answered"], 2);
    assert_eq!(report["hung_up"], 2);
    assert_eq!(report["failed"], json!([]));
    assert!(report["packets_heard"].as_u64() > Some(100), "{report}");
}

#[test]
fn simulated_customers_of_a_server_that_is_not_there_fail_with_a_sentence() {
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = format!("sip:{nobody};transport=tcp");
    let output = run(&[
        "simulate",
        "--server",
        &server,
        "--number",
        &server,
        "--customers",
        "1",
    ]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.lines()
            .last()
            .unwrap()
            .contains("1 calls failed, the first: "),
        "{said}"
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["placed"], 1);
    assert_eq!(report["answered"], 0);
}

#[test]
fn a_port_that_is_taken_is_one_sentence_with_the_option_to_change() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let serve = |option| run(&["serve", "--demo", "--no-customers", option, &address]);
    assert_one_sentence(&serve("--api"), &[&address, "--api"]);
    assert_one_sentence(&serve("--sip"), &[&address]);
}

#[test]
fn a_data_folder_that_cannot_be_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "not a folder").unwrap();
    let mut impossible = vec![file.clone(), file.join("below")];
    if cfg!(target_os = "linux") {
        impossible.extend(["/proc/none", "/proc", "/dev/null"].map(Into::into));
    }
    for data in impossible {
        let output = run(&[
            "serve",
            "--demo",
            "--no-customers",
            "--data",
            data.to_str().unwrap(),
        ]);
        assert_one_sentence(&output, &[data.to_str().unwrap()]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains("choose a folder") || said.contains("check the folder"),
            "what to do: {said}"
        );
    }
}

#[test]
fn serve_alone_names_the_demo_and_nothing_that_does_not_exist() {
    for args in [
        &["serve"][..],
        &["serve", "--data", "x"],
        &["serve", "--no-customers"],
    ] {
        let output = run(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("--demo") && !said.contains("--config"), "{said}");
    }
    let help = run(&["serve", "--help"]);
    assert!(!String::from_utf8_lossy(&help.stdout).contains("--config"));
    assert_one_sentence(&run(&["serve", "--config", "x.toml"]), &["x.toml", "--demo"]);
}

#[test]
fn a_corrupt_database_is_one_sentence_and_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ringside.sqlite");
    let junk = b"this was a database once ".repeat(400);
    std::fs::write(&file, &junk).unwrap();
    let output = run(&[
        "serve",
        "--demo",
        "--no-customers",
        "--data",
        folder.path().to_str().unwrap(),
    ]);
    assert_one_sentence(&output, &[file.to_str().unwrap()]);
    assert_eq!(std::fs::read(&file).unwrap(), junk);
}

#[cfg(unix)]
#[test]
fn c_007_a_kept_contact_centre_starts_again_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let data = ["--data", folder.path().to_str().unwrap()];
    let first = Contact::start(&data);
    assert_eq!(first.end().code(), Some(0));
    let again = Contact::start(&data);
    assert_eq!(again.end().code(), Some(0));
}

/// What cannot start leaves nothing running in the process that tried.
#[tokio::test]
async fn a_contact_centre_that_cannot_start_gives_its_ports_back() {
    use contact_center::serve::{ServeConfig, start};

    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // Found last of all, when everything else runs: the simulated customers cannot call it.
    let bad_number = ServeConfig {
        sip: port,
        numbers: vec!["not a number\u{1}".to_owned()],
        colleagues: false,
        ..ServeConfig::demo()
    };
    start(bad_number.clone())
        .await
        .map(drop)
        .expect_err("started with a number that is none");
    let again = ServeConfig {
        numbers: vec!["sales".to_owned()],
        customers: None,
        ..bad_number
    };
    let bound = tokio::time::timeout(PATIENCE, async {
        loop {
            match start(again.clone()).await {
                Ok(serving) => break serving,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    });
    let serving = bound.await.expect("the port is never free again");
    assert_eq!(serving.stop().await, [""; 0]);
}

#[test]
fn impossible_times_and_counts_are_bad_usage() {
    let simulate = |option, value| {
        run(&[
            "simulate",
            "--server",
            "sip:127.0.0.1",
            "--number",
            "sip:x@127.0.0.1",
            option,
            value,
        ])
    };
    for (option, value) in [
        ("--stay", "1e19"),
        ("--every", "-1"),
        ("--every", "NaN"),
        ("--at-once", "0"),
    ] {
        let output = simulate(option, value);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{option} {value}: {said}");
        assert!(said.contains(option), "{said}");
    }
}

#[test]
fn the_customer_beyond_the_limit_is_refused_before_any_answer() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = contact_center::serve::ServeConfig {
        max_conversations: 1,
        customers: None,
        colleagues: false,
        ..contact_center::serve::ServeConfig::demo()
    };
    let serving = runtime.block_on(contact_center::serve::start(config)).unwrap();
    let address = serving.ready().sip[0]
        .strip_prefix("udp:")
        .unwrap()
        .parse()
        .unwrap();
    let number = serving.ready().numbers[0].clone();
    let (first, second) = (Phone::new(address), Phone::new(address));
    assert_eq!(call(&first, &number, 40_000).status, 200);
    let refused = call(&second, &number, 40_002);
    // The focus says 503; the proxy before it must not, or it would be taken for its own (RFC 3261 §16.7 step 6).
    let retry_after = refused.headers.get("Retry-After");
    assert_eq!((refused.status, retry_after), (480, Some("30")), "{refused:?}");
    runtime.block_on(serving.stop());
}
