//! The sign-in page (F-002…F-007): server, address, password; errors on the page; Enter signs in.

use agent_core::{Command, Secret, SignInField};
use egui::{
    Align, Key, Label, Layout, Response, RichText, ScrollArea, Ui,
    text::{CCursor, CCursorRange},
    text_edit::TextEditState,
    vec2,
};
use ringside_assets::icons::Icon;

use crate::window::{
    local::{Focus, Local, SignInForm},
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

    let error = form.missing.map(missing_sentence).or(view.error.as_deref());
    if let Some(error) = error {
        banner(ui, Icon::CircleAlert, error, tokens.bad_fg, tokens);
    }

    let wrong = form.missing.or(view.error.as_ref().and(view.wrong));
    let server = TextField::new("Server address")
        .hint("http://contact-centre.example:8080")
        .error(wrong == Some(SignInField::Server))
        .enabled(!view.busy)
        .show(ui, &mut form.server, tokens);
    let address = TextField::new("Sign-in address")
        .hint("you@example.org")
        .error(wrong == Some(SignInField::Address))
        .enabled(!view.busy)
        .show(ui, &mut form.address, tokens);
    let password = TextField::new("Password")
        .password()
        .error(wrong == Some(SignInField::Password))
        .enabled(!view.busy)
        .show(ui, &mut form.password, tokens);
    let field = |field| match field {
        SignInField::Server => &server,
        SignInField::Address => &address,
        SignInField::Password => &password,
    };
    if let Some(focus) = form.focus.take_if(|_| !view.busy) {
        match focus {
            Focus::Start => field(form.first_missing().unwrap_or(SignInField::Password)).request_focus(),
            Focus::Again(wrong) => select(ui, field(wrong), form.text(wrong)),
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
            Some(missing) => field(missing).request_focus(),
        }
    }
    let help = "No account yet? Start “ringside demo” for a contact centre of your own on this computer.";
    ui.add(Label::new(RichText::new(help).font(Type::Small.font()).color(tokens.weak)).wrap());
}

/// Gives a field the keyboard and selects its text.
fn select(ui: &Ui, field: &Response, text: &str) {
    field.request_focus();
    let mut state = TextEditState::load(ui.ctx(), field.id).unwrap_or_default();
    let all = CCursorRange::two(CCursor::default(), CCursor::new(text.chars().count()));
    state.cursor.set_char_range(Some(all));
    state.store(ui.ctx(), field.id);
}

impl SignInForm {
    fn text(&self, field: SignInField) -> &str {
        match field {
            SignInField::Server => &self.server,
            SignInField::Address => &self.address,
            SignInField::Password => &self.password,
        }
    }

    fn first_missing(&self) -> Option<SignInField> {
        if self.server.trim().is_empty() {
            Some(SignInField::Server)
        } else if self.address.trim().is_empty() {
            Some(SignInField::Address)
        } else if self.password.is_empty() {
            Some(SignInField::Password)
        } else {
            None
        }
    }
}

const fn missing_sentence(missing: SignInField) -> &'static str {
    match missing {
        SignInField::Server => "Enter the address of your contact centre's server",
        SignInField::Address => "Enter your sign-in address, like you@example.org",
        SignInField::Password => "Enter your password",
    }
}
