//! MePerson (F-010, F-021, F-022): state, profile, settings, sign out.

use agent_core::{Action, AgentView, Command, action};
use contact_api::model::Intent;
use egui::{Label, Popup, RectAlign, Response, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use ringside_assets::icons::Icon;

use crate::window::{
    local::{Local, Room},
    scene::Scene,
    tokens::{Tokens, Type, height, radius, space},
    widgets::{Text, focus_ring, galley, paint_icon},
};

/// The menu under the chip.
pub fn show(
    chip: &Response,
    agent: &AgentView,
    scene: &Scene<'_>,
    local: &mut Local,
    out: &mut Vec<Command>,
) {
    let tokens = scene.tokens;
    Popup::menu(chip)
        .align(RectAlign::BOTTOM_END)
        .gap(space::XS)
        .width(260.0)
        .accessible_name("My menu")
        .show(|ui| {
            ui.spacing_mut().item_spacing.y = space::XXS;
            ui.add(Text::new(&agent.name, Type::Row, tokens.text));
            ui.add(Text::new(&agent.address, Type::Small, tokens.weak));
            if let Some(reason) = &agent.reason {
                ui.add(
                    Label::new(
                        RichText::new(reason)
                            .font(Type::Small.font())
                            .color(tokens.warn_fg),
                    )
                    .wrap(),
                );
            }
            ui.add_space(space::XS);
            let intent = agent.intent;
            let ready = intent == Intent::Ready && scene.passed_over().is_none();
            if item(ui, Icon::UserCheck, &action::READY, Some(ready), tokens) {
                out.push(Command::Ready);
            }
            let not_ready = intent == Intent::NotReady;
            if item(ui, Icon::UserX, &action::NOT_READY, Some(not_ready), tokens) {
                out.push(Command::NotReady { reason: None });
            }
            ui.separator();
            let profile = Action {
                id: "agent.profile",
                label: "Manage profile…",
                name: "Manage profile",
                icon: "users",
                shortcut: None,
            };
            if item(ui, Icon::Users, &profile, None, tokens) {
                local.profile = true;
            }
            if item(ui, Icon::Settings, &action::SETTINGS, None, tokens) {
                local.room = Room::Settings;
            }
            ui.separator();
            if item(ui, Icon::LogOut, &action::SIGN_OUT, None, tokens) {
                out.push(Command::SignOut { force: false });
            }
        });
}

/// A line of the menu; closes the menu when chosen.
fn item(ui: &mut Ui, icon: Icon, action: &Action, chosen: Option<bool>, tokens: &Tokens) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height::FIELD), Sense::click());
    response.widget_info(|| match chosen {
        Some(on) => WidgetInfo::selected(Role::MenuItemRadio, true, on, action.label),
        None => WidgetInfo::labeled(Role::MenuItem, true, action.label),
    });
    let painter = ui.painter();
    if response.hovered() {
        painter.rect_filled(rect, radius::BUTTON, tokens.hover);
    }
    paint_icon(
        painter,
        pos2(rect.left() + 18.0, rect.center().y),
        icon,
        16.0,
        tokens.weak,
    );
    let label = galley(
        painter,
        action.label,
        Type::Body,
        tokens.text,
        rect.width() - 80.0,
    );
    painter.galley(
        pos2(rect.left() + 36.0, rect.center().y - label.size().y / 2.0),
        label,
        tokens.text,
    );
    if chosen == Some(true) {
        paint_icon(
            painter,
            pos2(rect.right() - 16.0, rect.center().y),
            Icon::Check,
            16.0,
            tokens.accent,
        );
    } else if let Some(keys) = action.shortcut {
        let keys = galley(painter, keys, Type::Tiny, tokens.weak, f32::INFINITY);
        let at = pos2(
            rect.right() - space::S - keys.size().x,
            rect.center().y - keys.size().y / 2.0,
        );
        painter.galley(at, keys, tokens.weak);
    }
    focus_ring(painter, &response, rect, radius::BUTTON, tokens.accent);
    if response.clicked() {
        ui.close();
    }
    response.clicked()
}
