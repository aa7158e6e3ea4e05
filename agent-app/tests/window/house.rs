//! The queue, MePerson, settings, states of every pane, keyboard and rest.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use agent_core::{ConfirmView, Theme, Toast, ToastKind, View};
use contact_api::model::{Intent, Membership};
use egui::{
    Key, Modifiers,
    accesskit::{Live, Role},
};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _, by},
};

use crate::{fixtures, stage};

pub(crate) fn window(change: impl FnOnce(&mut View, Instant)) -> Harness<'static, stage::Stage> {
    let now = Instant::now();
    let mut view = fixtures::ready(now, Theme::Dark);
    change(&mut view, now);
    stage::window(view, now)
}

#[test]
fn f_202_take_is_on_the_row() {
    let mut window = window(|_, _| {});
    window.get_by_label("Take Katherine Johnson").click();
    window.run();
    assert_eq!(
        window.state().said(),
        ["TakeFromQueue(\"conversation-Katherine Johnson\")"]
    );
}

#[test]
fn f_201_a_row_says_who_for_what_and_how_long() {
    let window = window(|_, _| {});
    assert!(
        window
            .query_by_label("+44 20 7946 0123, Support · Demo, waiting 1 minute 52 seconds, too long")
            .is_some()
    );
    assert!(
        window
            .query_by_label("Katherine Johnson, Sales · Demo, waiting 31 seconds, long")
            .is_some()
    );
    assert!(
        window
            .query_by_label("Margaret Hamilton, Sales · Demo, waiting 12 seconds")
            .is_some()
    );
    assert!(
        window
            .query_by_label_contains("Dorothy Vaughan · Support, connected for 4 minutes")
            .is_some()
    );
}

#[test]
fn the_search_filters_all_sections_and_escape_empties_it() {
    let mut window = window(|_, _| {});
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run();
    assert!(window.get_by_label("Search").is_focused());
    window.get_by_label("Search").type_text("kath");
    window.run();
    assert_eq!(window.query_all(by().role(Role::ListItem)).count(), 1);
    assert!(window.query_all_by_label("Nothing found").count() > 0);
    window.key_press(Key::Escape);
    window.run();
    assert_eq!(window.query_all(by().role(Role::ListItem)).count(), 5);
}

#[test]
fn a_long_queue_draws_only_what_is_visible() {
    let window = window(|view, now| {
        view.waiting = (0..10_000)
            .map(|n| fixtures::row(now, &format!("Caller {n}"), "Sales", n, None))
            .collect();
    });
    let rows = window.query_all(by().role(Role::ListItem)).count();
    assert!((8..=16).contains(&rows), "{rows} rows");
    let row = window.get_by_label_contains("Caller 9999,");
    assert_eq!(row.accesskit_node().size_of_set(), Some(10_000));
}

#[test]
fn f_240_the_theme_is_chosen_in_settings() {
    let mut window = window(|_, _| {});
    window.get_by_label("Settings").click();
    window.run();
    window.get_by_role_and_label(Role::RadioButton, "Light").click();
    window.run();
    assert_eq!(window.state().said(), ["SetTheme(Light)"]);
}

#[test]
fn d_004_the_shortcut_card_has_a_line_for_each_key() {
    let card = agent_app::window::screens::settings::shortcut_card();
    let keys: BTreeSet<&str> = card.iter().map(|(_, keys)| *keys).collect();
    assert_eq!(keys.len(), card.len());
    assert!(card.contains(&("Hold / resume".into(), "Ctrl+Shift+H")));
}

#[test]
fn f_010_me_menu_has_state_profile_settings_and_sign_out() {
    let mut window = window(|_, _| {});
    window
        .get_by_label_contains("Pat Doe, Ready for 12 minutes")
        .click();
    window.run();
    window.get_by_label("Not ready").click();
    window.run();
    assert_eq!(window.state().said(), ["NotReady { reason: None }"]);
    window.get_by_label_contains("Pat Doe, Ready").click();
    window.run();
    window.get_by_label("Sign out").click();
    window.run();
    assert_eq!(window.state().said()[1], "SignOut { force: false }");
}

#[test]
fn f_012_f_013_f_014_profile_signs_in_and_out_and_leaves_informal_alone() {
    let mut window = window(|_, _| {});
    window.get_by_label_contains("Pat Doe, Ready").click();
    window.run();
    window.get_by_label("Manage profile…").click();
    window.run();
    window
        .get_by_role_and_label(Role::Switch, "Demo contact centre: sign out")
        .click();
    window.run();
    window
        .get_by_role_and_label(Role::Switch, "Night service: sign in")
        .click();
    window.run();
    let said = window.state().said();
    assert_eq!(
        said,
        [
            "UccSignOut { ucc: \"demo\", force: false }",
            "UccSignIn(\"night\")"
        ]
    );
    assert!(
        window
            .query_by_label("Board line: informal, always a member")
            .is_some()
    );
    assert_eq!(window.query_all(by().role(Role::Switch)).count(), 2);
    window.key_press(Key::Escape);
    window.run();
    assert!(
        window.query_by_role(Role::Switch).is_none(),
        "Escape closes the dialog"
    );
}

