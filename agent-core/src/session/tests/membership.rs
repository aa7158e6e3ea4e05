//! UCC membership and the last agent of a skill.

use contact_api::{event::Event, frame::Op, model::Membership};
use serde_json::json;

use super::world::World;
use crate::{Command, CommandError, ToastKind};

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
