//! The queue lists and our conversations.

use std::time::Duration;

use contact_api::{
    event::Event,
    model::{Caller, ConversationState, Participant, QueueRow, Role},
};
use serde_json::Value;

use super::world::{SERVER_TIME, SETTLED, World, in_a_conversation};
use crate::{CenterInput, Command, Input, Notification};

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
