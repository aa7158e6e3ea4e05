//! Who is asked, and in which order.

use contact_api::model::{Intent, OfferResult};

use super::*;

#[test]
fn c_002_the_longest_idle_agent_is_asked_first() {
    let mut world = World::with(&["bram", "anna"]);
    world.call("c1");
    assert_eq!(world.ringing(), ["bram"]);
    world.answer("bram").unwrap();
    world.pass(60_000);
    world.act(|acd, now| acd.customer_left(now, &"c1".into()));
    world.pass(1_000);
    world.call("c2");
    assert_eq!(world.ringing(), ["anna"], "bram has just hung up");
}

#[test]
fn c_002_a_higher_score_goes_before_a_longer_idle_time() {
    let mut roster = roster();
    roster
        .agents
        .get_mut("bram")
        .unwrap()
        .scores
        .insert(SALES.into(), 90);
    let mut world = World::new(roster);
    world.sign_in("anna");
    world.pass(60_000);
    world.sign_in("bram");
    world.call("c1");
    assert_eq!(world.ringing(), ["bram"]);
}

#[test]
fn c_002_round_robin_and_serial_go_by_order_not_by_score() {
    for (method, second) in [(HuntMethod::Serial, "anna"), (HuntMethod::RoundRobin, "bram")] {
        let mut roster = roster();
        roster.uccs.get_mut(UCC).unwrap().settings.hunting = method;
        roster
            .agents
            .get_mut("chloe")
            .unwrap()
            .scores
            .insert(SALES.into(), 100);
        let mut world = World::new(roster);
        for agent in ["chloe", "bram", "anna"] {
            world.sign_in(agent);
        }
        world.call("c1");
        assert_eq!(world.ringing(), ["anna"], "{method:?}");
        world.answer("anna").unwrap();
        world.act(|acd, now| acd.customer_left(now, &"c1".into()));
        world.pass(1);
        world.call("c2");
        assert_eq!(world.ringing(), [second], "{method:?}");
    }
}

#[test]
fn c_002_least_calls_counts_this_day_only() {
    let mut roster = roster();
    roster.uccs.get_mut(UCC).unwrap().settings.hunting = HuntMethod::LeastCalls;
    let mut world = World::new(roster);
    world.sign_in("anna");
    world.call("c1");
    world.answer("anna").unwrap();
    world.act(|acd, now| acd.customer_left(now, &"c1".into()));
    world.sign_in("bram");
    world.call("c2");
    assert_eq!(world.ringing(), ["bram"]);
    world.act(|acd, now| acd.customer_left(now, &"c2".into()));
    world.pass(86_400_000);
    world.call("c3");
    assert_eq!(
        world.ringing(),
        ["anna"],
        "a new day: equal again, and first by order"
    );
}

#[test]
fn f_037_only_available_agents_are_hunted() {
    let mut world = World::with(&["anna"]);
    world
        .act(|acd, now| acd.intent(now, &"anna".into(), Intent::NotReady, None))
        .unwrap();
    world.call("c1");
    assert!(world.ringing().is_empty());
    world
        .act(|acd, now| acd.intent(now, &"anna".into(), Intent::Ready, None))
        .unwrap();
    assert_eq!(world.ringing(), ["anna"]);
}

#[test]
fn an_unregistered_phone_is_not_hunted_and_hunted_once_it_is_back() {
    let mut world = World::with(&["anna"]);
    world.act(|acd, now| acd.device(now, &"anna".into(), Device::NoPhone));
    world.call("c1");
    assert!(world.ringing().is_empty());
    world.act(|acd, now| acd.device(now, &"anna".into(), Device::Ok));
    assert_eq!(world.ringing(), ["anna"]);
}

#[test]
fn f_035_the_longest_waiting_conversation_gets_the_free_agent() {
    let mut world = World::new(roster());
    world.call("first");
    world.pass(5_000);
    world.call("second");
    world.sign_in("anna");
    let offer = world.offer_of("anna");
    assert_eq!(world.acd.state().offers[&offer].conversation.as_str(), "first");
}

#[test]
fn a_conversation_nobody_can_take_does_not_block_the_one_behind_it() {
    let mut roster = roster();
    let skill = Skill {
        ucc: UCC.into(),
        name: "Rare".into(),
        priority: 9,
        wrapup_ms: 0,
    };
    roster.skills.insert("rare".into(), skill);
    let mut world = World::new(roster);
    let rare = NewConversation {
        conversation: "c0".into(),
        caller: Caller {
            address: "x".into(),
            name: None,
        },
        number: "x".into(),
        skill: "rare".into(),
        priority: 0,
    };
    world.act(|acd, now| acd.arrived(now, rare)).unwrap();
    world.call("c1");
    world.sign_in("anna");
    assert_eq!(world.ringing(), ["anna"]);
}

