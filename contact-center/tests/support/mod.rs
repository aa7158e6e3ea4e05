//! `ringside-server registrar` as a process, and a phone made of one raw socket.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream, UdpSocket},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use sip_core::{
    auth::DigestClient,
    wire::{Framed, Message, Request, Response, StreamDecoder, datagram},
};
use tempfile::TempDir;

/// Long enough for a busy machine; nothing waits this long unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn server() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringside-server"));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A running registrar with alice and bob.
pub(crate) struct Registrar {
    child: Child,
    pub(crate) udp: SocketAddr,
    pub(crate) tcp: SocketAddr,
    _files: TempDir,
}

impl Registrar {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(more: &[&str]) -> Self {
        let files = tempfile::tempdir().unwrap();
        let users = files.path().join("users.txt");
        std::fs::write(&users, "# two phones\nalice:alice-secret\nbob:bob-secret\n").unwrap();
        let mut child = server()
            .args(["registrar", "--listen", "127.0.0.1:0", "--users"])
            .arg(&users)
            .args(more)
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: serde_json::Value =
            serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        let address = |at: usize, prefix| {
            let text = ready["ready"][at].as_str().unwrap();
            text.strip_prefix(prefix)
                .unwrap_or_else(|| panic!("{text}"))
                .parse()
                .unwrap()
        };
        Self {
            child,
            udp: address(0, "udp:"),
            tcp: address(1, "tcp:"),
            _files: files,
        }
    }

    /// Sends a signal (Unix) and waits for the end.
    #[cfg(unix)]
    pub(crate) fn end(mut self, signal: &str) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap()
    }

    /// Whether it still answers.
    pub(crate) fn assert_alive(&self) {
        let phone = Phone::new(self.udp);
        let ask = phone.request("OPTIONS", &format!("sip:{}", self.udp), "anybody");
        phone.send(&ask);
        assert_eq!(phone.response().status, 200);
    }
}

impl Drop for Registrar {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A datagram socket that speaks SIP.
pub(crate) struct Phone {
    pub(crate) socket: UdpSocket,
    server: SocketAddr,
    count: std::cell::Cell<u32>,
}

impl Phone {
    pub(crate) fn new(server: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            socket,
            server,
            count: std::cell::Cell::new(0),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    pub(crate) fn send_bytes(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.server).unwrap();
    }

    pub(crate) fn send(&self, request: &Request) {
        self.send_bytes(&request.to_bytes().unwrap());
    }

    pub(crate) fn answer(&self, response: &Response) {
        self.send_bytes(&response.to_bytes().unwrap());
    }

    pub(crate) fn hear(&self) -> Message {
        let mut buffer = [0; 65_535];
        let (length, _) = self.socket.recv_from(&mut buffer).expect("nothing came");
        match datagram(&buffer[..length]) {
            Framed::Message(message) => message,
            other => panic!("{other:?}"),
        }
    }

    /// The next response that is not 100.
    pub(crate) fn response(&self) -> Response {
        loop {
            match self.hear() {
                Message::Response(response) if response.status > 100 => return response,
                _ => {}
            }
        }
    }

    /// The next request.
    pub(crate) fn heard_request(&self) -> Request {
        loop {
            if let Message::Request(request) = self.hear() {
                return request;
            }
        }
    }

    pub(crate) fn request(&self, method: &str, uri: &str, user: &str) -> Request {
        self.count.set(self.count.get() + 1);
        request(
            "UDP",
            self.address(),
            self.count.get(),
            method,
            uri,
            user,
            self.server,
        )
    }

    /// Sends a request and answers its challenge; gives what was sent and the final response to it.
    pub(crate) fn with_password(
        &self,
        mut request: Request,
        user: &str,
        password: &str,
    ) -> (Request, Response) {
        self.send(&request);
        let challenge = self.response();
        assert!(matches!(challenge.status, 401 | 407), "{challenge:?}");
        authorize(&mut request, &challenge, user, password);
        self.send(&request);
        (request, self.response())
    }

    pub(crate) fn register(&self, user: &str) -> Response {
        let request = self.request("REGISTER", &format!("sip:{}", self.server), user);
        self.with_password(request, user, &format!("{user}-secret")).1
    }
}

/// A connection that speaks SIP.
pub(crate) struct Stream {
    pub(crate) stream: TcpStream,
    server: SocketAddr,
    decoder: StreamDecoder,
    count: u32,
}

impl Stream {
    pub(crate) fn connect(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            stream,
            server,
            decoder: StreamDecoder::new(),
            count: 0,
        }
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub(crate) fn request(&mut self, method: &str, uri: &str, user: &str) -> Request {
        self.count += 1;
        let local = self.stream.local_addr().unwrap();
        request("TCP", local, self.count, method, uri, user, self.server)
    }

    pub(crate) fn hear(&mut self) -> Message {
        let mut buffer = [0; 4096];
        loop {
            match self.decoder.next().unwrap() {
                Some(Framed::Message(message)) => return message,
                Some(_) => continue,
                None => {}
            }
            let length = self.stream.read(&mut buffer).expect("nothing came");
            assert_ne!(length, 0, "the server has closed the connection");
            self.decoder.push(&buffer[..length]);
        }
    }

    pub(crate) fn response(&mut self) -> Response {
        loop {
            match self.hear() {
                Message::Response(response) if response.status > 100 => return response,
                _ => {}
            }
        }
    }
}

fn request(
    transport: &str,
    local: SocketAddr,
    n: u32,
    method: &str,
    uri: &str,
    user: &str,
    server: SocketAddr,
) -> Request {
    let port = local.port();
    let to = if method == "REGISTER" {
        format!("sip:{user}@{server}")
    } else {
        uri.to_owned()
    };
    let parameter = if transport == "TCP" { ";transport=tcp" } else { "" };
    let text = format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{transport} {local};branch=z9hG4bK{port}x{n};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:{user}@{server}>;tag={port}{n}\r\nTo: <{to}>\r\nCall-ID: {port}-{n}\r\n\
         CSeq: 1 {method}\r\nContact: <sip:{user}@{local}{parameter}>\r\nUser-Agent: Test\r\n\
         Content-Length: 0\r\n\r\n"
    );
    match datagram(text.as_bytes()) {
        Framed::Message(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

/// The next attempt of a challenged request.
pub(crate) fn authorize(request: &mut Request, challenge: &Response, user: &str, password: &str) {
    let mut client = DigestClient::new(user, password);
    client.challenged(request, challenge).unwrap();
    let seq = request.headers.cseq().unwrap().seq + 1;
    request.headers.set("CSeq", format!("{seq} {}", request.method));
    let via = request.headers.get("Via").unwrap().replace("z9hG4bK", "z9hG4bKa");
    request.headers.set("Via", via);
    client.authorize(request, "cnonce");
}
