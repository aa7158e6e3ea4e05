//! One caller, one phone (RFC 3261 §16).

use super::*;
use crate::wire::Method;

const BOB_CONTACT: &str = "sip:bob@198.51.100.2:5060";

/// A call up to the 200 that alice gets: the INVITE she sent and that 200.
fn call(w: &mut World) -> (Request, Response) {
    w.register("bob", BOB);
    let sent = w.alice_calls("sip:bob@example.com");
    let arrived = w.request(BOB);
    w.say(BOB, reply(&arrived, 200, BOB_CONTACT));
    let ok = w.response(ALICE);
    (sent, ok)
}

#[test]
fn s_005_a_call_goes_through_and_the_dialog_stays_on_the_way() {
    let mut w = World::new();
    w.register("bob", BOB);
    let sent = w.alice_calls("sip:bob@example.com");
    let arrived = w.request(BOB);
    assert_eq!(arrived.uri.to_string(), BOB_CONTACT);
    assert_eq!(arrived.headers.get("Max-Forwards"), Some("69"));
    assert_eq!(
        arrived.headers.get("Proxy-Authorization"),
        None,
        "the password is nobody's business"
    );
    assert_eq!(arrived.headers.values("Via").count(), 2);
    assert_eq!(arrived.headers.values("Record-Route").count(), 1);
    w.say(BOB, reply(&arrived, 180, BOB_CONTACT));
    assert_eq!(w.response(ALICE).status, 180);
    w.say(BOB, reply(&arrived, 200, BOB_CONTACT));
    let ok = w.response(ALICE);
    assert_eq!((ok.status, ok.headers.values("Via").count()), (200, 1));

    w.say(ALICE, inside(&sent, &ok, "ACK"));
    let ack = w.request(BOB);
    assert_eq!(
        (ack.method.clone(), ack.headers.get("Route")),
        (Method::ACK, None)
    );
    w.say(ALICE, inside(&sent, &ok, "BYE"));
    let bye = w.request(BOB);
    assert_eq!(bye.uri.to_string(), BOB_CONTACT);
    w.say(BOB, reply(&bye, 200, BOB_CONTACT));
    assert_eq!(
        w.response(ALICE).status,
        200,
        "no password inside a dialog that was let in"
    );
}

/// What alice, a stranger to it, hears when `peer` answers 503.
fn refused_with_503(w: &mut World, peer: &str) -> Response {
    let arrived = w.request(peer);
    let mut busy = reply(&arrived, 503, BOB_CONTACT);
    busy.reason = "Service Unavailable".into();
    busy.headers.push("Retry-After", "30");
    w.say(peer, busy);
    w.response(ALICE)
}

#[test]
fn a_phone_or_number_of_ours_without_room_is_unavailable_until_its_retry_after() {
    const FOCUS: &str = "192.0.2.9:5070";
    let mut w = World::new();
    let target = Box::new("sip:192.0.2.9:5070".parse().unwrap());
    let user = "sales".to_owned();
    w.command(Command::SetRoute { user, target });
    w.register("bob", BOB);
    for (number, peer) in [("sales", FOCUS), ("bob", BOB)] {
        let stranger = w.make(
            "INVITE",
            &format!("sip:{number}@example.com"),
            "eve@elsewhere.example",
            ALICE,
        );
        w.say(ALICE, stranger);
        assert_eq!(w.statuses(ALICE), [100]);
        let refused = refused_with_503(&mut w, peer);
        assert_eq!(
            (refused.status, refused.reason.as_str()),
            (480, "Temporarily Unavailable")
        );
        assert_eq!(refused.headers.get("Retry-After"), Some("30"));
    }
}

#[test]
fn header_fields_of_a_registered_contact_stay_out_of_the_request_uri() {
    let mut w = World::new();
    let contact = "<sip:bob@198.51.100.2:5060?Replaces=1&Subject=x>";
    w.register_contact("bob", BOB, contact);
    w.alice_calls("sip:bob@example.com");
    assert_eq!(w.request(BOB).uri.to_string(), BOB_CONTACT);
}

