//! Customers, the queue and agents in virtual time.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use contact_api::model::OfferResult;
use contact_center::acd::{AgentId, Device, Event};
use ringside_tests::world::{Ask, Desk, Hears};
use sip_core::{
    Transport,
    agent::{CallId, Command},
    testkit::{Faults, Phone},
};

const NO_WRAPUP: u64 = 0;

/// A customer who has called and waits.
fn waiting(desk: &mut Desk) -> (Phone, CallId) {
    let customer = desk.customer();
    let call = desk.calls(customer, 1);
    desk.run(1);
    (customer, call)
}

/// Results of all offers that have ended, with the agent's name.
fn offers(desk: &mut Desk) -> Vec<(String, OfferResult)> {
    let ended = |event| match event {
        Event::OfferEnded { agent, result, .. } => Some((agent.to_string(), result)),
        _ => None,
    };
    desk.journal()
        .into_iter()
        .filter_map(|record| ended(record.event))
        .collect()
}

fn name(name: &str, result: OfferResult) -> (String, OfferResult) {
    (name.to_owned(), result)
}

#[test]
fn a_customer_is_hunted_to_the_longest_idle_agent_held_resumed_and_hung_up() {
    let mut desk = Desk::new(1, &["anna", "bert"], NO_WRAPUP);
    let (customer, call) = waiting(&mut desk);
    assert!(
        customer.talks(&mut desk.house.world, call),
        "the centre takes the call"
    );
    assert_eq!(desk.ringing(), [0], "anna has waited longest");
    let anna = desk.agents[0].1;
    let arrival = anna.arrivals(&mut desk.house.world).pop().unwrap();
    let alert = arrival
        .headers
        .iter()
        .find(|(name, _)| name == "Alert-Info")
        .unwrap();
    let offer = desk.centre().offer_of(&AgentId::from("anna")).unwrap();
    assert_eq!(alert.1, format!("<{}{offer}>", contact_api::OFFER_URN));
    assert_eq!(desk.centre().hears(), [Hears::Music, Hears::Nothing]);

    let inc = desk.accepts(0);
    desk.run(1);
    let hears = desk.centre().hears();
    assert!(
        matches!(hears[..], [Hears::Room(a), Hears::Room(b)] if a == b),
        "{hears:?}"
    );

    anna.does(&mut desk.house.world, Command::Hold(inc));
    desk.run(1);
    assert_eq!(desk.centre().hears()[0], Hears::Music, "the customer while held");
    assert!(customer.talks(&mut desk.house.world, call));
    anna.does(&mut desk.house.world, Command::Resume(inc));
    desk.run(1);
    assert_eq!(desk.centre().hears(), hears);

    anna.hangs_up(&mut desk.house.world, inc);
    desk.run(1);
    assert_eq!(
        customer.ends(&mut desk.house.world, call),
        [(None, "the peer hung up".to_owned())]
    );
    assert_eq!(offers(&mut desk), [name("anna", OfferResult::Accepted)]);
    desk.run(40);
    desk.assert_all_over(&[customer, anna, desk.agents[1].1], "hung up by the agent");
}

#[test]
fn a_customer_who_hangs_up_ends_the_talk_and_one_who_gives_up_stops_the_ringing() {
    let mut desk = Desk::new(1, &["anna"], NO_WRAPUP);
    let anna = desk.agents[0].1;
    let (first, call) = waiting(&mut desk);
    let inc = desk.accepts(0);
    desk.run(1);
    first.hangs_up(&mut desk.house.world, call);
    desk.run(1);
    assert_eq!(anna.ends(&mut desk.house.world, inc).len(), 1);

    desk.run(5);
    let second = desk.customer();
    let call = desk.calls(second, 1);
    desk.run(1);
    assert_eq!(desk.ringing(), [0]);
    let rings = anna.incoming(&mut desk.house.world).unwrap();
    second.hangs_up(&mut desk.house.world, call);
    desk.run(1);
    assert_eq!(desk.ringing(), [0; 0]);
    assert_eq!(
        anna.ends(&mut desk.house.world, rings).len(),
        1,
        "it does not ring any more"
    );
    assert_eq!(
        offers(&mut desk),
        [
            name("anna", OfferResult::Accepted),
            name("anna", OfferResult::Cancelled)
        ]
    );
    desk.run(40);
    desk.assert_all_over(&[first, second, anna], "hung up by customers");
}

