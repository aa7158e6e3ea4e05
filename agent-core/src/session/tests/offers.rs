//! Offers of the contact centre and their INVITEs, in every order.

use std::time::Duration;

use contact_api::{event::Event, frame::Op, model::OfferResult};
use sip_core::agent::CallState;

use super::world::World;
use crate::{Command, CommandError, Input, Notification, RingKind};

fn signed_in() -> World {
    let mut w = World::window();
    w.sign_in();
    w.take();
    w
}

fn ends(w: &World) -> Vec<&'static str> {
    w.notes()
        .iter()
        .filter_map(|n| match n {
            Notification::OfferEnded { result, .. } => Some(*result),
            _ => None,
        })
        .collect()
}

fn ended(w: &mut World, id: &str, result: OfferResult) {
    w.event(Event::OfferEnded {
        offer: id.into(),
        result,
        reason: "so it is".into(),
    });
}

/// The call of every `offer.started`.
fn started(w: &World) -> Vec<Option<String>> {
    w.notes()
        .into_iter()
        .filter_map(|n| match n {
            Notification::OfferStarted { call, .. } => Some(call.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn f_035_an_offer_whose_invite_is_late_is_told_without_its_call_and_before_its_end() {
    let mut w = signed_in();
    w.offer("o1", 20);
    w.pass(Duration::from_millis(500));
    assert_eq!(started(&w), [None]);
    w.take();
    w.offer("o2", 20);
    ended(&mut w, "o2", OfferResult::Cancelled);
    let told: Vec<_> = w
        .notes()
        .into_iter()
        .filter_map(|n| match n {
            Notification::OfferStarted { .. } => Some("started"),
            Notification::OfferEnded { .. } => Some("ended"),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["started", "ended"]);
}

#[test]
fn f_035_event_first_then_invite_is_one_offer() {
    let mut w = signed_in();
    w.offer("o1", 20);
    assert_eq!(w.ringing, Some(RingKind::RingTone));
    assert_eq!(started(&w), [] as [Option<String>; 0], "it waits for its call");
    w.pass(Duration::from_millis(499));
    let call = w.invite(1, Some("o1"));
    assert_eq!(started(&w), [Some("in-1".to_owned())]);
    w.pass(Duration::from_millis(1));
    assert_eq!(started(&w).len(), 1, "told once");
    let offers = &w.session.view().offers;
    assert_eq!(offers.len(), 1);
    assert_eq!((offers[0].call, offers[0].caller.as_str()), (Some(call), "Anna"));
    assert_eq!(offers[0].source, "Sales · Demo");
    assert_eq!(offers[0].waited.elapsed(w.now), Duration::from_millis(7_500));
    assert_eq!(offers[0].deadline, Some(w.now + Duration::from_millis(19_500)));
    w.opened(w.last_leg());
    let token = w.ask(Command::AcceptOffer("o1".into()));
    assert_eq!(w.reply(token).unwrap().unwrap()["call"], "in-1");
    assert_eq!(w.sip(), ["answer"]);
    assert!(matches!(&w.ops()[0].1, Op::OfferAccept { offer } if offer == "o1"));
    assert_eq!(w.ringing, None);
    w.agreed(call, false);
    w.state(call, CallState::Confirmed);
    ended(&mut w, "o1", OfferResult::Accepted);
    assert_eq!(ends(&w), ["accepted"]);
    let view = &w.session.view().calls[0];
    assert_eq!(
        (view.conversation.as_deref(), view.source.as_str()),
        (Some("c-o1"), "Sales · Demo")
    );
}

#[test]
fn f_035_invite_first_then_event_is_one_offer() {
    let mut w = signed_in();
    let call = w.invite(1, Some("o1"));
    assert_eq!(w.ringing, Some(RingKind::RingTone));
    w.offer("o1", 20);
    assert_eq!(w.session.view().offers.len(), 1);
    let started = w.notes().iter().find_map(|n| match n {
        Notification::OfferStarted { call, .. } => call.clone(),
        _ => None,
    });
    assert_eq!(started, Some(call.to_string()));
}

#[test]
fn with_the_socket_down_the_invite_alone_rings_and_is_answered() {
    let mut w = signed_in();
    w.link_down();
    w.invite(1, Some("o1"));
    assert_eq!(w.ringing, Some(RingKind::RingTone));
    assert_eq!(w.session.view().offers[0].caller, "Bob");
    w.opened(w.last_leg());
    w.send(Command::AcceptOffer("o1".into()));
    assert_eq!(w.sip(), ["answer"]);
    assert!(
        matches!(&w.ops()[0].1, Op::OfferAccept { .. }),
        "told when the socket is back"
    );
}

#[test]
fn an_accepted_offer_waits_for_its_invite_and_answers_it() {
    let mut w = signed_in();
    w.offer("o1", 20);
    let token = w.ask(Command::AcceptOffer("o1".into()));
    assert_eq!((w.ringing, w.reply(token)), (None, None));
    w.invite(1, Some("o1"));
    assert_eq!(w.reply(token).unwrap().unwrap()["call"], "in-1");
    assert!(w.sip().is_empty(), "the leg is not open yet");
    w.opened(w.last_leg());
    assert_eq!(w.sip(), ["answer"]);
    assert_eq!(w.ringing, None);
}

#[test]
fn an_accepted_offer_whose_invite_never_comes_fails_at_its_deadline() {
    let mut w = signed_in();
    w.offer("o1", 20);
    let token = w.ask(Command::AcceptOffer("o1".into()));
    let (id, _) = w.ops()[0];
    w.res(id, None);
    w.pass(Duration::from_secs(19));
    assert!(w.reply(token).is_none());
    w.pass(Duration::from_secs(1));
    assert!(matches!(w.reply(token), Some(Err(CommandError::WrongState(_)))));
    assert_eq!(ends(&w), ["failed"]);
    // The INVITE comes late after all: it must not ring.
    w.invite(1, Some("o1"));
    assert_eq!((w.ringing, w.sip()), (None, vec!["reject 480".to_owned()]));
}

#[test]
fn f_032_ignore_stops_the_ring_refuses_the_call_and_tells_the_queue() {
    let mut w = signed_in();
    w.offer("o1", 20);
    let call = w.invite(1, Some("o1"));
    let token = w.ask(Command::IgnoreOffer("o1".into()));
    assert!(w.reply(token).unwrap().is_ok());
    assert_eq!((w.ringing, w.sip()), (None, vec!["reject 480".to_owned()]));
    assert!(matches!(&w.ops()[0].1, Op::OfferIgnore { .. }));
    assert!(w.session.view().offers.is_empty());
    w.over(call);
    ended(&mut w, "o1", OfferResult::Ignored);
    ended(&mut w, "o1", OfferResult::Ignored);
    assert_eq!(ends(&w), ["ignored"]);
}

#[test]
fn an_ignored_offer_refuses_the_invite_that_comes_after() {
    let mut w = signed_in();
    w.offer("o1", 20);
    w.send(Command::IgnoreOffer("o1".into()));
    w.invite(1, Some("o1"));
    assert_eq!((w.ringing, w.sip()), (None, vec!["reject 480".to_owned()]));
}

#[test]
fn c7_a_ring_stops_hard_at_the_deadline_whatever_the_server_says() {
    let mut w = signed_in();
    w.offer("o1", 20);
    w.invite(1, Some("o1"));
    w.link_down();
    w.pass(Duration::from_secs(20));
    assert_eq!((w.ringing, w.sip()), (None, vec!["reject 480".to_owned()]));
    assert_eq!(ends(&w), ["timeout"]);
    assert!(w.session.view().offers.is_empty());
}

#[test]
fn c15_losing_the_race_says_so_and_stops_the_ring() {
    let mut w = signed_in();
    w.offer("o1", 20);
    let token = w.ask(Command::AcceptOffer("o1".into()));
    let (id, _) = w.ops()[0];
    w.refuse(id, "lost_race");
    assert!(matches!(w.reply(token), Some(Err(CommandError::WrongState(m))) if m == "Because"));
    ended(&mut w, "o1", OfferResult::LostRace);
    assert_eq!(ends(&w), ["lost_race"]);
    assert!(w.session.view().toasts.iter().any(|t| t.text == "Because"));
}

#[test]
fn a_caller_who_gives_up_ends_the_offer_with_the_servers_word() {
    let mut w = signed_in();
    w.offer("o1", 20);
    let call = w.invite(1, Some("o1"));
    w.over(call);
    assert_eq!((w.ringing, ends(&w).len()), (None, 0));
    ended(&mut w, "o1", OfferResult::Cancelled);
    w.pass(Duration::from_secs(60));
    assert_eq!(ends(&w), ["cancelled"]);
}

#[test]
fn a_snapshot_without_the_offer_ends_it() {
    let mut w = signed_in();
    w.offer("o1", 20);
    w.link_down();
    w.link_up();
    w.snapshot();
    assert_eq!((w.ringing, ends(&w)), (None, vec!["cancelled"]));
}

#[test]
fn an_offer_told_again_by_replay_is_one_offer() {
    let mut w = signed_in();
    w.offer("o1", 20);
    w.offer("o1", 20);
    w.pass(Duration::from_millis(500));
    let started = w
        .notes()
        .iter()
        .filter(|n| matches!(n, Notification::OfferStarted { .. }))
        .count();
    assert_eq!((started, w.session.view().offers.len()), (1, 1));
}

#[test]
fn only_our_own_contact_centre_may_speak_of_offers() {
    let mut w = World::window();
    w.invite(1, Some("o1"));
    assert_eq!(
        w.session.view().offers[0].offer,
        None,
        "not signed in: a direct call"
    );
}

#[test]
fn ending_the_conversation_hangs_up_its_call() {
    let mut w = signed_in();
    w.offer("o1", 20);
    let call = w.invite(1, Some("o1"));
    w.opened(w.last_leg());
    w.send(Command::Answer(call));
    assert!(
        matches!(&w.ops()[0].1, Op::OfferAccept { .. }),
        "answering is accepting"
    );
    w.agreed(call, false);
    w.state(call, CallState::Confirmed);
    let token = w.ask(Command::EndConversation("c-o1".into()));
    assert!(w.reply(token).unwrap().is_ok());
    assert_eq!(w.sip(), ["answer", "hangup"]);
}

/// What the end of a ringing call of an offer is put down to, once something has made us refuse it.
fn cause_after(status: u16, what: impl FnOnce(&mut World)) -> String {
    let mut w = signed_in();
    w.offer("o1", 20);
    let call = w.invite(1, Some("o1"));
    what(&mut w);
    w.rejected(call, status);
    w.cause().unwrap().to_owned()
}

#[test]
fn f_035_a_call_nobody_rejected_ends_with_what_happened() {
    let server_says = |result| move |w: &mut World| ended(w, "o1", result);
    let took_back = "the contact centre took the offer back: so it is";
    assert_eq!(cause_after(480, server_says(OfferResult::Cancelled)), took_back);
    assert_eq!(cause_after(480, server_says(OfferResult::LostRace)), took_back);
    assert_eq!(
        cause_after(480, server_says(OfferResult::Timeout)),
        "it rang until its deadline: so it is"
    );
    let deadline = |w: &mut World| w.pass(Duration::from_secs(20));
    assert_eq!(cause_after(480, deadline), "it rang until its deadline");
    let ignore = |w: &mut World| w.send(Command::IgnoreOffer("o1".into()));
    assert_eq!(cause_after(480, ignore), "you ignored the offer");
    let stop = |w: &mut World| w.input(Input::Stop);
    assert_eq!(cause_after(480, stop), "the session is stopping");
    for (force, status, cause) in [(true, 603, "you signed out"), (false, 480, "you are signed out")] {
        let sign_out = |w: &mut World| {
            w.link_down();
            w.send(Command::SignOut { force });
        };
        assert_eq!(cause_after(status, sign_out), cause);
    }
    let reconnect = |w: &mut World| {
        w.link_down();
        w.link_up();
        w.snapshot();
    };
    assert_eq!(
        cause_after(480, reconnect),
        "it ended while the connection was down"
    );
}

#[test]
fn a_person_who_rejects_is_told_so_and_a_caller_who_was_quicker_too() {
    let reject = |w: &mut World| {
        let call = sip_core::agent::CallId::incoming(1);
        w.send(Command::Reject { call, status: 486 });
        ended(w, "o1", OfferResult::Ignored);
    };
    assert_eq!(cause_after(486, reject), "you rejected the call");
    let mut w = signed_in();
    w.offer("o1", 20);
    let call = w.invite(1, Some("o1"));
    w.pass(Duration::from_secs(20));
    w.over(call);
    assert_eq!(w.cause(), Some("The peer hung up"));
}

#[test]
fn a_direct_call_refused_without_a_person_says_why() {
    let mut w = World::window();
    let call = w.invite(1, None);
    w.pass(Duration::from_secs(180));
    w.rejected(call, 480);
    assert_eq!(w.cause(), Some("nobody answered while it could ring"));
    let call = w.invite(2, None);
    w.input(Input::Stop);
    w.rejected(call, 603);
    assert_eq!(w.cause(), Some("the session is stopping"));
}
