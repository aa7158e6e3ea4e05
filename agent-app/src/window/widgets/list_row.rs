//! A row of two lines in a list: avatar, name, what it is about, a running time and at most one button.

use std::time::Duration;

use egui::{
    Align2, Color32, Id, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use ringside_assets::icons::Icon;

use super::{Avatar, focus_ring, galley, paint_icon, timer_text};
use crate::window::tokens::{Tokens, Type, height, radius, space};

/// The button at the end of a row.
pub struct RowButton<'a> {
    /// What it says.
    pub label: &'a str,
    /// What a screen reader says.
    pub name: &'a str,
    /// Why it cannot be pressed now; it is grey then and says so.
    pub refusal: Option<&'a str>,
}

/// A row.
pub struct ListRow<'a> {
    /// Tells this row's controls from the others'.
    pub id: Id,
    /// First line.
    pub title: &'a str,
    /// Second line.
    pub detail: &'a str,
    /// Before the second line.
    pub icon: Icon,
    /// Time shown at the right, with its colour and, when it is not the usual one, an icon that says so.
    pub timer: Option<(Duration, Color32, Option<Icon>)>,
    /// The button at the right.
    pub button: Option<RowButton<'a>>,
    /// The chosen row.
    pub selected: bool,
    /// Whether a click on the row does something.
    pub clickable: bool,
    /// Everything it says, for screen readers.
    pub name: String,
    /// Position in the list, from 1, and how many there are.
    pub position: (usize, usize),
}

/// What happened to a row.
pub struct RowResponse {
    /// The row itself.
    pub row: Response,
    /// Its button was pressed.
    pub button_clicked: bool,
}

impl ListRow<'_> {
    /// Draws it in `rect`.
    pub fn show(self, ui: &mut Ui, rect: Rect, tokens: &Tokens) -> RowResponse {
        let sense = if self.clickable {
            Sense::click()
        } else {
            Sense::hover()
        };
        let row = ui.interact(rect, self.id, sense);
        let role = if self.clickable {
            Role::ListBoxOption
        } else {
            Role::ListItem
        };
        row.widget_info(|| WidgetInfo::labeled(role, true, &self.name));
        ui.ctx().accesskit_node_builder(row.id, |node| {
            node.set_selected(self.selected);
            node.set_position_in_set(self.position.0);
            node.set_size_of_set(self.position.1);
        });

        let painter = ui.painter();
        if self.selected {
            painter.rect_filled(rect, radius::BUTTON, tokens.selected);
        } else if row.hovered() && self.clickable {
            painter.rect_filled(rect, radius::BUTTON, tokens.hover);
        }
        let inner = rect.shrink2(vec2(space::M, 0.0));
        Avatar::new(self.title, 34.0, tokens).paint(ui, pos2(inner.left() + 17.0, rect.center().y));

        let left = inner.left() + 34.0 + space::M;
        let (first, second) = (rect.center().y - 9.0, rect.center().y + 9.0);
        let with_button = self.button.is_some();
        let timer_y = if with_button { rect.top() + 12.0 } else { first };
        let mut right = inner.right();
        if let Some((elapsed, color, sign)) = self.timer {
            let at = pos2(inner.right(), timer_y);
            let area = timer_text(painter, at, Align2::RIGHT_CENTER, elapsed, Type::Timer, color);
            right = area.left();
            if let Some(sign) = sign {
                paint_icon(painter, pos2(right - 10.0, timer_y), sign, 13.0, color);
                right -= 18.0;
            }
        }
        if with_button {
            right = right.min(inner.right() - BUTTON_WIDTH);
        }
        let width = (right - space::S - left).max(0.0);
        let title = galley(painter, self.title, Type::Row, tokens.text, width);
        painter.galley(pos2(left, first - title.size().y / 2.0), title, tokens.text);
        paint_icon(painter, pos2(left + 7.0, second), self.icon, 14.0, tokens.weak);
        let detail_right = if with_button {
            inner.right() - BUTTON_WIDTH - space::S
        } else {
            inner.right()
        };
        let detail = galley(
            painter,
            self.detail,
            Type::Small,
            tokens.weak,
            detail_right - left - 20.0,
        );
        painter.galley(
            pos2(left + 20.0, second - detail.size().y / 2.0),
            detail,
            tokens.weak,
        );
        focus_ring(painter, &row, rect, radius::BUTTON, tokens.accent);

        let button_clicked = self.button.is_some_and(|button| {
            let rect = Rect::from_min_size(
                pos2(
                    inner.right() - BUTTON_WIDTH,
                    rect.bottom() - height::ROW_BUTTON - 4.0,
                ),
                vec2(BUTTON_WIDTH, height::ROW_BUTTON),
            );
            small_button(ui, rect, self.id.with("button"), &button, tokens)
        });
        RowResponse { row, button_clicked }
    }
}

const BUTTON_WIDTH: f32 = 52.0;

fn small_button(ui: &Ui, rect: Rect, id: Id, button: &RowButton<'_>, tokens: &Tokens) -> bool {
    let enabled = button.refusal.is_none();
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, id, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, button.name));
    if let Some(refusal) = button.refusal {
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_description(refusal));
    }
    let painter = ui.painter();
    let (fill, ink) = if !enabled {
        (tokens.card, tokens.weak)
    } else if response.hovered() {
        (tokens.accent, tokens.on_accent)
    } else {
        (tokens.field, tokens.accent)
    };
    // What cannot be pressed has no edge to press on.
    let line = Stroke::new(if enabled { 1.0 } else { 0.0 }, tokens.line);
    painter.rect(rect, 6, fill, line, StrokeKind::Inside);
    painter.text(
        rect.center(),
        Align2::CENTER_CENTER,
        button.label,
        Type::Timer.font(),
        ink,
    );
    focus_ring(painter, &response, rect, 6, tokens.accent);
    response
        .on_hover_text(button.refusal.unwrap_or(button.name))
        .clicked()
}