#[test]
fn a_silent_phone_is_passed_over_within_seconds_and_its_agent_is_told_why() {
    let mut desk = Desk::new(1, &["anna", "bert"], NO_WRAPUP);
    let anna = desk.agents[0].1;
    desk.house.world.switch_off(anna.0);
    let (customer, call) = waiting(&mut desk);
    assert_eq!(desk.ringing(), [0], "nobody knows yet");
    desk.run(4);
    assert_eq!(desk.ringing(), [1]);
    assert_eq!(offers(&mut desk), [name("anna", OfferResult::Failed)]);
    let told = desk.journal().into_iter().find_map(|record| match record.event {
        Event::OfferEnded { reason, .. } => Some(reason),
        _ => None,
    });
    let why = "the phone could not be reached (it said nothing for 4 s)";
    assert_eq!(told.as_deref(), Some(why));
    // A phone that rings has all the time there is.
    desk.run(15);
    assert_eq!(desk.ringing(), [1]);
    let inc = desk.accepts(1);
    desk.run(1);
    let bert = desk.agents[1].1;
    assert!(customer.talks(&mut desk.house.world, call));
    bert.hangs_up(&mut desk.house.world, inc);
    desk.run(60);
    desk.assert_all_over(&[customer, bert], "passed over a silent phone");
}

#[test]
fn a_phone_that_comes_back_elsewhere_rings_there() {
    let mut desk = Desk::new(1, &["anna"], NO_WRAPUP);
    let old = desk.agents[0].1;
    let (customer, call) = waiting(&mut desk);
    assert!(old.incoming(&mut desk.house.world).is_some());
    desk.house.world.switch_off(old.0);
    let new = desk.house.moves_in("anna", Transport::Udp);
    desk.run(1);
    assert!(new.incoming(&mut desk.house.world).is_some(), "it rings");
    assert_eq!(offers(&mut desk), [name("anna", OfferResult::Cancelled)]);
    desk.agents[0].1 = new;
    let inc = desk.accepts(0);
    desk.run(1);
    assert!(new.talks(&mut desk.house.world, inc));
    customer.hangs_up(&mut desk.house.world, call);
    // The INVITE to the old place is given up after 32 s, and its refusal another 32 s later.
    desk.run(90);
    desk.assert_all_over(&[customer, new], "rung at its new place");
}

#[test]
fn an_ignored_customer_stays_at_the_head_and_goes_to_the_next_agent() {
    let mut desk = Desk::new(1, &["anna", "bert"], NO_WRAPUP);
    let (first, _) = waiting(&mut desk);
    desk.ignores(0);
    desk.run_ms(200);
    assert_eq!(desk.ringing(), [1], "bert is asked next");
    let (second, _) = waiting(&mut desk);
    desk.ignores(1);
    desk.run(10);
    // Whoever is asked now is asked for the first customer first.
    let state = desk.centre().acd.state();
    let oldest = state.conversations.keys().min().cloned().unwrap();
    assert!(
        state.offers.values().any(|row| row.conversation == oldest),
        "{:?}",
        state.offers
    );
    assert_eq!(
        offers(&mut desk)[..2],
        [
            name("anna", OfferResult::Ignored),
            name("bert", OfferResult::Ignored)
        ]
    );
    for customer in [first, second] {
        customer.hangs_up(&mut desk.house.world, CallId::outgoing(1));
    }
    desk.run(70);
    let phones = [first, second, desk.agents[0].1, desk.agents[1].1];
    desk.assert_all_over(&phones, "ignored");
}

