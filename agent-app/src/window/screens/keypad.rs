//! The in-call keypad: DTMF by click or by key.

use agent_core::{CallPhase, CallView, Command, Digits};
use egui::{Align, Align2, Layout, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};
use ringside_assets::icons::Icon;

use crate::window::{
    local::Local,
    scene::Scene,
    tokens::{Type, radius, space},
    widgets::{IconButton, Text, focus_ring},
};

const KEYS: [&str; 12] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/// Draws the keypad of a call.
pub fn show(ui: &mut Ui, call: &CallView, scene: &Scene<'_>, local: &mut Local, out: &mut Vec<Command>) {
    let tokens = scene.tokens;
    let mut pressed = typed(ui, call);
    ui.allocate_ui_with_layout(vec2(200.0, 28.0), Layout::right_to_left(Align::Center), |ui| {
        if ui
            .add(IconButton::new(Icon::X, "Close keypad", tokens).bare().size(28.0))
            .clicked()
        {
            local.keypad = false;
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let (digits, style) = match local.digits.as_str() {
                "" => ("Keypad: click or type", Type::Small),
                digits => (digits, Type::Row),
            };
            ui.add(Text::new(digits, style, tokens.weak));
        });
    });
    ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
    for row in KEYS.chunks(3) {
        ui.horizontal(|ui| {
            for key in row {
                let (rect, response) = ui.allocate_exact_size(vec2(64.0, 40.0), Sense::click());
                let name = match *key {
                    "*" => "Star",
                    "#" => "Hash",
                    digit => digit,
                };
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Key {name}")));
                let fill = if response.hovered() {
                    tokens.hover
                } else {
                    tokens.field
                };
                let line = Stroke::new(1.0, tokens.line);
                ui.painter()
                    .rect(rect, radius::BUTTON, fill, line, StrokeKind::Inside);
                ui.painter().text(
                    rect.center(),
                    Align2::CENTER_CENTER,
                    *key,
                    Type::Row.font(),
                    tokens.text,
                );
                focus_ring(ui.painter(), &response, rect, radius::BUTTON, tokens.accent);
                if response.clicked() {
                    pressed.push_str(key);
                }
            }
        });
    }
    if !pressed.is_empty() && call.phase == CallPhase::Connected {
        local.digits.push_str(&pressed);
        let excess = local.digits.chars().count().saturating_sub(24);
        local.digits = local.digits.chars().skip(excess).collect();
        out.push(Command::Dtmf {
            call: call.call,
            digits: Digits(pressed),
        });
    }
}

/// Digits typed while no field and no button has the keyboard's attention.
fn typed(ui: &Ui, call: &CallView) -> String {
    if ui.ctx().text_edit_focused() || call.phase != CallPhase::Connected {
        return String::new();
    }
    ui.input(|input| {
        if input.modifiers.command || input.modifiers.alt {
            return String::new();
        }
        input
            .events
            .iter()
            .filter_map(|event| match event {
                egui::Event::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .flat_map(str::chars)
            .filter(|c| KEYS.iter().any(|key| key.starts_with(*c)))
            .collect()
    })
}
