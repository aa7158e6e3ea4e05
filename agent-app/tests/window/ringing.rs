//! Incoming calls inside the window; the pop-up of its own draws the same card.

use std::time::{Duration, Instant};

use agent_core::Theme;
use egui::{
    Key, Modifiers,
    accesskit::{Live, Role},
};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};

use crate::{fixtures, stage};

fn ringing(offers: usize) -> Harness<'static, stage::Stage> {
    let now = Instant::now();
    stage::window(fixtures::ringing(now, Theme::Dark, offers), now)
}

#[test]
fn f_031_accept_takes_the_offer() {
    let mut window = ringing(1);
    window.get_by_role_and_label(Role::Button, "Accept").click();
    window.run();
    assert_eq!(window.state().said(), ["AcceptOffer(\"offer-0\")"]);
}

#[test]
fn f_032_ignore_leaves_it_to_the_queue() {
    let mut window = ringing(1);
    window.get_by_role_and_label(Role::Button, "Ignore").click();
    window.run();
    assert_eq!(window.state().said(), ["IgnoreOffer(\"offer-0\")"]);
}

#[test]
fn f_034_a_direct_call_is_answered_or_told_busy() {
    let now = Instant::now();
    let mut view = fixtures::ringing(now, Theme::Dark, 1);
    view.offers[0].offer = None;
    view.offers[0].source = "Direct call".into();
    view.offers[0].deadline = None;
    let mut window = stage::window(view, now);
    window.get_by_role_and_label(Role::Button, "Accept").click();
    window.run();
    window.get_by_role_and_label(Role::Button, "Ignore").click();
    window.run();
    let said = window.state().said();
    assert!(said[0].starts_with("Answer("), "{said:?}");
    assert!(said[1].contains("status: 486"), "{said:?}");
}

#[test]
fn f_033_it_says_who_calls_and_from_where() {
    let window = ringing(1);
    assert!(
        window
            .query_by_label("Sales · Demo contact centre, waiting 31 seconds, long")
            .is_some()
    );
    assert!(
        window
            .query_by_label("Incoming call: Katherine Johnson, Sales · Demo contact centre")
            .is_some()
    );
    assert!(window.query_by_label("+44 20 7946 0077").is_some());
}

#[test]
fn d_005_the_ring_is_an_assertive_live_region_in_an_alert_dialog() {
    let window = ringing(1);
    let name = window.get_by_label_contains("Incoming call: Katherine Johnson");
    assert_eq!(name.accesskit_node().live(), Live::Assertive);
    assert!(
        window
            .query_by_role_and_label(Role::AlertDialog, "Incoming call")
            .is_some()
    );
}

#[test]
fn d_005_a_pop_up_elsewhere_is_still_announced_here() {
    let mut window = ringing(1);
    window.state_mut().local.ring_inside = false;
    window.run();
    assert!(
        window.query_by_role_and_label(Role::Button, "Accept").is_none(),
        "no card inside"
    );
    let name = window.get_by_label_contains("Incoming call: Katherine Johnson");
    assert_eq!(name.accesskit_node().live(), Live::Assertive);
}

#[test]
fn a_second_offer_stacks_below_and_moves_no_button() {
    let mut window = ringing(1);
    let place =
        |window: &Harness<'_, stage::Stage>, label| window.get_by_role_and_label(Role::Button, label).rect();
    let before = (place(&window, "Accept"), place(&window, "Ignore"));
    let now = window.state().now;
    window
        .state_mut()
        .set_view(fixtures::ringing(now, Theme::Dark, 2));
    window.run();
    assert_eq!(before, (place(&window, "Accept"), place(&window, "Ignore")));
    let second = place(&window, "Accept Margaret Hamilton");
    assert!(second.top() > before.0.bottom(), "the second offer is below");
    window.get_by_label("Ignore Margaret Hamilton").click();
    window.run();
    assert_eq!(window.state().said(), ["IgnoreOffer(\"offer-1\")"]);
}

#[test]
fn a_click_or_key_right_after_it_appears_was_meant_for_something_else() {
    let now = Instant::now();
    let mut window = stage::window(fixtures::ready(now, Theme::Dark), now);
    window
        .state_mut()
        .set_view(fixtures::ringing(now, Theme::Dark, 1));
    window.run();
    window.get_by_role_and_label(Role::Button, "Accept").click();
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::A);
    window.run();
    assert!(window.state().commands.is_empty(), "{:?}", window.state().said());

    window.state_mut().now += Duration::from_millis(400);
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::A);
    window.run();
    assert_eq!(window.state().said(), ["AcceptOffer(\"offer-0\")"]);
}

#[test]
fn when_the_first_offer_goes_the_next_one_is_guarded_again() {
    let mut window = ringing(2);
    let mut view = window.state().view.clone();
    view.offers.remove(0);
    window.state_mut().set_view(view);
    window.run();
    window.get_by_role_and_label(Role::Button, "Accept").click();
    window.run();
    assert!(
        window.state().commands.is_empty(),
        "the button under the pointer is another call's now"
    );
}

#[test]
fn accept_waits_for_the_call_itself() {
    let now = Instant::now();
    let mut view = fixtures::ringing(now, Theme::Dark, 1);
    view.offers[0].call = None;
    let mut window = stage::window(view, now);
    let accept = window.get_by_role_and_label(Role::Button, "Accept");
    assert!(accept.accesskit_node().is_disabled());
    accept.click();
    window.run();
    assert!(window.state().commands.is_empty());
}

#[test]
fn the_ring_takes_no_focus_and_answers_no_space_bar() {
    let mut window = ringing(1);
    window.key_press(Key::Space);
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert!(window.state().commands.is_empty(), "{:?}", window.state().said());
}
