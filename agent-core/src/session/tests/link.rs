//! The link breaks and comes back: what is refused, kept, told and tried again.

use std::time::Duration;

use contact_api::event::Event;
use serde_json::json;

use super::world::{World, in_a_conversation, standings};
use crate::{
    CenterCommand, CenterInput, Command, CommandError, ConnectionView, Input, LinkFault, Notification, Output,
};

#[test]
fn c_001_what_needs_a_lost_contact_centre_is_refused_at_once() {
    let mut w = World::window();
    w.sign_in();
    w.link_down();
    assert!(matches!(
        w.session.view().connection,
        ConnectionView::Limited { .. }
    ));
    for command in [
        Command::Why,
        Command::Ready,
        Command::NotReady { reason: None },
        Command::UccSignIn("u1".into()),
        Command::UccSignOut {
            ucc: "u1".into(),
            force: true,
        },
        Command::TakeFromQueue("c1".into()),
        Command::ListQueue,
    ] {
        w.take();
        let token = w.ask(command);
        assert_eq!(
            w.reply(token),
            Some(Err(CommandError::Network(
                "cable; the next attempt is in 1 s".into()
            )))
        );
        assert!(w.ops().is_empty(), "what has failed is not done later in secret");
    }
    w.take();
    w.link_up();
    let token = w.ask(Command::Why);
    assert!(w.reply(token).is_none() && w.ops().len() == 1);
    let token = w.ask(Command::SignOut { force: false });
    w.link_down();
    w.link_down();
    assert!(matches!(w.reply(token), Some(Err(CommandError::Network(_)))));
    let token = w.ask(Command::SignOut { force: false });
    assert_eq!(w.reply(token).unwrap().unwrap()["signed_out"], true);
}

#[test]
fn c_001_programs_hear_that_it_is_limited_and_that_it_is_over() {
    let mut w = World::headless();
    w.sign_in();
    assert_eq!(standings(&w), [(true, None)]);
    w.take();
    w.link_down();
    w.link_down();
    let limited = "Limited: the contact centre cannot be reached; calls still work";
    assert_eq!(standings(&w), [(false, Some(limited))], "told once");
    w.take();
    w.link_up();
    assert_eq!(w.sip(), ["reregister"], "the registrar may have restarted too");
    let mut state = super::world::snapshot().agent;
    for (routable, reason) in [(false, Some("Your phone is not registered")), (true, None)] {
        state.routable = routable;
        state.reason = reason.map(str::to_owned);
        w.event(Event::AgentState(state.clone()));
    }
    assert_eq!(standings(&w), [], "what was missed is no news yet");
    w.settle();
    assert_eq!(standings(&w), [(true, None)]);
    // After a restart nothing is known before the snapshot.
    w.link_down();
    w.take();
    w.up(true);
    assert_eq!(standings(&w), []);
    w.snapshot();
    w.settle();
    assert_eq!(
        (standings(&w), w.sip()),
        (vec![(true, None)], vec!["reregister".into()])
    );
    // The sign-in is worth nothing any more.
    w.take();
    w.input(Input::Center(CenterInput::SignInFailed(LinkFault::Expired)));
    let reason = "The contact centre no longer accepts this sign-in";
    assert_eq!(standings(&w), [(false, Some(reason))]);
    assert!(w.sip().contains(&"remove account".into()), "{:?}", w.sip());
}

#[test]
fn c_001_who_asks_for_a_lost_contact_centre_has_it_tried_once_a_second_at_most() {
    let mut w = World::headless();
    w.sign_in();
    w.down_for(Duration::from_secs(30));
    w.take();
    let mut tries = Vec::new();
    for _ in 0..30 {
        w.ask(Command::Why);
        let tried = |o: &Output| matches!(o, Output::Center(CenterCommand::Reconnect));
        tries.extend(w.take().iter().any(tried).then_some(w.now));
        w.pass(Duration::from_millis(100));
    }
    assert_eq!(tries.len(), 1, "what has been asked for is under way");
    w.down_for(Duration::from_secs(30));
    let token = w.ask(Command::Why);
    assert!(
        matches!(w.reply(token), Some(Err(CommandError::Network(m))) if m.ends_with("the next attempt is in 30 s"))
    );
}

