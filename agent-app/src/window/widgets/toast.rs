//! Short messages at the bottom right, newest lowest. Each is an alert to screen readers and stays until
//! it is closed or the session takes it away.

use agent_core::{Toast, ToastKind};
use egui::{
    Align, Align2, Area, Context, Frame, Id, Label, Layout, Margin, Order, RichText, Role, Stroke, UiBuilder,
    accesskit::Live, vec2,
};
use ringside_assets::icons::Icon;

use super::{IconButton, icon};
use crate::window::tokens::{Tokens, Type, radius, space};

/// Draws the stack and gives the toast whose cross was pressed.
pub fn toasts(ctx: &Context, toasts: &[Toast], tokens: &Tokens) -> Option<u64> {
    let mut closed = None;
    if toasts.is_empty() {
        return None;
    }
    Area::new(Id::unique("toasts"))
        .order(Order::Foreground)
        .anchor(Align2::RIGHT_BOTTOM, vec2(-space::L, -space::L))
        .show(ctx, |ui| {
            // More than a handful is noise: the newest count.
            for toast in &toasts[toasts.len().saturating_sub(4)..] {
                let (sign, ink, word) = match toast.kind {
                    ToastKind::Info => (Icon::Info, tokens.accent, "Information"),
                    ToastKind::Warning => (Icon::TriangleAlert, tokens.warn_fg, "Warning"),
                    ToastKind::Error => (Icon::CircleAlert, tokens.bad_fg, "Error"),
                };
                let builder = UiBuilder::new()
                    .id_salt(toast.id)
                    .accessibility_role(Role::Alert)
                    .accessibility_label(format!("{word}: {}", toast.text));
                ui.scope_builder(builder, |ui| {
                    let live = if toast.kind == ToastKind::Error {
                        Live::Assertive
                    } else {
                        Live::Polite
                    };
                    ui.ctx()
                        .accesskit_node_builder(ui.unique_id(), |node| node.set_live(live));
                    Frame::new()
                        .fill(tokens.card)
                        .stroke(Stroke::new(1.0, ink))
                        .corner_radius(radius::CARD)
                        .inner_margin(Margin::symmetric(12, 8))
                        .show(ui, |ui| {
                            let row = Layout::right_to_left(Align::Center);
                            ui.allocate_ui_with_layout(vec2(336.0, 28.0), row, |ui| {
                                let close = IconButton::new(Icon::X, "Close message", tokens)
                                    .bare()
                                    .size(28.0);
                                if ui.add(close).clicked() {
                                    closed = Some(toast.id);
                                }
                                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                                    icon(ui, sign, 18.0, ink);
                                    let text = RichText::new(&toast.text)
                                        .font(Type::Body.font())
                                        .color(tokens.text);
                                    ui.add(Label::new(text).wrap());
                                });
                            });
                        });
                });
            }
        });
    closed
}
