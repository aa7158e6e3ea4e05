//! What a pane shows when it has nothing else: one icon, one sentence, at most one action. And cards and
//! banners.

use egui::{
    Align, Color32, Frame, Label, Layout, Margin, Response, RichText, Role, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, accesskit::Live, pos2, vec2,
};
use ringside_assets::icons::Icon;

use super::{Button, Kind, Text, galley, icon};
use crate::window::tokens::{Tokens, Type, height, radius, space};

/// The empty, loading, offline or error state of a pane. Gives whether its action was pressed.
pub fn state_pane(
    ui: &mut Ui,
    sign: Icon,
    title: &str,
    sentence: &str,
    action: Option<Button<'_>>,
    tokens: &Tokens,
) -> bool {
    let mut pressed = false;
    let above = ((ui.available_height() - 170.0) / 2.0).max(space::L);
    ui.add_space(above);
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        icon(ui, sign, 40.0, tokens.weak);
        ui.add_space(space::S);
        ui.add(Label::new(
            RichText::new(title).font(Type::Row.font()).color(tokens.text),
        ));
        let width = ui.available_width().min(360.0);
        ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Center), |ui| {
            ui.add(Label::new(RichText::new(sentence).font(Type::Body.font()).color(tokens.weak)).wrap());
        });
        if let Some(action) = action {
            ui.add_space(space::S);
            pressed = ui.add(action).clicked();
        }
    });
    pressed
}

/// A card.
pub fn card(tokens: &Tokens) -> Frame {
    Frame::new()
        .fill(tokens.card)
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(radius::CARD)
        .inner_margin(Margin::same(16))
}

/// A strip with an icon and a sentence: something the agent should know now. Announced to screen readers.
pub fn banner(ui: &mut Ui, sign: Icon, sentence: &str, ink: Color32, tokens: &Tokens) -> Response {
    strip(ui, ink, tokens, |ui| {
        ui.horizontal(|ui| said(ui, sign, sentence, ink, tokens));
    })
}

/// A banner with something to do about it. Gives whether that was pressed.
pub fn banner_with(
    ui: &mut Ui,
    sign: Icon,
    sentence: &str,
    action: &str,
    ink: Color32,
    tokens: &Tokens,
) -> bool {
    let mut pressed = false;
    strip(ui, ink, tokens, |ui| {
        let row = Layout::right_to_left(Align::Center);
        ui.allocate_ui_with_layout(vec2(ui.available_width(), height::FIELD), row, |ui| {
            pressed = ui.add(Button::new(action, Kind::Plain, tokens)).clicked();
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                said(ui, sign, sentence, ink, tokens);
            });
        });
    });
    pressed
}

fn said(ui: &mut Ui, sign: Icon, sentence: &str, ink: Color32, tokens: &Tokens) {
    icon(ui, sign, 16.0, ink);
    let text = RichText::new(sentence).font(Type::Body.font()).color(tokens.text);
    ui.add(Label::new(text).wrap());
}

/// The frame of a banner.
fn strip(ui: &mut Ui, ink: Color32, tokens: &Tokens, content: impl FnOnce(&mut Ui)) -> Response {
    let builder = UiBuilder::new().accessibility_role(Role::Status);
    ui.scope_builder(builder, |ui| {
        ui.ctx()
            .accesskit_node_builder(ui.unique_id(), |node| node.set_live(Live::Polite));
        Frame::new()
            .fill(tokens.field)
            .stroke(Stroke::new(1.0, ink))
            .corner_radius(radius::BUTTON)
            .inner_margin(Margin::symmetric(12, 8))
            .show(ui, |ui| {
                ui.take_available_width();
                content(ui);
            });
    })
    .response
}

/// A line of a table of facts: a label of fixed width and its value.
pub fn fact(ui: &mut Ui, label: &str, value: &str, tokens: &Tokens) {
    ui.horizontal(|ui| {
        let (rect, response) = ui.allocate_exact_size(vec2(150.0, 20.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, label));
        let label = galley(ui.painter(), label, Type::Body, tokens.weak, rect.width());
        let at = pos2(rect.left(), rect.center().y - label.size().y / 2.0);
        ui.painter().galley(at, label, tokens.weak);
        ui.add(Text::new(value, Type::Body, tokens.text));
    });
}
