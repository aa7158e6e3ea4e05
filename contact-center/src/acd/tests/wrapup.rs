//! Wrap-up: a row with a deadline that belongs to the agent.

use contact_api::model::Intent;

use super::*;

fn talking() -> World {
    let mut roster = roster();
    roster.skills.get_mut(SALES).unwrap().wrapup_ms = 30_000;
    let mut world = World::new(roster);
    world.sign_in("anna");
    world.call("c1");
    world.answer("anna").unwrap();
    world
}

fn in_wrapup(world: &World) -> bool {
    matches!(world.voice("anna"), Voice::Wrapup { .. })
}

#[test]
fn f_181_no_call_is_offered_during_wrap_up() {
    let mut world = talking();
    world.act(|acd, now| acd.customer_left(now, &"c1".into()));
    assert!(in_wrapup(&world));
    world.call("c2");
    world.pass(29_999);
    assert!(world.ringing().is_empty());
    assert_eq!(
        world.acd.why(world.now, &"anna".into())[0].because,
        "You are in wrap-up (1 s more)"
    );
    world.pass(1);
    assert_eq!(world.ringing(), ["anna"]);
}

#[test]
fn f_182_plus_ten_seconds_up_to_five_minutes() {
    let mut world = talking();
    world.act(|acd, now| acd.agent_hung_up(now, &"c1".into()));
    world
        .act(|acd, now| acd.wrapup_extend(now, &"anna".into(), 10_000))
        .unwrap();
    world.pass(39_999);
    assert!(in_wrapup(&world));
    for _ in 0..100 {
        world
            .act(|acd, now| acd.wrapup_extend(now, &"anna".into(), 10_000))
            .unwrap();
    }
    world.pass(330_000);
    assert!(!in_wrapup(&world));
}

#[test]
fn f_183_cancel_makes_available_at_once() {
    let mut world = talking();
    world.act(|acd, now| acd.agent_hung_up(now, &"c1".into()));
    world.call("c2");
    world.act(|acd, now| acd.wrapup_end(now, &"anna".into())).unwrap();
    assert_eq!(world.ringing(), ["anna"]);
    assert!(world.act(|acd, now| acd.wrapup_end(now, &"anna".into())).is_err());
}

#[test]
fn f_180_without_a_discharge_duration_there_is_no_wrap_up() {
    let mut world = World::with(&["anna"]);
    world.call("c1");
    world.answer("anna").unwrap();
    world.act(|acd, now| acd.agent_hung_up(now, &"c1".into()));
    assert_eq!(world.voice("anna"), Voice::Idle);
}

#[test]
fn not_ready_during_wrap_up_keeps_the_row_and_counts_afterwards() {
    let mut world = talking();
    world.act(|acd, now| acd.agent_hung_up(now, &"c1".into()));
    world
        .act(|acd, now| acd.intent(now, &"anna".into(), Intent::NotReady, None))
        .unwrap();
    assert!(in_wrapup(&world));
    world.pass(30_000);
    world.call("c2");
    assert!(world.ringing().is_empty());
}
