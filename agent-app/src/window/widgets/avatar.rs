//! A circle with initials and, when presence is known, a dot with its word.

use egui::{Align2, Pos2, Response, Role, Sense, Stroke, Ui, Vec2, Widget, WidgetInfo};

use crate::window::tokens::{Tokens, Type};

/// What the dot says. The word is part of the accessible name: colour is never alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Free.
    Available,
    /// In a call, or ringing.
    Busy,
    /// Not to be disturbed for now.
    Away,
    /// Not there.
    Offline,
}

impl Presence {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Busy => "busy",
            Self::Away => "away",
            Self::Offline => "offline",
        }
    }
}

/// An avatar.
pub struct Avatar<'a> {
    name: &'a str,
    presence: Option<Presence>,
    size: f32,
    tokens: &'a Tokens,
}

impl<'a> Avatar<'a> {
    /// For this name, `size` points across.
    pub fn new(name: &'a str, size: f32, tokens: &'a Tokens) -> Self {
        Self {
            name,
            presence: None,
            size,
            tokens,
        }
    }

    /// With a presence dot.
    pub fn presence(mut self, presence: Presence) -> Self {
        self.presence = Some(presence);
        self
    }

    /// Draws it around `center`, for controls that name themselves.
    pub fn paint(&self, ui: &Ui, center: Pos2) {
        let (painter, tokens) = (ui.painter(), self.tokens);
        let r = self.size / 2.0;
        painter.circle_filled(center, r, tokens.avatar);
        let style = match self.size {
            size if size >= 48.0 => Type::Initials,
            size if size >= 32.0 => Type::Strong,
            _ => Type::Tiny,
        };
        painter.text(
            center,
            Align2::CENTER_CENTER,
            initials(self.name),
            style.font(),
            tokens.on_avatar,
        );
        if let Some(presence) = self.presence {
            let dot = (self.size * 0.14).clamp(4.0, 8.0);
            let at = center + Vec2::splat(r * 0.72);
            painter.circle_filled(at, dot + 2.0, tokens.card);
            match presence {
                Presence::Available => painter.circle_filled(at, dot, tokens.ok_fg),
                Presence::Busy => painter.circle_filled(at, dot, tokens.bad_fg),
                Presence::Away => painter.circle_filled(at, dot, tokens.warn_fg),
                Presence::Offline => painter.circle_stroke(at, dot - 1.0, Stroke::new(2.0, tokens.weak)),
            };
        }
    }
}

impl Widget for Avatar<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(self.size), Sense::hover());
        self.paint(ui, rect.center());
        if let Some(presence) = self.presence {
            let name = format!("{}, {}", self.name, presence.word());
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
            return response.on_hover_text(presence.word());
        }
        response
    }
}

/// First letters of the first and last word; the last two digits of a number.
pub fn initials(name: &str) -> String {
    let first = |word: &str| word.chars().find(|c| c.is_alphabetic());
    let words: Vec<&str> = name
        .split_whitespace()
        .filter(|word| first(word).is_some())
        .collect();
    match words.as_slice() {
        [] => {
            let digits: Vec<char> = name.chars().filter(char::is_ascii_digit).collect();
            if digits.is_empty() {
                "?".to_owned()
            } else {
                digits[digits.len().saturating_sub(2)..].iter().collect()
            }
        }
        [word] => first(word).into_iter().flat_map(char::to_uppercase).collect(),
        [start, .., end] => [first(start), first(end)]
            .into_iter()
            .flatten()
            .flat_map(char::to_uppercase)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_of_people_numbers_and_nothing() {
        assert_eq!(initials("Ada Lovelace"), "AL");
        assert_eq!(initials("Ada King, Countess of Lovelace"), "AL");
        assert_eq!(initials("ünal"), "Ü");
        assert_eq!(initials("+44 20 7946 0123"), "23");
        assert_eq!(initials("sip:anna@example.org"), "S");
        assert_eq!(initials("…"), "?");
        assert_eq!(initials(""), "?");
    }
}
