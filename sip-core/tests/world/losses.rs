//! Calls on a network that loses, delays, repeats and reorders.

use std::time::Duration;

use sip_core::{
    agent::{CallState::Confirmed, Command},
    testkit::{Faults, World},
};

use crate::common::{Phone, SECOND, ringing, sent, talking};

/// Loses the first `n` datagrams that begin so.
fn lose(start: &'static str, mut n: usize) -> sip_core::testkit::Filter {
    Box::new(move |bytes| {
        let hit = n > 0 && bytes.starts_with(start.as_bytes());
        n -= usize::from(hit);
        !hit
    })
}

#[test]
fn a_lost_ack_is_sent_again_when_the_200_is() {
    let mut t = ringing("sip:bob@192.0.2.2");
    t.world.filter = lose("ACK", 3);
    t.bob.answers(&mut t.world, t.inc);
    t.world.run(SECOND * 10);
    assert_eq!(sent(&t.world, "ACK"), 4);
    assert_eq!(t.bob.states(&mut t.world, t.inc).last(), Some(&Confirmed));
    assert!(t.bob.ends(&mut t.world, t.inc).is_empty());
}

#[test]
fn a_request_that_the_system_cannot_send_fails_at_once_with_the_reason() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    world.no_route.insert([192, 0, 2, 2].into());
    let out = alice.calls(&mut world, 1, "sip:bob@192.0.2.2;transport=udp");
    world.run(SECOND / 10);
    let (_, cause) = alice.ends(&mut world, out).pop().expect("the call ends at once");
    assert!(cause.contains("network is unreachable"), "{cause}");
}

#[test]
fn an_invite_that_has_arrived_outlives_a_moment_without_a_network() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let bob = Phone::add(&mut world, "192.0.2.2:5060", 2);
    world.filter = lose("SIP/2.0 1", 2);
    let out = alice.calls(&mut world, 1, "sip:bob@192.0.2.2;transport=udp");
    world.run(SECOND / 10);
    world.no_route.insert([192, 0, 2, 2].into());
    world.run(SECOND);
    world.no_route.clear();
    world.run(SECOND * 5);
    assert!(alice.ends(&mut world, out).is_empty());
    let inc = bob.incoming(&mut world).expect("bob's phone does not ring");
    bob.answers(&mut world, inc);
    world.run(SECOND);
    assert_eq!(alice.states(&mut world, out).last(), Some(&Confirmed));
}

#[test]
fn a_bye_is_repeated_until_there_is_a_network_again() {
    let mut t = talking();
    t.world
        .no_route
        .extend([[192, 0, 2, 1], [192, 0, 2, 2]].map(std::net::IpAddr::from));
    t.alice.hangs_up(&mut t.world, t.out);
    t.world.run(SECOND * 3);
    assert!(t.bob.ends(&mut t.world, t.inc).is_empty());
    t.world.no_route.clear();
    t.world.run(SECOND * 5);
    assert_eq!(t.bob.ends(&mut t.world, t.inc).len(), 1);
}

#[test]
fn a_hold_while_there_is_no_network_is_carried_out_when_there_is_one_again() {
    let mut t = talking();
    t.world.no_route.insert([192, 0, 2, 2].into());
    t.alice.does(&mut t.world, Command::Hold(t.out));
    t.world.run(SECOND * 3);
    assert!(t.alice.ends(&mut t.world, t.out).is_empty());
    t.world.no_route.clear();
    t.world.run(SECOND * 5);
    assert_eq!(t.bob.holds(&mut t.world, t.inc), Some((false, true)));
}

#[test]
fn a_lost_200_is_repeated_until_the_ack() {
    let mut t = ringing("sip:bob@192.0.2.2");
    t.world.filter = lose("SIP/2.0 200", 3);
    t.bob.answers(&mut t.world, t.inc);
    t.world.run(SECOND * 10);
    assert_eq!(t.alice.states(&mut t.world, t.out).last(), Some(&Confirmed));
    assert_eq!(sent(&t.world, "SIP/2.0 200"), 4);
}

