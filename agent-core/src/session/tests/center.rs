//! Sign-in, UCCs, readiness, queue, reconnects.

use std::time::Duration;

use contact_api::{
    event::Event,
    frame::Op,
    model::{Caller, ConversationState, Membership, Participant, QueueRow, Role},
};
use serde_json::{Value, json};
use sip_core::agent::{self as sip, CallId, CallState, RegistrationState};

use super::world::{SERVER_TIME, SETTLED, World, me, sign_in_command, station};
use crate::{
    CenterCommand, CenterInput, Command, CommandError, ConnectionView, Input, LinkFault, Notification,
    Output, SignInField, ToastKind,
};

fn row(id: &str, state: ConversationState, waited_s: u64, agent: Option<&str>) -> QueueRow {
    QueueRow {
        conversation: id.into(),
        state,
        caller: Caller {
            address: format!("sip:{id}@x"),
            name: None,
        },
        ucc: "u1".into(),
        ucc_name: "Demo".into(),
        skill: "s1".into(),
        skill_name: "Sales".into(),
        enqueued_at: SERVER_TIME - waited_s * 1000,
        answered_at: agent.map(|_| SERVER_TIME),
        agent: agent.map(str::to_owned),
        agent_address: agent.map(str::to_owned),
    }
}

#[test]
fn signing_in_brings_the_station_account_by_itself() {
    let mut w = World::window();
    let token = w.sign_in();
    let reply = w.reply(token).unwrap().unwrap();
    assert_eq!((&reply["agent"], &reply["name"]), (&json!("a1"), &json!("Pat")));
    assert_eq!(reply["uccs"][0]["ucc"], "u1");
    assert_eq!(reply["uccs"][0]["skills"][0]["name"], "Sales");
    assert_eq!(w.sip(), ["add account"]);
    assert_eq!(w.session.view().connection, ConnectionView::Up);
    assert!(w.session.view().agent.as_ref().unwrap().routable);
    assert!(
        !format!("{:?}", w.out).contains("secret"),
        "the password is nowhere in the log"
    );
}

#[test]
fn a_wrong_password_is_said_on_the_page_and_to_the_program() {
    let mut w = World::window();
    let token = w.ask(sign_in_command());
    assert!(w.session.view().sign_in.busy);
    w.input(Input::Center(CenterInput::SignInFailed(
        LinkFault::BadCredentials,
    )));
    assert!(matches!(
        w.reply(token),
        Some(Err(CommandError::Refused { status: 401, .. }))
    ));
    assert_eq!(
        w.session.view().sign_in.error.as_deref(),
        Some("Sign-in address or password is wrong")
    );
    assert_eq!(w.session.view().sign_in.wrong, Some(SignInField::Password));
    assert_eq!(w.session.view().sign_in.failures, 1);
    assert!(!w.session.view().sign_in.busy);
    let again = w.ask(sign_in_command());
    assert!(w.reply(again).is_none(), "the next attempt is under way");
}

#[test]
fn an_unreachable_server_is_a_network_error() {
    let mut w = World::window();
    let token = w.ask(sign_in_command());
    let fault = LinkFault::Unreachable {
        server: "x".into(),
        why: "connection refused".into(),
    };
    w.input(Input::Center(CenterInput::SignInFailed(fault)));
    assert!(
        matches!(w.reply(token), Some(Err(CommandError::Network(m))) if m.contains("connection refused"))
    );
}

#[test]
fn a_sign_in_that_completes_after_sign_out_is_undone() {
    let mut w = World::window();
    let token = w.ask(sign_in_command());
    w.send(Command::SignOut { force: false });
    assert!(matches!(w.reply(token), Some(Err(CommandError::WrongState(_)))));
    w.take();
    w.input(Input::Center(CenterInput::SignedIn {
        me: Box::new(me()),
        sip: Box::new(station()),
    }));
    assert!(
        w.out
            .iter()
            .any(|o| matches!(o, Output::Center(CenterCommand::SignOut)))
    );
    assert!(w.session.view().agent.is_none());
}

