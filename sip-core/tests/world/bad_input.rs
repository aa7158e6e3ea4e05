//! What peers should not send.

use sip_core::{agent::Event, testkit::World};

use crate::{
    common::{Phone, SECOND},
    common_peer::{Peer, invite, request},
};

fn scene() -> (World, Phone, Peer) {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    (world, alice, peer)
}

#[test]
fn s_017_each_wrong_request_gets_the_response_that_says_what_is_wrong() {
    let (mut world, _, peer) = scene();
    let swapped = |from: &str, to: &str| {
        let text = String::from_utf8(request("OPTIONS", "b", "", "").to_vec()).unwrap();
        text.replace(from, to).into()
    };
    for (bytes, status) in [
        (request("DANCE", "a1", "", ""), 501),
        (request("PUBLISH", "a2", "", ""), 405),
        (
            request("MESSAGE", "a3", "Content-Type: text/plain\r\n", "hi"),
            405,
        ),
        (request("OPTIONS", "a4", "Require: magic\r\n", ""), 420),
        (swapped("sip:a@192.0.2.1 SIP", "mailto:a@b SIP"), 416),
        (swapped("SIP/2.0\r\nVia", "SIP/9.0\r\nVia"), 505),
        (swapped("CSeq: 1 OPTIONS", "CSeq: 1 INVITE"), 400),
        (request("INVITE", "a5", "Content-Type: text/plain\r\n", "hi"), 415),
        (
            request("INVITE", "a6", "Content-Type: application/sdp\r\n", "hi"),
            488,
        ),
        (request("BYE", "a7", "", ""), 481),
        (request("UPDATE", "a8", "", ""), 481),
        (request("CANCEL", "a9", "", ""), 481),
        (request("OPTIONS", "a0", "", ""), 200),
    ] {
        let before = peer.statuses(&mut world).len();
        peer.says(&mut world, bytes.clone());
        world.run(SECOND / 10);
        let heard = peer.statuses(&mut world);
        assert_eq!(
            heard.get(before),
            Some(&status),
            "{}",
            String::from_utf8_lossy(&bytes)
        );
    }
}

#[test]
fn s_017_rubbish_is_dropped_and_calls_go_on() {
    let (mut world, alice, peer) = scene();
    peer.says(&mut world, invite("i1", ""));
    world.run(SECOND / 10);
    let call = alice.incoming(&mut world).unwrap();
    for n in 0..500u64 {
        let len = (world.ids().number() % 200) as usize;
        let mut bytes: Vec<u8> = (0..len).map(|_| world.ids().number() as u8).collect();
        if n % 2 == 0 {
            // A real INVITE with a hole in it.
            let whole = invite(&format!("h{n}"), "");
            let at = world.ids().number() as usize % whole.len();
            bytes = [&whole[..at], &bytes, &whole[at..]].concat();
        }
        peer.says(&mut world, bytes.into());
    }
    peer.says(&mut world, vec![b'a'; 65_000].into());
    world.run(SECOND);
    alice.answers(&mut world, call);
    assert!(alice.ends(&mut world, call).is_empty());
}

#[test]
fn a_merged_request_gets_482() {
    let (mut world, alice, peer) = scene();
    peer.says(&mut world, invite("m1", ""));
    let twin = String::from_utf8(invite("m1", "").to_vec()).unwrap();
    peer.says(
        &mut world,
        twin.replace("branch=z9hG4bKm1", "branch=z9hG4bKm2").into(),
    );
    world.run(SECOND / 10);
    assert_eq!(peer.statuses(&mut world), [180, 482]);
    let arrived = alice.events(&mut world);
    assert_eq!(
        arrived.iter().filter(|e| matches!(e, Event::Incoming(_))).count(),
        1
    );
}

#[test]
fn an_invite_that_expires_stops_ringing() {
    let (mut world, alice, peer) = scene();
    peer.says(&mut world, invite("e1", "Expires: 5\r\n"));
    world.run(SECOND * 6);
    let call = alice.incoming(&mut world).unwrap();
    assert_eq!(alice.ends(&mut world, call)[0].0, Some(487));
}

#[test]
fn a_header_the_owner_sets_cannot_smuggle_lines_or_replace_ours() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    for (n, header) in [
        (1, ("X-A", "a\r\nEvil: 1")),
        (2, ("Via", "SIP/2.0/UDP evil;branch=1")),
    ] {
        let call = sip_core::agent::CallId::outgoing(n);
        alice.does(
            &mut world,
            sip_core::agent::Command::Call {
                call,
                account: None,
                to: crate::common::address("sip:peer@192.0.2.9"),
                headers: vec![(header.0.to_owned(), header.1.to_owned())],
                media: Box::new(crate::common::media(n)),
            },
        );
        world.run(SECOND / 10);
        assert_eq!(alice.ends(&mut world, call).len(), usize::from(n == 1));
    }
    let heard = peer.heard(&mut world, sip_core::wire::Method::INVITE);
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].headers.get_all("Via").count(), 1);
}
