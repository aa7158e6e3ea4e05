//! Random days of calls on bad networks, and their replay.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{net::SocketAddr, time::Duration};

use ringside_tests::world::House;
use sip_core::{
    Transport,
    agent::Command,
    testkit::{Faults, Phone},
};

type Wire = Vec<(Duration, SocketAddr, SocketAddr, bytes::Bytes)>;

/// A network, now and then cut, that loses, repeats and reorders; three phones that call, answer, hold, refuse
/// and hang up as the dice fall. Gives everything that was on the wire.
fn storm(seed: u64) -> Wire {
    let what = format!("seed {seed}");
    let mut house = House::new(seed);
    let transport = |n: u64| {
        if seed >> n & 1 == 0 {
            Transport::Udp
        } else {
            Transport::Tcp
        }
    };
    let names = ["anna", "bert", "carl"];
    let phones: Vec<Phone> = (0u64..)
        .zip(names)
        .map(|(n, user)| house.moves_in(user, transport(n)))
        .collect();
    house.world.stream_piece = 100 + seed as usize % 1400;
    house.run(2);
    house.world.faults = Faults::BAD;
    let quiet = Faults {
        loss: 0,
        ..Faults::BAD
    };
    house.world.link(phones[2].0, house.registrar, quiet);
    let mut count = 0;
    for _ in 0..24 {
        let (pause, dice) = (house.world.ids().number() % 2500, house.world.ids().number());
        house.world.run(Duration::from_millis(pause));
        let me = (dice >> 8) as usize % 3;
        let phone = phones[me];
        let calls = phone.all_calls(&mut house.world);
        let some = (!calls.is_empty()).then(|| calls[(dice >> 16) as usize % calls.len()]);
        let world = &mut house.world;
        match (dice % 12, some) {
            (0..=3, _) | (_, None) => {
                count += 1;
                house.calls(phone, count, names[(me + 1 + (dice >> 24) as usize % 2) % 3]);
            }
            (4..=6, Some(_)) => {
                if let Some(call) = phone.incoming(world) {
                    phone.answers(world, call);
                }
            }
            (7, Some(call)) => phone.does(world, Command::Hold(call)),
            (8, Some(call)) => phone.does(world, Command::Resume(call)),
            (9, Some(call)) => phone.does(world, Command::Reject { call, status: 603 }),
            (10, Some(call)) => phone.hangs_up(world, call),
            (_, Some(_)) => {
                world.cut(phone.0, house.registrar);
                world.run(Duration::from_secs(dice >> 32 & 7));
                world.mend(phone.0, house.registrar);
            }
        }
    }
    house.run(10);
    for phone in &phones {
        for call in phone.all_calls(&mut house.world) {
            phone.hangs_up(&mut house.world, call);
        }
    }
    // The longest anything may live: a CANCEL that crosses an answer, then a BYE, each 64·T1, and timer C.
    house.run(400);
    house.assert_all_over(&phones, &what);
    house.world.log.clone()
}

#[test]
fn b_007_in_200_storms_through_the_registrar_every_call_ends_once_and_nothing_leaks() {
    for seed in 0..200 {
        storm(seed);
    }
}

#[test]
fn the_same_seed_puts_the_same_bytes_on_the_wire_at_the_same_times() {
    for seed in [3, 77] {
        let (first, second) = (storm(seed), storm(seed));
        assert!(first.len() > 100, "{} messages is no storm", first.len());
        for (n, (a, b)) in first.iter().zip(&second).enumerate() {
            assert_eq!(a, b, "seed {seed}, message {n}");
        }
        assert_eq!(first.len(), second.len(), "seed {seed}");
    }
    let differ = storm(3).iter().zip(storm(4)).any(|(a, b)| *a != b);
    assert!(differ, "two seeds give the same day");
}
