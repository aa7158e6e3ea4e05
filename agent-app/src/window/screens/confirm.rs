//! The question that waits for Yes or No (F-016): signing out as the last agent of a skill.

use agent_core::{Command, ConfirmView};
use egui::{Align, Id, Label, Layout, Modal, RichText, Role, Ui, UiBuilder};

use crate::window::{
    tokens::{Tokens, Type, space},
    widgets::{Button, Kind, Text, card},
};

/// The dialog, while there is a question. The keyboard starts on No; Escape is No.
pub fn show(ui: &Ui, question: &ConfirmView, tokens: &Tokens, out: &mut Vec<Command>) {
    let modal = Modal::new(Id::unique("confirm"))
        .backdrop_color(tokens.veil)
        .frame(card(tokens).inner_margin(24))
        .show(ui.ctx(), |ui| {
            ui.set_width(380.0);
            ui.spacing_mut().item_spacing.y = space::M;
            let builder = UiBuilder::new()
                .accessibility_role(Role::AlertDialog)
                .accessibility_label(&question.text);
            ui.scope_builder(builder, |ui| {
                ui.add(Text::new("Sign out", Type::Title, tokens.text));
                let text = RichText::new(&question.text)
                    .font(Type::Body.font())
                    .color(tokens.text);
                ui.add(Label::new(text).wrap());
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.spacing_mut().item_spacing.x = space::S;
                    let no = ui.add(Button::new("No", Kind::Plain, tokens).name("No, stay signed in"));
                    if ui.memory(|memory| memory.focused().is_none()) {
                        no.request_focus();
                    }
                    let yes = ui.add(Button::new("Yes", Kind::Bad, tokens).name("Yes, sign out"));
                    (yes.clicked(), no.clicked())
                })
                .inner
            })
            .inner
        });
    let (yes, no) = modal.inner;
    if yes {
        let force = true;
        out.push(match question.ucc.clone() {
            Some(ucc) => Command::UccSignOut { ucc, force },
            None => Command::SignOut { force },
        });
    } else if no || modal.should_close() {
        out.push(Command::DismissConfirm);
    }
}
