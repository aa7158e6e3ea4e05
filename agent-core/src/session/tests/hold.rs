//! Hold, resume, mute, and who has the microphone.

use sip_core::agent::CallState;

use super::world::World;
use crate::{Command, CommandError, LegId, MediaCommand, Notification};

fn connects(world: &World) -> Vec<(u64, bool)> {
    world
        .media()
        .iter()
        .filter_map(|m| match m {
            MediaCommand::Connect { leg, connected } => Some((leg.0, *connected)),
            _ => None,
        })
        .collect()
}

#[test]
fn f_050_hold_silences_at_once_and_is_answered_when_the_peer_agrees() {
    let mut w = World::window();
    let call = w.talking(1);
    w.take();
    let hold = w.ask(Command::Hold(call));
    assert_eq!(
        connects(&w),
        [(1, false)],
        "nothing is said or heard while the peer decides"
    );
    assert_eq!(w.sip(), ["hold"]);
    assert!(w.reply(hold).is_none());
    assert!(
        w.session.view().calls[0].held.is_some(),
        "the button turns yellow at once"
    );
    w.agreed(call, true);
    assert!(w.reply(hold).unwrap().is_ok());
    assert!(
        w.notes()
            .iter()
            .any(|n| matches!(n, Notification::CallMedia { local_hold: true, .. }))
    );
    w.take();
    let resume = w.ask(Command::Resume(call));
    w.agreed(call, false);
    assert!(w.reply(resume).unwrap().is_ok());
    assert_eq!(connects(&w), [(1, true)]);
    assert!(w.session.view().calls[0].held.is_none());
}

#[test]
fn f_050_a_refused_hold_gives_the_call_back_and_says_why() {
    let mut w = World::window();
    let call = w.talking(1);
    w.take();
    let hold = w.ask(Command::Hold(call));
    w.refused(call);
    assert!(matches!(
        w.reply(hold),
        Some(Err(CommandError::Refused { status: 488, .. }))
    ));
    assert_eq!(connects(&w), [(1, false), (1, true)]);
    assert!(w.session.view().calls[0].held.is_none());
}

#[test]
fn hold_and_resume_pressed_quickly_end_as_the_last_one_says() {
    let mut w = World::window();
    let call = w.talking(1);
    w.take();
    let hold = w.ask(Command::Hold(call));
    let resume = w.ask(Command::Resume(call));
    assert!(matches!(w.reply(hold), Some(Err(CommandError::WrongState(_)))));
    w.agreed(call, true);
    assert!(w.reply(resume).is_none());
    w.agreed(call, false);
    assert!(w.reply(resume).unwrap().is_ok());
    assert!(w.session.calls[0].connected);
    let again = w.ask(Command::Resume(call));
    assert!(
        w.reply(again).unwrap().is_ok(),
        "resuming what is not held changes nothing"
    );
    assert_eq!(w.sip(), ["hold", "resume"]);
}

#[test]
fn f_055_answering_a_second_call_holds_the_first_in_the_window() {
    let mut w = World::window();
    let first = w.talking(1);
    w.take();
    let second = w.talking(2);
    assert_eq!(w.sip(), ["answer", "hold"]);
    w.agreed(first, true);
    assert_eq!(connects(&w), [(1, false), (2, true)]);
    w.take();
    w.send(Command::Resume(first));
    w.agreed(first, false);
    assert_eq!(w.sip(), ["hold", "resume"]);
    w.agreed(second, true);
    assert_eq!(connects(&w).last(), Some(&(1, true)));
    w.take();
    w.send(Command::StartCall {
        to: "sip:c@h".into(),
        account: None,
        headers: vec![],
    });
    assert_eq!(w.sip(), ["hold"], "starting a call holds too");
}

#[test]
fn headless_calls_stay_active_side_by_side_and_the_newest_has_the_microphone() {
    let mut w = World::headless();
    w.talking(1);
    let second = w.talking(2);
    assert!(!w.sip().contains(&"hold".to_owned()));
    assert_eq!(connects(&w), [(1, true), (1, false), (2, true)]);
    w.over(second);
    assert_eq!(connects(&w).last(), Some(&(1, true)));
}

#[test]
fn f_053_mute_goes_to_the_leg_and_survives_hold() {
    let mut w = World::window();
    let call = w.talking(1);
    w.take();
    w.send(Command::Mute(call));
    w.send(Command::Mute(call));
    w.send(Command::Hold(call));
    w.agreed(call, true);
    w.send(Command::Resume(call));
    w.agreed(call, false);
    let mutes: Vec<_> = w
        .media()
        .into_iter()
        .filter(|m| matches!(m, MediaCommand::Mute { .. }))
        .collect();
    assert_eq!(
        mutes,
        [MediaCommand::Mute {
            leg: LegId(1),
            muted: true
        }]
    );
    assert!(w.session.view().calls[0].muted);
}

#[test]
fn who_rings_with_early_media_is_heard_unless_somebody_is_talking() {
    let mut w = World::headless();
    let early = |w: &mut World, n| {
        let call = w.invite(n, None);
        w.opened(w.last_leg());
        assert_eq!(connects(w), [], "who only rings is not heard");
        let (status, early_media) = (183, true);
        w.send(Command::Ring {
            call,
            status,
            early_media,
        });
        w.agreed(call, false);
        call
    };
    let call = early(&mut w, 1);
    assert_eq!(connects(&w), [(1, true)]);
    w.take();
    w.over(call);
    w.talking(2);
    w.take();
    early(&mut w, 3);
    assert_eq!(connects(&w), []);
}

#[test]
fn early_media_is_heard_and_a_reinvite_is_answered_by_the_next_agreement() {
    let mut w = World::headless();
    w.send(Command::StartCall {
        to: "sip:c@h".into(),
        account: None,
        headers: vec![],
    });
    w.opened(w.last_leg());
    let call = sip_core::agent::CallId::outgoing(1);
    w.state(call, CallState::Early);
    w.agreed(call, false);
    assert_eq!(connects(&w), [(1, true)]);
    w.state(call, CallState::Confirmed);
    let token = w.ask(Command::Reinvite(call));
    assert!(w.reply(token).is_none());
    w.agreed(call, false);
    assert!(w.reply(token).unwrap().is_ok());
}