#[test]
fn a_503_from_elsewhere_says_nothing_about_this_server() {
    let mut w = World::new();
    w.alice_calls("sip:carol@192.0.2.9:5070");
    let refused = refused_with_503(&mut w, "192.0.2.9:5070");
    assert_eq!((refused.status, refused.headers.get("Retry-After")), (500, None));
}

#[test]
fn the_callee_can_hang_up_too() {
    let mut w = World::new();
    let (_, ok) = call(&mut w);
    let mut bye = w.make("BYE", "sip:alice@198.51.100.1:5060", "bob", BOB);
    bye.headers.set("Call-ID", ok.headers.call_id().unwrap());
    bye.headers.set("From", ok.headers.get("To").unwrap());
    bye.headers.set("To", ok.headers.get("From").unwrap());
    for route in ok.headers.values("Record-Route") {
        bye.headers.push("Route", route);
    }
    w.say(BOB, bye);
    assert_eq!(w.request(ALICE).uri.to_string(), "sip:alice@198.51.100.1:5060");
}

#[test]
fn a_repeated_200_is_passed_on_until_the_ack_comes() {
    let mut w = World::new();
    w.register("bob", BOB);
    w.alice_calls("sip:bob@example.com");
    let arrived = w.request(BOB);
    for _ in 0..3 {
        w.say(BOB, reply(&arrived, 200, BOB_CONTACT));
        assert_eq!(w.response(ALICE).status, 200);
    }
}

#[test]
fn a_refusal_is_acknowledged_here_and_passed_on() {
    let mut w = World::new();
    w.register("bob", BOB);
    let sent = w.alice_calls("sip:bob@example.com");
    let arrived = w.request(BOB);
    w.say(BOB, reply(&arrived, 486, BOB_CONTACT));
    assert_eq!(w.request(BOB).method, Method::ACK);
    let busy = w.response(ALICE);
    assert_eq!(busy.status, 486);
    w.say(ALICE, ack_for(&sent, &busy));
    w.pass(Duration::from_secs(40));
    assert_eq!((w.heard(ALICE), w.heard(BOB)), (vec![], vec![]));
    assert_eq!(w.server.load(), (0, 0), "nothing is left behind");
}

#[test]
fn s_005_cancel_reaches_the_phone_and_487_the_caller() {
    let mut w = World::new();
    w.register("bob", BOB);
    let sent = w.alice_calls("sip:bob@example.com");
    let arrived = w.request(BOB);
    w.say(BOB, reply(&arrived, 180, BOB_CONTACT));
    w.heard(ALICE);
    let mut cancel = sent.clone();
    cancel.method = Method::CANCEL;
    cancel.headers.set("CSeq", "2 CANCEL");
    w.say(ALICE, cancel);
    assert_eq!(w.statuses(ALICE), [200]);
    let cancelled = w.request(BOB);
    assert_eq!(cancelled.method, Method::CANCEL);
    w.say(BOB, reply(&cancelled, 200, BOB_CONTACT));
    w.say(BOB, reply(&arrived, 487, BOB_CONTACT));
    assert_eq!(w.statuses(ALICE), [487]);
}

#[test]
fn a_200_that_overtakes_the_cancel_wins() {
    let mut w = World::new();
    w.register("bob", BOB);
    let sent = w.alice_calls("sip:bob@example.com");
    let arrived = w.request(BOB);
    w.say(BOB, reply(&arrived, 180, BOB_CONTACT));
    let mut cancel = sent;
    cancel.method = Method::CANCEL;
    cancel.headers.set("CSeq", "2 CANCEL");
    w.say(ALICE, cancel);
    w.say(BOB, reply(&arrived, 200, BOB_CONTACT));
    assert_eq!(w.statuses(ALICE), [180, 200, 200]);
}

#[test]
fn a_cancel_for_nothing_is_481() {
    let mut w = World::new();
    let cancel = w.make("CANCEL", "sip:bob@example.com", "alice", ALICE);
    w.say(ALICE, cancel);
    assert_eq!(w.response(ALICE).status, 481);
}

