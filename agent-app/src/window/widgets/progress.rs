//! A thin line that shows how much is left.

use egui::{Rect, Role, Sense, Ui, WidgetInfo, pos2};

use crate::window::tokens::{Tokens, radius};

/// Draws `left` (1 is all, 0 is none) in `rect`, 4 points high.
pub fn progress_line(ui: &mut Ui, rect: Rect, left: f32, name: &str, tokens: &Tokens) {
    let response = ui.allocate_rect(rect, Sense::hover());
    let left = left.clamp(0.0, 1.0);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, name);
        info.value = Some(f64::from(left * 100.0).round());
        info
    });
    ui.painter().rect_filled(rect, radius::CHIP, tokens.field);
    let filled = Rect::from_min_max(rect.min, pos2(rect.left() + rect.width() * left, rect.bottom()));
    ui.painter().rect_filled(filled, radius::CHIP, tokens.accent);
}
