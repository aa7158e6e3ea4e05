//! A switch with its name beside it in the layout and in the accessibility tree.

use egui::{Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::focus_ring;
use crate::window::tokens::Tokens;

/// A switch; the caller changes the state when it is clicked.
pub fn toggle(ui: &mut Ui, on: bool, name: &str, tokens: &Tokens) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(40.0, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, name));
    let painter = ui.painter();
    let (fill, knob) = if on {
        (tokens.accent, tokens.on_accent)
    } else {
        (tokens.field, tokens.text)
    };
    let track = rect.shrink2(vec2(0.0, 2.0));
    painter.rect(
        track,
        10,
        fill,
        Stroke::new(1.0, tokens.field_line),
        StrokeKind::Inside,
    );
    let x = if on {
        track.right() - 10.0
    } else {
        track.left() + 10.0
    };
    painter.circle_filled(pos2(x, track.center().y), 7.0, knob);
    focus_ring(painter, &response, rect, 12, tokens.accent);
    response
}
