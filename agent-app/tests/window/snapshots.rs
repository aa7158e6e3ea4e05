//! Pictures. Look at each before blessing it with `UPDATE_SNAPSHOTS=1`.

use std::time::Instant;

use agent_core::{Theme, View};
use egui_kittest::SnapshotResults;

use crate::{fixtures, stage};

const WHOLE: [f32; 2] = [1180.0, 760.0];

fn pictures(all: impl IntoIterator<Item = (View, [f32; 2], &'static str)>, now: Instant) {
    let mut results = SnapshotResults::new();
    for (view, size, name) in all {
        let mut harness = stage::sized(view, now, size);
        results.add(harness.try_snapshot(name));
        results.extend_harness(&mut harness);
    }
}

#[test]
fn whole_window_in_both_themes() {
    let now = Instant::now();
    let main = |theme, name| (fixtures::talking(now, theme), WHOLE, name);
    pictures(
        [main(Theme::Dark, "main_dark"), main(Theme::Light, "main_light")],
        now,
    );
}

#[test]
fn sign_in_page() {
    let now = Instant::now();
    let mut failed = fixtures::signed_out(Theme::Dark);
    failed.sign_in.error = Some("Sign-in address or password is wrong".into());
    let mut busy = fixtures::signed_out(Theme::Dark);
    busy.sign_in.busy = true;
    let size = [480.0, 520.0];
    pictures(
        [
            (fixtures::signed_out(Theme::Light), size, "sign_in"),
            (failed, size, "sign_in_error"),
            (busy, size, "sign_in_busy"),
        ],
        now,
    );
}

#[test]
fn ringing_inside_the_window() {
    let now = Instant::now();
    pictures(
        [(
            fixtures::ringing(now, Theme::Dark, 2),
            [760.0, 480.0],
            "ring_inside",
        )],
        now,
    );
}
