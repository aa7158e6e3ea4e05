//! Hold, resume and offers inside a call, in every order and both at once.

use sip_core::{
    agent::{CallState::Confirmed, Command, Event},
    wire::{Message, Method},
};

use crate::{
    common::{Phone, SECOND, media, sent, talking},
    common_peer::{Peer, response},
};

#[test]
fn s_006_hold_and_resume_in_every_combination() {
    let mut t = talking();
    // Who acts, hold or resume, and then what Alice knows: (we hold, they hold).
    let steps = [
        (true, true, (true, false)),
        (false, true, (true, true)),
        (true, false, (false, true)),
        (false, false, (false, false)),
        (false, true, (false, true)),
        (true, true, (true, true)),
        (false, false, (true, false)),
        (true, false, (false, false)),
    ];
    for (n, (by_alice, hold, (ours, theirs))) in steps.into_iter().enumerate() {
        let (phone, call) = if by_alice {
            (t.alice, t.out)
        } else {
            (t.bob, t.inc)
        };
        let command = if hold {
            Command::Hold(call)
        } else {
            Command::Resume(call)
        };
        phone.does(&mut t.world, command);
        t.world.run(SECOND);
        assert_eq!(
            t.alice.holds(&mut t.world, t.out),
            Some((ours, theirs)),
            "step {n}"
        );
        assert_eq!(t.bob.holds(&mut t.world, t.inc), Some((theirs, ours)), "step {n}");
    }
    assert!(t.alice.ends(&mut t.world, t.out).is_empty());
}

#[test]
fn s_006_both_hold_at_the_same_moment_and_both_get_it() {
    let mut t = talking();
    t.alice.does(&mut t.world, Command::Hold(t.out));
    t.bob.does(&mut t.world, Command::Hold(t.inc));
    t.world.run(SECOND / 10);
    assert_eq!(sent(&t.world, "SIP/2.0 491"), 2, "glare");
    t.world.run(SECOND * 6);
    assert_eq!(t.alice.holds(&mut t.world, t.out), Some((true, true)));
    assert_eq!(t.bob.holds(&mut t.world, t.inc), Some((true, true)));
    t.alice.does(&mut t.world, Command::Resume(t.out));
    t.bob.does(&mut t.world, Command::Resume(t.inc));
    t.world.run(SECOND * 6);
    assert_eq!(t.alice.holds(&mut t.world, t.out), Some((false, false)));
    assert_eq!(t.bob.holds(&mut t.world, t.inc), Some((false, false)));
}

#[test]
fn s_006_a_quick_change_of_mind_ends_with_the_last_wish() {
    let mut t = talking();
    for command in [
        Command::Hold(t.out),
        Command::Resume(t.out),
        Command::Hold(t.out),
        Command::Resume(t.out),
    ] {
        t.alice.does(&mut t.world, command);
    }
    t.world.run(SECOND * 2);
    assert_eq!(t.alice.holds(&mut t.world, t.out), Some((false, false)));
    assert_eq!(t.bob.holds(&mut t.world, t.inc), Some((false, false)));
}

#[test]
fn a_refused_hold_leaves_the_call_as_it_was_and_says_so() {
    let mut world = sip_core::testkit::World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:peer@192.0.2.9");
    world.run(SECOND / 10);
    let first = peer.last(&mut world, Method::INVITE);
    peer.answers(&mut world, response(&first, 200, "x", true));
    world.run(SECOND / 10);
    alice.does(&mut world, Command::Hold(call));
    world.run(SECOND / 10);
    let again = peer.last(&mut world, Method::INVITE);
    assert_ne!(again.headers.cseq(), first.headers.cseq());
    peer.answers(&mut world, response(&again, 488, "x", false));
    world.run(SECOND / 10);
    assert!(matches!(
        alice.events(&mut world).last(),
        Some(Event::MediaRefused {
            status: Some(488),
            ..
        })
    ));
    assert_eq!(alice.holds(&mut world, call), Some((false, false)));
    assert_eq!(alice.states(&mut world, call).last(), Some(&Confirmed));
    assert!(alice.ends(&mut world, call).is_empty());
    // And the next wish is tried afresh.
    alice.does(&mut world, Command::Hold(call));
    world.run(SECOND / 10);
    let third = peer.last(&mut world, Method::INVITE);
    peer.answers(&mut world, response(&third, 200, "x", true));
    world.run(SECOND / 10);
    assert_eq!(alice.holds(&mut world, call).map(|h| h.0), Some(true));
}

