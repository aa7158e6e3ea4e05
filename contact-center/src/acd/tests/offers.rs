//! An offer's life and its races.

use contact_api::model::{Intent, OfferResult};

use super::*;

#[test]
fn f_036_take_beside_a_ringing_offer_and_the_first_answer_wins() {
    let mut world = World::with(&["anna", "bram"]);
    world.call("c1");
    world
        .act(|acd, now| acd.take(now, &"bram".into(), &"c1".into()))
        .unwrap();
    assert_eq!(world.ringing(), ["anna", "bram"]);
    let late = world.offer_of("anna");
    world.answer("bram").unwrap();
    assert_eq!(
        world.results(),
        [("bram", OfferResult::Accepted), ("anna", OfferResult::LostRace)]
    );
    assert!(world.said.contains(&Output::CancelOffer {
        offer: late.clone(),
        reason: "answered by BRAM".into()
    }));
    // Anna's 200 was already on its way.
    let refusal = world.act(|acd, now| acd.offer_answered(now, &late)).unwrap_err();
    assert_eq!(refusal, Refusal::LostRace("answered by BRAM".into()));
    assert_eq!(world.voice("anna"), Voice::Idle);
    assert!(matches!(world.voice("bram"), Voice::Talking { .. }));
}

#[test]
fn f_202_taking_twice_gives_the_same_offer_and_a_talking_agent_cannot_take() {
    let mut world = World::new(roster());
    world.call("c1");
    world.call("c2");
    world.sign_in("anna");
    let offer = world.offer_of("anna");
    assert_eq!(
        world
            .act(|acd, now| acd.take(now, &"anna".into(), &"c1".into()))
            .unwrap(),
        offer
    );
    let refusal = world
        .act(|acd, now| acd.take(now, &"anna".into(), &"c2".into()))
        .unwrap_err();
    assert_eq!(
        refusal,
        Refusal::WrongState("A call is being offered to you".into())
    );
    world.answer("anna").unwrap();
    world.sign_in("bram");
    let refusal = world
        .act(|acd, now| acd.take(now, &"bram".into(), &"c1".into()))
        .unwrap_err();
    assert_eq!(refusal, Refusal::LostRace("answered by ANNA".into()));
}

#[test]
fn f_202_a_not_ready_agent_may_take() {
    let mut world = World::with(&["anna"]);
    world
        .act(|acd, now| acd.intent(now, &"anna".into(), Intent::NotReady, None))
        .unwrap();
    world.call("c1");
    world
        .act(|acd, now| acd.take(now, &"anna".into(), &"c1".into()))
        .unwrap();
    assert_eq!(world.ringing(), ["anna"]);
}

#[test]
fn the_customer_leaves_and_the_offer_is_cancelled_once() {
    let mut world = World::with(&["anna"]);
    world.call("c1");
    let offer = world.offer_of("anna");
    world.act(|acd, now| acd.customer_left(now, &"c1".into()));
    world.act(|acd, now| acd.customer_left(now, &"c1".into()));
    world.act(|acd, now| acd.offer_failed(now, &offer, 487, "Request Terminated"));
    let cancels = world
        .said
        .iter()
        .filter(|said| matches!(said, Output::CancelOffer { .. }))
        .count();
    assert_eq!(cancels, 1);
    assert_eq!(world.results(), [("anna", OfferResult::Cancelled)]);
    let refusal = world.act(|acd, now| acd.offer_answered(now, &offer)).unwrap_err();
    assert_eq!(refusal, Refusal::LostRace("the caller hung up".into()));
    assert!(world.acd.state().conversations.is_empty());
}

#[test]
fn a_phone_that_says_nothing_is_not_there_and_the_next_agent_is_asked() {
    let mut world = World::with(&["anna", "bram"]);
    world.phones_ring = false;
    world.call("c1");
    world.pass(3_999);
    assert_eq!(world.ringing(), ["anna"]);
    world.phones_ring = true;
    world.pass(1);
    assert_eq!(world.results(), [("anna", OfferResult::Failed)]);
    let reason = "the phone could not be reached (it said nothing for 4 s)";
    assert!(world.said.iter().any(|said| matches!(
        said,
        Output::CancelOffer { reason: told, .. } if told == reason
    )));
    assert_eq!(world.ringing(), ["bram"]);
    world.pass(RING - 1);
    assert_eq!(world.ringing(), ["bram"], "a phone that rings has its whole time");
}

