//! Calls from the first INVITE to the last ACK.

use sip_core::{
    agent::{
        CallState::{Calling, Confirmed, Early, Ringing},
        Command, Event,
    },
    testkit::World,
    wire::{Method, Request},
};

use crate::{
    common::{Phone, SECOND, address, media, ringing, sent, talking},
    common_peer::{Peer, response},
};

#[test]
fn a_call_rings_is_answered_and_the_caller_hangs_up() {
    let mut t = talking();
    assert_eq!(t.alice.states(&mut t.world, t.out), [Calling, Ringing, Confirmed]);
    assert_eq!(t.bob.states(&mut t.world, t.inc), [Ringing, Confirmed]);
    assert_eq!(t.alice.holds(&mut t.world, t.out), Some((false, false)));
    t.alice.hangs_up(&mut t.world, t.out);
    t.world.run(SECOND);
    assert_eq!(
        t.alice.ends(&mut t.world, t.out),
        [(None, "you hung up".to_owned())]
    );
    assert_eq!(
        t.bob.ends(&mut t.world, t.inc),
        [(None, "the peer hung up".to_owned())]
    );
    t.world.run(SECOND * 40);
    assert!(
        t.alice.is_empty(&mut t.world),
        "{:?}",
        t.alice.in_flight(&mut t.world)
    );
    assert!(
        t.bob.is_empty(&mut t.world),
        "{:?}",
        t.bob.in_flight(&mut t.world)
    );
}

#[test]
fn the_callee_hangs_up() {
    let mut t = talking();
    t.bob.hangs_up(&mut t.world, t.inc);
    t.world.run(SECOND);
    assert_eq!(
        t.bob.ends(&mut t.world, t.inc),
        [(None, "you hung up".to_owned())]
    );
    assert_eq!(
        t.alice.ends(&mut t.world, t.out),
        [(None, "the peer hung up".to_owned())]
    );
}

#[test]
fn s_005_a_rejected_call_ends_with_the_status_on_both_sides() {
    let mut t = ringing("sip:bob@192.0.2.2");
    t.bob.does(
        &mut t.world,
        Command::Reject {
            call: t.inc,
            status: 486,
        },
    );
    t.world.run(SECOND);
    let (status, cause) = t.alice.ends(&mut t.world, t.out).pop().unwrap();
    assert_eq!(status, Some(486));
    assert!(cause.contains("busy"), "{cause}");
    assert_eq!(t.bob.ends(&mut t.world, t.inc).len(), 1);
    t.world.run(SECOND * 40);
    assert!(t.alice.is_empty(&mut t.world) && t.bob.is_empty(&mut t.world));
}

#[test]
fn s_005_a_caller_who_gives_up_stops_the_ringing() {
    let mut t = ringing("sip:bob@192.0.2.2");
    t.alice.hangs_up(&mut t.world, t.out);
    t.world.run(SECOND);
    assert_eq!(t.alice.ends(&mut t.world, t.out)[0].0, Some(487));
    let (status, cause) = t.bob.ends(&mut t.world, t.inc).pop().unwrap();
    assert_eq!(
        (status, cause.as_str()),
        (Some(487), "the caller hung up before you answered")
    );
    t.world.run(SECOND * 40);
    assert!(t.alice.is_empty(&mut t.world) && t.bob.is_empty(&mut t.world));
}

#[test]
fn s_005_cancel_and_200_that_cross_end_the_call_once_on_both_sides() {
    let mut t = ringing("sip:bob@192.0.2.2");
    t.bob.answers(&mut t.world, t.inc);
    t.alice.hangs_up(&mut t.world, t.out);
    t.world.run(SECOND);
    assert_eq!(t.alice.ends(&mut t.world, t.out).len(), 1);
    assert_eq!(t.bob.ends(&mut t.world, t.inc).len(), 1);
    assert_eq!(sent(&t.world, "BYE"), 1);
    t.world.run(SECOND * 40);
    assert!(t.alice.is_empty(&mut t.world) && t.bob.is_empty(&mut t.world));
}

#[test]
fn s_005_hanging_up_before_anything_came_back_cancels_once_something_does() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:peer@192.0.2.9");
    world.run(SECOND / 10);
    alice.hangs_up(&mut world, call);
    world.run(SECOND / 10);
    assert_eq!(alice.ends(&mut world, call).len(), 1, "the owner need not wait");
    assert!(peer.heard(&mut world, Method::CANCEL).is_empty());
    let invite = peer.last(&mut world, Method::INVITE);
    peer.answers(&mut world, response(&invite, 180, "x", false));
    world.run(SECOND / 10);
    let cancel = peer.last(&mut world, Method::CANCEL);
    assert_eq!(cancel.headers.branch(), invite.headers.branch());
    peer.answers(&mut world, response(&cancel, 200, "x", false));
    peer.answers(&mut world, response(&invite, 487, "x", false));
    world.run(SECOND);
    assert_eq!(peer.heard(&mut world, Method::ACK).len(), 1);
    world.run(SECOND * 40);
    assert_eq!(alice.ends(&mut world, call).len(), 1);
    assert!(alice.is_empty(&mut world));
}

