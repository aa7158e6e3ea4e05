//! The question that waits for Yes or No (F-016): signing out as the last agent of a skill.

use agent_core::{Command, ConfirmView};
use egui::Ui;

use crate::window::{tokens::Tokens, widgets::Question};

/// The dialog, while there is a question.
pub fn show(ui: &Ui, question: &ConfirmView, tokens: &Tokens, out: &mut Vec<Command>) {
    let dialog = Question {
        title: "Sign out",
        text: &question.text,
        yes: ("Yes", "Yes, sign out"),
        no: ("No", "No, stay signed in"),
    };
    let force = true;
    match dialog.ask(ui, "confirm", tokens) {
        Some(true) => out.push(match question.ucc.clone() {
            Some(ucc) => Command::UccSignOut { ucc, force },
            None => Command::SignOut { force },
        }),
        Some(false) => out.push(Command::DismissConfirm),
        None => {}
    }
}