#[test]
fn how_long_a_phone_may_say_nothing_is_configured() {
    for (reach_ms, rings_for) in [(1_500, 1_500), (0, RING)] {
        let mut roster = roster();
        roster.uccs.get_mut(UCC).unwrap().settings.reach_ms = reach_ms;
        let mut world = World::new(roster);
        world.sign_in("anna");
        world.phones_ring = false;
        world.call("c1");
        world.pass(rings_for - 1);
        assert_eq!(world.ringing(), ["anna"]);
        world.pass(1);
        assert_eq!(world.results().len(), 1);
    }
}

#[test]
fn an_agent_who_accepts_on_a_phone_that_has_not_said_it_rings_is_waited_for() {
    let mut world = World::with(&["anna"]);
    world.phones_ring = false;
    world.call("c1");
    let offer = world.offer_of("anna");
    world
        .act(|acd, now| acd.offer_accept(now, &"anna".into(), &offer))
        .unwrap();
    world.pass(RING - 1);
    world.answer("anna").unwrap();
}

#[test]
fn a_phone_that_moves_while_it_rings_is_rung_where_it_is_now() {
    let mut world = World::with(&["anna", "bram"]);
    world.call("c1");
    let old = world.offer_of("anna");
    world.act(|acd, now| acd.phone_moved(now, &"anna".into()));
    assert_eq!(world.ringing(), ["anna"], "and nobody else");
    assert_ne!(world.offer_of("anna"), old);
    assert!(world.said.contains(&Output::CancelOffer {
        offer: old,
        reason: "the phone moved to another address".into()
    }));
    world.answer("anna").unwrap();
    // Nobody is disturbed in a talk, or without an offer.
    let said = world.said.len();
    for agent in ["anna", "bram"] {
        world.act(|acd, now| acd.phone_moved(now, &agent.into()));
    }
    assert_eq!(world.said.len(), said);
}

#[test]
fn a_phone_that_keeps_moving_has_one_ring_time_in_all() {
    let mut world = World::with(&["anna", "bram"]);
    world.call("c1");
    for _ in 0..3 {
        world.pass(RING / 4);
        world.act(|acd, now| acd.phone_moved(now, &"anna".into()));
        assert_eq!(world.ringing(), ["anna"]);
    }
    world.pass(RING / 4 - 1);
    assert_eq!(world.ringing(), ["anna"]);
    world.pass(1);
    assert_eq!(world.ringing(), ["bram"]);
    let last = world.results().pop();
    assert_eq!(last, Some(("anna", OfferResult::Timeout)));
    assert_eq!(world.acd.state().agents["anna"].no_answers, 1);
}

#[test]
fn a_silent_phone_that_keeps_moving_is_passed_over_without_blame() {
    let mut world = World::with(&["anna", "bram"]);
    world.phones_ring = false;
    world.call("c1");
    for _ in 0..9 {
        world.pass(RING / 10);
        world.act(|acd, now| acd.phone_moved(now, &"anna".into()));
    }
    world.pass(RING / 10);
    assert_eq!(world.results().pop(), Some(("anna", OfferResult::Failed)));
    assert_eq!(world.ringing(), ["bram"]);
    assert_eq!(world.acd.state().agents["anna"].no_answers, 0);
}

#[test]
fn a_new_connection_matters_to_a_phone_that_has_not_said_it_rings() {
    let mut world = World::with(&["anna"]);
    world.phones_ring = false;
    world.call("c1");
    let lost = world.offer_of("anna");
    world.phones_ring = true;
    world.act(|acd, now| acd.phone_reconnected(now, &"anna".into()));
    let rings = world.offer_of("anna");
    assert_ne!(rings, lost);
    world.act(|acd, now| acd.phone_reconnected(now, &"anna".into()));
    assert_eq!(world.offer_of("anna"), rings, "it rings already");
}

#[test]
fn a_phone_that_moves_as_its_time_is_over_is_not_rung_again() {
    let mut world = World::with(&["anna", "bram"]);
    world.call("c1");
    world.now += RING;
    world.act(|acd, now| acd.phone_moved(now, &"anna".into()));
    assert_eq!(world.results(), [("anna", OfferResult::Timeout)]);
    assert_eq!(world.ringing(), ["bram"]);
}