#[test]
fn a_481_to_a_request_in_the_call_ends_it() {
    let mut t = talking();
    let machine = sip_core::agent::UserAgent::new(crate::common::config(9));
    t.world.restart(t.bob.0, machine);
    t.alice.does(&mut t.world, Command::Hold(t.out));
    t.world.run(SECOND);
    let (status, cause) = t.alice.ends(&mut t.world, t.out).pop().unwrap();
    assert_eq!(status, Some(481));
    assert!(cause.contains("no longer knows"), "{cause}");
}

#[test]
fn a_peer_that_vanished_is_noticed_by_the_next_offer() {
    let mut t = talking();
    t.world.switch_off(t.bob.0);
    t.alice.does(&mut t.world, Command::Hold(t.out));
    t.world.run(SECOND * 33);
    let (_, cause) = t.alice.ends(&mut t.world, t.out).pop().unwrap();
    assert_eq!(
        cause,
        "the call was lost: no reply in 32 s from 192.0.2.2:5060 over UDP"
    );
    t.world.run(SECOND * 40);
    assert!(t.alice.is_empty(&mut t.world));
}

#[test]
fn a_lost_200_to_a_reinvite_is_repeated() {
    let mut t = talking();
    let mut losing = 2;
    t.world.filter = Box::new(move |bytes| {
        let lose = losing > 0 && bytes.starts_with(b"SIP/2.0 200");
        losing -= u8::from(lose);
        !lose
    });
    t.alice.does(&mut t.world, Command::Hold(t.out));
    t.world.run(SECOND * 5);
    assert_eq!(t.alice.holds(&mut t.world, t.out), Some((true, false)));
    assert_eq!(t.bob.holds(&mut t.world, t.inc), Some((false, true)));
}

#[test]
fn another_description_moves_the_media() {
    let mut t = talking();
    let command = Command::Reinvite {
        call: t.out,
        media: Some(Box::new(media(500))),
    };
    t.alice.does(&mut t.world, command);
    t.world.run(SECOND);
    let port = t.bob.events(&mut t.world).iter().rev().find_map(|e| match e {
        Event::Media { media, .. } => media.remote_rtp.map(|a| a.port()),
        _ => None,
    });
    assert_eq!(port, Some(5000));
}

#[test]
fn a_refresh_repeats_the_description_word_for_word() {
    let mut t = talking();
    t.alice.does(
        &mut t.world,
        Command::Reinvite {
            call: t.out,
            media: None,
        },
    );
    t.world.run(SECOND);
    let bodies: Vec<_> = t
        .world
        .log
        .iter()
        .filter(|(.., b)| b.starts_with(b"INVITE"))
        .filter_map(|(.., b)| match sip_core::wire::datagram(b) {
            sip_core::wire::Framed::Message(Message::Request(r)) => Some(r.body),
            _ => None,
        })
        .collect();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0], bodies[1]);
}

#[test]
fn hold_before_the_answer_is_refused_with_a_sentence() {
    let mut t = crate::common::ringing("sip:bob@192.0.2.2");
    t.alice.does(&mut t.world, Command::Hold(t.out));
    assert!(matches!(
        t.alice.events(&mut t.world).last(),
        Some(Event::MediaRefused { status: None, cause, .. }) if cause == "the call is not answered yet"
    ));
}