#[test]
fn a_silent_phone_is_408_after_32_seconds() {
    let mut w = World::new();
    w.register("bob", BOB);
    w.alice_calls("sip:bob@example.com");
    w.pass(Duration::from_secs(31));
    assert_eq!(w.statuses(ALICE), [0u16; 0]);
    assert_eq!(w.heard(BOB).len(), 6, "one INVITE and five repetitions");
    w.pass(Duration::from_secs(2));
    assert_eq!(w.statuses(ALICE)[0], 408);
}

#[test]
fn a_phone_that_rings_for_ever_is_cancelled() {
    let mut w = World::new();
    w.register("bob", BOB);
    w.alice_calls("sip:bob@example.com");
    let arrived = w.request(BOB);
    w.say(BOB, reply(&arrived, 180, BOB_CONTACT));
    w.pass(Duration::from_secs(180));
    w.say(BOB, reply(&arrived, 180, BOB_CONTACT));
    w.pass(Duration::from_secs(180));
    assert!(w.heard(BOB).is_empty(), "each 180 starts timer C again");
    w.pass(Duration::from_secs(6));
    assert_eq!(w.request(BOB).method, Method::CANCEL);
}

#[test]
fn s_012_a_phone_behind_nat_is_reached_where_it_registered_from() {
    let mut w = World::new();
    let nat = "203.0.113.9:40000";
    w.register_contact("bob", nat, "<sip:bob@10.0.0.5:5060>");
    let sent = w.alice_calls("sip:bob@example.com");
    let arrived = w.request(nat);
    assert_eq!(arrived.uri.to_string(), "sip:bob@10.0.0.5:5060");
    w.say(nat, reply(&arrived, 200, "sip:bob@10.0.0.5:5060"));
    let ok = w.response(ALICE);
    w.say(ALICE, inside(&sent, &ok, "BYE"));
    assert_eq!(
        w.request(nat).uri.to_string(),
        "sip:bob@10.0.0.5:5060",
        "inside the dialog too"
    );
}

#[test]
fn a_caller_that_ignores_record_route_still_gets_its_ack_and_bye_through() {
    let mut w = World::new();
    w.register("bob", BOB);
    let invite = w.make("INVITE", "sip:bob@example.com", "sipp@elsewhere.example", ALICE);
    w.say(ALICE, invite.clone());
    let arrived = w.request(BOB);
    w.say(BOB, reply(&arrived, 200, BOB_CONTACT));
    w.heard(ALICE);
    for method in ["ACK", "BYE"] {
        let mut request = invite.clone();
        request.method = Method::from_token(method);
        request.headers.set("CSeq", format!("2 {method}"));
        request.headers.set("To", "<sip:bob@example.com>;tag=callee");
        let via = request
            .headers
            .get("Via")
            .unwrap()
            .replace("z9hG4bK", &format!("z9hG4bK{method}"));
        request.headers.set("Via", via);
        w.say(ALICE, request);
        assert_eq!(w.request(BOB).method.to_string(), method);
    }
}

#[test]
fn s_012_a_caller_behind_nat_hears_the_callee_hang_up() {
    let mut w = World::new();
    w.register("bob", BOB);
    let nat = "203.0.113.9:40000";
    let mut invite = w.make(
        "INVITE",
        "sip:bob@example.com",
        "eve@elsewhere.example",
        "10.0.0.5:5060",
    );
    invite.headers.set("Contact", "<sip:eve@10.0.0.5:5060>");
    w.say(nat, invite);
    let arrived = w.request(BOB);
    let ok = reply(&arrived, 200, BOB_CONTACT);
    w.say(BOB, ok.clone());
    assert_eq!(w.statuses(nat), [100, 200]);
    let target = crate::wire::NameAddr::parse(arrived.headers.get("Contact").unwrap()).unwrap();
    let mut bye = w.make("BYE", &target.uri.to_string(), "bob", BOB);
    bye.headers.set("Call-ID", ok.headers.call_id().unwrap());
    bye.headers.set("From", ok.headers.get("To").unwrap());
    bye.headers.set("To", ok.headers.get("From").unwrap());
    for route in ok.headers.values("Record-Route") {
        bye.headers.push("Route", route);
    }
    w.say(BOB, bye);
    assert_eq!(w.request(nat).uri.to_string(), "sip:eve@10.0.0.5:5060");
}
