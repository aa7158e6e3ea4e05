//! `ringside-server registrar` on real sockets: what it prints, how it ends, and what it takes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "tests touch the world")]

mod support;

use std::{
    io::{Read, Write},
    net::{TcpStream, UdpSocket},
    process::Output,
};

use sip_core::wire::{Method, NameAddr};
use support::{PATIENCE, Phone, Registrar, Stream, authorize, server};

fn run(args: &[&str]) -> Output {
    server().args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn users_file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
#[cfg(unix)]
fn it_ends_cleanly_when_told_to() {
    for signal in ["-TERM", "-INT"] {
        let registrar = Registrar::start();
        registrar.assert_alive();
        assert_eq!(registrar.end(signal).code(), Some(0), "{signal}");
    }
}

#[test]
fn help_and_version_are_0_and_bad_usage_is_2() {
    for args in [
        &["--help"][..],
        &["--version"],
        &["registrar", "--help"],
        &["serve", "--help"],
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(!output.stdout.is_empty());
    }
    let help = String::from_utf8(run(&["registrar", "--help"]).stdout).unwrap();
    assert!(
        help.contains("user:password") && help.contains("--listen"),
        "{help}"
    );
    for args in [
        &[][..],
        &["registrar"],
        &["dance"],
        &["registrar", "--listen", "tls:127.0.0.1:5061", "--users", "x"],
        &["registrar", "--listen", "nowhere", "--users", "x"],
    ] {
        assert_eq!(run(args).status.code(), Some(2), "{args:?}");
    }
    let output = run(&["registrar", "--listen", "tls:127.0.0.1:5061", "--users", "x"]);
    assert!(said(&output).contains("not available yet"), "{}", said(&output));
}

#[test]
fn a_taken_port_is_a_sentence_and_1() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let listen = format!("udp:{}", taken.local_addr().unwrap());
    let users = users_file("alice:secret\n");
    let output = run(&[
        "registrar",
        "--listen",
        &listen,
        "--users",
        users.path().to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains(&listen) && said(&output).contains("another program"),
        "{}",
        said(&output)
    );
    assert!(output.stdout.is_empty(), "not ready");
}

#[test]
fn a_wrong_users_file_is_named_with_its_line() {
    for (text, problem) in [
        ("alice:secret\nbobsecret\n", ":2: there is no colon"),
        ("", "holds no user"),
    ] {
        let users = users_file(text);
        let path = users.path().to_str().unwrap();
        let output = run(&["registrar", "--listen", "udp:127.0.0.1:0", "--users", path]);
        assert_eq!(output.status.code(), Some(1));
        let said = said(&output);
        assert!(
            said.contains(problem) && said.contains(path) && !said.contains("secret"),
            "{said}"
        );
    }
    let output = run(&[
        "registrar",
        "--listen",
        "udp:127.0.0.1:0",
        "--users",
        "/nowhere/users.txt",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("/nowhere/users.txt"));
}

#[test]
fn a_domain_or_realm_that_is_none_is_a_sentence_and_1() {
    let users = users_file("alice:secret\n");
    let path = users.path().to_str().unwrap();
    for (option, value) in [
        ("--domain", ""),
        ("--domain", "a b"),
        ("--domain", "alice@example.com"),
        ("--realm", " "),
        ("--realm", "a\"b"),
        ("--realm", "a\r\nX: y"),
    ] {
        let output = run(&[
            "registrar",
            "--listen",
            "udp:127.0.0.1:0",
            "--users",
            path,
            option,
            value,
        ]);
        assert_eq!(output.status.code(), Some(1), "{option} {value:?}");
        assert!(output.stdout.is_empty(), "not ready");
        assert!(said(&output).contains("is not a"), "{}", said(&output));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_ready_line_that_nobody_can_read_is_a_sentence_and_1() {
    let users = users_file("alice:secret\n");
    let path = users.path().to_str().unwrap();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let args = ["registrar", "--listen", "udp:127.0.0.1:0", "--users", path];
    let output = server().args(args).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(said(&output).lines().count(), 1, "{}", said(&output));
}

#[test]
fn c_001_two_phones_register_and_talk_through_it() {
    let registrar = Registrar::start();
    let (alice, bob) = (Phone::new(registrar.udp), Phone::new(registrar.udp));
    for (phone, name) in [(&alice, "alice"), (&bob, "bob")] {
        let ok = phone.register(name);
        assert_eq!(ok.status, 200);
        assert!(
            ok.headers
                .get("Contact")
                .unwrap()
                .contains(&phone.address().to_string())
        );
    }
    let invite = alice.request("INVITE", &format!("sip:bob@{}", registrar.udp), "alice");
    alice.send(&invite);
    let challenge = alice.response();
    assert_eq!(challenge.status, 407);
    let mut invite = invite;
    authorize(&mut invite, &challenge, "alice", "alice-secret");
    alice.send(&invite);
    let arrived = bob.heard_request();
    assert_eq!(arrived.method, Method::INVITE);
    for status in [180, 200] {
        let mut response = arrived.response(status, "");
        response.set_to_tag("bob");
        response
            .headers
            .push("Contact", format!("<sip:bob@{}>", bob.address()));
        bob.answer(&response);
        assert_eq!(alice.response().status, status);
    }
    let mut bye = alice.request("BYE", &format!("sip:bob@{}", bob.address()), "alice");
    bye.headers.set("Call-ID", invite.headers.call_id().unwrap());
    bye.headers
        .set("To", format!("{};tag=bob", invite.headers.get("To").unwrap()));
    for route in arrived.headers.values("Record-Route") {
        bye.headers.push("Route", route);
    }
    alice.send(&bye);
    let heard = bob.heard_request();
    assert_eq!(heard.method, Method::BYE);
    bob.answer(&heard.response(200, ""));
    assert_eq!(alice.response().status, 200);
}

#[test]
fn s_001_a_phone_on_tcp_is_called_on_its_connection() {
    let registrar = Registrar::start();
    let mut bob = Stream::connect(registrar.tcp);
    let mut register = bob.request("REGISTER", &format!("sip:{}", registrar.tcp), "bob");
    bob.send_bytes(&register.to_bytes().unwrap());
    let challenge = bob.response();
    authorize(&mut register, &challenge, "bob", "bob-secret");
    bob.send_bytes(&register.to_bytes().unwrap());
    assert_eq!(bob.response().status, 200);
    let caller = Phone::new(registrar.udp);
    caller.send(&caller.request("INVITE", &format!("sip:bob@{}", registrar.udp), "somebody"));
    let sip_core::wire::Message::Request(arrived) = bob.hear() else {
        panic!("not a request")
    };
    assert_eq!(arrived.headers.values("Record-Route").count(), 2);
    bob.send_bytes(&arrived.response(486, "").to_bytes().unwrap());
    assert_eq!(caller.response().status, 486);
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_refused_alike() {
    let registrar = Registrar::start();
    let phone = Phone::new(registrar.udp);
    for user in ["alice", "mallory"] {
        let request = phone.request("REGISTER", &format!("sip:{}", registrar.udp), user);
        assert_eq!(phone.with_password(request, user, "a guess").1.status, 401);
    }
    let call = phone.request("INVITE", &format!("sip:nobody@{}", registrar.udp), "somebody");
    phone.send(&call);
    assert_eq!(phone.response().status, 404);
    let relay = phone.request("INVITE", "sip:x@192.0.2.99", "somebody");
    phone.send(&relay);
    let refused = phone.response();
    assert_eq!(
        (refused.status, refused.reason.as_str()),
        (403, "Relaying Denied")
    );
    registrar.assert_alive();
}

#[test]
fn malformed_and_oversized_datagrams_are_answered_and_it_lives_on() {
    let registrar = Registrar::start();
    let phone = Phone::new(registrar.udp);
    for noise in [
        &b"\0\xff\xfe rubbish"[..],
        b"",
        b"\r\n\r\n",
        b"INVITE",
        b"SIP/2.0 200 OK\r\n\r\n",
    ] {
        phone.send_bytes(noise);
    }
    let good = phone.request("OPTIONS", &format!("sip:{}", registrar.udp), "anybody");
    let text = String::from_utf8(good.to_bytes().unwrap().to_vec()).unwrap();
    for (broken, status) in [
        (text.replace("CSeq: 1", "CSeq: one"), 400),
        (text.replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia"), 505),
        (text.replace("Content-Length: 0", "Content-Length: 999"), 400),
        (
            text.replace("User-Agent: Test", &format!("Subject: {}", "x".repeat(20_000))),
            513,
        ),
    ] {
        phone.send_bytes(broken.as_bytes());
        assert_eq!(phone.response().status, status, "{broken:.60}");
    }
    registrar.assert_alive();
}

#[test]
fn half_a_message_on_tcp_holds_nobody_up() {
    let registrar = Registrar::start();
    let mut half = Stream::connect(registrar.tcp);
    let ask = half
        .request("OPTIONS", &format!("sip:{}", registrar.tcp), "anybody")
        .to_bytes()
        .unwrap();
    half.send_bytes(&ask[..ask.len() / 2]);
    let mut whole = Stream::connect(registrar.tcp);
    let other = whole.request("OPTIONS", &format!("sip:{}", registrar.tcp), "anybody");
    whole.send_bytes(&other.to_bytes().unwrap());
    assert_eq!(whole.response().status, 200);
    half.send_bytes(&ask[ask.len() / 2..]);
    assert_eq!(half.response().status, 200, "the rest may come later");
    let mut cut = Stream::connect(registrar.tcp);
    cut.send_bytes(&ask[..ask.len() / 2]);
    drop(cut);
    registrar.assert_alive();
}

#[test]
fn another_protocol_on_tcp_is_closed() {
    let registrar = Registrar::start();
    let mut stream = TcpStream::connect(registrar.tcp).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    registrar.assert_alive();
}

#[test]
fn a_flood_without_passwords_leaves_it_working() {
    let registrar = Registrar::start();
    let flood = Phone::new(registrar.udp);
    for n in 0..5_000 {
        if n % 2 == 0 {
            flood.send(&flood.request("REGISTER", &format!("sip:{}", registrar.udp), "alice"));
        } else {
            flood.send_bytes(b"INVITE sip:x SIP/2.0\r\nVia: nonsense\r\n\r\n");
        }
    }
    assert_eq!(Phone::new(registrar.udp).register("bob").status, 200);
}

#[test]
fn names_given_as_domains_are_ours() {
    let registrar = Registrar::start_with(&["--domain", "example.com", "--realm", "The House"]);
    let phone = Phone::new(registrar.udp);
    let mut request = phone.request("REGISTER", "sip:example.com", "alice");
    request.headers.set("To", "<sip:alice@example.com>");
    phone.send(&request);
    let challenge = phone.response();
    assert!(
        challenge
            .headers
            .get("WWW-Authenticate")
            .unwrap()
            .contains("realm=\"The House\"")
    );
    authorize(&mut request, &challenge, "alice", "alice-secret");
    phone.send(&request);
    let ok = phone.response();
    assert_eq!(ok.status, 200);
    assert!(NameAddr::parse(ok.headers.get("Contact").unwrap()).is_ok());
}
