//! Calls through the registrar in virtual time.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use ringside_tests::world::House;
use sip_core::{
    Transport,
    agent::{CallId, Command},
    testkit::{Filter, Phone},
};

const BOTH: [Transport; 2] = [Transport::Udp, Transport::Tcp];

/// Two registered phones.
fn two_phones(seed: u64, transport: Transport) -> (House, Phone, Phone) {
    let mut house = House::new(seed);
    let anna = house.moves_in("anna", transport);
    let bert = house.moves_in("bert", transport);
    house.run(1);
    assert!(anna.is_registered(&mut house.world) && bert.is_registered(&mut house.world));
    (house, anna, bert)
}

/// Anna calls Bert, whose phone rings: her name for the call and his.
fn ringing(house: &mut House, anna: Phone, bert: Phone) -> (CallId, CallId) {
    let out = house.calls(anna, 1, "bert");
    house.run(1);
    let inc = bert
        .incoming(&mut house.world)
        .expect("bert's phone does not ring");
    (out, inc)
}

fn talking(transport: Transport) -> (House, Phone, Phone, CallId, CallId) {
    let (mut house, anna, bert) = two_phones(1, transport);
    let (out, inc) = ringing(&mut house, anna, bert);
    bert.answers(&mut house.world, inc);
    house.run(1);
    assert!(anna.talks(&mut house.world, out) && bert.talks(&mut house.world, inc));
    (house, anna, bert, out, inc)
}

/// Loses the next `n` datagrams that begin so, anywhere.
fn lose(start: &'static str, mut n: usize) -> Filter {
    Box::new(move |bytes| {
        let hit = n > 0 && bytes.starts_with(start.as_bytes());
        n -= usize::from(hit);
        !hit
    })
}

#[test]
fn a_call_through_the_registrar_is_ended_by_either_side() {
    for transport in BOTH {
        for caller_ends in [true, false] {
            let (mut house, anna, bert, out, inc) = talking(transport);
            if caller_ends {
                anna.hangs_up(&mut house.world, out);
            } else {
                bert.hangs_up(&mut house.world, inc);
            }
            house.run(1);
            let heard = if caller_ends {
                bert.ends(&mut house.world, inc)
            } else {
                anna.ends(&mut house.world, out)
            };
            assert_eq!(heard, [(None, "the peer hung up".to_owned())]);
            house.run(40);
            house.assert_all_over(&[anna, bert], "hung up");
        }
    }
}

#[test]
fn either_side_holds_and_resumes_and_both_know() {
    for transport in BOTH {
        let (mut house, anna, bert, out, inc) = talking(transport);
        let steps = [
            (anna, Command::Hold(out), (true, false)),
            (bert, Command::Hold(inc), (true, true)),
            (anna, Command::Resume(out), (false, true)),
            (bert, Command::Resume(inc), (false, false)),
        ];
        for (phone, command, wanted) in steps {
            phone.does(&mut house.world, command.clone());
            house.run(1);
            assert_eq!(anna.holds(&mut house.world, out), Some(wanted), "{command:?}");
            let seen_by_bert = (wanted.1, wanted.0);
            assert_eq!(
                bert.holds(&mut house.world, inc),
                Some(seen_by_bert),
                "{command:?}"
            );
        }
        assert!(anna.talks(&mut house.world, out) && bert.talks(&mut house.world, inc));
    }
}

#[test]
fn both_hang_up_at_the_same_moment() {
    let (mut house, anna, bert, out, inc) = talking(Transport::Udp);
    anna.hangs_up(&mut house.world, out);
    bert.hangs_up(&mut house.world, inc);
    house.run(40);
    house.assert_all_over(&[anna, bert], "both hung up");
}

#[test]
fn a_cancel_that_meets_the_answer_ends_the_call_once_whoever_is_first() {
    // The answer is given so many tenths of a millisecond after the caller gave up: before, while and after
    // the CANCEL passes the registrar.
    for transport in BOTH {
        for tenths in 0..60 {
            let (mut house, anna, bert) = two_phones(1, transport);
            let (out, inc) = ringing(&mut house, anna, bert);
            anna.hangs_up(&mut house.world, out);
            house.world.run(Duration::from_micros(tenths * 100));
            bert.answers(&mut house.world, inc);
            house.run(70);
            house.assert_all_over(&[anna, bert], &format!("{transport:?}, {tenths}/10 ms"));
        }
    }
}

