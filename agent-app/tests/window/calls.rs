//! The call controls and what the pane says about the call.

use std::time::{Duration, Instant};

use agent_core::{CallPhase, Command, Theme};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use agent_app::window::Room;

use crate::{fixtures, stage};

fn in_a_call() -> egui_kittest::Harness<'static, stage::Stage> {
    let now = Instant::now();
    stage::window(fixtures::talking(now, Theme::Dark), now)
}

#[test]
fn f_050_hold_and_resume_toggle_on_one_button() {
    let mut window = in_a_call();
    window.get_by_label("Hold").click();
    window.run();
    assert_eq!(window.state().said(), ["Hold(CallId(9223372036854775815))"]);

    let now = window.state().now;
    let mut view = window.state().view.clone();
    view.calls[0].held = Some(fixtures::since(now, 0));
    window.state_mut().set_view(view);
    window.run();
    assert!(
        window.query_by_label("Hold").is_none(),
        "the button has become Resume"
    );
    window.get_by_label("Resume").click();
    window.run();
    assert!(window.state().said()[1].starts_with("Resume("));
}

#[test]
fn f_053_mute_and_unmute_toggle_and_the_word_is_there() {
    let mut window = in_a_call();
    assert!(window.query_by_label("Your microphone is muted").is_none());
    window.get_by_label("Mute microphone").click();
    window.run();
    assert!(window.state().said()[0].starts_with("Mute("));

    let mut view = window.state().view.clone();
    view.calls[0].muted = true;
    window.state_mut().set_view(view);
    window.run();
    assert!(window.query_by_label("Your microphone is muted").is_some());
    window.get_by_label("Unmute microphone").click();
    window.run();
    assert!(window.state().said()[1].starts_with("Unmute("));
}

#[test]
fn f_051_hang_up_ends_the_open_conversation() {
    let mut window = in_a_call();
    window.get_by_label("Hang up").click();
    window.run();
    assert!(window.state().said()[0].starts_with("Hangup("));
}

#[test]
fn f_055_a_hold_ages_in_words() {
    for (seconds, words) in [
        (5, "On hold, 5 seconds"),
        (60, "On hold for a while, 1 minute"),
        (120, "On hold too long, 2 minutes"),
    ] {
        let now = Instant::now();
        let mut view = fixtures::talking(now, Theme::Dark);
        view.calls[0].held = Some(fixtures::since(now, seconds));
        let window = stage::window(view, now);
        assert!(window.query_by_label(words).is_some(), "{words}");
    }
}

#[test]
fn a_held_caller_and_trouble_are_said_in_sentences() {
    let now = Instant::now();
    let mut view = fixtures::talking(now, Theme::Dark);
    view.calls[0].remote_held = true;
    view.calls[0].trouble = Some("Nothing is heard from the other side for 4 s".into());
    let window = stage::window(view.clone(), now);
    assert!(
        window
            .query_by_label_contains("Ada Lovelace has put you on hold")
            .is_some()
    );
    let trouble = |window: &egui_kittest::Harness<'static, stage::Stage>| {
        window
            .query_all_by_label_contains("Nothing is heard")
            .next()
            .is_some()
    };
    assert!(!trouble(&window), "silence is no trouble on hold");
    view.calls[0].remote_held = false;
    assert!(trouble(&stage::window(view, now)));
}

#[test]
fn a_call_that_still_rings_offers_only_hang_up() {
    let now = Instant::now();
    let mut view = fixtures::talking(now, Theme::Dark);
    view.calls[0].phase = CallPhase::Ringing;
    let window = stage::window(view, now);
    assert!(window.query_by_label("Hold").is_none());
    assert!(window.query_by_label("Mute microphone").is_none());
    assert!(window.query_by_label("Hang up").is_some());
}

#[test]
fn v_006_the_keypad_sends_digits_by_click_and_by_key() {
    let mut window = in_a_call();
    window.get_by_label("Keypad").click();
    window.run();
    window.get_by_label("Key 5").click();
    window.run();
    window.get_by_label("Key Hash").click();
    window.run();
    window.event(egui::Event::Text("9".into()));
    window.run();
    let commands = &window.state().commands;
    let digits = |command: &Command| match command {
        Command::Dtmf { digits, .. } => Some(digits.0.clone()),
        _ => None,
    };
    let sent: Vec<String> = commands.iter().filter_map(digits).collect();
    assert_eq!(sent, ["5", "#", "9"]);
}

#[test]
fn d_004_shortcuts_do_what_the_buttons_do() {
    let keys = Modifiers::COMMAND | Modifiers::SHIFT;
    for (key, says) in [
        (Key::H, "Hold("),
        (Key::M, "Mute("),
        (Key::E, "Hangup("),
        (Key::S, "NotReady"),
        (Key::Q, "TakeFromQueue(\"conversation-+44 20 7946 0123\")"),
    ] {
        let mut window = in_a_call();
        window.key_press_modifiers(keys, key);
        window.run();
        let said = window.state().said();
        assert!(said.len() == 1 && said[0].starts_with(says), "{key:?}: {said:?}");
    }
}

#[test]
fn several_calls_are_chosen_in_the_list() {
    let now = Instant::now();
    let mut view = fixtures::talking(now, Theme::Dark);
    let mut second = fixtures::call(now);
    second.call = sip_core::agent::CallId::outgoing(2);
    second.peer = "Grace Hopper".into();
    view.calls[0].held = Some(fixtures::since(now, 3));
    view.calls.push(second);
    let mut window = stage::window(view, now);
    assert!(window.query_by_label("Mute microphone").is_some());
    // The one that talks is open by itself; the held one is a click away.
    assert!(window.query_by_label("Hold").is_some());
    window.get_by_label_contains("Ada Lovelace, On hold").click();
    window.run();
    assert!(window.query_by_label("Resume").is_some());
}

#[test]
fn running_times_follow_the_clock() {
    let mut window = in_a_call();
    assert!(window.query_by_label("Connected, 2 minutes 14 seconds").is_some());
    window.state_mut().now += Duration::from_secs(46);
    window.run();
    assert!(window.query_by_label("Connected, 3 minutes").is_some());
}

#[test]
fn a_new_call_brings_its_conversation_up_and_settings_can_be_opened_in_it() {
    let now = Instant::now();
    let mut window = stage::window(fixtures::ready(now, Theme::Dark), now);
    window.state_mut().local.room = Room::Settings;
    window.state_mut().set_view(fixtures::talking(now, Theme::Dark));
    window.run();
    window.get_by_label("Hold");
    window.state_mut().local.room = Room::Settings;
    window.state_mut().set_view(fixtures::talking(now, Theme::Dark));
    window.run();
    assert!(window.query_by_label("Hold").is_none());
}
