//! The controls of the window. Each takes the [`Tokens`](super::tokens::Tokens), names itself to screen
//! readers and shows keyboard focus; none knows what the application does.

mod avatar;
mod button;
mod icon_button;
mod level_meter;
mod list_row;
mod pane;
mod progress;
mod question;
mod search_field;
mod tabs;
mod text;
mod text_field;
mod timer_text;
mod toast;
mod toggle;

pub use avatar::{Avatar, Presence, initials};
pub use button::{Button, Kind};
pub use icon_button::IconButton;
pub use level_meter::{fraction as level_fraction, level_meter};
pub use list_row::{ListRow, RowButton};
pub use pane::{banner, banner_with, card, fact, state_pane};
pub use progress::progress_line;
pub use question::Question;
pub use search_field::search_field;
pub use tabs::tabs;
pub use text::{Text, galley, icon, paint_icon};
pub use text_field::TextField;
pub use timer_text::{clock, spoken, timer_text, timer_width};
pub use toast::ToastShelf;
pub use toggle::toggle;

use egui::{Color32, Painter, Rect, Response, Stroke, StrokeKind};

use super::tokens::height;

/// Draws the keyboard focus ring around a focused control.
pub(super) fn focus_ring(painter: &Painter, response: &Response, rect: Rect, corner: u8, color: Color32) {
    if response.has_focus() {
        painter.rect_stroke(
            rect,
            corner,
            Stroke::new(height::FOCUS, color),
            StrokeKind::Inside,
        );
    }
}
