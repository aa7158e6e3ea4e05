//! The question before the window closes on a conversation: closing hangs up.

use egui::Ui;

use crate::window::{close::Closing, local::Local, scene::Scene, widgets::Question};

/// The dialog, while the person wants to close the window and somebody is on the line.
pub fn show(ui: &Ui, scene: &Scene<'_>, local: &mut Local) {
    if local.closing != Closing::Asked {
        return;
    }
    let text = match scene.view.calls.as_slice() {
        [call] => format!("You are in a call with {}: hang up and quit?", call.peer),
        calls => format!("You are in {} calls: hang up and quit?", calls.len()),
    };
    let dialog = Question {
        title: "Quit Ringside",
        text: &text,
        yes: ("Hang up and quit", "Hang up and quit"),
        no: ("Stay", "Stay in the call"),
    };
    match dialog.ask(ui, "quit", scene.tokens) {
        Some(true) => local.closing.confirm(ui.ctx()),
        Some(false) => local.closing = Closing::No,
        None => {}
    }
}
