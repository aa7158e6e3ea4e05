//! The server in virtual time: peers are addresses, messages are text, the network loses nothing.
#![allow(
    clippy::disallowed_methods,
    reason = "a test needs some instant to start from"
)]

mod abuse;
mod borders;
mod calling;
mod connections;
mod forking;
mod registering;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use super::{Command, Event, Limits, Moved, Password, Server, ServerConfig};
use crate::{
    DnsAnswer, FlowChange, FlowId, Input, Machine, Output, QueryId, Transport,
    auth::DigestClient,
    wire::{Framed, Host, Message, Request, Response, Uri, datagram},
};

const UDP: FlowId = FlowId::from_driver(1);
const TCP: FlowId = FlowId::from_driver(2);
const SERVER: &str = "192.0.2.1:5060";

/// A server with alice and bob, and everything it has sent.
struct World {
    server: Server,
    now: Instant,
    sent: Vec<Sent>,
    events: Vec<Event>,
    queries: Vec<QueryId>,
    opened: Vec<(FlowId, SocketAddr)>,
    closed: Vec<FlowId>,
    count: u32,
}

#[derive(Clone, Debug)]
struct Sent {
    flow: FlowId,
    to: SocketAddr,
    message: Message,
}

impl World {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        let now = Instant::now();
        let config = ServerConfig {
            seed: [7; 32],
            domains: vec![Host::parse("example.com").unwrap()],
            realm: "example.com".into(),
            server_name: "test".into(),
            limits,
        };
        let mut world = Self {
            server: Server::new(config, now),
            now,
            sent: Vec::new(),
            events: Vec::new(),
            queries: Vec::new(),
            opened: Vec::new(),
            closed: Vec::new(),
            count: 0,
        };
        for (flow, transport) in [(UDP, Transport::Udp), (TCP, Transport::Tcp)] {
            let local = SERVER.parse().unwrap();
            world.flow(flow, FlowChange::Listening { transport, local });
        }
        for name in ["alice", "bob"] {
            let password = Password::new(format!("{name}'s secret"));
            world.command(Command::SetUser {
                name: name.into(),
                password,
            });
        }
        world
    }

    fn input(&mut self, input: Input<'_, Command>) {
        self.server.handle(self.now, input);
        while let Some(output) = self.server.poll() {
            match output {
                Output::Transmit { flow, to, bytes } => match datagram(&bytes) {
                    Framed::Message(message) => self.sent.push(Sent { flow, to, message }),
                    Framed::Pong => {}
                    other => panic!("the server sent {other:?}"),
                },
                Output::OpenFlow { flow, to, .. } => self.opened.push((flow, to)),
                Output::CloseFlow(flow) => self.closed.push(flow),
                Output::Query { query, .. } => self.queries.push(query),
                Output::Event(event) => self.events.push(event),
            }
        }
    }

    fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    fn flow(&mut self, flow: FlowId, change: FlowChange) {
        self.input(Input::Flow { flow, change });
    }

    /// A connection from `peer`.
    fn connect(&mut self, n: u64, peer: &str) -> FlowId {
        let flow = FlowId::from_driver(n);
        let (local, peer) = (SERVER.parse().unwrap(), addr(peer));
        self.flow(
            flow,
            FlowChange::Opened {
                transport: Transport::Tcp,
                local,
                peer,
            },
        );
        flow
    }

    fn bytes(&mut self, flow: FlowId, from: &str, data: &[u8]) {
        self.input(Input::Received {
            flow,
            from: addr(from),
            data,
        });
    }

    /// Sends over UDP.
    fn say(&mut self, from: &str, message: impl Into<Message>) {
        self.say_on(UDP, from, message);
    }

    fn say_on(&mut self, flow: FlowId, from: &str, message: impl Into<Message>) {
        let bytes = message.into().to_bytes().unwrap();
        self.bytes(flow, from, &bytes);
    }

    fn answer_dns(&mut self, answer: DnsAnswer) {
        let query = self.queries.pop().expect("no question was asked");
        self.input(Input::Dns { query, answer });
    }

    /// Lets time pass, waking the server whenever it wants.
    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.server.next_wake().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.input(Input::Tick);
        }
        self.now = end;
        self.input(Input::Tick);
    }

    /// Everything sent to `to` since the last look.
    fn heard(&mut self, to: &str) -> Vec<Message> {
        let to = addr(to);
        let (mine, rest) = std::mem::take(&mut self.sent)
            .into_iter()
            .partition(|s: &Sent| s.to == to);
        self.sent = rest;
        mine.into_iter().map(|s| s.message).collect()
    }

    fn statuses(&mut self, to: &str) -> Vec<u16> {
        self.heard(to)
            .into_iter()
            .filter_map(|m| {
                if let Message::Response(r) = m {
                    Some(r.status)
                } else {
                    None
                }
            })
            .collect()
    }

    /// The one response sent to `to`.
    fn response(&mut self, to: &str) -> Response {
        let mut heard = self.heard(to);
        match (heard.pop(), heard.is_empty()) {
            (Some(Message::Response(response)), true) => response,
            other => panic!("not one response: {other:?} {heard:?}"),
        }
    }

    /// The last request sent to `to`.
    fn request(&mut self, to: &str) -> Request {
        let heard = self.heard(to);
        let last = heard.into_iter().rev().find_map(|m| {
            if let Message::Request(r) = m {
                Some(r)
            } else {
                None
            }
        });
        last.unwrap_or_else(|| panic!("no request for {to}"))
    }

    /// A request of `user` (or of a stranger, `name@host`), over UDP.
    fn make(&mut self, method: &str, uri: &str, from: &str, source: &str) -> Request {
        self.make_over("UDP", method, uri, from, source)
    }

    fn make_over(&mut self, transport: &str, method: &str, uri: &str, from: &str, source: &str) -> Request {
        self.count += 1;
        let n = self.count;
        let from_uri = if from.contains('@') {
            from.to_owned()
        } else {
            format!("{from}@example.com")
        };
        let user = from.split('@').next().unwrap();
        let text = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{transport} {source};branch=z9hG4bKc{n};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:{from_uri}>;tag=f{n}\r\nTo: <{uri}>\r\nCall-ID: call-{n}\r\nCSeq: 1 {method}\r\n\
             User-Agent: Test\r\nContact: <sip:{user}@{source}>\r\nContent-Length: 0\r\n\r\n"
        );
        parse(&text)
    }

    /// Sends a request, answers its challenge, and gives the request that was let in.
    fn with_password(&mut self, flow: FlowId, source: &str, mut request: Request, user: &str) -> Request {
        self.say_on(flow, source, request.clone());
        let challenge = self.response(source);
        assert!(matches!(challenge.status, 401 | 407), "{challenge:?}");
        if request.method == crate::wire::Method::INVITE {
            self.say_on(flow, source, ack_for(&request, &challenge));
        }
        let mut client = DigestClient::new(user, &format!("{user}'s secret"));
        client.challenged(&request, &challenge).unwrap();
        next_attempt(&mut request);
        client.authorize(&mut request, "cnonce");
        self.say_on(flow, source, request.clone());
        request
    }

    /// Registers `user` from `source`.
    fn register(&mut self, user: &str, source: &str) -> Response {
        let contact = format!("<sip:{user}@{source}>");
        self.register_contact(user, source, &contact)
    }

    fn register_contact(&mut self, user: &str, source: &str, contact: &str) -> Response {
        let mut request = self.make("REGISTER", "sip:example.com", user, source);
        request.headers.set("To", format!("<sip:{user}@example.com>"));
        request.headers.set("Contact", contact);
        self.with_password(UDP, source, request, user);
        self.response(source)
    }

    /// A call of alice, up to the INVITE that bob's phone gets.
    fn alice_calls(&mut self, uri: &str) -> Request {
        let invite = self.make("INVITE", uri, "alice", ALICE);
        let invite = self.with_password(UDP, ALICE, invite, "alice");
        assert_eq!(self.statuses(ALICE), [100]);
        invite
    }
}