#[test]
fn a_word_of_the_phone_that_was_lost_is_not_held_against_the_agent() {
    let mut world = World::with(&["anna", "bram"]);
    world.phones_ring = false;
    world.call("c1");
    for _ in 0..10 {
        assert_eq!(world.ringing(), ["anna"]);
        world.pass(4_000);
        assert_eq!(world.ringing(), ["bram"], "the hunt goes on");
        world.pass(4_000);
        assert!(world.ringing().is_empty());
        world.pass(2_000);
    }
    for agent in ["anna", "bram"] {
        let row = &world.acd.state().agents[agent];
        assert_eq!((row.no_answers, row.blocked_until), (0, None));
    }
}

#[test]
fn a_phone_that_moves_right_after_accept_keeps_its_offer() {
    let mut world = World::with(&["anna"]);
    world.call("c1");
    let offer = world.offer_of("anna");
    world
        .act(|acd, now| acd.offer_accept(now, &"anna".into(), &offer))
        .unwrap();
    world.act(|acd, now| acd.phone_moved(now, &"anna".into()));
    assert_eq!(world.offer_of("anna"), offer);
}

#[test]
fn what_the_server_could_not_place_is_no_missed_call() {
    let mut world = World::with(&["anna"]);
    world.call("c1");
    for _ in 0..5 {
        let offer = world.offer_of("anna");
        world.act(|acd, now| acd.offer_not_placed(now, &offer, "no free port for voice"));
        assert!(world.ringing().is_empty());
        world.pass(3_000);
    }
    assert_eq!(
        world.ringing(),
        ["anna"],
        "asked again in a moment, and not blocked"
    );
    assert_eq!(world.acd.state().agents["anna"].no_answers, 0);
}

#[test]
fn f_022_signing_out_during_an_offer_cancels_it_once_and_asks_the_next() {
    let mut world = World::with(&["anna", "bram"]);
    world.call("c1");
    world
        .act(|acd, now| acd.sign_out(now, &"anna".into(), true))
        .unwrap();
    assert_eq!(world.results(), [("anna", OfferResult::Cancelled)]);
    assert_eq!(world.ringing(), ["bram"]);
}

#[test]
fn a_flapping_agent_is_not_asked_again_at_once() {
    let mut world = World::with(&["anna"]);
    let anna = AgentId::from("anna");
    world.call("c1");
    for _ in 0..10 {
        world
            .act(|acd, now| acd.intent(now, &anna, Intent::NotReady, None))
            .unwrap();
        world
            .act(|acd, now| acd.intent(now, &anna, Intent::Ready, None))
            .unwrap();
    }
    assert!(world.ringing().is_empty());
    assert_eq!(world.results().len(), 1, "one INVITE, one CANCEL");
    world.pass(3_000);
    assert_eq!(world.ringing(), ["anna"]);
}

#[test]
fn accepting_gives_the_phone_a_moment_even_at_the_last_millisecond() {
    let mut world = World::with(&["anna"]);
    world.call("c1");
    let offer = world.offer_of("anna");
    world.pass(RING - 1);
    world
        .act(|acd, now| acd.offer_accept(now, &"anna".into(), &offer))
        .unwrap();
    world.pass(4_999);
    assert_eq!(world.ringing(), ["anna"]);
    world.answer("anna").unwrap();
}

#[test]
fn accepting_without_a_phone_that_answers_ends_the_offer() {
    let mut world = World::with(&["anna"]);
    world.call("c1");
    let offer = world.offer_of("anna");
    world
        .act(|acd, now| acd.offer_accept(now, &"anna".into(), &offer))
        .unwrap();
    world.pass(RING);
    assert_eq!(world.results(), [("anna", OfferResult::Timeout)]);
}

#[test]
fn another_agents_offer_does_not_exist() {
    let mut world = World::with(&["anna", "bram"]);
    world.call("c1");
    let offer = world.offer_of("anna");
    let refusal = world
        .act(|acd, now| acd.offer_accept(now, &"bram".into(), &offer))
        .unwrap_err();
    assert!(matches!(refusal, Refusal::NotFound(_)));
    let refusal = world
        .act(|acd, now| acd.offer_ignore(now, &"bram".into(), &offer))
        .unwrap_err();
    assert!(matches!(refusal, Refusal::NotFound(_)));
}

