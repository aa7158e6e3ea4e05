//! A text field with its label above it.

use egui::{Align2, Frame, Margin, Response, Stroke, StrokeKind, TextEdit, Ui, vec2};

use super::Text;
use crate::window::tokens::{Tokens, Type, height, radius, space};

/// A labelled text field.
pub struct TextField<'a> {
    label: &'a str,
    hint: &'a str,
    password: bool,
    enabled: bool,
    error: bool,
}

impl<'a> TextField<'a> {
    /// A field with this label.
    pub fn new(label: &'a str) -> Self {
        Self {
            label,
            hint: "",
            password: false,
            enabled: true,
            error: false,
        }
    }

    /// An example, shown while the field is empty.
    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = hint;
        self
    }

    /// Dots instead of letters.
    pub fn password(mut self) -> Self {
        self.password = true;
        self
    }

    /// Greyed out when not.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Something is wrong with it; the page says what.
    pub fn error(mut self, error: bool) -> Self {
        self.error = error;
        self
    }

    /// Draws label and field over the whole width.
    pub fn show(self, ui: &mut Ui, text: &mut String, tokens: &Tokens) -> Response {
        let label = ui.add(Text::new(self.label, Type::Strong, tokens.text));
        ui.add_space(space::XS - ui.spacing().item_spacing.y);
        let margin = Margin::symmetric(12, 0);
        let response = edit(ui, text, tokens, margin, self.enabled, self.error, |edit| {
            edit.id_salt(self.label)
                .password(self.password)
                .hint_text(self.hint)
        })
        .labelled_by(label.id);
        // Kept for its error state, which a screen reader reads as "invalid entry".
        if self.error {
            ui.ctx().accesskit_node_builder(response.id, |node| {
                node.set_invalid(egui::accesskit::Invalid::True)
            });
        }
        response
    }
}

/// The field itself: 36 high, an edge of 3:1, an accented edge while it has the focus.
pub(super) fn edit(
    ui: &mut Ui,
    text: &mut String,
    tokens: &Tokens,
    margin: Margin,
    enabled: bool,
    error: bool,
    build: impl FnOnce(TextEdit<'_>) -> TextEdit<'_>,
) -> Response {
    let width = ui.available_width();
    let line = if error { tokens.bad_fg } else { tokens.field_line };
    let frame = Frame::new()
        .fill(tokens.field)
        .stroke(Stroke::new(1.0, line))
        .corner_radius(radius::BUTTON)
        .inner_margin(margin);
    let edit = TextEdit::singleline(text)
        .font(Type::Body.font())
        .text_color(tokens.text)
        .frame(frame)
        .desired_width(width)
        .min_size(vec2(width, height::FIELD))
        .align(Align2::LEFT_CENTER);
    let response = ui.add_enabled(enabled, build(edit));
    if response.has_focus() {
        ui.painter().rect_stroke(
            response.rect,
            radius::BUTTON,
            Stroke::new(height::FOCUS, tokens.accent),
            StrokeKind::Inside,
        );
    }
    response
}
