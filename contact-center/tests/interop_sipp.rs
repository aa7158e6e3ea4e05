//! SIPp registers with digest at the registrar, is called through it, and hangs up.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "tests touch the world")]

mod support;

use std::{
    net::UdpSocket,
    path::Path,
    process::{Child, Command, Stdio},
};

use support::Registrar;

const REGISTER: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="register with digest">
  <send retrans="500"><![CDATA[
REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
From: <sip:bob@[remote_ip]>;tag=[call_number]
To: <sip:bob@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 REGISTER
Contact: <sip:bob@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
Expires: 600
Content-Length: 0

]]></send>
  <recv response="401" auth="true"/>
  <send retrans="500"><![CDATA[
REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
From: <sip:bob@[remote_ip]>;tag=[call_number]
To: <sip:bob@[remote_ip]>
Call-ID: [call_id]
CSeq: 2 REGISTER
Contact: <sip:bob@[local_ip]:[local_port];transport=[transport]>
[authentication username=bob password=bob-secret]
Max-Forwards: 70
Expires: 600
Content-Length: 0

]]></send>
  <recv response="200"/>
</scenario>
"#;

fn sipp(dir: &Path, args: &[&str]) -> Child {
    Command::new("sipp")
        .args(args)
        .args([
            "-i",
            "127.0.0.1",
            "-m",
            "1",
            "-nostdin",
            "-timeout",
            "30",
            "-timeout_error",
        ])
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn free_port() -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port().to_string()
}

fn register_and_be_called(transport: &str) {
    if Command::new("sipp")
        .arg("-v")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_err()
    {
        eprintln!("skipped: needs sipp");
        return;
    }
    let registrar = Registrar::start();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("register.xml"), REGISTER).unwrap();
    let server = if transport == "u1" {
        registrar.udp
    } else {
        registrar.tcp
    }
    .to_string();
    let (bob, caller) = (free_port(), free_port());
    let mut register = sipp(
        dir.path(),
        &[&server, "-sf", "register.xml", "-p", &bob, "-t", transport],
    );
    assert!(register.wait().unwrap().success(), "register");
    let mut callee = sipp(dir.path(), &["-sn", "uas", "-p", &bob, "-t", transport]);
    let mut call = sipp(
        dir.path(),
        &[&server, "-sn", "uac", "-s", "bob", "-p", &caller, "-t", transport],
    );
    assert!(call.wait().unwrap().success(), "caller");
    assert!(callee.wait().unwrap().success(), "callee");
    registrar.assert_alive();
}

#[test]
fn sipp_registers_and_is_called_over_udp() {
    register_and_be_called("u1");
}

#[test]
fn sipp_registers_and_is_called_over_tcp() {
    register_and_be_called("t1");
}
