//! Starting, answering, refusing, ending.

use std::time::Duration;

use sip_core::agent::{self as sip, CallId, CallState};

use super::world::World;
use crate::{
    AutoAnswer, CallPhase, Command, CommandError, Digits, Input, LegId, MediaCommand, MediaInput,
    Notification, Output, SessionConfig,
};

fn start(to: &str) -> Command {
    Command::StartCall {
        to: to.into(),
        account: None,
        headers: Vec::new(),
    }
}

fn states(world: &World) -> Vec<&'static str> {
    world
        .notes()
        .iter()
        .filter_map(|n| match n {
            Notification::CallState { state, .. } => Some(*state),
            _ => None,
        })
        .collect()
}

#[test]
fn a_call_opens_its_leg_first_and_then_invites() {
    let mut w = World::headless();
    let token = w.ask(start("sip:bob@127.0.0.1:5090"));
    assert_eq!(w.reply(token).unwrap().unwrap()["call"], "out-1");
    assert!(w.sip().is_empty());
    let MediaCommand::Open { toward, .. } = w.media()[0].clone() else {
        panic!()
    };
    assert_eq!(toward, Some("127.0.0.1:5090".parse().unwrap()));
    w.opened(w.last_leg());
    assert_eq!(w.sip(), ["call sip:bob@127.0.0.1:5090"]);
    let call = CallId::outgoing(1);
    w.state(call, CallState::Calling);
    w.state(call, CallState::Ringing);
    w.state(call, CallState::Ringing);
    w.state(call, CallState::Confirmed);
    assert_eq!(states(&w), ["calling", "ringing", "confirmed"]);
    assert_eq!(w.session.view().calls[0].phase, CallPhase::Connected);
}

#[test]
fn hanging_up_before_the_leg_is_open_sends_nothing_and_ends_once() {
    let mut w = World::headless();
    w.send(start("sip:bob@h"));
    let leg = w.last_leg();
    w.send(Command::Hangup(CallId::outgoing(1)));
    w.opened(leg);
    assert!(w.sip().is_empty());
    assert_eq!(w.ended, ["out-1"]);
    assert!(w.media().contains(&MediaCommand::Close { leg }));
}

#[test]
fn a_leg_without_a_socket_ends_the_call_with_its_cause() {
    let mut w = World::headless();
    w.send(start("sip:bob@h"));
    w.input(Input::Media(MediaInput::OpenFailed {
        leg: LegId(1),
        reason: "no ports left".into(),
    }));
    assert_eq!(w.ended, ["out-1"]);
    assert!(
        w.notes().iter().any(
            |n| matches!(n, Notification::CallState { cause: Some(c), .. } if c.contains("no ports left"))
        )
    );
    let call = w.invite(1, None);
    let token = w.ask(Command::Answer(call));
    w.input(Input::Media(MediaInput::OpenFailed {
        leg: w.last_leg(),
        reason: "no ports left".into(),
    }));
    assert!(matches!(w.reply(token), Some(Err(CommandError::Network(_)))));
    assert_eq!(w.sip(), ["reject 503"]);
}

#[test]
fn an_incoming_call_opens_its_leg_at_once_so_that_answering_is_instant() {
    let mut w = World::headless();
    let call = w.invite(1, None);
    w.opened(w.last_leg());
    let token = w.ask(Command::Answer(call));
    assert_eq!(w.sip(), ["answer"]);
    assert!(w.reply(token).unwrap().is_ok());
    w.agreed(call, false);
    assert!(
        w.media()
            .iter()
            .any(|m| matches!(m, MediaCommand::Connect { connected: true, .. }))
    );
    assert!(matches!(w.notes()[0], Notification::CallIncoming { display_name: Some(n), .. } if n == "Bob"));
}

#[test]
fn an_answer_before_the_leg_is_open_waits_for_it() {
    let mut w = World::headless();
    let call = w.invite(1, None);
    let token = w.ask(Command::Answer(call));
    assert!(w.sip().is_empty() && w.reply(token).is_none());
    let twice = w.ask(Command::Answer(call));
    assert!(matches!(w.reply(twice), Some(Err(CommandError::WrongState(_)))));
    w.opened(w.last_leg());
    assert_eq!(w.sip(), ["answer"]);
    assert!(w.reply(token).unwrap().is_ok());
}

