//! The layer in virtual time: what goes on the wire, what the TU hears, and that nothing is left.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use super::{ClientId, Layer, Output, Path, Timing};
use crate::{
    FlowId, Transport,
    wire::{Framed, Headers, Message, Method, Request, Response, Uri, datagram},
};

struct Bench {
    layer: Layer,
    start: Instant,
    now: Instant,
    sent: Vec<(u128, String)>,
    told: Vec<Output>,
}

fn path(transport: Transport) -> Path {
    Path {
        flow: FlowId::from_driver(1),
        transport,
        peer: SocketAddr::from(([192, 0, 2, 7], 5070)),
    }
}

fn request(method: Method, branch: Option<&str>) -> Request {
    let mut headers = Headers::new();
    if let Some(branch) = branch {
        headers.push("Via", format!("SIP/2.0/UDP 192.0.2.7:5070;branch={branch};rport"));
    }
    headers.push("Max-Forwards", "70");
    headers.push("From", "<sip:a@example.com>;tag=1");
    headers.push("To", "<sip:b@example.com>");
    headers.push("Call-ID", "c1");
    headers.push(
        "CSeq",
        format!(
            "1 {}",
            if method == Method::ACK {
                "ACK".into()
            } else {
                method.to_string()
            }
        ),
    );
    Request {
        method,
        uri: Uri::parse("sip:b@example.com").unwrap(),
        headers,
        body: bytes::Bytes::new(),
    }
}

