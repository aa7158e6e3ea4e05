//! Whatever happens in whatever order: every leg is closed once, every call ended once, and nothing is said of
//! those that are over ([`Bench`] checks that on every output).

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Rings,
    Wrong,
    Ports(bool),
    Socket(bool),
    Confirmed(usize),
    Ended(usize, Option<u16>),
    Agreed(usize, bool),
    Offer(u8, u8),
    Cancel(u8),
    Join(u8),
    Return(u8),
    End(u8),
    Silent(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let few = 0..12usize;
    let id = 1..30u8;
    prop_oneof![
        3 => Just(Step::Rings),
        1 => Just(Step::Wrong),
        1 => any::<bool>().prop_map(Step::Ports),
        3 => any::<bool>().prop_map(Step::Socket),
        6 => few.clone().prop_map(Step::Confirmed),
        3 => (few.clone(), prop_oneof![Just(None), Just(Some(408)), Just(Some(486))])
            .prop_map(|(call, status)| Step::Ended(call, status)),
        3 => (few, any::<bool>()).prop_map(|(call, held)| Step::Agreed(call, held)),
        6 => (0..6u8, id.clone()).prop_map(|(offer, conversation)| Step::Offer(offer, conversation)),
        2 => (0..6u8).prop_map(Step::Cancel),
        4 => (0..6u8).prop_map(Step::Join),
        2 => id.clone().prop_map(Step::Return),
        2 => id.prop_map(Step::End),
        1 => (0..30u64).prop_map(Step::Silent),
    ]
}

fn take(bench: &mut Bench, step: Step) {
    let nth = |bench: &Bench, n: usize| bench.calls.iter().nth(n % bench.calls.len().max(1)).copied();
    let conversation = |n: u8| format!("c_{n}");
    match step {
        Step::Rings => drop(bench.rings("sales")),
        Step::Wrong => drop(bench.rings("nobody")),
        Step::Ports(at_once) => bench.ports = at_once,
        Step::Socket(found) => bench.socket(found),
        // Only a call that has been answered or made can be confirmed, or agree on anything.
        Step::Confirmed(n) => {
            if let Some(call) = nth(bench, n).filter(|call| spoken_of(bench, *call)) {
                bench.confirmed(call);
            }
        }
        Step::Agreed(n, held) => {
            if let Some(call) = nth(bench, n).filter(|call| spoken_of(bench, *call)) {
                bench.agreed(call, held);
            }
        }
        Step::Ended(n, status) => {
            if let Some(call) = nth(bench, n) {
                bench.ended(call, status);
            }
        }
        Step::Offer(offer, c) => drop(bench.offer(&format!("o_{offer}"), &conversation(c))),
        Step::Cancel(offer) => bench.cancel(&format!("o_{offer}")),
        Step::Join(offer) => bench.give(Input::Join {
            offer: format!("o_{offer}"),
        }),
        Step::Return(c) => bench.give(Input::ReturnToQueue {
            conversation: conversation(c),
        }),
        Step::End(c) => bench.end(&conversation(c)),
        Step::Silent(leg) => bench.give(Input::Silent(LegId(leg))),
    }
}

fn spoken_of(bench: &Bench, call: CallId) -> bool {
    bench.commands.iter().any(|command| {
        matches!(command, sip::Command::Call { call: it, .. } | sip::Command::Answer { call: it, .. } if *it == call)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_leg_is_closed_once_and_every_call_ends_once(steps in prop::collection::vec(step(), 1..120)) {
        let mut bench = Bench::new();
        for step in steps {
            take(&mut bench, step);
            prop_assert!(bench.focus.conversations() <= ROOM_FOR);
            for leg in &bench.music {
                prop_assert!(!bench.rooms.contains_key(leg), "{leg:?} hears music and voices at once");
            }
        }
        for n in 0..200 {
            bench.end(&format!("c_{n}"));
        }
        while !bench.asked.is_empty() {
            bench.socket(true);
        }
        bench.assert_empty();
        let mut told: Vec<_> = bench.news.iter().filter_map(|news| match news {
            ToCenter::CustomerLeft { conversation } | ToCenter::Arrived { conversation, .. } => {
                Some((conversation, matches!(news, ToCenter::Arrived { .. })))
            }
            _ => None,
        }).collect();
        let all = told.len();
        told.sort();
        told.dedup();
        prop_assert_eq!(told.len(), all, "a customer arrives once and leaves once");
    }
}
