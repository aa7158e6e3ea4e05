//! Signing in and out.

use super::*;

fn with_feedback(kind: FeedbackKind) -> World {
    let mut roster = roster();
    roster.uccs.get_mut(UCC).unwrap().settings.feedback_agents_left = kind;
    let mut world = World::new(roster);
    world.sign_in("anna");
    world
}

fn out(world: &mut World, force: bool) -> UccSignOut {
    world
        .act(|acd, now| acd.ucc_out(now, &"anna".into(), &UCC.into(), force))
        .unwrap()
}

fn signed_in(world: &World) -> bool {
    world.acd.state().agents["anna"].signed_in.contains(UCC)
}

#[test]
fn f_016_confirmation_asks_first_and_goes_on_with_force() {
    let mut world = with_feedback(FeedbackKind::Confirmation);
    let asked = out(&mut world, false);
    assert_eq!(
        asked.feedback,
        Some((FeedbackKind::Confirmation, vec![SALES.into()]))
    );
    assert!(!asked.done && signed_in(&world));
    assert!(out(&mut world, true).done && !signed_in(&world));
}

#[test]
fn f_017_warning_signs_out_and_says_so() {
    let mut world = with_feedback(FeedbackKind::Warning);
    let warned = out(&mut world, false);
    assert!(warned.done && warned.feedback.is_some() && !signed_in(&world));
}

#[test]
fn f_018_error_refuses_even_with_force() {
    let mut world = with_feedback(FeedbackKind::Error);
    let refused = out(&mut world, true);
    assert!(!refused.done && refused.feedback.is_some() && signed_in(&world));
}

#[test]
fn f_019_off_or_enough_agents_left_says_nothing() {
    let mut world = with_feedback(FeedbackKind::Off);
    assert_eq!(out(&mut world, false).feedback, None);
    let mut world = with_feedback(FeedbackKind::Error);
    world.sign_in("bram");
    let free = out(&mut world, false);
    assert!(free.done && free.feedback.is_none());
}

#[test]
fn f_019_informal_agents_count_and_the_threshold_counts() {
    let mut roster = roster();
    roster.uccs.get_mut(UCC).unwrap().settings.feedback_agents_left = FeedbackKind::Error;
    let informal = Member {
        formal: false,
        order: 0,
    };
    roster
        .agents
        .get_mut("chloe")
        .unwrap()
        .uccs
        .insert(UCC.into(), informal);
    let mut world = World::new(roster.clone());
    world.sign_in("anna");
    assert!(out(&mut world, false).done, "chloe is always there");

    roster.uccs.get_mut(UCC).unwrap().settings.agents_left = 1;
    let mut world = World::new(roster);
    world.sign_in("anna");
    assert!(!out(&mut world, false).done, "one left is not enough");
}

#[test]
fn f_015_two_agents_cannot_both_believe_the_other_stays() {
    let mut world = with_feedback(FeedbackKind::Error);
    world.sign_in("bram");
    assert!(out(&mut world, false).done);
    let bram = world
        .act(|acd, now| acd.ucc_out(now, &"bram".into(), &UCC.into(), false))
        .unwrap();
    assert!(!bram.done);
}

#[test]
fn f_022_signing_out_of_the_app_asks_for_every_ucc() {
    let mut world = with_feedback(FeedbackKind::Confirmation);
    let asked = world
        .act(|acd, now| acd.sign_out(now, &"anna".into(), false))
        .unwrap();
    assert!(!asked.done && asked.uccs.len() == 1);
    assert!(world.acd.state().agents["anna"].station.is_some());
    assert!(
        world
            .act(|acd, now| acd.sign_out(now, &"anna".into(), true))
            .unwrap()
            .done
    );
    assert!(world.acd.state().agents["anna"].station.is_none() && !signed_in(&world));
}

#[test]
fn f_014_an_informal_member_cannot_sign_out() {
    let mut roster = roster();
    roster.agents.get_mut("anna").unwrap().uccs.insert(
        UCC.into(),
        Member {
            formal: false,
            order: 0,
        },
    );
    let mut world = World::new(roster);
    world
        .act(|acd, now| acd.station_in(now, &"anna".into(), "st".into(), "sip:a".into()))
        .unwrap();
    let refusal = world
        .act(|acd, now| acd.ucc_out(now, &"anna".into(), &UCC.into(), false))
        .unwrap_err();
    assert!(matches!(refusal, Refusal::Forbidden(_)));
    world.act(|acd, now| acd.device(now, &"anna".into(), Device::Ok));
    world.call("c1");
    assert_eq!(world.ringing(), ["anna"], "hunted all the same");
}

#[test]
fn c_001_a_second_sign_in_moves_the_station() {
    let mut world = World::with(&["anna"]);
    let moved = world.act(|acd, now| acd.station_in(now, &"anna".into(), "st-2".into(), "sip:2".into()));
    assert_eq!(moved.unwrap(), Some("st-anna".into()));
    let again = world.act(|acd, now| acd.station_in(now, &"anna".into(), "st-2".into(), "sip:2".into()));
    assert_eq!(again.unwrap(), None);
    assert_eq!(
        world.acd.unroutable(&"anna".into()).unwrap(),
        "Your phone is not registered"
    );
}