impl Bench {
    #[allow(
        clippy::disallowed_methods,
        reason = "a test needs some instant to start from"
    )]
    fn new() -> Self {
        let now = Instant::now();
        Self {
            layer: Layer::new(Timing::default()),
            start: now,
            now,
            sent: Vec::new(),
            told: Vec::new(),
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.layer.poll() {
            match output {
                Output::Transmit { bytes, .. } => {
                    let text = String::from_utf8_lossy(&bytes);
                    let line = text.lines().next().unwrap_or_default().to_owned();
                    self.sent
                        .push((self.now.duration_since(self.start).as_millis(), line));
                }
                Output::Over { .. } => {}
                other => self.told.push(other),
            }
        }
    }

    fn run(&mut self, for_ms: u64) {
        let end = self.now + Duration::from_millis(for_ms);
        self.drain();
        while let Some(at) = self.layer.next_timeout().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.layer.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    fn send(&mut self, method: Method, transport: Transport) -> ClientId {
        let id = self.layer.send(
            self.now,
            request(method, None),
            path(transport),
            "192.0.2.1:5060",
            "z9hG4bKmine",
        );
        self.drain();
        id
    }

    /// The system refuses the last sending of a request that is under way.
    fn refuse_last(&mut self, id: ClientId) {
        let bytes = self.layer.clients[&id].bytes.clone();
        self.layer
            .not_sent(path(Transport::Udp).peer, &bytes, "network is unreachable");
        self.drain();
    }

    fn hear(&mut self, response: Response) {
        self.layer
            .receive(self.now, Message::Response(response), path(Transport::Udp));
        self.drain();
    }

    fn arrive(&mut self, request: Request, transport: Transport) {
        self.layer
            .receive(self.now, Message::Request(request), path(transport));
        self.drain();
    }

    fn times(&self, what: &str) -> Vec<u128> {
        self.sent
            .iter()
            .filter(|(_, line)| line.starts_with(what))
            .map(|(at, _)| *at)
            .collect()
    }

    fn server(&self) -> super::ServerId {
        self.told
            .iter()
            .find_map(|o| match o {
                Output::Request { server, .. } => Some(*server),
                _ => None,
            })
            .expect("no request reached the TU")
    }
}

fn reply(request: &Request, status: u16, tag: Option<&str>) -> Response {
    let mut response = request.response(status, "");
    if let Some(tag) = tag {
        response.set_to_tag(tag);
    }
    response
}

fn response_to(method: Method, status: u16) -> Response {
    let mut request = request(method, Some("z9hG4bKmine"));
    request.headers.set("To", "<sip:b@example.com>;tag=2");
    reply(&request, status, None)
}

#[test]
fn an_unanswered_invite_is_repeated_by_timer_a_and_given_up_by_timer_b() {
    let mut b = Bench::new();
    b.send(Method::INVITE, Transport::Udp);
    b.run(40_000);
    assert_eq!(b.times("INVITE"), [0, 500, 1500, 3500, 7500, 15500, 31500]);
    assert!(matches!(b.told[..], [Output::NoReply { .. }]));
    assert!(b.layer.is_empty());
}

#[test]
fn an_unanswered_request_is_repeated_by_timer_e_up_to_t2() {
    let mut b = Bench::new();
    b.send(Method::OPTIONS, Transport::Udp);
    b.run(40_000);
    assert_eq!(
        b.times("OPTIONS"),
        [0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]
    );
    assert!(matches!(b.told[..], [Output::NoReply { .. }]));
    assert!(b.layer.is_empty());
}

#[test]
fn over_tcp_nothing_is_repeated() {
    let mut b = Bench::new();
    b.send(Method::INVITE, Transport::Tcp);
    b.run(40_000);
    assert_eq!(b.times("INVITE"), [0]);
    assert!(matches!(b.told[..], [Output::NoReply { .. }]));
}

#[test]
fn a_request_of_which_nothing_has_left_fails_at_once() {
    for method in [Method::INVITE, Method::OPTIONS] {
        let mut b = Bench::new();
        let id = b.send(method, Transport::Udp);
        b.refuse_last(id);
        assert!(matches!(&b.told[..], [Output::Broken { client, .. }] if *client == id));
        assert!(b.layer.is_empty());
    }
}

#[test]
fn a_refused_repetition_leaves_a_request_that_may_have_arrived_alone() {
    let mut b = Bench::new();
    let id = b.send(Method::INVITE, Transport::Udp);
    b.run(600);
    b.refuse_last(id);
    assert!(b.told.is_empty(), "the peer may ring");
    b.run(1_000);
    assert_eq!(b.times("INVITE"), [0, 500, 1500], "and is asked again");
    b.hear(response_to(Method::INVITE, 180));
    b.layer.cancel(b.now, id);
    b.drain();
    assert_eq!(b.times("CANCEL").len(), 1, "and can be told to stop");
    assert!(matches!(b.told[..], [Output::Response { .. }]));

    let mut b = Bench::new();
    let id = b.send(Method::OPTIONS, Transport::Udp);
    b.run(600);
    b.refuse_last(id);
    b.run(40_000);
    assert!(
        matches!(b.told[..], [Output::NoReply { .. }]),
        "timer F still ends it"
    );
    assert!(b.layer.is_empty());
}

#[test]
fn a_provisional_response_stops_the_copies_of_an_invite() {
    let mut b = Bench::new();
    b.send(Method::INVITE, Transport::Udp);
    b.run(700);
    b.hear(response_to(Method::INVITE, 180));
    b.run(60_000);
    assert_eq!(b.times("INVITE"), [0, 500]);
    assert!(
        matches!(b.told[..], [Output::Response { .. }]),
        "it rings as long as it takes"
    );
}

#[test]
fn a_refusal_is_acknowledged_each_time_and_told_once() {
    let mut b = Bench::new();
    b.send(Method::INVITE, Transport::Udp);
    for _ in 0..3 {
        b.hear(response_to(Method::INVITE, 486));
        b.run(1_000);
    }
    assert_eq!(b.times("ACK").len(), 3);
    assert_eq!(b.told.len(), 1);
    b.run(32_000);
    assert!(b.layer.is_empty(), "timer D ends it");
}

#[test]
fn every_2xx_reaches_the_user_agent_for_64_t1() {
    let mut b = Bench::new();
    b.send(Method::INVITE, Transport::Udp);
    b.hear(response_to(Method::INVITE, 200));
    b.hear(response_to(Method::INVITE, 200));
    assert_eq!(b.told.len(), 2);
    assert!(b.times("ACK").is_empty(), "ACK for 2xx belongs to the user agent");
    b.run(32_000);
    assert!(b.layer.is_empty(), "timer M ends it");
    b.hear(response_to(Method::INVITE, 200));
    assert!(matches!(b.told.last(), Some(Output::Stray { .. })));
}

#[test]
fn a_cancel_waits_for_the_first_provisional_response() {
    let mut b = Bench::new();
    let id = b.send(Method::INVITE, Transport::Udp);
    b.layer.cancel(b.now, id);
    b.run(600);
    assert!(b.times("CANCEL").is_empty());
    b.hear(response_to(Method::INVITE, 100));
    assert_eq!(b.times("CANCEL").len(), 1);
    b.hear(response_to(Method::CANCEL, 200));
    b.hear(response_to(Method::INVITE, 487));
    assert_eq!(b.times("ACK").len(), 1);
    b.run(40_000);
    assert!(b.layer.is_empty());
}

#[test]
fn a_cancelled_invite_that_gets_no_final_response_is_given_up_after_64_t1() {
    let mut b = Bench::new();
    let id = b.send(Method::INVITE, Transport::Udp);
    b.hear(response_to(Method::INVITE, 180));
    b.layer.cancel(b.now, id);
    b.run(40_000);
    assert!(
        b.told
            .iter()
            .any(|o| matches!(o, Output::NoReply { client } if *client == id))
    );
    assert!(b.layer.is_empty());
}

#[test]
fn copies_of_an_invite_are_absorbed_and_get_the_last_response() {
    let mut b = Bench::new();
    let invite = request(Method::INVITE, Some("z9hG4bKtheirs"));
    b.arrive(invite.clone(), Transport::Udp);
    b.arrive(invite.clone(), Transport::Udp);
    assert_eq!(b.told.len(), 1);
    b.run(300);
    assert_eq!(b.times("SIP/2.0 100"), [200], "100 by itself after 200 ms");
    let ringing = reply(&invite, 180, Some("x"));
    assert!(b.layer.respond(b.now, b.server(), ringing));
    b.arrive(invite, Transport::Udp);
    assert_eq!(b.times("SIP/2.0 180").len(), 2);
}

#[test]
fn a_refusal_of_ours_is_repeated_until_the_ack() {
    let mut b = Bench::new();
    let invite = request(Method::INVITE, Some("z9hG4bKtheirs"));
    b.arrive(invite.clone(), Transport::Udp);
    b.layer.respond(b.now, b.server(), reply(&invite, 486, Some("x")));
    b.run(4_000);
    assert_eq!(b.times("SIP/2.0 486"), [0, 500, 1500, 3500]);
    b.arrive(request(Method::ACK, Some("z9hG4bKtheirs")), Transport::Udp);
    b.run(5_000);
    assert_eq!(b.times("SIP/2.0 486").len(), 4);
    assert_eq!(b.told.len(), 1, "the ACK of a refusal ends in the transaction");
    assert!(b.layer.is_empty());
}

#[test]
fn a_refusal_nobody_acknowledges_is_given_up_by_timer_h() {
    let mut b = Bench::new();
    let invite = request(Method::INVITE, Some("z9hG4bKtheirs"));
    b.arrive(invite.clone(), Transport::Udp);
    b.layer.respond(b.now, b.server(), reply(&invite, 603, Some("x")));
    b.run(33_000);
    assert!(matches!(b.told.last(), Some(Output::Unacknowledged { .. })));
    assert!(b.layer.is_empty());
}

#[test]
fn an_accepted_invite_absorbs_copies_and_hands_up_the_ack() {
    let mut b = Bench::new();
    let invite = request(Method::INVITE, Some("z9hG4bKtheirs"));
    b.arrive(invite.clone(), Transport::Udp);
    let server = b.server();
    b.layer.respond(b.now, server, reply(&invite, 200, Some("x")));
    b.arrive(invite.clone(), Transport::Udp);
    assert_eq!(
        b.times("SIP/2.0 200").len(),
        1,
        "repeating 200 is the user agent's part"
    );
    b.arrive(request(Method::ACK, Some("z9hG4bKother")), Transport::Udp);
    assert!(matches!(b.told.last(), Some(Output::Ack { invite: None, .. })));
    assert!(
        !b.layer.respond(b.now, server, reply(&invite, 486, Some("x"))),
        "too late to refuse"
    );
    b.run(33_000);
    assert!(b.layer.is_empty());
}

#[test]
fn a_cancel_finds_its_invite_and_knows_whether_it_is_still_open() {
    let mut b = Bench::new();
    let invite = request(Method::INVITE, Some("z9hG4bKtheirs"));
    b.arrive(invite.clone(), Transport::Udp);
    let server = b.server();
    b.arrive(request(Method::CANCEL, Some("z9hG4bKtheirs")), Transport::Udp);
    assert!(
        matches!(b.told.last(), Some(Output::Cancel { invite: Some(s), pending: true, .. }) if *s == server)
    );
    b.arrive(request(Method::CANCEL, Some("z9hG4bKnobody")), Transport::Udp);
    assert!(matches!(
        b.told.last(),
        Some(Output::Cancel {
            invite: None,
            pending: false,
            ..
        })
    ));
}

#[test]
fn a_request_that_came_by_two_branches_is_merged() {
    let mut b = Bench::new();
    b.arrive(request(Method::OPTIONS, Some("z9hG4bK1")), Transport::Udp);
    b.arrive(request(Method::OPTIONS, Some("z9hG4bK2")), Transport::Udp);
    let merged: Vec<bool> = b
        .told
        .iter()
        .filter_map(|o| match o {
            Output::Request { merged, .. } => Some(*merged),
            _ => None,
        })
        .collect();
    assert_eq!(merged, [false, true]);
}

#[test]
fn senders_of_rfc_2543_are_matched_without_a_magic_cookie() {
    let mut b = Bench::new();
    let invite = request(Method::INVITE, Some("1"));
    b.arrive(invite.clone(), Transport::Udp);
    b.arrive(invite.clone(), Transport::Udp);
    assert_eq!(b.told.len(), 1);
    b.layer.respond(b.now, b.server(), reply(&invite, 486, Some("x")));
    let mut ack = request(Method::ACK, Some("1"));
    ack.headers.set("To", "<sip:b@example.com>;tag=x");
    b.arrive(ack, Transport::Udp);
    b.run(6_000);
    assert!(b.layer.is_empty(), "the ACK matched");
    let mut other = request(Method::INVITE, Some("1"));
    other.headers.set("CSeq", "2 INVITE");
    b.arrive(other, Transport::Udp);
    assert_eq!(
        b.told.len(),
        2,
        "the same branch with another CSeq is another request"
    );
}

#[test]
fn a_response_goes_to_the_source_port_only_when_rport_asks_for_it() {
    let mut layer = Layer::new(Timing::default());
    let mut to = Vec::new();
    for via in [
        "SIP/2.0/UDP 10.0.0.1:9;branch=z9hG4bKa;rport",
        "SIP/2.0/UDP 10.0.0.1:9;branch=z9hG4bKb",
        "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKc",
    ] {
        let mut options = request(Method::OPTIONS, None);
        options.headers.push_front("Via", via);
        options.headers.set("Call-ID", via);
        #[allow(
            clippy::disallowed_methods,
            reason = "a test needs some instant to start from"
        )]
        let now = Instant::now();
        layer.receive(now, Message::Request(options), path(Transport::Udp));
        let Some(Output::Request { server, request, .. }) = layer.poll() else {
            panic!("no request")
        };
        assert!(request.headers.get("Via").unwrap().contains("received=192.0.2.7"));
        layer.respond(now, server, reply(&request, 200, Some("x")));
        let Some(Output::Transmit { path, bytes, .. }) = layer.poll() else {
            panic!("no response")
        };
        assert!(matches!(datagram(&bytes), Framed::Message(_)));
        to.push(path.peer.to_string());
    }
    assert_eq!(to, ["192.0.2.7:5070", "192.0.2.7:9", "192.0.2.7:5060"]);
}

#[test]
fn a_dead_flow_fails_what_waits_on_it_and_nothing_else() {
    let mut b = Bench::new();
    let id = b.send(Method::INVITE, Transport::Tcp);
    b.layer.flow_closed(FlowId::from_driver(2), "elsewhere");
    b.drain();
    assert!(b.told.is_empty());
    b.layer.flow_closed(FlowId::from_driver(1), "connection reset");
    b.drain();
    assert!(
        matches!(&b.told[..], [Output::Broken { client, reason }] if *client == id && reason == "connection reset")
    );
    assert!(b.layer.is_empty());
}