/// `routable` and `reason` of every `agent.state`.
fn standings(w: &World) -> Vec<(bool, Option<&str>)> {
    w.notes()
        .into_iter()
        .filter_map(|n| match n {
            Notification::AgentState { routable, reason, .. } => Some((*routable, reason.as_deref())),
            _ => None,
        })
        .collect()
}

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
fn f_016_the_last_agent_is_asked_and_yes_forces() {
    let mut w = World::window();
    w.sign_in();
    w.take();
    let token = w.ask(Command::UccSignOut {
        ucc: "u1".into(),
        force: false,
    });
    let (id, _) = w.ops()[0];
    let body = json!({"state": "signed_in", "feedback": "confirmation", "skills": ["Sales"]});
    w.res(id, Some(body));
    let skills = json!([{"skill": "s1", "name": "Sales"}]);
    assert_eq!(
        w.reply(token),
        Some(Ok(
            json!({"state": "signed_in", "feedback": "confirmation", "skills": skills})
        )),
        "skills are as at the sign-in"
    );
    let question = w.session.view().confirm.clone().unwrap();
    assert_eq!(
        (question.text.as_str(), question.ucc.as_deref()),
        ("You are the last agent in skill Sales. Sign out?", Some("u1"))
    );
    w.take();
    w.send(Command::UccSignOut {
        ucc: "u1".into(),
        force: true,
    });
    assert!(matches!(&w.ops()[0].1, Op::UccSignOut { force: true, .. }));
    assert!(w.session.view().confirm.is_none());
    let unknown = w.ask(Command::UccSignIn("u9".into()));
    assert!(matches!(w.reply(unknown), Some(Err(CommandError::NotFound(_)))));
}

#[test]
fn f_013_membership_follows_answers_and_events() {
    let mut w = World::window();
    w.sign_in();
    w.take();
    let token = w.ask(Command::UccSignIn("u1".into()));
    let (id, _) = w.ops()[0];
    w.res(id, None);
    assert_eq!(w.reply(token).unwrap().unwrap()["state"], "signed_in");
    assert_eq!(
        w.session.view().agent.as_ref().unwrap().uccs[0].state,
        Membership::SignedIn
    );
    w.event(Event::AgentUcc {
        ucc: "u1".into(),
        state: Membership::SignedOut,
    });
    assert_eq!(
        w.session.view().agent.as_ref().unwrap().uccs[0].state,
        Membership::SignedOut
    );
}

#[test]
fn f_200_the_queue_is_three_lists_with_running_times() {
    let mut w = World::window();
    w.sign_in();
    w.take();
    w.event(Event::QueueAdded(row(
        "young",
        ConversationState::Waiting,
        5,
        None,
    )));
    w.event(Event::QueueAdded(row(
        "old",
        ConversationState::Offering,
        60,
        None,
    )));
    w.event(Event::QueueAdded(row(
        "mine",
        ConversationState::Connected,
        90,
        Some("pat@demo"),
    )));
    w.event(Event::QueueAdded(row(
        "theirs",
        ConversationState::Connected,
        90,
        Some("kim@demo"),
    )));
    let view = w.session.view();
    let ids = |rows: &[crate::QueueRowView]| rows.iter().map(|r| r.conversation.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&view.waiting), ["old", "young"]);
    assert_eq!(
        (ids(&view.personal), ids(&view.connected)),
        (vec!["mine".into()], vec!["theirs".into()])
    );
    assert!(!view.waiting[0].can_take && view.waiting[1].can_take);
    let waited = Duration::from_secs(60) + SETTLED;
    assert_eq!(view.waiting[0].since.elapsed(w.now), waited);
    let changed = w
        .notes()
        .iter()
        .filter(|n| matches!(n, Notification::QueueChanged { .. }))
        .count();
    assert_eq!(changed, 4);
    let token = w.ask(Command::ListQueue);
    let lists = w.reply(token).unwrap().unwrap();
    assert_eq!(lists["waiting"][1]["conversation"], "young");
    assert_eq!(lists["personal"][0]["conversation"], "mine");
    w.event(Event::QueueRemoved {
        conversation: "old".into(),
    });
    assert_eq!(w.session.view().waiting.len(), 1);
    w.link_down();
    assert!(
        !w.session.view().waiting[0].can_take,
        "nothing can be taken while the socket is down"
    );
}

#[test]
fn s_002_a_station_that_cannot_register_is_phoneless() {
    let mut w = World::window();
    w.sign_in();
    let account = w.session.center.station().unwrap();
    let state = RegistrationState::Failed {
        status: Some(403),
        reason: "forbidden".into(),
        retry_in: None,
    };
    w.input(Input::Sip(sip::Event::Registration { account, state }));
    assert!(matches!(
        w.session.view().connection,
        ConnectionView::Phoneless { .. }
    ));
}

