//! What is let through and what is not.

use super::*;
use crate::wire::Method;

const STRANGER: &str = "203.0.113.7:5060";

fn stranger_asks(w: &mut World, method: &str, uri: &str) -> u16 {
    let request = w.make(method, uri, "eve@elsewhere.example", STRANGER);
    w.say(STRANGER, request);
    *w.statuses(STRANGER).last().unwrap()
}

#[test]
fn a_stranger_may_call_our_users_and_numbers_and_nobody_else() {
    let mut w = World::new();
    w.register("bob", BOB);
    assert_eq!(stranger_asks(&mut w, "INVITE", "sip:bob@example.com"), 100);
    assert_eq!(w.request(BOB).method, Method::INVITE);
    assert_eq!(stranger_asks(&mut w, "INVITE", "sip:someone@third.example"), 403);
    assert_eq!(stranger_asks(&mut w, "INVITE", "sip:bob@198.51.100.99"), 403);
    assert_eq!(stranger_asks(&mut w, "INVITE", "sip:nobody@example.com"), 404);
    assert_eq!(stranger_asks(&mut w, "INVITE", "sip:alice@example.com"), 480);
    assert!(w.queries.is_empty() && w.heard("198.51.100.99:5060").is_empty());
}

#[test]
fn a_route_header_is_no_way_around() {
    let mut w = World::new();
    for routes in [
        vec!["<sip:198.51.100.99;lr>"],
        vec!["<sip:192.0.2.1:5060;lr;rr=00000000000000000000>"],
        vec!["<sip:192.0.2.1:5060;lr>", "<sip:198.51.100.99;lr>"],
    ] {
        let mut request = w.make("INVITE", "sip:x@198.51.100.99", "eve@elsewhere.example", STRANGER);
        request.headers.set("To", "<sip:x@198.51.100.99>;tag=1");
        for route in routes {
            request.headers.push("Route", route);
        }
        w.say(STRANGER, request);
        assert_eq!(w.statuses(STRANGER).last(), Some(&403));
    }
    assert!(w.heard("198.51.100.99:5060").is_empty());
}

#[test]
fn who_claims_to_be_a_user_must_prove_it() {
    let mut w = World::new();
    w.register("bob", BOB);
    let request = w.make("INVITE", "sip:bob@example.com", "alice", STRANGER);
    w.say(STRANGER, request);
    let challenge = w.response(STRANGER);
    assert_eq!(challenge.status, 407);
    assert_eq!(challenge.headers.get_all("Proxy-Authenticate").count(), 2);
    let request = w.make("INVITE", "sip:bob@example.com", "alice", BOB);
    w.with_password(UDP, BOB, request, "bob");
    assert_eq!(w.statuses(BOB).last(), Some(&403), "bob is not alice");
}

#[test]
fn a_user_may_call_the_world() {
    let mut w = World::new();
    let request = w.make("INVITE", "sip:x@third.example:5080", "alice", ALICE);
    w.with_password(UDP, ALICE, request, "alice");
    w.answer_dns(DnsAnswer::Addresses(vec!["203.0.113.50".parse().unwrap()]));
    assert_eq!(
        w.request("203.0.113.50:5080").uri.to_string(),
        "sip:x@third.example:5080"
    );
    let request = w.make("INVITE", "sip:x@gone.example", "alice", ALICE);
    w.heard(ALICE);
    w.with_password(UDP, ALICE, request, "alice");
    w.answer_dns(DnsAnswer::Failed("no such name".into()));
    assert_eq!(w.statuses(ALICE), [100, 502]);
}

#[test]
fn c_001_numbers_go_to_the_focus_and_the_focus_is_trusted() {
    let mut w = World::new();
    let focus = "127.0.0.1:5090";
    let target = Box::new(Uri::parse("sip:127.0.0.1:5090").unwrap());
    w.command(Command::SetRoute {
        user: "sales".into(),
        target,
    });
    w.command(Command::Trust(addr(focus)));
    assert_eq!(stranger_asks(&mut w, "INVITE", "sip:sales@example.com"), 100);
    assert_eq!(w.request(focus).uri.to_string(), "sip:sales@127.0.0.1:5090");
    w.register("bob", BOB);
    let mut request = w.make("INVITE", "sip:bob@example.com", "alice", focus);
    request
        .headers
        .push("P-Asserted-Identity", "<sip:+31201234567@example.com>");
    w.say(focus, request);
    let arrived = w.request(BOB);
    assert!(arrived.headers.get("P-Asserted-Identity").is_some());
    w.command(Command::RemoveRoute("sales".into()));
    assert_eq!(stranger_asks(&mut w, "INVITE", "sip:sales@example.com"), 404);
}

