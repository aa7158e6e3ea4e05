//! Pictures. Look at each before blessing it with `UPDATE_SNAPSHOTS=1`.

use std::time::Instant;

use agent_app::window::{
    Closing, Room,
    screens::{conversation, ring},
};
use agent_core::{CallPhase, ConfirmView, ConnectionView, SignInField, Theme};
use contact_api::model::Voice;
use egui_kittest::{Harness, SnapshotResults, kittest::Queryable as _};

use crate::{fixtures, stage};

const WHOLE: [f32; 2] = [1180.0, 760.0];
const SMALLEST: [f32; 2] = [720.0, 480.0];
const BOTH: [Theme; 2] = [Theme::Dark, Theme::Light];

fn word(theme: Theme) -> &'static str {
    match theme {
        Theme::Dark => "dark",
        Theme::Light => "light",
    }
}

/// Takes the pictures of one test, all of them even when the first differs.
#[derive(Default)]
struct Album(SnapshotResults);

impl Album {
    fn add(&mut self, mut harness: Harness<'static, stage::Stage>, name: &str) {
        harness.snapshot(name);
        self.0.extend_harness(&mut harness);
    }
}

#[test]
fn whole_window_in_both_themes() {
    let now = Instant::now();
    let mut album = Album::default();
    for theme in BOTH {
        album.add(
            stage::sized(fixtures::talking(now, theme), now, WHOLE),
            &format!("main_{}", word(theme)),
        );
    }
}

#[test]
fn sign_in_page() {
    let now = Instant::now();
    let size = [480.0, 520.0];
    let mut failed = fixtures::signed_out(Theme::Dark);
    failed.sign_in.error = Some("Sign-in address or password is wrong".into());
    failed.sign_in.wrong = Some(SignInField::Password);
    let mut busy = fixtures::signed_out(Theme::Dark);
    busy.sign_in.busy = true;
    let mut album = Album::default();
    album.add(
        stage::sized(fixtures::signed_out(Theme::Light), now, size),
        "sign_in",
    );
    album.add(stage::sized(failed, now, size), "sign_in_error");
    album.add(stage::sized(busy, now, size), "sign_in_busy");
}

#[test]
fn incoming_call() {
    let now = Instant::now();
    let mut album = Album::default();
    for theme in BOTH {
        let view = fixtures::ringing(now, theme, 2);
        let size = [380.0, ring::window_height(2)];
        let card = stage::component(view, now, size, |ui, scene, local, out| {
            ring::show(ui, ui.max_rect(), scene, local.guard.is_open(), out);
        });
        album.add(card, &format!("ring_{}", word(theme)));
    }
    album.add(
        stage::sized(fixtures::ringing(now, Theme::Dark, 1), now, SMALLEST),
        "ring_inside",
    );
}

#[test]
fn a_call_in_trouble() {
    let now = Instant::now();
    let mut album = Album::default();
    for theme in BOTH {
        let mut view = fixtures::talking(now, theme);
        let call = &mut view.calls[0];
        if theme == Theme::Dark {
            call.held = Some(fixtures::since(now, 75));
            call.remote_held = true;
        }
        call.muted = true;
        call.trouble = Some("Nothing has been heard from the other side for 4 s".into());
        let mut pane = stage::component(view, now, [740.0, 470.0], conversation::show);
        pane.state_mut().local.keypad = theme == Theme::Light;
        pane.run();
        album.add(pane, &format!("call_{}", word(theme)));
    }
}

#[test]
fn the_smallest_window() {
    let now = Instant::now();
    let mut view = fixtures::talking(now, Theme::Dark);
    view.calls[0].peer = "Wolfeschlegelsteinhausenbergerdorff & Daughters Ltd".into();
    view.waiting[1].caller = "A caller with a name that does not fit".into();
    let mut ringing = fixtures::talking(now, Theme::Light);
    ringing.calls[0].phase = CallPhase::Ringing;
    let mut album = Album::default();
    album.add(stage::sized(view, now, SMALLEST), "smallest");
    album.add(stage::sized(ringing, now, SMALLEST), "smallest_calling");
}

#[test]
fn states_of_the_panes() {
    let now = Instant::now();
    let mut limited = fixtures::ready(now, Theme::Dark);
    limited.connection = ConnectionView::Limited {
        reason: "the contact centre cannot be reached: Connection refused".into(),
    };
    limited.audio.problem = Some("The microphone has been unplugged; plug in a headset".into());
    limited.waiting.clear();
    limited.connected.clear();
    limited.toasts = fixtures::toasts();
    let mut album = Album::default();
    album.add(stage::sized(limited, now, [980.0, 600.0]), "limited");
    let mut wrapup = fixtures::ready(now, Theme::Light);
    if let Some(agent) = &mut wrapup.agent {
        agent.voice = Voice::Wrapup;
        agent.routable = false;
        agent.since = fixtures::since(now, 7);
    }
    album.add(stage::sized(wrapup, now, [900.0, 560.0]), "wrap_up");
    let mut missed = fixtures::ready(now, Theme::Light);
    if let Some(agent) = &mut missed.agent {
        agent.routable = false;
        agent.reason = Some("You did not answer 3 times in a row; choose Ready to be hunted again".into());
    }
    album.add(stage::sized(missed, now, [900.0, 560.0]), "passed_over");
}

#[test]
fn menus_and_dialogs() {
    let now = Instant::now();
    let ready = |theme| stage::sized(fixtures::ready(now, theme), now, [900.0, 560.0]);
    let mut album = Album::default();
    let mut menu = ready(Theme::Dark);
    menu.get_by_label_contains("Pat Doe, Ready").click();
    menu.run();
    menu.hover_at(egui::pos2(500.0, 540.0));
    menu.run();
    album.add(menu, "me_menu");
    let mut profile = ready(Theme::Light);
    profile.state_mut().local.profile = true;
    profile.run();
    album.add(profile, "profile");
    let mut settings = ready(Theme::Light);
    settings.state_mut().local.room = Room::Settings;
    settings.run();
    album.add(settings, "settings");
    let mut quit = stage::sized(fixtures::talking(now, Theme::Dark), now, [900.0, 560.0]);
    quit.state_mut().local.closing = Closing::Asked;
    quit.run();
    album.add(quit, "quit");
    let mut asked = fixtures::ready(now, Theme::Light);
    asked.confirm = Some(ConfirmView {
        text: "You are the last agent in skill Sales. Sign out?".into(),
        ucc: Some("demo".into()),
    });
    album.add(stage::sized(asked, now, [900.0, 560.0]), "confirm");
}