#[test]
fn c6_a_takeover_signs_this_station_out_and_says_so() {
    let mut w = World::window();
    w.sign_in();
    let call = w.talking(1);
    w.take();
    w.event(Event::Takeover { by: "st-2".into() });
    assert!(w.session.view().agent.is_none());
    assert_eq!(
        w.sip(),
        ["forget account"],
        "the call goes on; the account is gone at the contact centre already"
    );
    assert_eq!(w.session.view().calls[0].call, call);
    assert!(
        w.session
            .view()
            .sign_in
            .error
            .as_deref()
            .unwrap()
            .contains("another station")
    );
}

#[test]
fn signing_out_keeps_the_customer_and_forgets_the_rest() {
    let mut w = World::window();
    w.sign_in();
    w.talking(1);
    w.offer("o1", 20);
    w.take();
    let token = w.ask(Command::SignOut { force: false });
    let (id, op) = w.ops()[0].clone();
    assert!(matches!(op, Op::SignOut { force: false }));
    w.res(id, Some(json!({"signed_out": true, "uccs": []})));
    assert_eq!(w.reply(token).unwrap().unwrap()["signed_out"], true);
    assert_eq!(w.session.view().connection, ConnectionView::Offline);
    assert!(w.session.view().offers.is_empty() && w.ringing.is_none());
    assert_eq!(w.session.view().calls.len(), 1);
}

/// Talking with a customer of the contact centre, and with somebody else.
fn in_a_conversation() -> (World, CallId) {
    let mut w = World::headless();
    w.sign_in();
    w.talking(1);
    w.offer("o1", 20);
    let call = w.invite(2, Some("o1"));
    w.opened(w.last_leg());
    w.send(Command::AcceptOffer("o1".into()));
    w.agreed(call, false);
    w.state(call, CallState::Confirmed);
    w.take();
    (w, call)
}