#[test]
fn an_agent_whose_phone_dies_while_it_rings_loses_the_offer_to_the_next() {
    let mut desk = Desk::new(1, &["anna", "bert"], NO_WRAPUP);
    let (customer, call) = waiting(&mut desk);
    let (anna, bert) = (desk.agents[0].1, desk.agents[1].1);
    desk.house.world.switch_off(anna.0);
    desk.run(19);
    assert_eq!(desk.ringing(), [0], "until the deadline nobody can know");
    desk.run(2);
    assert_eq!(desk.ringing(), [1]);
    assert_eq!(offers(&mut desk), [name("anna", OfferResult::Timeout)]);
    desk.accepts(1);
    desk.run(1);
    let hears = desk.centre().hears();
    assert!(
        matches!(hears[..], [Hears::Room(a), Hears::Room(b)] if a == b) || hears.len() == 3,
        "{hears:?}"
    );
    customer.hangs_up(&mut desk.house.world, call);
    desk.run(70);
    desk.assert_all_over(&[customer, bert], "a dead phone");
}

#[test]
fn an_agent_whose_phone_leaves_while_it_rings_is_passed_over_at_once() {
    let mut desk = Desk::new(1, &["anna", "bert"], NO_WRAPUP);
    let (customer, call) = waiting(&mut desk);
    let (anna, bert) = (desk.agents[0].1, desk.agents[1].1);
    anna.does(&mut desk.house.world, Command::Stop);
    desk.run(3);
    assert_eq!(desk.ringing(), [1]);
    customer.hangs_up(&mut desk.house.world, call);
    desk.run(70);
    desk.assert_all_over(&[customer, anna, bert], "a phone that left");
}

/// What agents' phones whose power is cut in the middle of a talk leave behind.
#[test]
fn a_phone_that_dies_in_a_talk_gives_the_customer_to_the_next_agent() {
    let mut desk = Desk::new(1, &["anna", "bert"], NO_WRAPUP);
    let (customer, call) = waiting(&mut desk);
    let (anna, bert) = (desk.agents[0].1, desk.agents[1].1);
    desk.accepts(0);
    desk.run(1);
    desk.house.world.switch_off(anna.0);
    desk.ask(Ask::Silence);
    desk.run(31);
    assert!(customer.talks(&mut desk.house.world, call));
    desk.run(2);
    assert!(
        customer.talks(&mut desk.house.world, call),
        "a lost agent does not end the customer's call"
    );
    assert_eq!(desk.ringing(), [1]);
    assert_eq!(desk.centre().hears()[0], Hears::Music);
    desk.accepts(1);
    desk.run(1);
    assert!(matches!(desk.centre().hears()[0], Hears::Room(_)));
    customer.hangs_up(&mut desk.house.world, call);
    desk.run(70);
    desk.assert_all_over(&[customer, bert], "died in a talk");
}

#[test]
fn a_phone_that_is_silent_but_lives_keeps_its_customer() {
    let mut desk = Desk::new(1, &["anna"], NO_WRAPUP);
    let (customer, call) = waiting(&mut desk);
    desk.accepts(0);
    desk.run(1);
    let hears = desk.centre().hears();
    desk.ask(Ask::Silence);
    desk.run(40);
    assert_eq!(desk.centre().hears(), hears);
    customer.hangs_up(&mut desk.house.world, call);
    desk.run(70);
    desk.assert_all_over(&[customer, desk.agents[0].1], "silent");
}

#[test]
fn two_agents_who_answer_at_once_leave_one_with_the_customer_and_tell_the_other_why() {
    let mut desk = Desk::new(1, &["anna", "bert"], NO_WRAPUP);
    let (customer, call) = waiting(&mut desk);
    let (anna, bert) = (desk.agents[0].clone(), desk.agents[1].clone());
    desk.ask(Ask::Take(bert.0));
    desk.run_ms(100);
    assert_eq!(desk.ringing(), [0, 1]);
    let (first, second) = (desk.accepts(0), desk.accepts(1));
    desk.run(1);
    let ended = [
        anna.1.ends(&mut desk.house.world, first),
        bert.1.ends(&mut desk.house.world, second),
    ];
    assert_eq!(ended.iter().map(Vec::len).sum::<usize>(), 1, "{ended:?}");
    let mut results = offers(&mut desk)
        .into_iter()
        .map(|(_, result)| result)
        .collect::<Vec<_>>();
    results.sort_by_key(|result| *result == OfferResult::LostRace);
    assert_eq!(results, [OfferResult::Accepted, OfferResult::LostRace]);
    assert_eq!(desk.centre().hears().len(), 2);
    customer.hangs_up(&mut desk.house.world, call);
    desk.run(70);
    desk.assert_all_over(&[customer, anna.1, bert.1], "two answers");
}

