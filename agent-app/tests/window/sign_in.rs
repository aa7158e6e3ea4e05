//! The sign-in page.

use std::time::Instant;

use agent_core::{Command, Secret, SignInField, Theme, View};
use egui::{Key, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};

use crate::{fixtures, stage};

fn page(view: View) -> Harness<'static, stage::Stage> {
    stage::window(view, Instant::now())
}

fn type_password(window: &mut Harness<'static, stage::Stage>) {
    window.get_by_label("Password").type_text("sesame");
    window.run();
}

fn assert_signs_in(window: &Harness<'static, stage::Stage>) {
    match window.state().commands.as_slice() {
        [
            Command::SignIn {
                server,
                address,
                password,
            },
        ] => {
            assert_eq!(server, "http://127.0.0.1:8080");
            assert_eq!(address, "pat@demo.example");
            assert_eq!(password.0, "sesame");
        }
        other => panic!("not a sign-in: {other:?}"),
    }
}

#[test]
fn f_003_address_and_password_sign_in() {
    let mut window = page(fixtures::signed_out(Theme::Dark));
    type_password(&mut window);
    window.get_by_role_and_label(Role::Button, "Sign in").click();
    window.run();
    assert_signs_in(&window);
}

#[test]
fn f_003_enter_signs_in_from_the_field() {
    let mut window = page(fixtures::signed_out(Theme::Dark));
    type_password(&mut window);
    window.key_press(Key::Enter);
    window.run();
    assert_signs_in(&window);
}

#[test]
fn the_first_empty_field_has_the_keyboard() {
    let window = page(fixtures::signed_out(Theme::Dark));
    assert!(window.get_by_label("Password").is_focused());
    let window = page(View::default());
    assert!(window.get_by_label("Server address").is_focused());
}

#[test]
fn f_005_errors_are_on_the_page() {
    let mut view = fixtures::signed_out(Theme::Dark);
    view.sign_in.error = Some("Sign-in address or password is wrong".into());
    let window = page(view);
    assert!(
        window
            .query_all_by_label_contains("password is wrong")
            .next()
            .is_some()
    );
}

#[test]
fn what_is_missing_is_said_and_nothing_is_sent() {
    let mut window = page(fixtures::signed_out(Theme::Dark));
    window.get_by_role_and_label(Role::Button, "Sign in").click();
    window.run();
    assert!(window.state().commands.is_empty());
    assert!(
        window
            .query_all_by_label_contains("Enter your password")
            .next()
            .is_some()
    );
    assert!(window.get_by_label("Password").is_focused());
}

#[test]
fn while_signing_in_nothing_can_be_sent_twice() {
    let mut view = fixtures::signed_out(Theme::Dark);
    view.sign_in.busy = true;
    let mut window = page(view);
    let button = window.get_by_role_and_label(Role::Button, "Signing in…");
    assert!(button.accesskit_node().is_disabled());
    button.click();
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert!(window.state().commands.is_empty());
}

#[test]
fn the_password_is_forgotten_once_signed_in() {
    let mut window = page(fixtures::signed_out(Theme::Dark));
    type_password(&mut window);
    let now = window.state().now;
    window.state_mut().set_view(fixtures::ready(now, Theme::Dark));
    window.run();
    assert!(window.state().local.sign_in.password.is_empty());
    assert!(!format!("{:?}", window.state().local).contains("sesame"));
}

#[test]
fn a_password_given_from_the_start_stands_there_again_after_signing_out() {
    let mut window = page(fixtures::signed_out(Theme::Dark));
    let given = Secret("made up".to_owned());
    window.state_mut().local.sign_in.fill_password(given);
    let now = window.state().now;
    for view in [
        fixtures::ready(now, Theme::Dark),
        fixtures::signed_out(Theme::Dark),
    ] {
        window.state_mut().set_view(view);
        window.run();
        assert_eq!(window.state().local.sign_in.password, "made up");
    }
    assert!(!format!("{:?}", window.state().local).contains("made up"));
}

#[test]
fn f_007_what_is_typed_is_not_overwritten_by_a_later_prefill() {
    let mut window = page(View::default());
    window.get_by_label("Server address").type_text("http://mine:1");
    window.run();
    window.state_mut().set_view(fixtures::signed_out(Theme::Dark));
    window.run();
    assert_eq!(window.state().local.sign_in.server, "http://mine:1");
    assert_eq!(window.state().local.sign_in.address, "pat@demo.example");
}

/// A sign-in with this password that the contact centre refuses because of `wrong`.
fn refused(error: &str, wrong: SignInField) -> Harness<'static, stage::Stage> {
    let mut window = page(fixtures::signed_out(Theme::Dark));
    type_password(&mut window);
    window.key_press(Key::Enter);
    window.run();
    assert!(
        !window.get_by_label("Password").is_focused(),
        "Enter leaves the field"
    );
    // So quickly that no frame shows the attempt.
    let mut view = window.state().view.clone();
    view.sign_in.failures = 1;
    view.sign_in.error = Some(error.into());
    view.sign_in.wrong = Some(wrong);
    window.state_mut().set_view(view);
    window.run();
    window
}

#[test]
fn after_a_wrong_password_the_next_one_is_typed_in_its_place() {
    let mut window = refused("Sign-in address or password is wrong", SignInField::Password);
    assert!(window.get_by_label("Password").is_focused());
    window.event(egui::Event::Text("open".into()));
    window.run();
    let form = &window.state().local.sign_in;
    assert_eq!(form.password, "open", "the wrong one is selected and replaced");
    assert_eq!(form.address, "pat@demo.example");
}

#[test]
fn after_an_unreachable_server_its_address_is_typed_anew() {
    let mut window = refused("http://127.0.0.1:8080 cannot be reached", SignInField::Server);
    assert!(window.get_by_label("Server address").is_focused());
    window.event(egui::Event::Text("http://other:1".into()));
    window.run();
    let form = &window.state().local.sign_in;
    assert_eq!(form.server, "http://other:1");
    assert_eq!(form.password, "sesame");
}

#[test]
fn the_same_failure_twice_brings_the_keyboard_back_twice() {
    let mut window = refused("Sign-in address or password is wrong", SignInField::Password);
    let failed = window.state().view.clone();
    window.get_by_label("Sign-in address").focus();
    window.run();
    let mut again = failed.clone();
    again.sign_in.busy = true;
    window.state_mut().set_view(again.clone());
    window.run();
    again.sign_in.busy = false;
    again.sign_in.failures = 2;
    window.state_mut().set_view(again);
    window.run();
    assert!(window.get_by_label("Password").is_focused());
}
