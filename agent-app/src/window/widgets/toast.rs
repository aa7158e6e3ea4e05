//! Short messages at the bottom right, newest lowest. Each is an alert to screen readers and stays until
//! it is closed or the session takes it away, which waits while the mouse is on them.

use agent_core::{Toast, ToastKind};
use egui::{
    Align, Align2, Area, Context, Frame, Id, Label, Layout, Margin, Order, RichText, Role, Stroke, UiBuilder,
    accesskit::Live, vec2,
};
use ringside_assets::icons::Icon;

use super::{IconButton, icon};
use crate::window::tokens::{Tokens, Type, radius, space};

/// The toasts on the screen: the session's, and those it has taken away since the mouse came to read them.
#[derive(Debug, Default)]
pub struct ToastShelf {
    shown: Vec<Toast>,
    hovered: bool,
}

impl ToastShelf {
    /// Follows the session.
    pub fn follow(&mut self, toasts: &[Toast]) {
        if self.hovered {
            let new = |toast: &&Toast| self.shown.iter().all(|shown| shown.id != toast.id);
            let new: Vec<Toast> = toasts.iter().filter(new).cloned().collect();
            self.shown.extend(new);
        } else {
            self.shown = toasts.to_vec();
        }
    }

    /// Draws them; gives the toast whose cross was pressed. `toasts` are the session's.
    pub fn show(&mut self, ctx: &Context, toasts: &[Toast], tokens: &Tokens) -> Option<u64> {
        let stack = stack(ctx, &self.shown, tokens);
        let closed = stack.as_ref().and_then(|stack| stack.closed);
        let hovered = stack.is_some_and(|stack| stack.hovered);
        if let Some(id) = closed {
            self.shown.retain(|toast| toast.id != id);
        }
        if std::mem::replace(&mut self.hovered, hovered) && !hovered {
            self.follow(toasts);
            ctx.request_repaint();
        }
        closed
    }
}

struct Stack {
    /// The toast whose cross was pressed.
    closed: Option<u64>,
    /// The mouse is on it.
    hovered: bool,
}

fn stack(ctx: &Context, toasts: &[Toast], tokens: &Tokens) -> Option<Stack> {
    let mut closed = None;
    if toasts.is_empty() {
        return None;
    }
    let area = Area::new(Id::unique("toasts"))
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
    let hovered = ctx
        .pointer_latest_pos()
        .is_some_and(|pointer| area.response.rect.contains(pointer));
    Some(Stack { closed, hovered })
}
