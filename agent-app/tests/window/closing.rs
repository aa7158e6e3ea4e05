//! Closing the window: at once, unless somebody is on the line.

use std::time::Instant;

use agent_app::window::Closing;
use agent_core::{CallPhase, Theme, View};
use egui::{Key, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::{Harness, kittest::Queryable as _};

use crate::{fixtures, stage};

/// What the window answers when it is asked to close.
fn asked_to_close(window: &mut Harness<'static, stage::Stage>) -> Vec<ViewportCommand> {
    let root = window.input_mut().viewports.entry(ViewportId::ROOT).or_default();
    root.events.push(ViewportEvent::Close);
    window.step();
    let commands = commands(window);
    let root = window.input_mut().viewports.entry(ViewportId::ROOT).or_default();
    root.events.clear();
    window.run();
    commands
}

fn commands(window: &Harness<'static, stage::Stage>) -> Vec<ViewportCommand> {
    window.output().viewport_output[&ViewportId::ROOT]
        .commands
        .clone()
}

fn in_a_call() -> Harness<'static, stage::Stage> {
    let now = Instant::now();
    stage::window(fixtures::talking(now, Theme::Dark), now)
}

fn asks(window: &Harness<'static, stage::Stage>) -> bool {
    window.query_all_by_label(QUESTION).next().is_some()
}

const QUESTION: &str = "You are in a call with Ada Lovelace: hang up and quit?";

#[test]
fn without_a_call_the_window_closes_at_once() {
    let now = Instant::now();
    let mut ending = fixtures::talking(now, Theme::Dark);
    ending.calls[0].phase = CallPhase::Ending;
    for view in [
        View::default(),
        fixtures::ready(now, Theme::Dark),
        fixtures::ringing(now, Theme::Dark, 1),
        ending,
    ] {
        let mut window = stage::window(view, now);
        assert!(!asked_to_close(&mut window).contains(&ViewportCommand::CancelClose));
        assert_eq!(window.state().local.closing, Closing::No);
    }
}

#[test]
fn in_a_call_it_asks_and_stays() {
    let mut window = in_a_call();
    assert!(asked_to_close(&mut window).contains(&ViewportCommand::CancelClose));
    assert!(asks(&window));
    window.get_by_label("Stay in the call").click();
    window.run();
    assert!(!asks(&window));
    assert!(window.state().commands.is_empty());
    assert!(
        asked_to_close(&mut window).contains(&ViewportCommand::CancelClose),
        "and asks again"
    );
    window.key_press(Key::Escape);
    window.run();
    assert!(!asks(&window), "Escape is no");
}

#[test]
fn hang_up_and_quit_closes_it() {
    let mut window = in_a_call();
    asked_to_close(&mut window);
    window.get_by_label("Hang up and quit").click();
    window.step();
    let mut closed = commands(&window).contains(&ViewportCommand::Close);
    window.step();
    closed |= commands(&window).contains(&ViewportCommand::Close);
    assert!(closed);
    assert!(!asked_to_close(&mut window).contains(&ViewportCommand::CancelClose));
}

#[test]
fn a_call_that_ends_meanwhile_takes_the_question_away() {
    let mut window = in_a_call();
    asked_to_close(&mut window);
    let now = window.state().now;
    window.state_mut().set_view(fixtures::ready(now, Theme::Dark));
    window.run();
    assert!(!asks(&window));
    assert_eq!(window.state().local.closing, Closing::No);
}