#[test]
fn s_005_a_redirect_by_the_callee_is_followed() {
    let mut t = ringing("sip:bob@192.0.2.2");
    let carol = Phone::add(&mut t.world, "192.0.2.3:5060", 3);
    let to = address("<sip:carol@192.0.2.3>");
    t.bob.does(&mut t.world, Command::Redirect { call: t.inc, to });
    t.world.run(SECOND);
    let there = carol.incoming(&mut t.world).expect("carol's phone does not ring");
    carol.answers(&mut t.world, there);
    t.world.run(SECOND);
    assert_eq!(t.alice.states(&mut t.world, t.out).last(), Some(&Confirmed));
    assert_eq!(t.bob.ends(&mut t.world, t.inc).len(), 1);
}

#[test]
fn s_005_redirects_in_a_circle_end() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:0@192.0.2.9");
    for n in 1..20 {
        world.run(SECOND / 10);
        let Some(invite) = peer.heard(&mut world, Method::INVITE).pop() else {
            break;
        };
        let mut moved = invite.response(302, "");
        moved.headers.push("Contact", format!("<sip:{n}@192.0.2.9>"));
        peer.answers(&mut world, moved);
    }
    world.run(SECOND);
    let (status, _) = alice.ends(&mut world, call).pop().unwrap();
    assert_eq!(status, Some(302));
    assert!(peer.heard(&mut world, Method::INVITE).len() <= 7);
}

#[test]
fn s_005_of_two_forks_that_answer_the_first_is_kept_and_the_other_hung_up() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:peer@192.0.2.9");
    world.run(SECOND / 10);
    let invite = peer.last(&mut world, Method::INVITE);
    for (status, tag) in [
        (180, "one"),
        (180, "two"),
        (200, "two"),
        (200, "one"),
        (200, "one"),
        (200, "two"),
    ] {
        peer.answers(&mut world, response(&invite, status, tag, status == 200));
        world.run(SECOND / 10);
    }
    let acks = peer.heard(&mut world, Method::ACK);
    let to = |r: &Request| r.headers.to_tag().unwrap();
    assert_eq!(
        acks.iter().map(to).collect::<Vec<_>>(),
        ["two", "one", "one", "two"],
        "each 2xx has its ACK"
    );
    let byes = peer.heard(&mut world, Method::BYE);
    assert!(
        byes.iter().all(|b| to(b) == "one"),
        "only the second fork is hung up"
    );
    assert!(!byes.is_empty());
    assert_eq!(alice.states(&mut world, call).last(), Some(&Confirmed));
    assert!(alice.ends(&mut world, call).is_empty());
}

#[test]
fn s_005_early_media_is_told_before_the_answer() {
    let mut t = ringing("sip:bob@192.0.2.2");
    let command = Command::Ring {
        call: t.inc,
        status: 183,
        early_media: Some(Box::new(media(3))),
    };
    t.bob.does(&mut t.world, command);
    t.world.run(SECOND);
    assert_eq!(t.alice.states(&mut t.world, t.out), [Calling, Ringing, Early]);
    assert_eq!(
        t.alice.holds(&mut t.world, t.out),
        Some((false, false)),
        "media flows already"
    );
    t.bob.answers(&mut t.world, t.inc);
    t.world.run(SECOND);
    assert_eq!(t.alice.states(&mut t.world, t.out).last(), Some(&Confirmed));
    assert_eq!(t.bob.states(&mut t.world, t.inc).last(), Some(&Confirmed));
}

#[test]
fn a_ping_is_answered_and_silence_told() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    Phone::add(&mut world, "192.0.2.2:5060", 2);
    for to in ["sip:bob@192.0.2.2", "sip:bob@192.0.2.66"] {
        alice.does(
            &mut world,
            Command::Ping {
                account: None,
                to: address(to),
            },
        );
    }
    world.run(SECOND * 40);
    let pongs: Vec<_> = alice
        .events(&mut world)
        .into_iter()
        .filter_map(|e| match e {
            Event::Pong { status, .. } => Some(status),
            _ => None,
        })
        .collect();
    assert_eq!(pongs, [Some(200), None]);
}

#[test]
fn stopping_hangs_up_everything_within_two_seconds() {
    let mut t = talking();
    t.alice.does(&mut t.world, Command::Stop);
    t.world.run(SECOND);
    assert!(matches!(
        t.alice.events(&mut t.world).last(),
        Some(Event::Stopped)
    ));
    assert_eq!(t.bob.ends(&mut t.world, t.inc).len(), 1);
    let mut t = talking();
    t.world.switch_off(t.bob.0);
    t.alice.does(&mut t.world, Command::Stop);
    t.world.run(SECOND * 2);
    assert!(matches!(
        t.alice.events(&mut t.world).last(),
        Some(Event::Stopped)
    ));
}