#[test]
fn f_036_unanswered_goes_to_the_next_agent_and_round_again_after_two_seconds() {
    let mut world = World::with(&["anna", "bram"]);
    world.call("c1");
    let entered = world.acd.state().conversations["c1"].enqueued_at;
    assert_eq!(world.ringing(), ["anna"]);
    world.pass(RING);
    assert_eq!(world.ringing(), ["bram"]);
    world.pass(RING);
    assert!(world.ringing().is_empty(), "all were tried");
    world.pass(1_999);
    assert!(world.ringing().is_empty());
    world.pass(1);
    assert_eq!(world.ringing(), ["anna"]);
    assert_eq!(
        world.acd.state().conversations["c1"].enqueued_at,
        entered,
        "keeps its place"
    );
    assert_eq!(
        world.results(),
        [("anna", OfferResult::Timeout), ("bram", OfferResult::Timeout)]
    );
}

#[test]
fn an_agent_who_becomes_free_is_asked_without_waiting_for_the_next_round() {
    let mut world = World::with(&["anna"]);
    world.call("c1");
    world.pass(RING + 500);
    assert!(world.ringing().is_empty());
    world.sign_in("bram");
    assert_eq!(world.ringing(), ["bram"]);
}

#[test]
fn f_036_a_conversation_that_came_back_is_before_a_later_one() {
    let mut world = World::with(&["anna"]);
    world.call("c1");
    world.pass(1_000);
    world.call("c2");
    let offer = world.offer_of("anna");
    world
        .act(|acd, now| acd.offer_ignore(now, &"anna".into(), &offer))
        .unwrap();
    // Anna ignored the first for this round, so she is free for the second.
    let offer = world.offer_of("anna");
    assert_eq!(world.acd.state().offers[&offer].conversation.as_str(), "c2");
    world.sign_in("bram");
    let offer = world.offer_of("bram");
    assert_eq!(world.acd.state().offers[&offer].conversation.as_str(), "c1");
}

#[test]
fn f_262_three_unanswered_offers_block_an_agent_until_presence_changes() {
    let mut world = World::with(&["anna"]);
    world.call("c1");
    world.pass(3 * RING + 2 * 2_000);
    assert!(world.ringing().is_empty());
    world.pass(60_000);
    assert!(world.ringing().is_empty(), "blocked");
    assert!(
        world
            .acd
            .unroutable(&"anna".into())
            .unwrap()
            .contains("did not answer 3 times")
    );
    world
        .act(|acd, now| acd.intent(now, &"anna".into(), Intent::Ready, None))
        .unwrap();
    world.pass(2_000);
    assert_eq!(world.ringing(), ["anna"]);
}

#[test]
fn f_262_a_block_ends_by_itself_after_five_minutes() {
    let mut world = World::with(&["anna"]);
    world.call("c1");
    world.pass(3 * RING + 2 * 2_000);
    world.pass(300_000 + 2_000);
    assert_eq!(world.ringing(), ["anna"]);
}

#[test]
fn ignoring_and_answering_do_not_block() {
    let mut world = World::with(&["anna"]);
    world.call("c1");
    for _ in 0..5 {
        let offer = world.offer_of("anna");
        world
            .act(|acd, now| acd.offer_ignore(now, &"anna".into(), &offer))
            .unwrap();
        world.pass(2_000);
    }
    assert_eq!(world.ringing(), ["anna"]);
}

#[test]
fn b_002_why_names_the_exact_rule() {
    let mut world = World::new(roster());
    let anna = AgentId::from("anna");
    let because = |world: &World| world.acd.why(world.now, &"anna".into())[0].because.clone();
    assert_eq!(because(&world), "You are not signed in to this contact centre");
    world.sign_in("bram");
    world.pass(1);
    world.sign_in("anna");
    assert_eq!(because(&world), "1 agent is asked before you");
    world
        .act(|acd, now| acd.intent(now, &anna, Intent::NotReady, Some("lunch".into())))
        .unwrap();
    assert_eq!(because(&world), "You are not ready: lunch");
    world
        .act(|acd, now| acd.intent(now, &anna, Intent::Ready, None))
        .unwrap();
    world.act(|acd, now| acd.device(now, &anna, Device::NoPhone));
    assert_eq!(because(&world), "Your phone is not registered");
    world
        .act(|acd, now| acd.sign_out(now, &"bram".into(), false))
        .unwrap();
    world.act(|acd, now| acd.device(now, &anna, Device::Ok));
    assert_eq!(because(&world), "You are next");
}