#[test]
fn an_ack_that_never_comes_ends_the_call_after_32_s_with_bye() {
    let mut t = ringing("sip:bob@192.0.2.2");
    t.world.filter = lose("ACK", usize::MAX);
    t.bob.answers(&mut t.world, t.inc);
    t.world.run(SECOND * 31);
    assert!(t.bob.ends(&mut t.world, t.inc).is_empty());
    t.world.run(SECOND * 2);
    let (_, cause) = t.bob.ends(&mut t.world, t.inc).pop().unwrap();
    assert_eq!(cause, "no acknowledgement in 32 s from 192.0.2.1:5060 over UDP");
    assert_eq!(
        t.alice.ends(&mut t.world, t.out).len(),
        1,
        "BYE reached the caller"
    );
}

#[test]
fn a_callee_that_hangs_up_before_the_ack_waits_for_it_with_the_bye() {
    let mut t = ringing("sip:bob@192.0.2.2");
    t.world.filter = lose("ACK", 1);
    t.bob.answers(&mut t.world, t.inc);
    t.bob.hangs_up(&mut t.world, t.inc);
    assert_eq!(
        t.bob.ends(&mut t.world, t.inc).len(),
        1,
        "the owner need not wait"
    );
    t.world.run(SECOND / 10);
    assert_eq!(sent(&t.world, "BYE"), 0);
    t.world.run(SECOND);
    assert_eq!(sent(&t.world, "BYE"), 1);
    assert_eq!(t.alice.ends(&mut t.world, t.out).len(), 1);
}

#[test]
fn everything_lost_for_five_seconds_is_survived_at_every_stage() {
    // Stage 0: while the INVITE leaves; 1: while it is answered; 2: in the call; 3: while hanging up.
    for stage in 0..4 {
        let mut world = World::new(5);
        let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
        let bob = Phone::add(&mut world, "192.0.2.2:5060", 2);
        let dark = |world: &mut World, at: u8| {
            if at == stage {
                world.faults.loss = 100;
            }
        };
        let light = |world: &mut World| {
            world.run(SECOND * 5);
            world.faults.loss = 0;
            world.run(SECOND * 10);
        };
        dark(&mut world, 0);
        let out = alice.calls(&mut world, 1, "sip:bob@192.0.2.2");
        light(&mut world);
        let inc = bob
            .incoming(&mut world)
            .unwrap_or_else(|| panic!("stage {stage}: no call"));
        dark(&mut world, 1);
        bob.answers(&mut world, inc);
        light(&mut world);
        assert_eq!(
            alice.states(&mut world, out).last(),
            Some(&Confirmed),
            "stage {stage}"
        );
        dark(&mut world, 2);
        alice.does(&mut world, Command::Hold(out));
        light(&mut world);
        assert_eq!(bob.holds(&mut world, inc), Some((false, true)), "stage {stage}");
        dark(&mut world, 3);
        alice.hangs_up(&mut world, out);
        light(&mut world);
        assert_eq!(bob.ends(&mut world, inc).len(), 1, "stage {stage}");
        world.run(SECOND * 64);
        assert!(
            alice.is_empty(&mut world) && bob.is_empty(&mut world),
            "stage {stage}"
        );
    }
}

#[test]
fn both_hang_up_at_once() {
    let mut t = talking();
    t.alice.hangs_up(&mut t.world, t.out);
    t.bob.hangs_up(&mut t.world, t.inc);
    t.world.run(SECOND);
    assert_eq!(
        sent(&t.world, "SIP/2.0 200"),
        3,
        "one for the INVITE, one for each BYE"
    );
    assert_eq!(t.alice.ends(&mut t.world, t.out).len(), 1);
    assert_eq!(t.bob.ends(&mut t.world, t.inc).len(), 1);
}

#[test]
fn repeated_datagrams_change_nothing() {
    let mut world = World::new(5);
    world.faults.duplicate = 100;
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let bob = Phone::add(&mut world, "192.0.2.2:5060", 2);
    let out = alice.calls(&mut world, 1, "sip:bob@192.0.2.2");
    world.run(SECOND);
    let inc = bob.incoming(&mut world).unwrap();
    let arrived = bob
        .events(&mut world)
        .iter()
        .filter(|e| matches!(e, sip_core::agent::Event::Incoming(_)))
        .count();
    assert_eq!(arrived, 1);
    bob.answers(&mut world, inc);
    world.run(SECOND);
    bob.does(&mut world, Command::Hold(inc));
    world.run(SECOND);
    assert_eq!(alice.holds(&mut world, out), Some((false, true)));
    alice.hangs_up(&mut world, out);
    world.run(SECOND);
    assert_eq!(
        alice.ends(&mut world, out).len() + bob.ends(&mut world, inc).len(),
        2
    );
}

