//! The JSON-RPC face itself.

use ringside_tests::programs::Headless;
use serde_json::json;

#[test]
fn a_bad_line_is_answered_and_changes_nothing() {
    let mut phone = Headless::start(&["--null-audio"]);
    phone.write(b"this is not JSON");
    let answer = phone.line();
    assert_eq!(
        (&answer["error"]["code"], &answer["id"]),
        (&json!(-32700), &json!(null))
    );
    phone.write([0xff, 0xfe]);
    assert_eq!(phone.line()["error"]["code"], -32700);
    phone.write(b"[]");
    assert_eq!(phone.line()["error"]["code"], -32600);
    phone.write(b"42");
    let answer = phone.line();
    assert_eq!(
        (&answer["error"]["code"], &answer["id"]),
        (&json!(-32600), &json!(null))
    );
    phone.write(vec![b'x'; 2 * 1024 * 1024]);
    assert_eq!(phone.line()["error"]["code"], -32700);
    assert_eq!(phone.refused("no.such.method", json!({})).0, -32601);
    assert_eq!(
        phone
            .refused("call.transfer", json!({"call": "in-1", "to": "x"}))
            .0,
        -32601
    );
    let (code, message) = phone.refused("call.start", json!({"to": 5}));
    assert_eq!(code, -32602);
    assert!(message.contains("to"), "{message}");
    let (code, message) = phone.refused("call.hangup", json!({"call": "in-7"}));
    assert_eq!((code, message.as_str()), (1, "there is no call in-7"));
    let (code, message) = phone.refused("queue.list", json!({}));
    assert_eq!(code, 2);
    assert!(message.contains("not signed in"), "{message}");
    let (said, _) = phone.end();
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn what_cannot_be_reached_from_the_start_is_a_bad_parameter_with_a_sentence() {
    let mut phone = Headless::start(&["--null-audio"]);
    let sign_in = |server: &str| json!({"server": server, "address": "pat@x", "password": "p"});
    let account = |registrar: &str| json!({"uri": "sip:u@127.0.0.1", "registrar": registrar});
    for (method, params, words) in [
        ("call.start", json!({"to": "http://x"}), "to: http:"),
        ("call.start", json!({"to": "mailto:a@b"}), "to: mailto:"),
        (
            "call.start",
            json!({"to": "bob"}),
            "to: `bob` needs a domain or an account",
        ),
        (
            "call.start",
            json!({"to": "sip:b@127.0.0.1;transport=tls"}),
            "to: TLS",
        ),
        (
            "account.add",
            account("sip:127.0.0.1;transport=tls"),
            "registrar: TLS",
        ),
        (
            "account.add",
            account("sip:127.0.0.1;transport=smoke"),
            "registrar: `smoke`",
        ),
        ("account.add", json!({"uri": "sips:u@127.0.0.1"}), "uri: TLS"),
        (
            "agent.sign_in",
            sign_in("nonsense"),
            "server: `nonsense` is not a server address",
        ),
        (
            "agent.sign_in",
            sign_in("ftp://x"),
            "server: `ftp://x` is not a server address",
        ),
    ] {
        let (code, message) = phone.refused(method, params.clone());
        assert_eq!(code, -32602, "{method} {params}: {message}");
        assert!(message.starts_with(words), "{method} {params}: {message}");
    }
    let (said, _) = phone.end();
    assert!(said.is_empty(), "nothing was tried: {said:?}");
}

#[test]
fn a_word_that_is_no_command_is_bad_usage() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ringside"))
        .arg("bogus")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("bogus") && said.contains("neither a command"),
        "{said}"
    );
}

#[test]
fn an_unreachable_contact_centre_is_a_network_error() {
    let mut phone = Headless::start(&["--null-audio", "--server", "http://127.0.0.1:9"]);
    let (code, message) = phone.refused("agent.sign_in", json!({"address": "pat@x", "password": "p"}));
    assert_eq!(code, 4);
    assert!(message.contains("127.0.0.1:9"), "{message}");
    phone.end();
}

#[test]
fn bad_usage_exits_2_and_a_taken_port_exits_1() {
    let run = |args: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_ringside"))
            .arg("headless")
            .args(args)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, said) = run(&["--srtp", "required"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("cannot encrypt"), "{said}");
    assert_eq!(run(&["--no-such-option"]).0, Some(2));
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = format!("udp:{}", taken.local_addr().unwrap());
    let (code, said) = run(&["--sip-listen", &address]);
    assert_eq!(code, Some(1));
    assert!(said.contains("already uses this port"), "{said}");
}

#[test]
fn a_data_folder_that_cannot_be_used_exits_1_and_a_server_that_is_none_exits_2() {
    let run = |option: &str, value: &std::path::Path| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_ringside"))
            .args(["headless", "--null-audio", option])
            .arg(value)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        assert!(output.stdout.is_empty(), "never ready: {value:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let mut bad = vec![file.clone(), file.join("below")];
    if cfg!(target_os = "linux") {
        bad.extend(["/proc".into(), "/proc/foo".into()]);
    }
    for path in bad {
        let (code, said) = run("--data", &path);
        assert_eq!(code, Some(1), "{said}");
        let path = path.display().to_string();
        assert!(
            said.contains(&format!("the data folder {path} cannot be")),
            "{said}"
        );
    }
    for server in ["nonsense", "ftp://x"] {
        let (code, said) = run("--server", server.as_ref());
        assert_eq!(code, Some(2), "{said}");
        let sentence = format!("`{server}` is not a server address");
        assert!(said.contains(&sentence), "{said}");
    }
}