#[test]
fn a_lost_ack_is_sent_again_and_the_call_stays() {
    let (mut house, anna, bert) = two_phones(1, Transport::Udp);
    let (out, inc) = ringing(&mut house, anna, bert);
    house.world.filter = lose("ACK", 3);
    bert.answers(&mut house.world, inc);
    house.run(10);
    assert!(anna.talks(&mut house.world, out) && bert.talks(&mut house.world, inc));
    house.run(40);
    assert!(
        bert.ends(&mut house.world, inc).is_empty(),
        "the wait for the ACK is over"
    );
}

#[test]
fn a_lost_200_is_repeated_until_it_comes_through() {
    let (mut house, anna, bert) = two_phones(1, Transport::Udp);
    let (out, inc) = ringing(&mut house, anna, bert);
    house.world.filter = lose("SIP/2.0 200", 4);
    bert.answers(&mut house.world, inc);
    house.run(15);
    assert!(anna.talks(&mut house.world, out) && bert.talks(&mut house.world, inc));
}

#[test]
fn every_datagram_twice_changes_nothing() {
    let (mut house, anna, bert) = two_phones(1, Transport::Udp);
    house.world.faults.duplicate = 100;
    let (out, inc) = ringing(&mut house, anna, bert);
    assert_eq!(bert.arrivals(&mut house.world).len(), 1, "it rings once");
    bert.answers(&mut house.world, inc);
    house.run(1);
    anna.does(&mut house.world, Command::Hold(out));
    house.run(1);
    assert_eq!(bert.holds(&mut house.world, inc), Some((false, true)));
    anna.hangs_up(&mut house.world, out);
    house.run(40);
    house.assert_all_over(&[anna, bert], "everything twice");
}

#[test]
fn a_busy_or_absent_callee_is_told_to_the_caller() {
    let (mut house, anna, bert) = two_phones(1, Transport::Udp);
    let (out, inc) = ringing(&mut house, anna, bert);
    bert.does(
        &mut house.world,
        Command::Reject {
            call: inc,
            status: 486,
        },
    );
    house.run(1);
    assert_eq!(anna.ends(&mut house.world, out)[0].0, Some(486));
    let nobody = house.calls(anna, 2, "nobody");
    house.run(1);
    assert_eq!(anna.ends(&mut house.world, nobody)[0].0, Some(404));
    bert.does(&mut house.world, Command::Stop);
    house.run(10);
    let absent = house.calls(anna, 3, "bert");
    house.run(1);
    assert_eq!(
        anna.ends(&mut house.world, absent)[0].0,
        Some(480),
        "known, but not registered"
    );
}

#[test]
fn after_a_registrar_restart_phones_come_back_and_calls_go_on() {
    for transport in BOTH {
        let (mut house, anna, bert, out, inc) = talking(transport);
        house.restart_registrar();
        // The old registration is good for an hour: within that the phones must have noticed.
        house.run(3600);
        assert!(anna.is_registered(&mut house.world) && bert.is_registered(&mut house.world));
        assert!(
            anna.talks(&mut house.world, out),
            "{transport:?}: the call is gone"
        );
        anna.does(&mut house.world, Command::Hold(out));
        house.run(2);
        assert_eq!(
            bert.holds(&mut house.world, inc),
            Some((false, true)),
            "{transport:?}"
        );
        let second = house.calls(anna, 2, "bert");
        house.run(2);
        let rings = bert.arrivals(&mut house.world).len();
        assert_eq!(rings, 2, "{transport:?}: bert cannot be called after the restart");
        anna.hangs_up(&mut house.world, second);
        anna.hangs_up(&mut house.world, out);
        house.run(70);
        house.assert_all_over(&[anna, bert], "after the restart");
    }
}

#[test]
fn a_cut_of_ten_seconds_between_phone_and_registrar_is_survived() {
    for transport in BOTH {
        let (mut house, anna, bert, out, inc) = talking(transport);
        house.world.cut(anna.0, house.registrar);
        anna.does(&mut house.world, Command::Hold(out));
        house.run(10);
        assert_eq!(
            bert.holds(&mut house.world, inc),
            Some((false, false)),
            "it cannot know yet"
        );
        house.world.mend(anna.0, house.registrar);
        house.run(20);
        assert!(anna.talks(&mut house.world, out), "{transport:?}");
        assert_eq!(
            bert.holds(&mut house.world, inc),
            Some((false, true)),
            "{transport:?}"
        );
    }
}
