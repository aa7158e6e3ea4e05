//! Contact information: what is known of the other side (F-211). The back office's part comes with a CRM.

use agent_core::CallView;
use egui::Ui;

use crate::window::{
    scene::Scene,
    tokens::{Type, space},
    widgets::{Text, fact},
};

/// Draws the card's content.
pub fn show(ui: &mut Ui, call: &CallView, scene: &Scene<'_>) {
    let tokens = scene.tokens;
    ui.add(Text::new("Contact information", Type::Row, tokens.text));
    ui.add_space(space::XS);
    let came = if call.source.is_empty() {
        "Direct call"
    } else {
        call.source.as_str()
    };
    let lines = [
        ("Name", call.peer.as_str()),
        ("Address", call.address.as_str()),
        ("Through", came),
        ("Voice", call.codec.as_deref().unwrap_or("Not agreed yet")),
    ];
    for (label, value) in lines {
        fact(ui, label, value, tokens);
    }
}
