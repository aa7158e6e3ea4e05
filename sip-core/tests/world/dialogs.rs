//! Requests inside a call, with a peer that follows a script.

use sip_core::{
    agent::{
        CallState::{Confirmed, Ringing},
        Event,
    },
    testkit::World,
    wire::Method,
};

use crate::{
    common::{Phone, SECOND},
    common_peer::{Peer, invite, request, response},
};

#[test]
fn an_invite_without_an_offer_gets_ours_and_the_ack_brings_the_answer() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    peer.says(&mut world, request("INVITE", "d1", "", ""));
    world.run(SECOND / 10);
    let inc = alice.incoming(&mut world).unwrap();
    alice.answers(&mut world, inc);
    world.run(SECOND / 10);
    assert_eq!(peer.statuses(&mut world), [180, 200]);
    assert_eq!(alice.holds(&mut world, inc), None, "no media before the answer");
    let tag = peer.last_to_tag(&mut world);
    let ack = invite("d1", "").to_vec();
    let ack = String::from_utf8(ack).unwrap().replace("INVITE", "ACK").replace(
        "To: <sip:a@192.0.2.1>",
        &format!("To: <sip:a@192.0.2.1>;tag={tag}"),
    );
    peer.says(&mut world, ack.into());
    world.run(SECOND / 10);
    assert_eq!(alice.states(&mut world, inc), [Ringing, Confirmed]);
    assert_eq!(alice.holds(&mut world, inc), Some((false, false)));
}

/// A call between our phone and the scripted peer, answered by the peer with tag `x`.
fn called_peer() -> (World, Phone, Peer, sip_core::agent::CallId) {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:peer@192.0.2.9");
    world.run(SECOND / 10);
    let invite = peer.last(&mut world, Method::INVITE);
    peer.answers(&mut world, response(&invite, 200, "x", true));
    world.run(SECOND / 10);
    (world, alice, peer, call)
}

/// A request of the peer in that call.
fn inside(world: &mut World, peer: Peer, method: &str, seq: u32, extra: &str, body: &str) -> bytes::Bytes {
    let ack = peer.last(world, Method::ACK);
    let text = String::from_utf8(request(method, &format!("{method}{seq}"), extra, body).to_vec()).unwrap();
    text.replace("<sip:peer@192.0.2.9>;tag=p", ack.headers.get("To").unwrap())
        .replace(
            "To: <sip:a@192.0.2.1>",
            &format!("To: {}", ack.headers.get("From").unwrap()),
        )
        .replace(
            &format!("Call-ID: {method}{seq}"),
            &format!("Call-ID: {}", ack.headers.call_id().unwrap()),
        )
        .replace("CSeq: 1 ", &format!("CSeq: {seq} "))
        .into()
}

#[test]
fn requests_inside_a_call_get_the_right_answers() {
    let (mut world, alice, peer, call) = called_peer();
    let held = "v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
                m=audio 6000 RTP/AVP 0\r\na=sendonly\r\n";
    let sdp = "Content-Type: application/sdp\r\n";
    for (method, seq, extra, body, status) in [
        ("OPTIONS", 10, "", "", 200),
        (
            "INFO",
            11,
            "Content-Type: application/dtmf-relay\r\n",
            "Signal=1\r\n",
            200,
        ),
        ("INFO", 12, "Content-Type: text/plain\r\n", "x", 415),
        ("UPDATE", 13, "", "", 200),
        ("UPDATE", 14, sdp, held, 200),
        ("INVITE", 15, sdp, "not sdp", 488),
        ("INFO", 3, "", "", 500),
        ("MESSAGE", 16, "Content-Type: text/plain\r\n", "hi", 405),
        ("BYE", 17, "Reason: Q.850;cause=16;text=\"Normal\"\r\n", "", 200),
        ("BYE", 18, "", "", 481),
    ] {
        let before = peer.statuses(&mut world).len();
        let bytes = inside(&mut world, peer, method, seq, extra, body);
        peer.says(&mut world, bytes);
        world.run(SECOND / 10);
        assert_eq!(
            peer.statuses(&mut world).get(before),
            Some(&status),
            "{method} {seq}"
        );
        if seq == 14 {
            assert_eq!(alice.holds(&mut world, call), Some((false, true)));
        }
        if seq == 17 {
            world.run(SECOND * 33);
        }
    }
    let ended = alice.events(&mut world).into_iter().find_map(|e| match e {
        Event::Ended { reason, .. } => Some(reason),
        _ => None,
    });
    assert_eq!(ended.flatten().as_deref(), Some("Normal"));
}

#[test]
fn a_new_contact_of_the_peer_is_where_the_next_request_goes() {
    let (mut world, alice, peer, call) = called_peer();
    let there = Peer::at(&mut world, "192.0.2.10:5060");
    let bytes = inside(&mut world, peer, "UPDATE", 5, "", "");
    let moved = String::from_utf8(bytes.to_vec()).unwrap();
    let moved = moved.replace("Contact: <sip:peer@192.0.2.9>", "Contact: <sip:peer@192.0.2.10>");
    peer.says(&mut world, moved.into());
    world.run(SECOND / 10);
    alice.hangs_up(&mut world, call);
    world.run(SECOND / 10);
    assert_eq!(there.heard(&mut world, Method::BYE).len(), 1);
    assert!(peer.heard(&mut world, Method::BYE).is_empty());
}

#[test]
fn an_answer_that_cannot_be_used_is_acknowledged_and_hung_up_with_a_sentence() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:peer@192.0.2.9");
    world.run(SECOND / 10);
    let invite = peer.last(&mut world, Method::INVITE);
    peer.answers(&mut world, response(&invite, 200, "x", false));
    world.run(SECOND / 10);
    assert_eq!(peer.heard(&mut world, Method::ACK).len(), 1);
    assert_eq!(peer.heard(&mut world, Method::BYE).len(), 1);
    let (_, cause) = alice.ends(&mut world, call).pop().unwrap();
    assert_eq!(
        cause,
        "the peer's answer cannot be used: it holds no media description"
    );
}
