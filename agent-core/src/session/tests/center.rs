//! Sign-in, sign-out, takeover, the end.

use std::time::Duration;

use contact_api::{event::Event, frame::Op};
use serde_json::json;
use sip_core::agent::{self as sip, RegistrationState};

use super::world::{World, in_a_conversation, me, sign_in_command, standings, station};
use crate::{
    CenterCommand, CenterInput, Command, CommandError, ConnectionView, Input, LinkFault, Output, SignInField,
};

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