#[test]
fn a_call_over_tcp_survives_messages_in_pieces() {
    for piece in [1, 7, 100] {
        let mut world = World::new(5);
        world.stream_piece = piece;
        let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
        let bob = Phone::add(&mut world, "192.0.2.2:5060", 2);
        let out = alice.calls(&mut world, 1, "<sip:bob@192.0.2.2;transport=tcp>");
        world.run(SECOND);
        let inc = bob.incoming(&mut world).unwrap();
        bob.answers(&mut world, inc);
        world.run(SECOND);
        assert_eq!(
            alice.states(&mut world, out).last(),
            Some(&Confirmed),
            "piece {piece}"
        );
    }
}

#[test]
fn a_call_outlives_its_tcp_connection() {
    let mut t = ringing("<sip:bob@192.0.2.2;transport=tcp>");
    t.bob.answers(&mut t.world, t.inc);
    t.world.run(SECOND);
    t.world.cut_streams(t.bob.0);
    t.world.run(SECOND);
    t.bob.hangs_up(&mut t.world, t.inc);
    t.world.run(SECOND);
    assert_eq!(
        t.alice.ends(&mut t.world, t.out),
        [(None, "the peer hung up".to_owned())]
    );
}

#[test]
fn s_016_a_connection_that_breaks_while_ringing_ends_the_call_with_a_sentence() {
    let mut t = ringing("<sip:bob@192.0.2.2;transport=tcp>");
    t.world.cut_streams(t.bob.0);
    t.world.run(SECOND / 10);
    assert_eq!(
        t.alice.ends(&mut t.world, t.out),
        [(
            None,
            "the connection to 192.0.2.2:5060 over TCP failed: connection reset".to_owned()
        )]
    );
}

/// One evening: calls that are answered, refused, cancelled, held, hung up by either side, at random times.
fn evening(seed: u64) {
    let mut world = World::new(seed);
    world.faults = Faults::BAD;
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let bob = Phone::add(&mut world, "192.0.2.2:5060", 2);
    let mut outs = Vec::new();
    for n in 1..=3 {
        outs.push(alice.calls(&mut world, n, "sip:bob@192.0.2.2"));
        for _ in 0..6 {
            let (pause, dice) = (world.ids().number() % 3000, world.ids().number() % 10);
            world.run(Duration::from_millis(pause));
            let out = outs[(world.ids().number() as usize) % outs.len()];
            let Some(inc) = bob.incoming(&mut world) else {
                continue;
            };
            match dice {
                0..=3 => bob.answers(&mut world, inc),
                4 => alice.does(&mut world, Command::Hold(out)),
                5 => bob.does(&mut world, Command::Hold(inc)),
                6 => alice.does(&mut world, Command::Resume(out)),
                7 => bob.does(
                    &mut world,
                    Command::Reject {
                        call: inc,
                        status: 603,
                    },
                ),
                8 => alice.hangs_up(&mut world, out),
                _ => bob.hangs_up(&mut world, inc),
            }
        }
    }
    world.run(SECOND * 10);
    for phone in [alice, bob] {
        let calls: Vec<_> = phone.all_calls(&mut world);
        for call in calls {
            phone.hangs_up(&mut world, call);
        }
    }
    world.run(SECOND * 140);
    for phone in [alice, bob] {
        for call in phone.all_calls(&mut world) {
            assert_eq!(
                phone.ends(&mut world, call).len(),
                1,
                "seed {seed}: {call} at {phone:?}"
            );
        }
        assert!(
            phone.is_empty(&mut world),
            "seed {seed}: {phone:?} {:?}",
            phone.in_flight(&mut world)
        );
    }
}

#[test]
fn b_007_on_300_bad_networks_every_call_ends_once_and_nothing_leaks() {
    for seed in 0..300 {
        evening(seed);
    }
}
