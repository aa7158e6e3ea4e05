//! TCP: reuse, loss, half messages, and two transports in one call.

use super::*;
use crate::wire::Method;

const BOB_TCP: &str = "198.51.100.2:40000";

fn register_over_tcp(w: &mut World, flow: FlowId, contact: &str) {
    let mut request = w.make_over("TCP", "REGISTER", "sip:example.com", "bob", BOB_TCP);
    request.headers.set("To", "<sip:bob@example.com>");
    request.headers.set("Contact", contact);
    w.with_password(flow, BOB_TCP, request, "bob");
    assert_eq!(w.response(BOB_TCP).status, 200);
}

#[test]
fn s_001_a_call_takes_the_connection_the_phone_registered_on() {
    let mut w = World::new();
    let flow = w.connect(10, BOB_TCP);
    register_over_tcp(&mut w, flow, "<sip:bob@198.51.100.2:5060;transport=tcp>");
    let sent = w.alice_calls("sip:bob@example.com");
    let on = w.sent.iter().find(|s| s.to == addr(BOB_TCP)).unwrap().flow;
    let arrived = w.request(BOB_TCP);
    assert_eq!(on, flow);
    assert!(w.opened.is_empty());
    let recorded: Vec<&str> = arrived.headers.values("Record-Route").collect();
    assert_eq!(recorded.len(), 2, "one for each transport");
    assert!(recorded[0].contains("transport=tcp") && !recorded[1].contains("transport"));
    w.say_on(
        flow,
        BOB_TCP,
        reply(&arrived, 200, "sip:bob@198.51.100.2:5060;transport=tcp"),
    );
    let ok = w.response(ALICE);
    w.say(ALICE, inside(&sent, &ok, "BYE"));
    let bye = w.request(BOB_TCP);
    assert_eq!(
        (bye.method.clone(), bye.headers.get("Route")),
        (Method::BYE, None)
    );
    assert!(w.opened.is_empty());
}

#[test]
fn a_lost_connection_is_taken_up_again_to_the_contact() {
    let mut w = World::new();
    let flow = w.connect(10, BOB_TCP);
    register_over_tcp(&mut w, flow, "<sip:bob@198.51.100.2:5060;transport=tcp>");
    w.flow(
        flow,
        FlowChange::Closed {
            reason: "reset".into(),
        },
    );
    w.alice_calls("sip:bob@example.com");
    let (opened, to) = w.opened[0];
    assert_eq!(to, addr("198.51.100.2:5060"));
    w.flow(
        opened,
        FlowChange::Closed {
            reason: "refused".into(),
        },
    );
    assert_eq!(
        w.statuses(ALICE),
        [480],
        "a phone that cannot be reached, at once"
    );
}

#[test]
fn a_connection_that_dies_under_a_call_fails_it_at_once() {
    let mut w = World::new();
    let flow = w.connect(10, BOB_TCP);
    register_over_tcp(&mut w, flow, "<sip:bob@198.51.100.2:5060;transport=tcp>");
    w.alice_calls("sip:bob@example.com");
    w.flow(
        flow,
        FlowChange::Closed {
            reason: "reset".into(),
        },
    );
    assert_eq!(w.statuses(ALICE), [480]);
}

#[test]
fn an_answer_whose_connection_is_gone_takes_a_new_one() {
    let mut w = World::new();
    w.register("bob", BOB);
    let flow = w.connect(10, "203.0.113.7:50000");
    let mut invite = w.make_over(
        "TCP",
        "INVITE",
        "sip:bob@example.com",
        "eve@elsewhere.example",
        "203.0.113.7:5060",
    );
    invite
        .headers
        .set("Contact", "<sip:eve@203.0.113.7;transport=tcp>");
    w.say_on(flow, "203.0.113.7:50000", invite);
    let arrived = w.request(BOB);
    w.flow(
        flow,
        FlowChange::Closed {
            reason: "reset".into(),
        },
    );
    w.say(BOB, reply(&arrived, 200, "sip:bob@198.51.100.2:5060"));
    assert_eq!(w.opened.len(), 1);
    assert_eq!(w.statuses("203.0.113.7:5060"), [200]);
}

#[test]
fn messages_may_come_in_pieces_and_in_one() {
    let mut w = World::new();
    let flow = w.connect(10, BOB_TCP);
    let mut stream = Vec::new();
    for _ in 0..3 {
        let request = w.make_over(
            "TCP",
            "OPTIONS",
            "sip:example.com",
            "x@elsewhere.example",
            BOB_TCP,
        );
        stream.extend_from_slice(&request.to_bytes().unwrap());
        stream.extend_from_slice(b"\r\n\r\n");
    }
    for piece in stream.chunks(7) {
        w.bytes(flow, BOB_TCP, piece);
    }
    assert_eq!(w.statuses(BOB_TCP), [200, 200, 200]);
}

#[test]
fn half_a_message_is_not_waited_for_for_ever() {
    let mut w = World::new();
    let flow = w.connect(10, BOB_TCP);
    w.bytes(flow, BOB_TCP, b"OPTIONS sip:example.com SIP/2.0\r\nVia: SIP");
    w.pass(Duration::from_secs(29));
    assert!(w.closed.is_empty());
    w.pass(Duration::from_secs(2));
    assert_eq!(w.closed, [flow]);
}

#[test]
fn a_stream_that_is_not_sip_is_closed() {
    let mut w = World::new();
    let flow = w.connect(10, BOB_TCP);
    w.bytes(flow, BOB_TCP, b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n");
    assert_eq!(w.closed, [flow]);
}

#[test]
fn connections_beyond_the_limit_are_closed() {
    let mut w = World::with(Limits {
        connections: 1,
        ..Limits::default()
    });
    w.connect(10, BOB_TCP);
    let second = w.connect(11, "198.51.100.3:1000");
    assert_eq!(w.closed, [second]);
}