#[test]
fn a_forced_sign_out_ends_the_conversation_and_no_other_call() {
    let (mut w, _) = in_a_conversation();
    let asked = w.ask(Command::SignOut { force: false });
    let (id, _) = w.ops()[0];
    let said = json!({"ucc": "u1", "feedback": "confirmation", "skills": ["Sales"]});
    w.res(id, Some(json!({"signed_out": false, "uccs": [said]})));
    assert_eq!(
        w.reply(asked).unwrap().unwrap()["uccs"][0]["skills"],
        json!([{"skill": "s1", "name": "Sales"}])
    );
    assert_eq!(
        w.session.view().confirm.as_ref().unwrap().text,
        "You are the last agent in skill Sales, and your call ends. Sign out?"
    );
    assert!(w.sip().is_empty());
    w.take();
    let token = w.ask(Command::SignOut { force: true });
    let (id, _) = w.ops()[0];
    let mut state = super::world::snapshot().agent;
    (state.routable, state.reason) = (false, Some("You are signed out".into()));
    w.event(Event::AgentState(state));
    w.res(id, Some(json!({"signed_out": true, "uccs": []})));
    assert_eq!(w.reply(token).unwrap().unwrap()["signed_out"], true);
    assert_eq!(w.sip(), ["hangup", "forget account"]);
    assert_eq!(standings(&w), [(false, Some("You are signed out"))], "said once");
    // The contact centre need not be there for it.
    let (mut w, _) = in_a_conversation();
    w.link_down();
    w.send(Command::SignOut { force: true });
    assert_eq!(w.sip(), ["hangup", "remove account"]);
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

/// The contact centre has connected us.
fn connected(w: &mut World) {
    let person = |role, uri: &str| Participant {
        role,
        uri: uri.into(),
        held: false,
        muted: false,
    };
    w.event(Event::Conversation {
        conversation: "c-o1".into(),
        state: ConversationState::Connected,
        participants: vec![
            person(Role::Customer, "sip:anna@example.com"),
            person(Role::Agent, "sip:st-1@demo"),
        ],
    });
}

/// State, and whether customer and agent are muted, of every `conversation.state`.
fn conversations(w: &World) -> Vec<(&str, bool, bool)> {
    let muted = |p: &Value, n: usize| p[n]["muted"].as_bool().unwrap();
    w.notes()
        .into_iter()
        .filter_map(|n| match n {
            Notification::ConversationState {
                state, participants, ..
            } => Some((*state, muted(participants, 0), muted(participants, 1))),
            _ => None,
        })
        .collect()
}

#[test]
fn f_129_a_mute_shows_in_the_conversation() {
    let (mut w, call) = in_a_conversation();
    connected(&mut w);
    assert_eq!(conversations(&w), [("connected", false, false)]);
    for (command, told) in [
        (Command::Mute(call), vec![("connected", false, true)]),
        (Command::Mute(call), vec![]),
        (Command::Unmute(call), vec![("connected", false, false)]),
        (Command::Mute(call), vec![("connected", false, true)]),
        (Command::Hangup(call), vec![]),
    ] {
        w.take();
        w.send(command);
        assert_eq!(conversations(&w), told);
    }
    w.over(call);
    assert_eq!(conversations(&w), [], "a call that is over is not unmuted");
    w.event(Event::Conversation {
        conversation: "c-o1".into(),
        state: ConversationState::Ended,
        participants: Vec::new(),
    });
    let ended = |n: &&Notification| matches!(n, Notification::ConversationState { state: "ended", .. });
    assert_eq!(w.notes().into_iter().filter(ended).count(), 1);
}

#[test]
fn a_conversation_that_ended_while_the_link_was_down_is_told_with_the_snapshot() {
    let (mut w, _) = in_a_conversation();
    connected(&mut w);
    let mut state = super::world::snapshot();
    for (agent, told) in [
        ("pat@demo", vec![]),
        ("kim@demo", vec![("ended", false, false)]),
        ("kim@demo", vec![]),
    ] {
        state.queue = vec![row("c-o1", ConversationState::Connected, 60, Some(agent))];
        w.link_down();
        w.up(true);
        w.take();
        w.input(Input::Center(CenterInput::Snapshot(Box::new(state.clone()))));
        assert_eq!(conversations(&w), told, "connected to {agent}");
    }
}

#[test]
fn the_station_unregisters_before_it_signs_out() {
    let mut w = World::window();
    w.sign_in();
    let account = w.session.center.station().unwrap();
    w.offer("o1", 20);
    w.take();
    w.input(Input::Stop);
    assert_eq!(w.sip(), ["stop"]);
    assert!(w.ops().is_empty(), "signing out takes the SIP account away");
    assert!(w.session.view().offers.is_empty() && w.ringing.is_none());
    w.offer("o2", 20);
    assert!(w.session.view().offers.is_empty(), "who leaves takes no new work");
    let state = RegistrationState::Unregistered;
    w.input(Input::Sip(sip::Event::Registration { account, state }));
    assert!(matches!(w.ops()[0].1, Op::SignOut { force: true }));
    assert!(!w.out.iter().any(|o| matches!(o, Output::Stopped)));
    w.input(Input::Sip(sip::Event::Stopped));
    assert!(w.out.iter().any(|o| matches!(o, Output::Stopped)));
    assert_eq!(w.ops().len(), 1);
}

#[test]
fn a_registrar_that_is_silent_holds_the_end_up_for_a_second() {
    let mut w = World::window();
    w.sign_in();
    w.take();
    w.input(Input::Stop);
    w.pass(Duration::from_millis(999));
    assert!(w.ops().is_empty());
    w.pass(Duration::from_millis(1));
    assert_eq!(w.ops().len(), 1);
    w.pass(Duration::from_secs(5));
    assert!(w.out.iter().any(|o| matches!(o, Output::Stopped)));
}

#[test]
fn without_the_socket_the_station_still_unregisters() {
    let mut w = World::window();
    w.sign_in();
    w.link_down();
    w.take();
    w.input(Input::Stop);
    assert!(!w.sip().contains(&"forget account".to_owned()), "{:?}", w.sip());
    assert!(w.ops().is_empty());
}

#[test]
fn f_017_a_warning_signs_out_and_f_018_an_error_does_not() {
    for (feedback, state, kind, words) in [
        ("warning", "signed_out", ToastKind::Warning, "nobody is left"),
        ("error", "signed_in", ToastKind::Error, "cannot sign out"),
    ] {
        let mut w = World::window();
        w.sign_in();
        w.take();
        w.send(Command::UccSignOut {
            ucc: "u1".into(),
            force: false,
        });
        let (id, _) = w.ops()[0];
        let body = json!({"state": state, "feedback": feedback, "skills": ["Sales", "Support"]});
        w.res(id, Some(body));
        let view = w.session.view();
        assert!(view.confirm.is_none());
        assert_eq!(view.toasts.last().unwrap().kind, kind);
        let text = &view.toasts.last().unwrap().text;
        assert!(
            text.contains(words) && text.contains("skills Sales, Support"),
            "{text}"
        );
        let membership = serde_json::to_value(view.agent.as_ref().unwrap().uccs[0].state).unwrap();
        assert_eq!(membership, state);
    }
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
