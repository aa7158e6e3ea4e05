//! What is wrong is said once, with what to do about it.

use std::time::Instant;

use agent_core::{ConnectionView, Theme, View};
use contact_api::model::{Intent, Voice};
use egui::{
    Key, Modifiers,
    accesskit::{Live, Role},
};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};

use crate::{fixtures, house::window, stage};

const SILENT: &str = "contact centre cannot be reached: Connection refused";

fn lost(view: &mut View) {
    view.connection = ConnectionView::Limited {
        reason: format!("the {SILENT}"),
    };
    view.waiting.clear();
    view.connected.clear();
}

/// How many labels say this.
fn times(window: &Harness<'static, stage::Stage>, words: &str) -> usize {
    window
        .query_all_by_label_contains(words)
        .filter(|node| node.accesskit_node().role() == Role::Label)
        .count()
}

#[test]
fn a_lost_contact_centre_is_said_in_one_place_with_a_way_back() {
    let mut window = window(|view, _| lost(view));
    let sentence = format!("The {SILENT}. Ringside keeps trying");
    assert_eq!(times(&window, &sentence), 1);
    assert_eq!(
        times(&window, SILENT),
        2,
        "in the pane, and at the connection light"
    );
    assert_eq!(times(&window, "You are ready"), 0, "nobody knows");
    assert!(window.query_by_label("Pat Doe, Disconnected, menu").is_some());
    window.get_by_label("Try now").click();
    window.run();
    assert_eq!(window.state().said(), ["Reconnect"]);
}

#[test]
fn in_a_call_or_in_the_settings_a_banner_says_it() {
    let now = Instant::now();
    let mut view = fixtures::talking(now, Theme::Dark);
    lost(&mut view);
    let mut window = stage::window(view, now);
    let banner = "Limited: the contact centre cannot be reached: Connection refused";
    assert_eq!(times(&window, banner), 1);
    window.get_by_label("Try now").click();
    window.run();
    assert_eq!(window.state().said(), ["Reconnect"]);
    assert!(window.query_by_label_contains("Pat Doe, In a call").is_some());

    let mut settings = crate::house::window(|view, _| lost(view));
    settings.get_by_label("Settings").click();
    settings.run();
    assert_eq!(times(&settings, banner), 1);
}

#[test]
fn a_phone_that_is_not_registered_and_a_contact_centre_on_its_way_have_their_sentence() {
    let phoneless = window(|view, _| {
        view.connection = ConnectionView::Phoneless {
            reason: "The phone is not registered: 503 from 192.0.2.1".into(),
        };
    });
    assert_eq!(times(&phoneless, "Your phone is not connected"), 1);
    assert_eq!(
        times(&phoneless, "No phone: The phone"),
        0,
        "no banner above the pane"
    );

    let connecting = window(|view, _| {
        view.connection = ConnectionView::Connecting;
        view.agent.as_mut().unwrap().intent = Intent::NotReady;
        view.waiting.clear();
        view.connected.clear();
    });
    assert_eq!(times(&connecting, "Calls come to you as soon as"), 1);
    assert!(connecting.query_by_label("Pat Doe, Connecting, menu").is_some());
}

/// Set aside by the contact centre, after calls that went unanswered.
fn passed_over() -> Harness<'static, stage::Stage> {
    window(|view, _| {
        if let Some(agent) = &mut view.agent {
            agent.routable = false;
            agent.reason =
                Some("You did not answer 3 times in a row; choose Ready to be hunted again".into());
        }
    })
}

#[test]
fn an_agent_who_missed_calls_finds_ready_beside_the_reason() {
    let mut window = passed_over();
    assert_eq!(times(&window, "You did not answer 3 times"), 1);
    window.get_by_role_and_label(Role::Button, "Ready").click();
    window.run();
    assert_eq!(window.state().said(), ["Ready"]);
}

#[test]
fn the_readiness_shortcut_makes_an_agent_who_missed_calls_ready() {
    let mut window = passed_over();
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    window.run();
    assert_eq!(window.state().said(), ["Ready"]);
    window.get_by_label_contains("Pat Doe, Not hunted").click();
    window.run();
    let ready = window.get_by_role_and_label(Role::MenuItemRadio, "Ready");
    assert_eq!(
        ready.accesskit_node().toggled(),
        Some(egui::accesskit::Toggled::False)
    );
}

#[test]
fn nobody_is_taken_out_of_the_queue_while_a_call_rings_or_goes_on() {
    let now = Instant::now();
    let mut wrapup = fixtures::ready(now, Theme::Dark);
    wrapup.agent.as_mut().unwrap().voice = Voice::Wrapup;
    for (view, reason) in [
        (
            fixtures::ringing(now, Theme::Dark, 1),
            "A call rings: accept or ignore it first",
        ),
        (
            fixtures::talking(now, Theme::Dark),
            "You are in a call: finish it first",
        ),
        (wrapup, "You are in wrap-up"),
    ] {
        let mut window = stage::window(view, now);
        let take = window.get_by_label("Take Katherine Johnson");
        assert!(take.accesskit_node().is_disabled());
        assert_eq!(take.accesskit_node().description().as_deref(), Some(reason));
        take.click();
        window.run();
        assert!(window.state().commands.is_empty());
    }
}

#[test]
fn v_013_a_sound_problem_is_said_at_once_and_once() {
    let mut window = window(|view, _| view.audio.problem = Some("The microphone has been unplugged".into()));
    assert_eq!(times(&window, "microphone has been unplugged"), 1);
    window.get_by_label("Sound: needs attention").click();
    window.run();
    assert_eq!(times(&window, "microphone has been unplugged"), 1);
    window.key_press(Key::Escape);
    window.get_by_label("Settings").click();
    window.run();
    assert_eq!(times(&window, "microphone has been unplugged"), 1);
}

const FAILED: &str = "Error: The call could not be taken: it has just been answered by Dorothy Vaughan";

#[test]
fn toasts_are_alerts_and_close() {
    let mut window = window(|view, _| view.toasts = fixtures::toasts());
    let alert = window.get_by_role_and_label(Role::Alert, FAILED);
    assert_eq!(alert.accesskit_node().live(), Live::Assertive);
    let close = window.get_all_by_label("Close message").last().unwrap();
    close.click();
    window.run();
    assert_eq!(window.state().said(), ["DismissToast(3)"]);
}

#[test]
fn a_toast_waits_for_the_mouse_to_leave() {
    let mut window = window(|view, _| view.toasts = fixtures::toasts());
    let words = FAILED.trim_start_matches("Error: ");
    let at = window.get_by_label(words).rect().center();
    window.hover_at(at);
    window.run();
    let mut view = window.state().view.clone();
    view.toasts.clear();
    window.state_mut().set_view(view);
    window.run();
    assert!(window.query_by_label(FAILED).is_some(), "it is being read");
    window.hover_at(egui::pos2(500.0, 300.0));
    window.run();
    assert!(window.query_by_label(FAILED).is_none());
}
