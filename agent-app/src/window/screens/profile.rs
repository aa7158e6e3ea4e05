//! Manage profile (F-011…F-014): the agent's contact centres, each with its state.

use agent_core::{AgentView, Command, UccView};
use contact_api::model::Membership;
use egui::{Align, Id, Layout, Modal, Ui, vec2};
use ringside_assets::icons::Icon;

use crate::window::{
    local::Local,
    tokens::{Tokens, Type, height, space},
    widgets::{Button, IconButton, Kind, Text, card, icon, toggle},
};

/// The dialog, while it is open.
pub fn show(ui: &Ui, agent: &AgentView, tokens: &Tokens, local: &mut Local, out: &mut Vec<Command>) {
    if !local.profile {
        return;
    }
    let modal = Modal::new(Id::unique("profile"))
        .backdrop_color(tokens.veil)
        .frame(card(tokens).inner_margin(24))
        .show(ui.ctx(), |ui| {
            ui.set_width(420.0);
            ui.spacing_mut().item_spacing.y = space::S;
            let mut close = false;
            ui.horizontal(|ui| {
                ui.add(Text::new("Manage profile", Type::Title, tokens.text));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    close |= ui
                        .add(IconButton::new(Icon::X, "Close", tokens).bare().size(32.0))
                        .clicked();
                });
            });
            if agent.uccs.is_empty() {
                ui.add(Text::new(
                    "You belong to no contact centre; ask your supervisor",
                    Type::Body,
                    tokens.weak,
                ));
            }
            for ucc in &agent.uccs {
                row(ui, ucc, tokens, out);
            }
            ui.add_space(space::S);
            close | ui.add(Button::new("Done", Kind::Plain, tokens)).clicked()
        });
    if modal.inner || modal.should_close() {
        local.profile = false;
    }
}

fn row(ui: &mut Ui, ucc: &UccView, tokens: &Tokens, out: &mut Vec<Command>) {
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), height::ROW),
        Layout::right_to_left(Align::Center),
        |ui| {
            match ucc.state {
                Membership::Informal => {
                    icon(ui, Icon::Lock, 16.0, tokens.weak);
                    let name = format!("{}: informal, always a member", ucc.name);
                    ui.add(Text::new("Informal", Type::Small, tokens.weak).name(name))
                        .on_hover_text("You are always a member here and cannot sign in or out");
                }
                Membership::SignedIn | Membership::SignedOut => {
                    let on = ucc.state == Membership::SignedIn;
                    let name = format!("{}: {}", ucc.name, if on { "sign out" } else { "sign in" });
                    if toggle(ui, on, &name, tokens).clicked() {
                        out.push(if on {
                            Command::UccSignOut {
                                ucc: ucc.ucc.clone(),
                                force: false,
                            }
                        } else {
                            Command::UccSignIn(ucc.ucc.clone())
                        });
                    }
                    ui.add(Text::new(
                        if on { "Signed in" } else { "Signed out" },
                        Type::Small,
                        tokens.weak,
                    ));
                }
            }
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = space::XXS;
                ui.add_space(space::S);
                ui.add(Text::new(&ucc.name, Type::Row, tokens.text));
                let skills = if ucc.skills.is_empty() {
                    "No skills".to_owned()
                } else {
                    ucc.skills.join(", ")
                };
                ui.add(Text::new(&skills, Type::Small, tokens.weak));
            });
        },
    );
}
