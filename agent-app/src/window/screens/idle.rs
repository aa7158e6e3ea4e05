//! The conversation pane without a conversation: what keeps calls away, and the one thing to do about it.

use agent_core::{Action, AgentView, Command, ConnectionView, action};
use contact_api::model::{Intent, Membership, Voice};
use egui::Ui;
use ringside_assets::icons::Icon;

use crate::window::{
    local::{Local, Room},
    scene::Scene,
    tokens::Tokens,
    widgets::{Button, Kind, card, state_pane},
};

/// Draws the pane.
pub fn show(ui: &mut Ui, scene: &Scene<'_>, local: &mut Local, out: &mut Vec<Command>) {
    let tokens = scene.tokens;
    let Some(agent) = &scene.view.agent else { return };
    card(tokens).show(ui, |ui| {
        ui.take_available_space();
        let state = state(scene, agent);
        let button = state.next.as_ref().map(|next| next.button(tokens));
        if state_pane(ui, state.icon, state.title, &state.sentence, button, tokens) {
            match state.next {
                Some(Next::Command(_, command)) => out.push(command),
                Some(Next::Profile) => local.profile = true,
                None => {}
            }
        }
    });
}

/// Whether the pane is open and says itself what is wrong with the connection, so that nothing else needs to.
pub fn tells_connection(scene: &Scene<'_>, local: &Local) -> bool {
    local.room == Room::Dialogues && scene.open_call(local.chosen).is_none() && scene.first_offer().is_none()
}

struct State {
    icon: Icon,
    title: &'static str,
    sentence: String,
    next: Option<Next>,
}

enum Next {
    Command(&'static Action, Command),
    Profile,
}

impl Next {
    fn button<'a>(&self, tokens: &'a Tokens) -> Button<'a> {
        match self {
            // The queue would do it too, and fairly: nothing to urge anybody to.
            Self::Command(action, Command::TakeFromQueue(_)) => {
                Button::new(action.label, Kind::Plain, tokens).shortcut(action.shortcut)
            }
            Self::Command(action, _) => {
                Button::new(action.label, Kind::Primary, tokens).shortcut(action.shortcut)
            }
            Self::Profile => Button::new("Manage profile…", Kind::Primary, tokens),
        }
    }
}

/// The first of these that is so.
fn state(scene: &Scene<'_>, agent: &AgentView) -> State {
    let state = |icon, title, sentence: &str, next| State {
        icon,
        title,
        sentence: sentence.to_owned(),
        next,
    };
    if let Some(offer) = scene.first_offer() {
        let sentence = format!(
            "{}, {}\nAccept or ignore it where it rings",
            offer.caller, offer.source
        );
        return state(Icon::PhoneIncoming, "Incoming call", &sentence, None);
    }
    let ready = || Some(Next::Command(&action::READY, Command::Ready));
    match &scene.view.connection {
        ConnectionView::Phoneless { reason } => {
            return state(Icon::Unplug, "Your phone is not connected", reason, None);
        }
        ConnectionView::Limited { reason } => {
            let reason = capitalised(reason);
            let sentence =
                format!("{reason}. Ringside keeps trying; a call that reaches your phone still rings");
            let again = Next::Command(&action::RECONNECT, Command::Reconnect);
            return state(Icon::WifiOff, "Disconnected", &sentence, Some(again));
        }
        ConnectionView::Connecting => {
            let sentence = "Calls come to you as soon as the contact centre answers";
            return state(Icon::RefreshCw, "Connecting", sentence, None);
        }
        ConnectionView::Up | ConnectionView::Offline => {}
    }
    let member = agent.uccs.iter().any(|ucc| ucc.state != Membership::SignedOut);
    if !agent.uccs.is_empty() && !member {
        let sentence = "You are signed out of every contact centre, so no call comes to you";
        return state(Icon::LogOut, "Signed out", sentence, Some(Next::Profile));
    }
    if agent.intent == Intent::NotReady {
        let sentence = "You are not ready; calls go to your colleagues";
        return state(Icon::UserX, "Not ready", sentence, ready());
    }
    if let Some(reason) = scene.passed_over() {
        return state(Icon::UserX, "No call comes to you", reason, ready());
    }
    if agent.voice == Voice::Wrapup {
        let sentence = "Time to finish what the call has left; the next one comes afterwards";
        return state(Icon::Hourglass, "Wrap-up", sentence, None);
    }
    if !agent.routable {
        let reason = agent
            .reason
            .as_deref()
            .unwrap_or("You are not hunted at the moment");
        return state(Icon::CirclePause, "No call comes to you now", reason, None);
    }
    let waiting = scene.view.waiting.iter().filter(|row| row.can_take);
    if let Some(row) = waiting.max_by_key(|row| row.since.elapsed(scene.now)) {
        let sentence = "Somebody is waiting; the queue offers them to whoever is free longest";
        let take = Command::TakeFromQueue(row.conversation.clone());
        let next = Some(Next::Command(&action::TAKE_LONGEST, take));
        return state(Icon::PhoneIncoming, "No conversation open", sentence, next);
    }
    let sentence = "You are ready: the next call rings here";
    state(Icon::Headphones, "No conversation open", sentence, None)
}

/// Reasons come as parts of a sentence; here they begin one.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
