//! Answers that come late, twice, or from somebody else.

use sip_core::{
    agent::CallState::Confirmed,
    testkit::World,
    wire::{Method, Request},
};

use crate::{
    common::{Phone, SECOND},
    common_peer::{Peer, request, response},
};

#[test]
fn an_address_that_answers_after_its_turn_is_acknowledged_and_hung_up() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let slow = Peer::add(&mut world);
    let bob = Phone::add(&mut world, "192.0.2.2:5060", 2);
    world.name("phones.example", &["192.0.2.9", "192.0.2.2"]);
    let call = alice.calls(&mut world, 1, "sip:bob@phones.example");
    world.run(SECOND * 5);
    let inc = bob.incoming(&mut world).expect("the next address was not tried");
    bob.answers(&mut world, inc);
    let invite = slow.last(&mut world, Method::INVITE);
    slow.answers(&mut world, response(&invite, 180, "late", false));
    world.run(SECOND);
    assert!(!slow.heard(&mut world, Method::CANCEL).is_empty());
    for _ in 0..2 {
        slow.answers(&mut world, response(&invite, 200, "late", true));
        world.run(SECOND / 10);
        assert_eq!(
            slow.heard(&mut world, Method::BYE).len(),
            1,
            "one BYE, with the first 200"
        );
    }
    assert_eq!(
        slow.heard(&mut world, Method::ACK).len(),
        2,
        "each 200 has its ACK"
    );
    let bye = slow.last(&mut world, Method::BYE);
    assert_eq!(bye.headers.to_tag().as_deref(), Some("late"));
    slow.answers(&mut world, response(&bye, 200, "late", false));
    world.run(SECOND);
    assert!(alice.talks(&mut world, call), "the call that was kept goes on");
    alice.hangs_up(&mut world, call);
    world.run(SECOND * 70);
    assert!(alice.is_empty(&mut world), "{:?}", alice.in_flight(&mut world));
}

#[test]
fn an_address_that_is_unavailable_gives_way_and_one_that_rings_does_not() {
    for (status, reached) in [(503, true), (180, false)] {
        let mut world = World::new(1);
        let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
        let first = Peer::add(&mut world);
        let bob = Phone::add(&mut world, "192.0.2.2:5060", 2);
        world.name("phones.example", &["192.0.2.9", "192.0.2.2"]);
        alice.calls(&mut world, 1, "sip:bob@phones.example");
        world.run(SECOND / 10);
        let invite = first.last(&mut world, Method::INVITE);
        first.answers(&mut world, response(&invite, status, "x", false));
        world.run(SECOND * 40);
        assert_eq!(bob.incoming(&mut world).is_some(), reached, "{status}");
    }
}

/// A request of the peer with `tag`, as if it were in the dialog of `invite`.
fn from_fork(invite: &Request, method: &str, tag: &str) -> bytes::Bytes {
    let text = String::from_utf8(request(method, tag, "", "").to_vec()).unwrap();
    text.replace("tag=p", &format!("tag={tag}"))
        .replace(
            "To: <sip:a@192.0.2.1>",
            &format!("To: {}", invite.headers.get("From").unwrap()),
        )
        .replace(
            &format!("Call-ID: {tag}"),
            &format!("Call-ID: {}", invite.headers.call_id().unwrap()),
        )
        .into()
}

#[test]
fn a_fork_that_lost_cannot_hang_up_the_one_that_was_kept() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:peer@192.0.2.9");
    world.run(SECOND / 10);
    let invite = peer.last(&mut world, Method::INVITE);
    peer.answers(&mut world, response(&invite, 200, "won", true));
    peer.says(&mut world, from_fork(&invite, "BYE", "lost"));
    world.run(SECOND / 10);
    assert_eq!(peer.statuses(&mut world), [481]);
    assert!(alice.talks(&mut world, call));
    peer.says(&mut world, from_fork(&invite, "BYE", "won"));
    world.run(SECOND / 10);
    assert_eq!(peer.statuses(&mut world), [481, 200]);
}

#[test]
fn endless_forks_cost_a_bounded_number_of_requests() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:peer@192.0.2.9");
    world.run(SECOND / 10);
    let invite = peer.last(&mut world, Method::INVITE);
    for n in 0..200 {
        peer.answers(&mut world, response(&invite, 200, &format!("f{n}"), true));
    }
    world.run(SECOND / 10);
    assert_eq!(alice.states(&mut world, call).last(), Some(&Confirmed));
    assert!(peer.heard(&mut world, Method::ACK).len() <= 17);
    assert!(peer.heard(&mut world, Method::BYE).len() <= 17);
}

#[test]
fn a_response_with_a_number_of_its_own_is_not_ours() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:peer@192.0.2.9");
    world.run(SECOND / 10);
    let invite = peer.last(&mut world, Method::INVITE);
    let mut answer = response(&invite, 200, "x", true);
    answer.headers.set("CSeq", "2147483647 INVITE");
    peer.answers(&mut world, answer);
    world.run(SECOND / 10);
    assert!(!alice.talks(&mut world, call));
}

#[test]
fn a_redirect_to_thousands_is_followed_a_few_times() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:peer@192.0.2.9");
    world.run(SECOND / 10);
    for round in 0..20 {
        let Some(invite) = peer.heard(&mut world, Method::INVITE).pop() else {
            break;
        };
        let mut answer = response(&invite, 302, "x", false);
        answer.headers.remove("Contact");
        for line in 0..20 {
            let contacts: Vec<String> = (0..100)
                .map(|n| format!("<sip:r{round}l{line}n{n}@192.0.2.9>"))
                .collect();
            answer.headers.push("Contact", contacts.join(","));
        }
        peer.answers(&mut world, answer);
        world.run(SECOND / 10);
    }
    assert_eq!(alice.ends(&mut world, call).len(), 1);
    assert_eq!(
        peer.heard(&mut world, Method::INVITE).len(),
        6,
        "the call and five redirects"
    );
}

#[test]
fn a_flood_at_the_phone_is_bounded_and_passes() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    for n in 0..10_050 {
        peer.says(&mut world, request("OPTIONS", &format!("o{n}"), "", ""));
    }
    world.run(SECOND);
    assert!(alice.in_flight(&mut world).0 <= 10_000);
    assert_eq!(peer.statuses(&mut world).last(), Some(&503));
    world.run(SECOND * 40);
    assert!(alice.is_empty(&mut world));
}
