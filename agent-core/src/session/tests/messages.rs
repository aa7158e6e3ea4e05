//! Short messages, and what is none of them.

use std::time::Duration;

use super::world::World;
use crate::{AudioState, Input, MediaInput, ToastKind};

#[test]
fn every_message_goes_by_itself_the_worse_the_later() {
    for (kind, seconds) in [
        (ToastKind::Info, 6),
        (ToastKind::Warning, 15),
        (ToastKind::Error, 30),
    ] {
        let mut w = World::window();
        let text = "Something has happened".to_owned();
        w.input(Input::Notice { kind, text });
        w.pass(Duration::from_millis(seconds * 1_000 - 1));
        assert_eq!(w.session.view().toasts.len(), 1, "{kind:?}");
        w.pass(Duration::from_millis(1));
        assert!(w.session.view().toasts.is_empty(), "{kind:?}");
    }
}

#[test]
fn a_sound_problem_is_a_state_and_no_message() {
    let mut w = World::window();
    let problem = Some("There is no microphone".to_owned());
    let input = MediaInput::Audio(AudioState {
        problem: problem.clone(),
        ..AudioState::default()
    });
    w.input(Input::Media(input));
    assert_eq!(w.session.view().audio.problem, problem);
    assert!(w.session.view().toasts.is_empty());
}