const ALICE: &str = "198.51.100.1:5060";
const BOB: &str = "198.51.100.2:5060";

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn parse(text: &str) -> Request {
    match datagram(text.as_bytes()) {
        Framed::Message(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

impl From<Request> for Message {
    fn from(request: Request) -> Self {
        Self::Request(request)
    }
}

impl From<Response> for Message {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

/// The next CSeq and another branch.
fn next_attempt(request: &mut Request) {
    let seq = request.headers.cseq().unwrap().seq + 1;
    request.headers.set("CSeq", format!("{seq} {}", request.method));
    let via = request
        .headers
        .get("Via")
        .unwrap()
        .replace("z9hG4bKc", "z9hG4bKcc");
    request.headers.set("Via", via);
}

fn ack_for(invite: &Request, response: &Response) -> Request {
    let mut ack = invite.clone();
    ack.method = crate::wire::Method::ACK;
    ack.headers.set("To", response.headers.get("To").unwrap());
    ack.headers
        .set("CSeq", format!("{} ACK", invite.headers.cseq().unwrap().seq));
    ack
}

/// What a phone at `contact` answers to a request.
fn reply(request: &Request, status: u16, contact: &str) -> Response {
    let mut response = request.response(status, "");
    response.set_to_tag("callee");
    response.headers.push("Contact", format!("<{contact}>"));
    response
}

/// A request of the caller inside the dialog that `ok` made.
fn inside(invite: &Request, ok: &Response, method: &str) -> Request {
    let contact = crate::wire::NameAddr::parse(ok.headers.get("Contact").unwrap()).unwrap();
    let mut request = invite.clone();
    request.method = crate::wire::Method::from_token(method);
    request.uri = contact.uri;
    request.headers.set("To", ok.headers.get("To").unwrap());
    let seq = invite.headers.cseq().unwrap().seq + u32::from(method != "ACK");
    request.headers.set("CSeq", format!("{seq} {method}"));
    let via = request
        .headers
        .get("Via")
        .unwrap()
        .replace("z9hG4bK", &format!("z9hG4bK{method}"));
    request.headers.set("Via", via);
    request.headers.remove("Proxy-Authorization");
    let mut routes: Vec<String> = ok.headers.values("Record-Route").map(str::to_owned).collect();
    routes.reverse();
    for route in routes {
        request.headers.push("Route", route);
    }
    request
}