/// The 200 is on its way when the queue gives up: the phone is hung up again and the customer goes on.
#[test]
fn a_200_that_comes_after_the_deadline_does_not_get_the_customer() {
    let mut desk = Desk::new(1, &["anna", "bert"], NO_WRAPUP);
    let (customer, call) = waiting(&mut desk);
    let anna = desk.agents[0].1;
    let rings = anna.incoming(&mut desk.house.world).unwrap();
    let late = Faults {
        min_delay: Duration::from_secs(2),
        max_delay: Duration::from_secs(2),
        ..Faults::NONE
    };
    desk.run_ms(18_500);
    desk.house.world.link(desk.house.registrar, anna.0, late);
    anna.answers(&mut desk.house.world, rings);
    desk.run(1);
    assert_eq!(desk.ringing(), [1]);
    desk.run(10);
    assert_eq!(anna.ends(&mut desk.house.world, rings).len(), 1, "hung up again");
    assert_eq!(offers(&mut desk), [name("anna", OfferResult::Timeout)]);
    desk.accepts(1);
    desk.run(1);
    assert!(matches!(desk.centre().hears()[0], Hears::Room(_)));
    customer.hangs_up(&mut desk.house.world, call);
    desk.run(90);
    desk.assert_all_over(&[customer, anna, desk.agents[1].1], "a late 200");
}

#[test]
fn an_agent_who_signs_out_while_it_rings_hands_the_customer_on() {
    for whole_app in [false, true] {
        let mut desk = Desk::new(1, &["anna", "bert"], NO_WRAPUP);
        let (customer, call) = waiting(&mut desk);
        let (agent, anna) = desk.agents[0].clone();
        let rings = anna.incoming(&mut desk.house.world).unwrap();
        desk.ask(Ask::SignOut { agent, whole_app });
        desk.run(1);
        assert_eq!(
            anna.ends(&mut desk.house.world, rings).len(),
            1,
            "it does not ring any more"
        );
        assert_eq!(desk.ringing(), [1]);
        assert_eq!(offers(&mut desk), [name("anna", OfferResult::Cancelled)]);
        customer.hangs_up(&mut desk.house.world, call);
        desk.run(70);
        desk.assert_all_over(&[customer, anna, desk.agents[1].1], "signed out while ringing");
    }
}

#[test]
fn an_agent_who_signs_out_or_whose_registration_ends_in_a_talk_talks_on_and_is_not_hunted_after_it() {
    for by_registrar in [false, true] {
        let mut desk = Desk::new(1, &["anna"], NO_WRAPUP);
        let (first, call) = waiting(&mut desk);
        let (agent, anna) = desk.agents[0].clone();
        let inc = desk.accepts(0);
        desk.run(1);
        let hears = desk.centre().hears();
        desk.ask(match by_registrar {
            true => Ask::Phone(agent, Device::NoPhone),
            false => Ask::SignOut {
                agent,
                whole_app: false,
            },
        });
        desk.run(5);
        assert_eq!(desk.centre().hears(), hears, "the talk goes on");
        anna.hangs_up(&mut desk.house.world, inc);
        desk.run(1);
        let (second, waits) = waiting(&mut desk);
        desk.run(30);
        assert_eq!(desk.ringing(), [0; 0]);
        assert!(second.talks(&mut desk.house.world, waits));
        assert_eq!(first.ends(&mut desk.house.world, call).len(), 1);
        second.hangs_up(&mut desk.house.world, waits);
        desk.run(70);
        desk.assert_all_over(&[first, second, anna], "left in a talk");
    }
}

