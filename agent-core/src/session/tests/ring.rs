//! What rings, how, and until when.

use std::time::Duration;

use super::world::World;
use crate::{Command, Output, RingKind};

#[test]
fn f_030_a_direct_call_rings_until_it_is_answered() {
    let mut w = World::window();
    let call = w.invite(1, None);
    assert_eq!(w.ringing, Some(RingKind::RingTone));
    let offer = &w.session.view().offers[0];
    assert_eq!(
        (offer.caller.as_str(), offer.source.as_str()),
        ("Bob", "Direct call")
    );
    assert!(
        w.out
            .iter()
            .any(|o| matches!(o, Output::Alert { body, .. } if body.contains("Bob")))
    );
    w.send(Command::Answer(call));
    assert_eq!(w.ringing, None);
}

#[test]
fn a_second_call_beeps_in_the_headset_and_rings_when_the_first_is_over() {
    let mut w = World::window();
    let first = w.talking(1);
    w.invite(2, None);
    assert_eq!(w.ringing, Some(RingKind::CallWaiting));
    w.over(first);
    assert_eq!(w.ringing, Some(RingKind::RingTone));
    w.over(sip_core::agent::CallId::incoming(2));
    assert_eq!(w.ringing, None);
}

#[test]
fn a_direct_call_nobody_takes_stops_ringing_after_three_minutes() {
    let mut w = World::window();
    w.invite(1, None);
    w.pass(Duration::from_secs(179));
    assert!(w.ringing.is_some());
    w.pass(Duration::from_secs(1));
    assert_eq!(w.ringing, None);
    assert_eq!(w.sip(), ["reject 480"]);
    w.over(sip_core::agent::CallId::incoming(1));
    assert!(w.session.view().toasts.is_empty() || w.session.view().offers.is_empty());
}

#[test]
fn a_missed_direct_call_leaves_a_word() {
    let mut w = World::window();
    let call = w.invite(1, None);
    w.over(call);
    assert!(
        w.session
            .view()
            .toasts
            .iter()
            .any(|t| t.text.contains("Missed call from Bob"))
    );
    w.pass(Duration::from_secs(60));
    assert!(w.session.view().toasts.is_empty());
}
