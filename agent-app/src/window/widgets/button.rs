//! A button with words: primary, plain, good (accept) or bad (ignore, hang up).

use egui::{
    Color32, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, Widget, WidgetInfo, pos2, vec2,
};
use ringside_assets::icons::Icon;

use super::{focus_ring, galley, paint_icon};
use crate::window::tokens::{Tokens, Type, height, radius, space};

/// What a button is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The one thing to do on this page.
    Primary,
    /// Everything else.
    Plain,
    /// Accept.
    Good,
    /// Ignore, hang up.
    Bad,
}

/// A button.
pub struct Button<'a> {
    label: &'a str,
    name: Option<&'a str>,
    icon: Option<Icon>,
    shortcut: Option<&'a str>,
    kind: Kind,
    enabled: bool,
    size: Option<Vec2>,
    tokens: &'a Tokens,
}

impl<'a> Button<'a> {
    /// A button that says `label`.
    pub fn new(label: &'a str, kind: Kind, tokens: &'a Tokens) -> Self {
        Self {
            label,
            name: None,
            icon: None,
            shortcut: None,
            kind,
            enabled: true,
            size: None,
            tokens,
        }
    }

    /// With an icon before the label.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// What a screen reader says, when the label alone is not enough.
    pub fn name(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    /// With its shortcut behind the label.
    pub fn shortcut(mut self, shortcut: Option<&'a str>) -> Self {
        self.shortcut = shortcut;
        self
    }

    /// Greyed out when not.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Exactly this large.
    pub fn size(mut self, size: Vec2) -> Self {
        self.size = Some(size);
        self
    }

    /// Exactly there, outside the flow of the layout.
    pub fn put(self, ui: &mut Ui, rect: Rect) -> Response {
        let sense = if self.enabled {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = ui.allocate_rect(rect, sense);
        self.finish(ui, rect, response)
    }

    fn colors(&self, hovered: bool) -> (Color32, Color32, Color32) {
        let t = self.tokens;
        if !self.enabled {
            return (t.field, t.weak, t.line);
        }
        let (fill, text, line) = match self.kind {
            Kind::Primary => (t.accent, t.on_accent, t.accent),
            Kind::Plain if hovered => (t.hover, t.text, t.field_line),
            Kind::Plain => (t.field, t.text, t.line),
            Kind::Good => (t.ok_fill, t.on_fill, t.ok_fill),
            Kind::Bad => (t.bad_fill, t.on_fill, t.bad_fill),
        };
        let line = if hovered && self.kind != Kind::Plain {
            t.text
        } else {
            line
        };
        (fill, text, line)
    }

    fn finish(self, ui: &Ui, rect: Rect, response: Response) -> Response {
        let name = self.name.unwrap_or(self.label);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, self.enabled, name));
        let (fill, color, line) = self.colors(response.hovered());
        let painter = ui.painter();
        painter.rect(
            rect,
            radius::BUTTON,
            fill,
            Stroke::new(1.0, line),
            StrokeKind::Inside,
        );

        let room = rect.width() - 2.0 * space::S;
        let icon_width = if self.icon.is_some() { 18.0 + space::S } else { 0.0 };
        let label = galley(painter, self.label, Type::Row, color, room - icon_width);
        let shortcut = self
            .shortcut
            .map(|keys| galley(painter, keys, Type::Tiny, color, f32::INFINITY))
            .filter(|keys| icon_width + label.size().x + space::M + keys.size().x <= room);
        let written = shortcut.is_some();
        let total =
            icon_width + label.size().x + shortcut.as_ref().map_or(0.0, |keys| space::S + keys.size().x);
        let mut x = rect.center().x - total / 2.0;
        if let Some(icon) = self.icon {
            paint_icon(painter, pos2(x + 9.0, rect.center().y), icon, 18.0, color);
            x += icon_width;
        }
        let width = label.size().x;
        painter.galley(pos2(x, rect.center().y - label.size().y / 2.0), label, color);
        if let Some(keys) = shortcut {
            let y = rect.center().y - keys.size().y / 2.0 + 0.5;
            painter.galley(pos2(x + width + space::S, y), keys, color);
        }
        let ring = if self.kind == Kind::Plain {
            self.tokens.accent
        } else {
            self.tokens.text
        };
        focus_ring(painter, &response, rect, radius::BUTTON, ring);
        match self.shortcut {
            // What is already written needs no tooltip over it.
            Some(keys) if self.enabled && !written => response.on_hover_text(format!("{name} ({keys})")),
            _ => response,
        }
    }
}

impl Widget for Button<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let size = self.size.unwrap_or_else(|| {
            let label = galley(
                ui.painter(),
                self.label,
                Type::Row,
                self.tokens.text,
                f32::INFINITY,
            );
            let icon = if self.icon.is_some() { 18.0 + space::S } else { 0.0 };
            vec2(label.size().x + icon + 2.0 * space::L, height::FIELD)
        });
        let sense = if self.enabled {
            Sense::click()
        } else {
            Sense::hover()
        };
        let (rect, response) = ui.allocate_exact_size(size, sense);
        self.finish(ui, rect, response)
    }
}