#[test]
fn a_caller_who_gives_up_while_we_answer_ends_the_call_once_and_the_command_hears_of_it() {
    let mut w = World::headless();
    let call = w.invite(1, None);
    let token = w.ask(Command::Answer(call));
    w.over(call);
    w.opened(w.last_leg());
    w.over(call);
    w.state(call, CallState::Confirmed);
    assert!(matches!(w.reply(token), Some(Err(CommandError::WrongState(_)))));
    assert_eq!(w.ended, ["in-1"]);
    assert!(w.session.view().calls.is_empty() && w.session.view().offers.is_empty());
}

#[test]
fn hanging_up_works_in_every_state_and_ends_once() {
    type Setup = fn(&mut World) -> CallId;
    let setups: [(&str, Setup); 6] = [
        ("calling", |w| {
            w.send(start("sip:b@h"));
            w.opened(w.last_leg());
            CallId::outgoing(1)
        }),
        ("ringing there", |w| {
            w.send(start("sip:b@h"));
            w.opened(w.last_leg());
            w.state(CallId::outgoing(1), CallState::Ringing);
            CallId::outgoing(1)
        }),
        ("ringing here", |w| w.invite(1, None)),
        ("answering", |w| {
            let c = w.invite(1, None);
            w.opened(w.last_leg());
            w.send(Command::Answer(c));
            c
        }),
        ("confirmed", |w| w.talking(1)),
        ("held", |w| {
            let c = w.talking(1);
            w.send(Command::Hold(c));
            w.agreed(c, true);
            c
        }),
    ];
    for (name, setup) in setups {
        let mut w = World::headless();
        let call = setup(&mut w);
        w.take();
        let token = w.ask(Command::Hangup(call));
        assert!(w.reply(token).unwrap().is_ok(), "{name}");
        assert_eq!(w.sip(), ["hangup"], "{name}");
        let again = w.ask(Command::Hangup(call));
        assert!(w.reply(again).unwrap().is_ok(), "{name}");
        w.over(call);
        w.over(call);
        assert_eq!(w.ended.len(), 1, "{name}");
        let late = w.ask(Command::Hangup(call));
        let error = w.reply(late).unwrap().unwrap_err();
        assert!(
            matches!(&error, CommandError::WrongState(m) if m.contains("has ended")),
            "{name}: {error}"
        );
        assert_eq!(w.ringing, None, "{name}");
    }
}

#[test]
fn what_cannot_be_done_names_the_state_or_the_field() {
    let mut w = World::headless();
    let call = w.invite(1, None);
    for (command, code, word) in [
        (Command::Hold(call), 2, "ringing here"),
        (Command::Answer(CallId::incoming(9)), 1, "in-9"),
        (Command::Reject { call, status: 200 }, -32602, "status"),
        (
            Command::Ring {
                call,
                status: 200,
                early_media: false,
            },
            -32602,
            "status",
        ),
        (
            Command::Dtmf {
                call,
                digits: Digits("1x".into()),
            },
            -32602,
            "digits",
        ),
        (
            Command::Dtmf {
                call,
                digits: Digits("1".into()),
            },
            2,
            "ringing here",
        ),
        (start("no domain here"), -32602, "to:"),
        (
            Command::Redirect {
                call,
                to: String::new(),
            },
            -32602,
            "to:",
        ),
        (Command::AcceptOffer("o".into()), 1, "offer"),
        (Command::ListQueue, 2, "not signed in"),
        (Command::Ready, 2, "not signed in"),
        (Command::EndConversation("c".into()), 1, "c"),
    ] {
        let token = w.ask(command.clone());
        let error = w.reply(token).unwrap().unwrap_err();
        assert_eq!(error.code(), code, "{command:?}: {error}");
        assert!(error.to_string().contains(word), "{command:?}: {error}");
    }
    let headers = vec![("Contact".to_owned(), "x".to_owned())];
    let token = w.ask(Command::StartCall {
        to: "sip:b@h".into(),
        account: None,
        headers,
    });
    assert_eq!(w.reply(token).unwrap().unwrap_err().code(), -32602);
    let headers = vec![("X-A".to_owned(), "1\r\nEvil: yes".to_owned())];
    let token = w.ask(Command::StartCall {
        to: "sip:b@h".into(),
        account: None,
        headers,
    });
    assert_eq!(w.reply(token).unwrap().unwrap_err().code(), -32602);
}