#[test]
fn nothing_is_told_twice_around_a_sign_in() {
    let mut w = World::headless();
    w.sign_in();
    let queues = |w: &World| {
        let queue = |n: &&Notification| matches!(n, Notification::QueueChanged { .. });
        w.notes().into_iter().filter(queue).count()
    };
    assert_eq!((standings(&w).len(), queues(&w)), (1, 1));
    w.take();
    w.snapshot();
    w.link_down();
    w.link_up();
    assert_eq!(queues(&w), 0, "the same people wait");
    w.settle();
    w.take();
    let mut state = super::world::snapshot().agent;
    state.since += 1;
    w.event(Event::AgentState(state));
    assert_eq!(standings(&w), []);
}

#[test]
fn c_001_a_command_on_its_way_outlives_a_short_break_and_is_answered_once() {
    let mut w = World::window();
    w.sign_in();
    w.take();
    let token = w.ask(Command::Ready);
    let (id, _) = w.ops()[0];
    w.link_down();
    assert!(w.reply(token).is_none());
    w.link_up();
    w.res(id, None);
    w.res(id, None);
    assert_eq!(w.reply(token), Some(Ok(json!({}))));
}

#[test]
fn c_001_a_command_on_its_way_fails_when_the_next_attempt_does() {
    let mut w = World::window();
    w.sign_in();
    w.take();
    let token = w.ask(Command::Ready);
    let (id, _) = w.ops()[0];
    w.link_down();
    w.link_down();
    assert!(matches!(w.reply(token), Some(Err(CommandError::Network(_)))));
    assert!(
        w.out
            .iter()
            .any(|o| matches!(o, Output::Center(CenterCommand::Withdraw(w)) if *w == id))
    );
}

#[test]
fn a_command_nobody_answers_fails_where_it_was_asked_and_is_withdrawn() {
    let mut w = World::window();
    w.sign_in();
    w.take();
    let token = w.ask(Command::NotReady { reason: None });
    let (id, _) = w.ops()[0];
    w.pass(Duration::from_secs(5));
    assert!(matches!(w.reply(token), Some(Err(CommandError::Network(_)))));
    assert!(
        w.out
            .iter()
            .any(|o| matches!(o, Output::Center(CenterCommand::Withdraw(w)) if *w == id)),
        "what has failed is not done later in secret"
    );
}

#[test]
fn c_001_while_it_is_limited_the_voice_is_what_this_phone_sees() {
    let (mut w, call) = in_a_conversation();
    let voices = |w: &World| -> Vec<&str> {
        let voice = |n: &Notification| match n {
            Notification::AgentState { voice, .. } => Some(*voice),
            _ => None,
        };
        w.notes().into_iter().filter_map(voice).collect()
    };
    w.link_down();
    assert_eq!(voices(&w), ["talking"]);
    w.take();
    w.over(call);
    assert_eq!(voices(&w), ["idle"]);
    w.take();
    w.invite(3, Some("o3"));
    assert_eq!(voices(&w), ["offered"]);
}

#[test]
fn a_lost_contact_centre_is_tried_at_once_when_asked() {
    let mut w = World::window();
    let tried = |w: &World| {
        w.out
            .iter()
            .filter(|o| matches!(o, Output::Center(CenterCommand::Reconnect)))
            .count()
    };
    let token = w.ask(Command::Reconnect);
    assert!(matches!(w.reply(token), Some(Err(CommandError::WrongState(_)))));
    w.sign_in();
    w.send(Command::Reconnect);
    assert_eq!(tried(&w), 0, "it is up");
    w.link_down();
    w.send(Command::Reconnect);
    assert_eq!(tried(&w), 1);
}

#[test]
fn a_wait_that_the_contact_centre_asked_for_is_kept_whoever_asks() {
    let mut w = World::window();
    let tried = |w: &World| {
        let tried = |o: &&Output| matches!(o, Output::Center(CenterCommand::Reconnect));
        w.out.iter().filter(tried).count()
    };
    let said = |seconds: u32| {
        let text = format!("cable; the next attempt is in {seconds} s");
        Some(Err(CommandError::Network(text)))
    };
    w.sign_in();
    w.told_to_wait(Duration::from_secs(30), Duration::from_secs(20));
    w.pass(Duration::from_secs(5));
    w.take();
    let token = w.ask(Command::Why);
    assert_eq!((w.reply(token), tried(&w)), (said(15), 1), "the back-off is cut");
    w.pass(Duration::from_secs(2));
    w.take();
    let token = w.ask(Command::Why);
    assert_eq!(
        (w.reply(token), tried(&w)),
        (said(13), 0),
        "there is no more to cut"
    );
    let token = w.ask(Command::Reconnect);
    assert_eq!(w.reply(token), said(13));
    w.pass(Duration::from_secs(13));
    let token = w.ask(Command::Reconnect);
    assert_eq!(w.reply(token), Some(Ok(json!({}))));
}