#[test]
fn a_strangers_assertion_is_taken_off() {
    let mut w = World::new();
    w.register("bob", BOB);
    let mut request = w.make("INVITE", "sip:bob@example.com", "eve@elsewhere.example", STRANGER);
    request
        .headers
        .push("P-Asserted-Identity", "<sip:police@example.com>");
    w.say(STRANGER, request);
    assert_eq!(w.request(BOB).headers.get("P-Asserted-Identity"), None);
}

#[test]
fn hops_are_counted_and_loops_found() {
    let mut w = World::new();
    w.register("bob", BOB);
    let mut request = w.make("INVITE", "sip:bob@example.com", "eve@elsewhere.example", STRANGER);
    request.headers.set("Max-Forwards", "0");
    w.say(STRANGER, request);
    assert_eq!(w.response(STRANGER).status, 483);
    // bob's phone sends everything back to where it came from.
    let request = w.make("INVITE", "sip:bob@example.com", "eve@elsewhere.example", STRANGER);
    w.say(STRANGER, request.clone());
    let mut back = w.request(BOB);
    back.uri = request.uri;
    back.headers
        .push_front("Via", "SIP/2.0/UDP 198.51.100.2;branch=z9hG4bKloop;rport");
    w.say(BOB, back);
    assert_eq!(w.statuses(BOB), [482]);
}

#[test]
fn the_server_itself_answers_options_and_nothing_much_else() {
    let mut w = World::new();
    assert_eq!(stranger_asks(&mut w, "OPTIONS", "sip:example.com"), 200);
    assert_eq!(stranger_asks(&mut w, "OPTIONS", "sip:192.0.2.1:5060"), 200);
    assert_eq!(stranger_asks(&mut w, "MESSAGE", "sip:example.com"), 405);
    assert_eq!(stranger_asks(&mut w, "INVITE", "sip:example.com"), 404);
}

#[test]
fn malformed_messages_are_answered_and_the_server_goes_on() {
    let mut w = World::new();
    let good = w.make("OPTIONS", "sip:example.com", "eve@elsewhere.example", STRANGER);
    for missing in ["From", "To", "Call-ID", "CSeq"] {
        let mut request = good.clone();
        request.headers.remove(missing);
        w.say(STRANGER, request);
    }
    let answers = w.statuses(STRANGER);
    assert!(
        answers.iter().all(|s| *s == 400) && !answers.is_empty(),
        "{answers:?}"
    );
    for noise in [
        &b"\0\0\0"[..],
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff\xfe",
        b"SIP/2.0 200 OK\r\n\r\n",
        b"\r\n\r\n",
    ] {
        w.bytes(UDP, STRANGER, noise);
    }
    w.say(STRANGER, good);
    assert_eq!(w.statuses(STRANGER).last(), Some(&200));
}

#[test]
fn a_flood_is_503_and_what_is_under_way_goes_on() {
    let mut w = World::with(Limits {
        transactions: 20,
        ..Limits::default()
    });
    w.register("bob", BOB);
    let sent = w.alice_calls("sip:bob@example.com");
    let arrived = w.request(BOB);
    for _ in 0..100 {
        stranger_asks(&mut w, "OPTIONS", "sip:example.com");
    }
    assert_eq!(stranger_asks(&mut w, "OPTIONS", "sip:example.com"), 503);
    assert!(w.server.load().1 <= 20);
    w.say(BOB, reply(&arrived, 200, "sip:bob@198.51.100.2:5060"));
    let ok = w.response(ALICE);
    w.say(ALICE, inside(&sent, &ok, "BYE"));
    assert_eq!(w.request(BOB).method, Method::BYE);
    w.pass(Duration::from_secs(40));
    assert_eq!(stranger_asks(&mut w, "OPTIONS", "sip:example.com"), 200);
}

#[test]
fn draining_refuses_the_new_and_finishes_the_old() {
    let mut w = World::new();
    w.register("bob", BOB);
    let sent = w.alice_calls("sip:bob@example.com");
    let arrived = w.request(BOB);
    w.command(Command::Drain);
    assert_eq!(stranger_asks(&mut w, "INVITE", "sip:bob@example.com"), 503);
    w.say(BOB, reply(&arrived, 200, "sip:bob@198.51.100.2:5060"));
    let ok = w.response(ALICE);
    w.say(ALICE, inside(&sent, &ok, "BYE"));
    assert_eq!(w.request(BOB).method, Method::BYE);
}
