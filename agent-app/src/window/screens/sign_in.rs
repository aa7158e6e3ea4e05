//! The sign-in page (F-002…F-007): server, address, password; errors on the page; Enter signs in.

use agent_core::{Command, Secret};
use egui::{Align, Key, Label, Layout, RichText, ScrollArea, Ui, vec2};
use ringside_assets::icons::Icon;

use crate::window::{
    local::{Local, Missing, SignInForm},
    scene::Scene,
    tokens::{Type, height, space},
    widgets::{Button, Kind, TextField, banner, card, icon},
};

const WIDTH: f32 = 400.0;

/// Draws the page.
pub fn show(ui: &mut Ui, scene: &Scene<'_>, local: &mut Local, out: &mut Vec<Command>) {
    ScrollArea::vertical().show(ui, |ui| {
        ui.with_layout(Layout::top_down(Align::Center), |ui| {
            ui.add_space(((ui.available_height() - 460.0) / 2.0).max(space::L));
            ui.allocate_ui_with_layout(vec2(WIDTH, 0.0), Layout::top_down(Align::Min), |ui| {
                card(scene.tokens)
                    .inner_margin(24)
                    .show(ui, |ui| form(ui, scene, &mut local.sign_in, out));
            });
            ui.add_space(space::L);
        });
    });
}

fn form(ui: &mut Ui, scene: &Scene<'_>, form: &mut SignInForm, out: &mut Vec<Command>) {
    let (view, tokens) = (&scene.view.sign_in, scene.tokens);
    ui.spacing_mut().item_spacing.y = space::S;
    ui.horizontal(|ui| {
        icon(ui, Icon::Headphones, 24.0, tokens.accent);
        ui.add(Label::new(
            RichText::new("Ringside")
                .font(Type::Title.font())
                .color(tokens.text),
        ));
    });
    let intro = "Sign in to your contact centre with the address and password your supervisor gave you.";
    ui.add(Label::new(RichText::new(intro).font(Type::Body.font()).color(tokens.weak)).wrap());
    ui.add_space(space::XS);

    let error = form.missing.map(Missing::sentence).or(view.error.as_deref());
    if let Some(error) = error {
        banner(ui, Icon::CircleAlert, error, tokens.bad_fg, tokens);
    }

    let missing = form.missing;
    let server = TextField::new("Server address")
        .hint("http://contact-centre.example:8080")
        .error(missing == Some(Missing::Server))
        .enabled(!view.busy)
        .show(ui, &mut form.server, tokens);
    let address = TextField::new("Sign-in address")
        .hint("you@example.org")
        .error(missing == Some(Missing::Address))
        .enabled(!view.busy)
        .show(ui, &mut form.address, tokens);
    let password = TextField::new("Password")
        .password()
        .error(missing == Some(Missing::Password))
        .enabled(!view.busy)
        .show(ui, &mut form.password, tokens);
    if !form.focused && !view.busy {
        form.focused = true;
        match form.first_missing() {
            Some(Missing::Server) => server.request_focus(),
            Some(Missing::Address) => address.request_focus(),
            _ => password.request_focus(),
        }
    }
    let entered = [&server, &address, &password]
        .iter()
        .any(|field| field.lost_focus())
        && ui.input(|input| input.key_pressed(Key::Enter));

    ui.add_space(space::S);
    let label = if view.busy { "Signing in…" } else { "Sign in" };
    let button = Button::new(label, Kind::Primary, tokens)
        .enabled(!view.busy)
        .size(vec2(ui.available_width(), height::CONTROL));
    let pressed = ui.add(button).clicked();
    if (pressed || entered) && !view.busy {
        form.missing = form.first_missing();
        match form.missing {
            None => out.push(Command::SignIn {
                server: form.server.trim().to_owned(),
                address: form.address.trim().to_owned(),
                password: Secret(form.password.clone()),
            }),
            Some(Missing::Server) => server.request_focus(),
            Some(Missing::Address) => address.request_focus(),
            Some(Missing::Password) => password.request_focus(),
        }
    }
    let help = "No account yet? Start “ringside demo” for a contact centre of your own on this computer.";
    ui.add(Label::new(RichText::new(help).font(Type::Small.font()).color(tokens.weak)).wrap());
}

impl SignInForm {
    fn first_missing(&self) -> Option<Missing> {
        if self.server.trim().is_empty() {
            Some(Missing::Server)
        } else if self.address.trim().is_empty() {
            Some(Missing::Address)
        } else if self.password.is_empty() {
            Some(Missing::Password)
        } else {
            None
        }
    }
}

impl Missing {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Server => "Enter the address of your contact centre's server",
            Self::Address => "Enter your sign-in address, like you@example.org",
            Self::Password => "Enter your password",
        }
    }
}
