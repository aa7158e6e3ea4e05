//! A row of tabs; the chosen one is accented and underlined.

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{focus_ring, galley};
use crate::window::tokens::{Tokens, Type, radius, space};

/// Draws the tabs and gives the one that was clicked.
pub fn tabs<T: Copy + PartialEq>(ui: &mut Ui, all: &[(T, &str)], chosen: T, tokens: &Tokens) -> Option<T> {
    let mut clicked = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let margin = if ui.available_width() < 300.0 {
            space::S
        } else {
            space::M
        };
        for (tab, label) in all {
            let is_chosen = *tab == chosen;
            let color = if is_chosen { tokens.accent } else { tokens.weak };
            let width = galley(ui.painter(), label, Type::Strong, color, f32::INFINITY)
                .size()
                .x;
            let (rect, response) = ui.allocate_exact_size(vec2(width + 2.0 * margin, 36.0), Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Tab, true, *label));
            ui.ctx()
                .accesskit_node_builder(response.id, |node| node.set_selected(is_chosen));
            let painter = ui.painter();
            if response.hovered() && !is_chosen {
                painter.rect_filled(rect, radius::BUTTON, tokens.hover);
            }
            painter.text(
                rect.center(),
                Align2::CENTER_CENTER,
                *label,
                Type::Strong.font(),
                color,
            );
            if is_chosen {
                let line = Rect::from_min_max(
                    pos2(rect.left() + space::S, rect.bottom() - 3.0),
                    pos2(rect.right() - space::S, rect.bottom()),
                );
                painter.rect_filled(line, 2, tokens.accent);
            }
            focus_ring(painter, &response, rect, radius::BUTTON, tokens.accent);
            if response.clicked() {
                clicked = Some(*tab);
            }
        }
    });
    clicked
}