#[test]
fn the_next_customer_waits_until_the_wrap_up_is_over() {
    let mut desk = Desk::new(1, &["anna"], 15_000);
    let (first, call) = waiting(&mut desk);
    desk.accepts(0);
    desk.run(1);
    let (second, other) = waiting(&mut desk);
    assert_eq!(desk.ringing(), [0; 0], "anna talks");
    first.hangs_up(&mut desk.house.world, call);
    desk.run(14);
    assert_eq!(desk.ringing(), [0; 0], "anna writes up");
    desk.run(2);
    assert_eq!(desk.ringing(), [0]);
    second.hangs_up(&mut desk.house.world, other);
    desk.run(70);
    desk.assert_all_over(&[first, second, desk.agents[0].1], "wrap-up");
}

#[test]
fn a_number_that_is_none_is_404() {
    let mut desk = Desk::new(1, &[], NO_WRAPUP);
    let customer = desk.customer();
    let call = customer.calls(&mut desk.house.world, 1, "sip:nobody@192.0.2.200");
    desk.run(1);
    assert_eq!(customer.ends(&mut desk.house.world, call)[0].0, Some(404));
}

/// A random hour on a bad network: customers come and give up, agents accept, ignore, refuse on the phone,
/// hold, hang up, and lose their phones' connection for seconds.
fn hour(seed: u64) -> Vec<bytes::Bytes> {
    let mut desk = Desk::new(seed, &["anna", "bert", "carl"], 3000);
    desk.run(2);
    desk.house.world.faults = Faults::BAD;
    let customers: Vec<Phone> = (0..4).map(|_| desk.customer()).collect();
    let agents = desk.agents.clone();
    let mut count = 0;
    for _ in 0..40 {
        let (pause, dice) = (
            desk.house.world.ids().number() % 4000,
            desk.house.world.ids().number(),
        );
        desk.run_ms(pause);
        let customer = customers[(dice >> 8) as usize % customers.len()];
        let at = (dice >> 16) as usize % agents.len();
        let (agent, phone) = agents[at].clone();
        let rings = phone.incoming(&mut desk.house.world);
        let world = &mut desk.house.world;
        match (dice % 10, rings) {
            (0..=2, _) => {
                count += 1;
                desk.calls(customer, count);
            }
            (3, _) => {
                for call in customer.all_calls(world) {
                    customer.hangs_up(world, call);
                }
            }
            (4 | 5, Some(call)) => {
                phone.answers(world, call);
                desk.ask(Ask::Accept(agent));
            }
            (6, _) => desk.ask(Ask::Ignore(agent)),
            (7, Some(call)) => phone.does(world, Command::Reject { call, status: 486 }),
            (8, Some(call)) if dice >> 40 & 1 == 0 => phone.does(world, Command::Hold(call)),
            (8, Some(call)) => phone.hangs_up(world, call),
            (9, _) => {
                world.cut(phone.0, desk.house.registrar);
                world.run(Duration::from_secs(dice >> 32 & 7));
                world.mend(phone.0, desk.house.registrar);
            }
            _ => {}
        }
    }
    let mut phones = customers;
    for customer in phones.clone() {
        for call in customer.all_calls(&mut desk.house.world) {
            customer.hangs_up(&mut desk.house.world, call);
        }
    }
    desk.run(30);
    phones.extend(agents.iter().map(|(_, phone)| *phone));
    for phone in &phones {
        for call in phone.all_calls(&mut desk.house.world) {
            phone.hangs_up(&mut desk.house.world, call);
        }
    }
    desk.run(400);
    desk.assert_all_over(&phones, &format!("seed {seed}"));
    desk.house
        .world
        .log
        .iter()
        .map(|(.., bytes)| bytes.clone())
        .collect()
}

#[test]
fn b_007_in_60_random_hours_every_offer_and_conversation_ends_once_and_nothing_leaks() {
    for seed in 0..60 {
        hour(seed);
    }
}

#[test]
fn a_random_hour_can_be_replayed() {
    assert!(hour(5) == hour(5), "the same seed, another hour");
}
