//! Settings (F-021, F-240): the look, the sound devices in use, the shortcuts.

use agent_core::{Command, Theme, action};
use egui::{Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use ringside_assets::icons::Icon;

use crate::window::{
    scene::Scene,
    tokens::{Tokens, Type, height, radius, space, tokens},
    widgets::{Text, card, fact, focus_ring, galley, paint_icon},
};

/// Draws the room.
pub fn show(ui: &mut Ui, scene: &Scene<'_>, out: &mut Vec<Command>) {
    let t = scene.tokens;
    ui.spacing_mut().item_spacing.y = space::M;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.add(Text::new("Settings", Type::Title, t.text));
        card(t).show(ui, |ui| {
            ui.take_available_width();
            ui.spacing_mut().item_spacing.y = space::S;
            ui.add(Text::new("Look", Type::Row, t.text));
            ui.horizontal(|ui| {
                for (theme, name) in [(Theme::Dark, "Dark"), (Theme::Light, "Light")] {
                    if theme_card(ui, theme, name, scene.view.theme == theme, t) {
                        out.push(Command::SetTheme(theme));
                    }
                }
            });
        });
        card(t).show(ui, |ui| {
            ui.take_available_width();
            ui.spacing_mut().item_spacing.y = space::XS;
            ui.add(Text::new("Sound devices in use", Type::Row, t.text));
            let audio = &scene.view.audio;
            fact(ui, "Microphone", audio.input.as_deref().unwrap_or("None"), t);
            fact(ui, "Speaker", audio.output.as_deref().unwrap_or("None"), t);
        });
        card(t).show(ui, |ui| {
            ui.take_available_width();
            ui.spacing_mut().item_spacing.y = space::XS;
            ui.add(Text::new("Shortcuts", Type::Row, t.text));
            for (label, keys) in shortcut_card() {
                fact(ui, &label, keys, t);
            }
        });
        let version = concat!("Ringside ", env!("CARGO_PKG_VERSION"));
        ui.add(Text::new(version, Type::Small, t.weak));
    });
}

/// What each key does. The two sides of a switch share a line, as they share the key.
pub fn shortcut_card() -> Vec<(String, &'static str)> {
    let mut lines: Vec<(String, &str)> = Vec::new();
    for action in action::ALL {
        let Some(keys) = action.shortcut else { continue };
        match lines.iter_mut().find(|(_, other)| *other == keys) {
            Some((label, _)) => *label = format!("{label} / {}", action.label.to_lowercase()),
            None => lines.push((action.label.to_owned(), keys)),
        }
    }
    lines
}

/// A little picture of a theme.
fn theme_card(ui: &mut Ui, theme: Theme, name: &str, chosen: bool, t: &Tokens) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(132.0, 84.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, name));
    let painter = ui.painter();
    let line = if chosen {
        Stroke::new(2.0, t.accent)
    } else {
        Stroke::new(1.0, t.field_line)
    };
    let fill = if response.hovered() { t.hover } else { t.field };
    painter.rect(rect, radius::CARD, fill, line, StrokeKind::Inside);
    let look = tokens(theme);
    let picture = egui::Rect::from_min_size(rect.min + vec2(12.0, 12.0), vec2(108.0, 36.0));
    painter.rect(
        picture,
        6,
        look.canvas,
        Stroke::new(1.0, t.line),
        StrokeKind::Inside,
    );
    let bar = egui::Rect::from_min_size(picture.min, vec2(14.0, picture.height()));
    painter.rect_filled(bar, 6, look.rail);
    let sheet = egui::Rect::from_min_size(picture.min + vec2(22.0, 8.0), vec2(78.0, 20.0));
    painter.rect_filled(sheet, 4, look.card);
    painter.rect_filled(
        egui::Rect::from_min_size(sheet.min + vec2(6.0, 6.0), vec2(34.0, 3.0)),
        2,
        look.text,
    );
    painter.rect_filled(
        egui::Rect::from_min_size(sheet.min + vec2(6.0, 12.0), vec2(50.0, 3.0)),
        2,
        look.accent,
    );
    let label = galley(painter, name, Type::Strong, t.text, 80.0);
    painter.galley(pos2(rect.left() + 14.0, rect.bottom() - 26.0), label, t.text);
    if chosen {
        let at = pos2(rect.right() - 20.0, rect.bottom() - 18.0);
        paint_icon(painter, at, Icon::Check, height::FIELD / 2.0, t.accent);
    }
    focus_ring(painter, &response, rect, radius::CARD, t.text);
    response.clicked()
}
