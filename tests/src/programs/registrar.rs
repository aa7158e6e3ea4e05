//! `ringside-server registrar` with some users.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Command, Stdio},
};

use super::{Running, find};

/// A running registrar; the password of NAME is `NAME-secret`.
#[derive(Debug)]
pub struct Registrar {
    _process: Running,
    _files: tempfile::TempDir,
    /// Where it takes UDP.
    pub udp: SocketAddr,
    /// Where it takes TCP.
    pub tcp: SocketAddr,
}

impl Registrar {
    /// Starts one on loopback.
    ///
    /// # Panics
    ///
    /// When it is not built or does not come up.
    pub fn start(users: &[&str]) -> Self {
        let files = tempfile::tempdir().unwrap();
        let list = files.path().join("users.txt");
        let lines: String = users
            .iter()
            .map(|user| format!("{user}:{user}-secret\n"))
            .collect();
        std::fs::write(&list, lines).unwrap();
        let program = find("ringside-server").expect("ringside-server is not built");
        let mut process = Running::start(
            Command::new(program)
                .args(["registrar", "--listen", "127.0.0.1:0", "--users"])
                .arg(&list)
                .stdin(Stdio::null())
                .stdout(Stdio::piped()),
        );
        let mut line = String::new();
        BufReader::new(process.0.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: serde_json::Value =
            serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        let address = |prefix: &str| {
            let listed = ready["ready"].as_array().unwrap();
            let found = listed.iter().find_map(|text| text.as_str()?.strip_prefix(prefix));
            found
                .unwrap_or_else(|| panic!("no {prefix} in {ready}"))
                .parse()
                .unwrap()
        };
        Self {
            udp: address("udp:"),
            tcp: address("tcp:"),
            _process: process,
            _files: files,
        }
    }

    /// Where it takes this transport (`udp` or `tcp`).
    pub fn at(&self, transport: &str) -> SocketAddr {
        if transport == "tcp" { self.tcp } else { self.udp }
    }

    /// What it answers to OPTIONS: a registrar that is alive says 200.
    pub fn asked(&self) -> u16 {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(super::PATIENCE)).unwrap();
        let (here, there) = (socket.local_addr().unwrap(), self.udp);
        let options = format!(
            "OPTIONS sip:{there} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKalive;rport\r\nMax-Forwards: 70\r\n\
             From: <sip:test@{here}>;tag=1\r\nTo: <sip:{there}>\r\nCall-ID: alive@{here}\r\nCSeq: 1 OPTIONS\r\n\
             Content-Length: 0\r\n\r\n"
        );
        socket.send_to(options.as_bytes(), there).unwrap();
        let mut buffer = [0; 2048];
        let (length, _) = socket.recv_from(&mut buffer).expect("the registrar is silent");
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        text.split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or(0)
    }

    /// Waits until a user can be reached.
    ///
    /// # Panics
    ///
    /// When that takes too long.
    pub fn waits_for(&self, user: &str) {
        let until = std::time::Instant::now() + super::PATIENCE;
        while self.bindings(user) == 0 {
            assert!(std::time::Instant::now() < until, "{user} does not register");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }

    /// How many places a user can be reached at, as the registrar tells the user itself (a REGISTER without
    /// Contact lists the bindings).
    pub fn bindings(&self, user: &str) -> usize {
        use sip_core::{
            auth::DigestClient,
            wire::{Framed, Message, datagram},
        };
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(super::PATIENCE)).unwrap();
        let (here, there) = (socket.local_addr().unwrap(), self.udp);
        let text = |n: u32| {
            format!(
                "REGISTER sip:{there} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKlist{n};rport\r\n\
                 Max-Forwards: 70\r\nFrom: <sip:{user}@{there}>;tag=1\r\nTo: <sip:{user}@{there}>\r\n\
                 Call-ID: list@{here}\r\nCSeq: {n} REGISTER\r\nContent-Length: 0\r\n\r\n"
            )
        };
        let mut client = DigestClient::new(user, &format!("{user}-secret"));
        let mut buffer = [0; 4096];
        for n in 1..=2 {
            let Framed::Message(Message::Request(mut request)) = datagram(text(n).as_bytes()) else {
                panic!("our own REGISTER cannot be read");
            };
            client.authorize(&mut request, "cnonce");
            socket.send_to(&request.to_bytes().unwrap(), there).unwrap();
            let (length, _) = socket.recv_from(&mut buffer).expect("the registrar is silent");
            let Framed::Message(Message::Response(response)) = datagram(&buffer[..length]) else {
                panic!("no response");
            };
            if response.status == 200 {
                return response.headers.get_all("Contact").count();
            }
            client.challenged(&request, &response).unwrap();
        }
        panic!("{user} may not register");
    }
}
