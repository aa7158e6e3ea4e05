//! How the call sounds: what goes out, what comes in, on which devices.

use agent_core::CallView;
use egui::{Sense, Ui, vec2};
use ringside_assets::icons::Icon;

use crate::window::{
    scene::Scene,
    tokens::{Tokens, Type, space},
    widgets::{Text, icon, level_meter},
};

/// Draws the card's content.
pub fn show(ui: &mut Ui, call: &CallView, scene: &Scene<'_>) {
    let tokens = scene.tokens;
    let audio = &scene.view.audio;
    ui.add(Text::new("Sound", Type::Row, tokens.text));
    let silent = call.muted || call.held.is_some();
    let mine = Line {
        icon: if call.muted { Icon::MicOff } else { Icon::Mic },
        who: "You",
        level: if silent { -127.0 } else { call.levels.sent },
        name: "Your level",
        device: audio.input.as_deref().unwrap_or("No microphone"),
    };
    let theirs = Line {
        icon: Icon::Volume2,
        who: "Caller",
        level: call.levels.heard,
        name: "Caller level",
        device: audio.output.as_deref().unwrap_or("No speaker"),
    };
    mine.show(ui, tokens);
    theirs.show(ui, tokens);
}

struct Line<'a> {
    icon: Icon,
    who: &'a str,
    level: f32,
    name: &'a str,
    device: &'a str,
}

impl Line<'_> {
    fn show(&self, ui: &mut Ui, tokens: &Tokens) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::M;
            icon(ui, self.icon, 16.0, tokens.weak);
            let start = ui.cursor().left();
            ui.add(Text::new(self.who, Type::Body, tokens.text).width(60.0));
            // The meters stand in one column.
            let used = ui.cursor().left() - start;
            ui.allocate_exact_size(vec2((64.0 - used).max(0.0), 1.0), Sense::hover());
            let meter = (ui.available_width() - 180.0).clamp(80.0, 240.0);
            level_meter(ui, meter, self.level, self.name, tokens);
            ui.add(Text::new(self.device, Type::Small, tokens.weak));
        });
    }
}