#[test]
fn rejecting_redirecting_and_early_media_say_what_was_asked() {
    let mut w = World::headless();
    let call = w.invite(1, None);
    w.send(Command::Ring {
        call,
        status: 183,
        early_media: false,
    });
    assert!(w.sip().is_empty(), "183 waits for the leg");
    w.opened(w.last_leg());
    w.send(Command::Redirect {
        call,
        to: "sip:c@h".into(),
    });
    let other = w.invite(2, None);
    w.send(Command::Reject {
        call: other,
        status: 603,
    });
    assert_eq!(w.sip(), ["ring 183", "redirect sip:c@h", "reject 603"]);
}

#[test]
fn automatic_answers_keep_their_time() {
    let auto = |status, ms| {
        World::new(SessionConfig {
            auto_answer: Some(AutoAnswer {
                status,
                after: Duration::from_millis(ms),
            }),
            ..SessionConfig::default()
        })
    };
    let mut w = auto(200, 250);
    w.invite(1, None);
    w.opened(w.last_leg());
    w.pass(Duration::from_millis(249));
    assert!(w.sip().is_empty());
    w.pass(Duration::from_millis(1));
    assert_eq!(w.sip(), ["answer"]);
    let mut w = auto(486, 0);
    w.invite(1, None);
    assert_eq!(w.sip(), ["reject 486"]);
    assert_eq!(w.ringing, None);
    let mut w = auto(180, 0);
    w.invite(1, None);
    w.pass(Duration::from_secs(3600));
    assert!(w.sip().is_empty(), "180 rings for ever");
}

#[test]
fn figures_need_voice_at_either_end() {
    let mut w = World::headless();
    let called = w.invite(1, None);
    w.opened(w.last_leg());
    let token = w.ask(Command::StartCall {
        to: "sip:b@h".into(),
        account: None,
        headers: Vec::new(),
    });
    assert!(w.reply(token).unwrap().is_ok());
    let calling = CallId::outgoing(1);
    for (call, state) in [(called, "is ringing here"), (calling, "is calling")] {
        let token = w.ask(Command::Stats(call));
        let error = w.reply(token).unwrap().unwrap_err();
        assert_eq!(error.code(), 2);
        assert!(error.to_string().contains(state), "{error}");
    }
    w.agreed(called, false);
    w.state(calling, CallState::Confirmed);
    for call in [called, calling] {
        w.take();
        w.ask(Command::Stats(call));
        assert!(matches!(w.media()[..], [MediaCommand::Stats { .. }]), "{call}");
    }
}

#[test]
fn digits_and_figures_go_to_the_leg() {
    let mut w = World::headless();
    let call = w.talking(1);
    w.take();
    w.send(Command::Dtmf {
        call,
        digits: Digits("1#a".into()),
    });
    let leg = LegId(1);
    let digit = |digit| MediaCommand::Dtmf { leg, digit };
    assert_eq!(w.media(), [digit('1'), digit('#'), digit('A')]);
    let token = w.ask(Command::Stats(call));
    w.input(Input::Media(MediaInput::Stats {
        token,
        stats: Some(serde_json::json!({"codec": "opus"})),
    }));
    assert_eq!(w.reply(token).unwrap().unwrap()["codec"], "opus");
    w.input(Input::Media(MediaInput::Dtmf {
        leg,
        digit: '5',
        duration_ms: 100,
    }));
    assert!(
        w.notes()
            .iter()
            .any(|n| matches!(n, Notification::CallDtmf { digit, .. } if digit == "5"))
    );
}

#[test]
fn stopping_hangs_up_and_is_bounded_when_nobody_answers() {
    let mut w = World::headless();
    w.talking(1);
    w.send(start("sip:b@h"));
    w.take();
    w.input(Input::Stop);
    assert_eq!(w.sip(), ["stop"]);
    let refused = w.ask(start("sip:c@h"));
    assert_eq!(w.reply(refused).unwrap().unwrap_err().code(), 2);
    w.pass(Duration::from_secs(10));
    assert!(w.out.iter().any(|o| matches!(o, Output::Stopped)));
    let mut ended = w.ended.clone();
    ended.sort();
    assert_eq!(ended, ["in-1", "out-1"]);
    w.input(Input::Sip(sip::Event::Stopped));
    assert_eq!(w.out.iter().filter(|o| matches!(o, Output::Stopped)).count(), 1);
}

#[test]
fn header_fields_are_joined_by_name_and_credentials_stay_out() {
    let mut w = World::headless();
    w.invite(1, None);
    let headers = w.notes().iter().find_map(|n| match n {
        Notification::CallIncoming { headers, .. } => Some(headers.clone()),
        _ => None,
    });
    let headers = headers.unwrap();
    assert_eq!(headers["Via"], "a, b");
    assert!(!headers.contains_key("Authorization"));
}
