//! The search field of a list: an icon, the words, and a cross that empties it.

use egui::{Margin, Rect, Response, Ui, UiBuilder, pos2, vec2};
use ringside_assets::icons::Icon;

use super::{IconButton, paint_icon, text_field};
use crate::window::tokens::{Tokens, space};

/// Draws the field over the whole width. Escape and the cross empty it.
pub fn search_field(ui: &mut Ui, text: &mut String, name: &str, keys: &str, tokens: &Tokens) -> Response {
    let hint = format!("{name}   {keys}");
    let margin = Margin {
        left: 36,
        right: 36,
        ..Margin::ZERO
    };
    let mut response = text_field::edit(ui, text, tokens, margin, true, false, |edit| edit.hint_text(hint))
        .accessible_name(name);
    let rect = response.rect;
    let at = pos2(rect.left() + space::M + 7.0, rect.center().y);
    paint_icon(ui.painter(), at, Icon::Search, 16.0, tokens.weak);
    let escaped = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Escape));
    let mut cleared = escaped && !text.is_empty();
    if !text.is_empty() {
        let cross = Rect::from_center_size(pos2(rect.right() - 18.0, rect.center().y), vec2(28.0, 28.0));
        let mut ui = ui.new_child(UiBuilder::new().max_rect(cross));
        cleared |= ui
            .add(IconButton::new(Icon::X, "Clear search", tokens).bare().size(28.0))
            .clicked();
    }
    if cleared {
        text.clear();
        response.mark_changed();
    }
    response
}
