//! What an attacker with a socket tries.

use super::*;
use crate::wire::Method;

const EVE: &str = "203.0.113.7:5060";
const VICTIM: &str = "198.51.100.99:5060";
const BOB_CONTACT: &str = "sip:bob@198.51.100.2:5060";

/// Eve calls bob, whose phone rings: her INVITE and the 180 with our Record-Route.
fn eve_calls_bob(w: &mut World) -> (Request, Response) {
    w.register("bob", BOB);
    let invite = w.make("INVITE", "sip:bob@example.com", "eve@elsewhere.example", EVE);
    w.say(EVE, invite.clone());
    let arrived = w.request(BOB);
    w.say(BOB, reply(&arrived, 180, BOB_CONTACT));
    assert_eq!(w.statuses(EVE), [100, 180]);
    let mut ringing = reply(&arrived, 180, BOB_CONTACT);
    ringing.headers.pop_first("Via");
    (invite, ringing)
}

#[test]
fn a_call_to_one_of_our_users_earns_no_way_to_the_world() {
    let mut w = World::new();
    let (invite, ringing) = eve_calls_bob(&mut w);
    let mut next = |method: &str, uri: &str, route: Option<&str>| {
        let mut request = inside(&invite, &ringing, method);
        w.count += 1;
        let n = w.count;
        request
            .headers
            .set("Via", format!("SIP/2.0/UDP {EVE};branch=z9hG4bKe{n};rport"));
        request.headers.set("CSeq", format!("{n} {method}"));
        request.uri = Uri::parse(uri).unwrap();
        if let Some(route) = route {
            request.headers.push("Route", route);
        }
        w.say(EVE, request);
        w.statuses(EVE).last().copied()
    };
    for uri in [
        "sip:+900@198.51.100.99",
        "sip:x@10.0.0.1;alias=198.51.100.99~5060~1",
    ] {
        for method in ["INVITE", "BYE", "MESSAGE"] {
            assert_eq!(next(method, uri, None), Some(403), "{method} {uri}");
        }
        assert_eq!(next("INVITE", uri, Some("<sip:198.51.100.99;lr>")), Some(403));
        assert_eq!(next("ACK", uri, None), None);
    }
    assert_eq!(next("BYE", BOB_CONTACT, None), None);
    assert!(w.heard(VICTIM).is_empty());
    let last = w.request(BOB).method;
    assert_eq!(last, Method::BYE, "the phone in the dialog is reached");
}

#[test]
fn credentials_for_our_realm_go_no_further_and_others_do() {
    let mut w = World::new();
    w.register("bob", BOB);
    let mut invite = w.make("INVITE", "sip:bob@example.com", "eve@elsewhere.example", EVE);
    for name in ["Authorization", "Proxy-Authorization"] {
        for realm in ["example.com", "elsewhere.example"] {
            let credentials = format!(
                "Digest username=\"eve\", realm=\"{realm}\", nonce=\"n\", uri=\"sip:x\", response=\"0\""
            );
            invite.headers.push(name, credentials);
        }
    }
    w.say(EVE, invite);
    let arrived = w.request(BOB);
    for name in ["Authorization", "Proxy-Authorization"] {
        let left: Vec<&str> = arrived.headers.get_all(name).collect();
        assert!(
            left.len() == 1 && left[0].contains("elsewhere.example"),
            "{name}: {left:?}"
        );
    }
}

#[test]
fn a_challenge_is_said_once_and_nothing_is_kept() {
    let mut w = World::new();
    w.register("bob", BOB);
    w.pass(Duration::from_secs(40));
    let invite = w.make("INVITE", "sip:bob@example.com", "alice", VICTIM);
    w.say(VICTIM, invite.clone());
    assert_eq!(w.server.load(), (0, 0));
    let challenge = w.response(VICTIM);
    w.pass(Duration::from_secs(40));
    assert!(w.heard(VICTIM).is_empty(), "a forged source gets no repetitions");
    w.say(VICTIM, ack_for(&invite, &challenge));
    assert!(w.heard(BOB).is_empty(), "the ACK of a challenge ends here");
}

#[test]
fn only_who_sent_an_invite_can_cancel_it() {
    let mut w = World::new();
    let (invite, _) = eve_calls_bob(&mut w);
    let mut cancel = invite;
    cancel.method = Method::CANCEL;
    cancel.headers.set("CSeq", "1 CANCEL");
    w.say(VICTIM, cancel.clone());
    assert!(w.heard(BOB).is_empty());
    w.pass(Duration::from_secs(40));
    w.say(EVE, cancel);
    assert_eq!(w.request(BOB).method, Method::CANCEL);
}

#[test]
fn a_flood_of_bye_is_bounded_too() {
    let mut w = World::with(Limits {
        transactions: 20,
        ..Limits::default()
    });
    for _ in 0..100 {
        let bye = w.make("BYE", "sip:nobody@example.com", "eve@elsewhere.example", EVE);
        w.say(EVE, bye);
    }
    assert!(w.server.load().1 <= 40, "{:?}", w.server.load());
    assert_eq!(w.statuses(EVE).last(), Some(&503));
}

#[test]
fn a_register_with_thousands_of_contacts_binds_none() {
    let mut w = World::new();
    let mut request = w.make("REGISTER", "sip:example.com", "bob", BOB);
    request.headers.set("To", "<sip:bob@example.com>");
    request.headers.remove("Contact");
    for line in 0..60 {
        let contacts: Vec<String> = (0..50).map(|n| format!("<sip:{}@h>", line * 50 + n)).collect();
        request.headers.push("Contact", contacts.join(","));
    }
    w.with_password(UDP, BOB, request, "bob");
    assert_eq!(w.response(BOB).status, 403);
    assert!(w.events.is_empty(), "{:?}", w.events);
}

#[test]
fn one_address_cannot_take_every_connection() {
    let mut w = World::with(Limits {
        connections: 100,
        ..Limits::default()
    });
    for n in 0..100 {
        w.connect(100 + n, &format!("203.0.113.7:{}", 2000 + n));
    }
    assert_eq!(w.closed.len(), 50);
    w.connect(300, "198.51.100.2:40000");
    assert_eq!(w.closed.len(), 50, "somebody else still gets in");
    w.flow(
        FlowId::from_driver(100),
        FlowChange::Closed {
            reason: "closed by the peer".into(),
        },
    );
    w.connect(301, "203.0.113.7:9000");
    assert_eq!(w.closed.len(), 50, "a place that is free again can be taken");
}
