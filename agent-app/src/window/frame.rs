//! The frame of the window: side bar, list, top bar, conversation; and what lies over them.

use agent_core::{Command, OfferView};
use egui::{
    Area, Frame, Id, Margin, Order, Panel, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo,
    accesskit::Live, pos2, vec2,
};

use super::{
    local::{Local, Room},
    scene::Scene,
    screens::{confirm, conversation, dialogues, profile, quit, rail, ring, settings, sign_in, top_bar},
    shortcuts,
    tokens::{height, space},
};

/// Draws the whole window and collects what the person wants.
pub fn show(ui: &mut Ui, scene: &Scene<'_>, local: &mut Local, out: &mut Vec<Command>) {
    let tokens = scene.tokens;
    local.guard.watch(scene.first_offer(), scene.clock);
    shortcuts::consume(ui.ctx(), scene, local, out);
    ui.painter().rect_filled(ui.max_rect(), 0, tokens.canvas);
    match &scene.view.agent {
        None => sign_in::show(ui, scene, local, out),
        Some(agent) => {
            main(ui, scene, local, out);
            profile::show(ui, agent, tokens, local, out);
            if let Some(question) = &scene.view.confirm {
                confirm::show(ui, question, tokens, out);
            }
        }
    }
    quit::show(ui, scene, local);
    if let Some(offer) = scene.first_offer() {
        if local.ring_inside {
            ring_card(ui, scene, local, out);
        } else {
            announce(ui, offer);
        }
    }
    if let Some(id) = local.toasts.show(ui.ctx(), &scene.view.toasts, tokens) {
        out.push(Command::DismissToast(id));
    }
}

fn main(ui: &mut Ui, scene: &Scene<'_>, local: &mut Local, out: &mut Vec<Command>) {
    let tokens = scene.tokens;
    let line = Stroke::new(1.0, tokens.line);
    Panel::left("rail")
        .exact_size(height::RAIL)
        .resizable(false)
        .show_separator_line(false)
        .frame(Frame::NONE)
        .show(ui, |ui| {
            named(ui, "Rooms", Role::Navigation, |ui| rail::show(ui, scene, local))
        });
    if local.room == Room::Dialogues {
        let list = Panel::left("list")
            .exact_size(height::LIST)
            .resizable(false)
            .show_separator_line(false)
            .frame(Frame::NONE)
            .show(ui, |ui| {
                named(ui, "Dialogues", Role::Region, |ui| {
                    dialogues::show(ui, scene, local, out)
                })
            });
        let edge = list.response.rect;
        ui.painter().vline(edge.right() - 0.5, edge.y_range(), line);
    }
    let bar = Panel::top("top bar")
        .exact_size(height::TOP_BAR)
        .resizable(false)
        .show_separator_line(false)
        .frame(Frame::NONE.inner_margin(Margin::symmetric(16, 0)))
        .show(ui, |ui| {
            named(ui, "Status", Role::Region, |ui| {
                top_bar::show(ui, scene, local, out)
            })
        });
    let edge = bar.response.rect;
    ui.painter().hline(edge.x_range(), edge.bottom() - 0.5, line);
    egui::CentralPanel::no_frame()
        .frame(Frame::NONE.inner_margin(Margin::same(16)))
        .show(ui, |ui| {
            let name = if local.room == Room::Settings {
                "Settings"
            } else {
                "Conversation"
            };
            named(ui, name, Role::Main, |ui| {
                ui.spacing_mut().item_spacing.y = space::M;
                top_bar::trouble(ui, scene, local, out);
                match local.room {
                    Room::Dialogues => conversation::show(ui, scene, local, out),
                    Room::Settings => settings::show(ui, scene, out),
                }
            });
        });
}

/// A named region, so that a screen reader can jump to it.
fn named(ui: &mut Ui, name: &str, role: Role, add: impl FnOnce(&mut Ui)) {
    let builder = UiBuilder::new()
        .max_rect(ui.max_rect())
        .accessibility_label(name)
        .accessibility_role(role);
    ui.scope_builder(builder, add);
}

/// The incoming call inside the window, where it cannot have a window of its own.
fn ring_card(ui: &Ui, scene: &Scene<'_>, local: &mut Local, out: &mut Vec<Command>) {
    let size = vec2(height::RING_WIDTH, ring::window_height(scene.view.offers.len()));
    let screen = ui.max_rect();
    let at = pos2(
        screen.right() - space::L - size.x,
        screen.top() + height::TOP_BAR + space::S,
    );
    Area::new(Id::unique("ring"))
        .order(Order::Foreground)
        .fixed_pos(at)
        .show(ui.ctx(), |ui| {
            let rect = Rect::from_min_size(at, size);
            ui.allocate_rect(rect, Sense::hover());
            ring::show(ui, rect, scene, local.guard.is_open(), out);
        });
}

/// The pop-up never has the focus, so the window with the focus says what rings.
fn announce(ui: &Ui, offer: &OfferView) {
    let place = Rect::from_min_size(ui.max_rect().min, vec2(1.0, 1.0));
    let response = ui.interact(place, Id::unique("announce"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, ring::announcement(offer)));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_live(Live::Assertive));
}
