//! A square button with an icon. It cannot be made without a name: the name is the tooltip and what a
//! screen reader says.

use egui::{Color32, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, Widget, WidgetInfo};
use ringside_assets::icons::Icon;

use super::{focus_ring, paint_icon};
use crate::window::tokens::{Tokens, height, radius};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Quiet,
    Bare,
    Held,
    On,
    Good,
    Bad,
}

/// An icon button.
pub struct IconButton<'a> {
    icon: Icon,
    name: &'a str,
    shortcut: Option<&'a str>,
    look: Look,
    size: f32,
    toggled: Option<bool>,
    enabled: bool,
    tokens: &'a Tokens,
}

impl<'a> IconButton<'a> {
    /// A quiet call control.
    pub fn new(icon: Icon, name: &'a str, tokens: &'a Tokens) -> Self {
        Self {
            icon,
            name,
            shortcut: None,
            look: Look::Quiet,
            size: height::CONTROL,
            toggled: None,
            enabled: true,
            tokens,
        }
    }

    /// An action's button: its icon, name and shortcut.
    pub fn action(action: &'a agent_core::Action, tokens: &'a Tokens) -> Self {
        let icon = Icon::named(action.icon).unwrap_or(Icon::Ellipsis);
        Self::new(icon, action.name, tokens).shortcut(action.shortcut)
    }

    /// Its shortcut, shown in the tooltip.
    pub fn shortcut(mut self, shortcut: Option<&'a str>) -> Self {
        self.shortcut = shortcut;
        self
    }

    /// Without a frame until hovered.
    pub fn bare(mut self) -> Self {
        self.look = Look::Bare;
        self
    }

    /// Yellow: something is on hold (F-050).
    pub fn held(mut self) -> Self {
        self.look = Look::Held;
        self
    }

    /// Switched on, like a muted microphone or an open keypad.
    pub fn on(mut self) -> Self {
        self.look = Look::On;
        self
    }

    /// Green: accept.
    pub fn good(mut self) -> Self {
        self.look = Look::Good;
        self
    }

    /// Red: ends a call.
    pub fn bad(mut self) -> Self {
        self.look = Look::Bad;
        self
    }

    /// This many points square.
    pub fn size(mut self, size: f32) -> Self {
        self.size = size;
        self
    }

    /// It switches something on and off.
    pub fn toggled(mut self, toggled: bool) -> Self {
        self.toggled = Some(toggled);
        self
    }

    /// Greyed out when not.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    fn colors(&self, hovered: bool) -> (Color32, Color32, Color32) {
        let t = self.tokens;
        if !self.enabled {
            return (t.field, t.weak, t.line);
        }
        let (fill, ink, line) = match self.look {
            Look::Quiet if hovered => (t.hover, t.text, t.field_line),
            Look::Quiet => (t.field, t.text, t.line),
            Look::Bare if hovered => (t.hover, t.text, t.line),
            Look::Bare => (Color32::TRANSPARENT, t.weak, Color32::TRANSPARENT),
            Look::Held => (t.warn_fill, t.on_warn, t.warn_fill),
            Look::On => (t.selected, t.accent, t.accent),
            Look::Good => (t.ok_fill, t.on_fill, t.ok_fill),
            Look::Bad => (t.bad_fill, t.on_fill, t.bad_fill),
        };
        let strong = matches!(self.look, Look::Held | Look::On | Look::Good | Look::Bad);
        (fill, ink, if hovered && strong { t.text } else { line })
    }
}

impl Widget for IconButton<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let sense = if self.enabled {
            Sense::click()
        } else {
            Sense::hover()
        };
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(self.size), sense);
        response.widget_info(|| match self.toggled {
            Some(on) => WidgetInfo::selected(Role::Button, self.enabled, on, self.name),
            None => WidgetInfo::labeled(Role::Button, self.enabled, self.name),
        });
        let (fill, ink, line) = self.colors(response.hovered());
        let painter = ui.painter();
        painter.rect(
            rect,
            radius::BUTTON,
            fill,
            Stroke::new(1.0, line),
            StrokeKind::Inside,
        );
        let icon = if self.size >= 40.0 { 20.0 } else { 16.0 };
        paint_icon(painter, rect.center(), self.icon, icon, ink);
        let ring = if matches!(self.look, Look::Quiet | Look::Bare) {
            self.tokens.accent
        } else {
            self.tokens.text
        };
        focus_ring(painter, &response, rect, radius::BUTTON, ring);
        match self.shortcut {
            Some(keys) => response.on_hover_text(format!("{} ({keys})", self.name)),
            None => response.on_hover_text(self.name),
        }
    }
}
