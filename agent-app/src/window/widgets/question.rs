//! A question over the page that must be answered first: what happens on Yes in words, and a safe No.

use egui::{Align, Id, Label, Layout, Modal, RichText, Role, Ui, UiBuilder};

use super::{Button, Kind, Text, card};
use crate::window::tokens::{Tokens, Type, space};

/// A question.
pub struct Question<'a> {
    /// What it is about, as a heading.
    pub title: &'a str,
    /// The question, as a sentence.
    pub text: &'a str,
    /// The button that does it, and its accessible name.
    pub yes: (&'a str, &'a str),
    /// The button that does nothing, and its accessible name.
    pub no: (&'a str, &'a str),
}

impl Question<'_> {
    /// Draws the dialog and gives the answer, once there is one. The keyboard starts on No; Escape is No.
    pub fn ask(&self, ui: &Ui, id: &str, tokens: &Tokens) -> Option<bool> {
        let modal = Modal::new(Id::unique(id))
            .backdrop_color(tokens.veil)
            .frame(card(tokens).inner_margin(24))
            .show(ui.ctx(), |ui| {
                ui.set_width(380.0);
                ui.spacing_mut().item_spacing.y = space::M;
                let builder = UiBuilder::new()
                    .accessibility_role(Role::AlertDialog)
                    .accessibility_label(self.text);
                ui.scope_builder(builder, |ui| self.content(ui, tokens)).inner
            });
        let (yes, no) = modal.inner;
        if yes {
            Some(true)
        } else if no || modal.should_close() {
            Some(false)
        } else {
            None
        }
    }

    fn content(&self, ui: &mut Ui, tokens: &Tokens) -> (bool, bool) {
        ui.add(Text::new(self.title, Type::Title, tokens.text));
        let text = RichText::new(self.text)
            .font(Type::Body.font())
            .color(tokens.text);
        ui.add(Label::new(text).wrap());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            let no = ui.add(Button::new(self.no.0, Kind::Plain, tokens).name(self.no.1));
            if ui.memory(|memory| memory.focused().is_none()) {
                no.request_focus();
            }
            let yes = ui.add(Button::new(self.yes.0, Kind::Bad, tokens).name(self.yes.1));
            (yes.clicked(), no.clicked())
        })
        .inner
    }
}