fn asked(ucc: Option<&str>) -> Harness<'static, stage::Stage> {
    window(|view, _| {
        view.confirm = Some(ConfirmView {
            text: "You are the last agent in skill Sales. Sign out?".into(),
            ucc: ucc.map(str::to_owned),
        });
    })
}

#[test]
fn f_016_the_last_agent_is_asked_yes_or_no() {
    let mut window = asked(Some("demo"));
    assert!(
        window
            .query_by_role_and_label(
                Role::AlertDialog,
                "You are the last agent in skill Sales. Sign out?"
            )
            .is_some()
    );
    assert!(window.get_by_label("No, stay signed in").is_focused());
    window.get_by_label("Yes, sign out").click();
    window.run();
    assert_eq!(
        window.state().said(),
        ["UccSignOut { ucc: \"demo\", force: true }"]
    );

    let mut everywhere = asked(None);
    everywhere.get_by_label("Yes, sign out").click();
    everywhere.run();
    assert_eq!(everywhere.state().said(), ["SignOut { force: true }"]);

    let mut no = asked(Some("demo"));
    no.get_by_label("No, stay signed in").click();
    no.run();
    assert_eq!(no.state().said(), ["DismissConfirm"]);

    let mut escape = asked(Some("demo"));
    escape.key_press(Key::Escape);
    escape.run();
    assert_eq!(escape.state().said(), ["DismissConfirm"]);
}

#[test]
fn f_017_f_018_a_warning_is_a_polite_toast_and_a_refusal_an_assertive_one() {
    for (kind, word, text, live) in [
        (
            ToastKind::Warning,
            "Warning",
            "You were the last agent in skill Sales: nobody is left to answer",
            Live::Polite,
        ),
        (
            ToastKind::Error,
            "Error",
            "You are the last agent in skill Sales and cannot sign out",
            Live::Assertive,
        ),
    ] {
        let window = window(|view, _| {
            view.toasts = vec![Toast {
                id: 1,
                kind,
                text: text.into(),
            }];
        });
        let said = format!("{word}: {text}");
        let alert = window.get_by_role_and_label(Role::Alert, &said);
        assert_eq!(alert.accesskit_node().live(), live);
        assert!(
            window.query_by_role(Role::AlertDialog).is_none(),
            "it blocks nothing"
        );
    }
}

#[test]
fn an_empty_conversation_pane_says_why_and_what_to_do() {
    let mut not_ready = window(|view, _| view.agent.as_mut().unwrap().intent = Intent::NotReady);
    assert!(
        not_ready
            .query_by_label_contains("calls go to your colleagues")
            .is_some()
    );
    not_ready.get_by_role_and_label(Role::Button, "Ready").click();
    not_ready.run();
    assert_eq!(not_ready.state().said(), ["Ready"]);

    let mut out = window(|view, _| {
        let agent = view.agent.as_mut().unwrap();
        agent
            .uccs
            .iter_mut()
            .for_each(|ucc| ucc.state = Membership::SignedOut);
    });
    out.get_by_label("Manage profile…").click();
    out.run();
    assert!(
        out.query_by_role_and_label(Role::Switch, "Demo contact centre: sign in")
            .is_some()
    );

    let mut waiting = window(|_, _| {});
    waiting.get_by_label("Take longest waiting").click();
    waiting.run();
    assert_eq!(
        waiting.state().said(),
        ["TakeFromQueue(\"conversation-+44 20 7946 0123\")"]
    );

    let idle = window(|view, _| view.waiting.clear());
    assert!(idle.query_by_label_contains("the next call rings here").is_some());
    assert!(idle.query_by_label("Nobody is waiting").is_some());
}

/// Everything that can be acted on, by name.
fn controls(window: &Harness<'static, stage::Stage>) -> BTreeSet<String> {
    window
        .query_all(by().predicate(|node| egui::accessibility::is_input(node.role()) && !node.is_disabled()))
        .filter_map(|node| node.accesskit_node().label())
        .collect()
}

#[test]
fn d_005_tab_reaches_every_control() {
    let now = Instant::now();
    let mut window = stage::window(fixtures::talking(now, Theme::Dark), now);
    let all = controls(&window);
    assert!(all.len() >= 12, "{all:?}");
    let mut reached = BTreeSet::new();
    for _ in 0..(all.len() * 2) {
        window.key_press(Key::Tab);
        window.run();
        let focused = window
            .query_all(by().predicate(|node| node.is_focused()))
            .filter_map(|node| node.accesskit_node().label())
            .collect::<Vec<_>>();
        reached.extend(focused);
    }
    let missed: Vec<&String> = all.difference(&reached).collect();
    assert!(missed.is_empty(), "Tab misses {missed:?}");
}

#[test]
fn at_rest_nothing_is_drawn() {
    let now = Instant::now();
    for view in [
        fixtures::signed_out(Theme::Dark),
        fixtures::talking(now, Theme::Dark),
        fixtures::ringing(now, Theme::Light, 2),
    ] {
        let mut window = stage::window(view, now);
        window.step();
        let delay = window.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
        assert!(
            delay >= Duration::from_secs(1),
            "asks for a frame in {delay:?}: {:?}",
            window.ctx.repaint_causes()
        );
    }
}
