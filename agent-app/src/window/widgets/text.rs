//! One line of text that elides, and icons.

use std::sync::Arc;

use egui::{
    Align2, Color32, Galley, Painter, Pos2, Rect, Response, Role, Sense, Ui, Widget, WidgetInfo,
    text::{LayoutJob, TextFormat, TextWrapping},
};
use ringside_assets::icons::Icon;

use crate::window::tokens::{Type, icon_font};

/// Lays one line out, cut with "…" at `width`.
pub fn galley(painter: &Painter, text: &str, style: Type, color: Color32, width: f32) -> Arc<Galley> {
    let format = TextFormat {
        font_id: style.font(),
        color,
        ..TextFormat::default()
    };
    let mut job = LayoutJob::single_section(text.to_owned(), format);
    job.wrap = TextWrapping {
        max_width: width,
        max_rows: 1,
        break_anywhere: true,
        overflow_character: Some('…'),
    };
    painter.layout_job(job)
}

/// A label of one line. Cut text shows whole in a tooltip, and is always whole for screen readers.
pub struct Text<'a> {
    text: &'a str,
    style: Type,
    color: Color32,
    width: f32,
    name: Option<String>,
}

impl<'a> Text<'a> {
    /// A label.
    pub fn new(text: &'a str, style: Type, color: Color32) -> Self {
        Self {
            text,
            style,
            color,
            width: f32::INFINITY,
            name: None,
        }
    }

    /// At most this wide.
    pub fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// What a screen reader says instead of the text.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Puts it with its `align` corner at `pos`, outside the flow of the layout.
    pub fn at(self, ui: &mut Ui, pos: Pos2, align: Align2) -> Response {
        let galley = galley(ui.painter(), self.text, self.style, self.color, self.width);
        let rect = align.anchor_size(pos, galley.size());
        let response = ui.allocate_rect(rect, Sense::hover());
        self.finish(ui, response, rect, galley)
    }

    fn finish(self, ui: &Ui, response: Response, rect: Rect, galley: Arc<Galley>) -> Response {
        let name = self.name.as_deref().unwrap_or(self.text);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
        let elided = galley.elided;
        ui.painter().galley(rect.min, galley, self.color);
        if elided {
            response.on_hover_text(self.text)
        } else {
            response
        }
    }
}

impl Widget for Text<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let width = self.width.min(ui.available_width());
        let galley = galley(ui.painter(), self.text, self.style, self.color, width);
        let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
        self.finish(ui, response, rect, galley)
    }
}

/// Draws an icon centred at `center`.
pub fn paint_icon(painter: &Painter, center: Pos2, icon: Icon, size: f32, color: Color32) {
    painter.text(
        center,
        Align2::CENTER_CENTER,
        icon.glyph(),
        icon_font(size),
        color,
    );
}

/// An icon in the flow of the layout. It is decoration: what it says must also be there in words.
pub fn icon(ui: &mut Ui, icon: Icon, size: f32, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(egui::Vec2::splat(size), Sense::hover());
    paint_icon(ui.painter(), rect.center(), icon, size, color);
}