#[test]
fn b_003_declined_on_the_phone_is_ignored_and_unreachable_is_failed() {
    let mut world = World::with(&["anna", "bram"]);
    world.call("c1");
    let offer = world.offer_of("anna");
    world.act(|acd, now| acd.offer_failed(now, &offer, 603, "Decline"));
    let offer = world.offer_of("bram");
    world.act(|acd, now| acd.offer_failed(now, &offer, 480, "Temporarily Unavailable"));
    assert_eq!(
        world.results(),
        [("anna", OfferResult::Ignored), ("bram", OfferResult::Failed)]
    );
    assert!(
        !world
            .said
            .iter()
            .any(|said| matches!(said, Output::CancelOffer { .. })),
        "the phones stopped"
    );
}

#[test]
fn the_agent_hangs_up_and_the_conversation_ends() {
    let mut world = World::with(&["anna"]);
    world.call("c1");
    world.answer("anna").unwrap();
    world.act(|acd, now| acd.agent_hung_up(now, &"c1".into()));
    assert!(
        world
            .said
            .iter()
            .any(|said| matches!(said, Output::EndConversation { .. }))
    );
    assert_eq!(world.voice("anna"), Voice::Idle);
}

#[test]
fn c3_a_lost_phone_keeps_the_customer_at_the_old_place() {
    let mut world = World::with(&["anna"]);
    world.call("c1");
    let entered = world.acd.state().conversations["c1"].enqueued_at;
    world.answer("anna").unwrap();
    world.pass(5_000);
    world.act(|acd, now| acd.device(now, &"anna".into(), Device::NoPhone));
    world.act(|acd, now| acd.agent_lost(now, &"c1".into()));
    assert!(world.said.contains(&Output::ReturnToQueue {
        conversation: "c1".into()
    }));
    assert_eq!(world.acd.state().conversations["c1"].enqueued_at, entered);
    world.act(|acd, now| acd.device(now, &"anna".into(), Device::Ok));
    assert_eq!(world.ringing(), ["anna"]);
}

#[test]
fn a_restart_ends_every_conversation_and_waits_for_phones() {
    let mut world = World::with(&["anna", "bram"]);
    world.call("c1");
    world.answer("anna").unwrap();
    world.call("c2");
    let mut again = World::new(roster());
    again.acd = Acd::resume(roster(), world.acd.state().clone());
    again.now = world.now;
    again.act(Acd::restarted);
    assert!(again.acd.state().conversations.is_empty() && again.acd.state().offers.is_empty());
    assert_eq!(
        again.acd.unroutable(&"anna".into()).unwrap(),
        "Your phone is not registered"
    );
    again.act(|acd, now| acd.device(now, &"anna".into(), Device::Ok));
    again.call("c3");
    assert_eq!(again.ringing(), ["anna"], "still signed in");
}

#[test]
fn f_050_hold_is_noted_once_and_forgotten_with_the_agent() {
    let mut world = World::with(&["anna", "bram"]);
    world.call("c");
    let id = ConversationId::from("c");
    let held = |world: &World| {
        matches!(
            world.acd.state().conversations["c"].stage,
            Stage::Connected { held: true, .. }
        )
    };
    world.act(|acd, now| acd.customer_held(now, &id, true));
    assert!(!held(&world), "nobody talks yet");
    world.answer("anna").unwrap();
    let written = world.journal.len();
    for _ in 0..2 {
        world.act(|acd, now| acd.customer_held(now, &id, true));
    }
    assert!(held(&world));
    assert_eq!(world.journal.len(), written + 1);
    world.act(|acd, now| acd.agent_lost(now, &id));
    world.answer("bram").unwrap();
    assert!(!held(&world), "another agent, another talk");
}

#[test]
fn a_phone_that_is_gone_while_it_rings_ends_the_offer_without_blame_and_the_next_is_asked() {
    let mut world = World::with(&["anna", "bram"]);
    world.call("c");
    world.act(|acd, now| acd.device(now, &"anna".into(), Device::NoPhone));
    assert_eq!(world.results(), [("anna", OfferResult::Cancelled)]);
    assert_eq!(world.ringing(), ["bram"]);
    assert_eq!(world.acd.state().agents["anna"].no_answers, 0);
}

#[test]
fn accept_in_the_last_moment_gives_the_phone_five_seconds_to_answer() {
    let mut world = World::with(&["anna"]);
    world.call("c");
    world.pass(RING - 1);
    let offer = world.offer_of("anna");
    world
        .act(|acd, now| acd.offer_accept(now, &"anna".into(), &offer))
        .unwrap();
    world.pass(4_999);
    assert_eq!(world.results(), []);
    world.pass(2);
    assert_eq!(world.results(), [("anna", OfferResult::Timeout)]);
}
