//! The top bar: connection light, audio light (device in use, level, problem) and MePerson.

use agent_core::{AgentView, Command, ConnectionView, action};
use contact_api::model::{Intent, Voice};
use egui::{
    Align, Align2, Color32, Layout, Popup, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use ringside_assets::icons::Icon;

use super::{idle, me_menu};
use crate::window::{
    local::Local,
    scene::Scene,
    tokens::{Tokens, Type, height, radius, space},
    widgets::{
        Avatar, IconButton, Presence, Text, banner, banner_with, focus_ring, galley, icon, level_meter,
        paint_icon, spoken, timer_text,
    },
};

/// Draws the bar.
pub fn show(ui: &mut Ui, scene: &Scene<'_>, local: &mut Local, out: &mut Vec<Command>) {
    let tokens = scene.tokens;
    ui.horizontal_centered(|ui| {
        let roomy = ui.available_width() > 360.0;
        connection_light(ui, &scene.view.connection, roomy, tokens);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            if let Some(agent) = &scene.view.agent {
                let chip = me_chip(ui, agent, scene);
                me_menu::show(&chip, agent, scene, local, out);
            }
            audio_light(ui, scene);
        });
    });
}

/// Icon, word and sentence of a connection.
pub fn connection_words<'a>(
    connection: &'a ConnectionView,
    tokens: &Tokens,
) -> (Icon, Color32, &'static str, &'a str) {
    match connection {
        ConnectionView::Offline => (
            Icon::WifiOff,
            tokens.bad_fg,
            "Offline",
            "Not connected to the contact centre",
        ),
        ConnectionView::Connecting => (
            Icon::RefreshCw,
            tokens.warn_fg,
            "Connecting",
            "Reaching the contact centre",
        ),
        ConnectionView::Up => (Icon::Wifi, tokens.ok_fg, "Connected", "Queue and phone work"),
        ConnectionView::Limited { reason } => (Icon::WifiOff, tokens.warn_fg, "Limited", reason),
        ConnectionView::Phoneless { reason } => (Icon::Unplug, tokens.bad_fg, "No phone", reason),
    }
}

/// An icon, with its word where there is room; screen readers always get word and sentence.
fn connection_light(ui: &mut Ui, connection: &ConnectionView, roomy: bool, tokens: &Tokens) {
    let (sign, ink, word, sentence) = connection_words(connection, tokens);
    let response = ui
        .horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS + 2.0;
            icon(ui, sign, 16.0, ink);
            let shown = if roomy { word } else { "" };
            ui.add(
                Text::new(shown, Type::Small, tokens.weak).name(format!("Connection: {word}. {sentence}")),
            );
        })
        .response;
    response.on_hover_text(sentence);
}

/// The strip under the bar when the connection is not whole, or the sound is not. Each is said in one place:
/// an empty conversation pane speaks about the connection itself.
pub fn trouble(ui: &mut Ui, scene: &Scene<'_>, local: &Local, out: &mut Vec<Command>) {
    let tokens = scene.tokens;
    let connection = &scene.view.connection;
    let (sign, ink, word, sentence) = connection_words(connection, tokens);
    let sentence = format!("{word}: {sentence}");
    match connection {
        _ if idle::tells_connection(scene, local) => {}
        ConnectionView::Limited { .. } => {
            if banner_with(ui, sign, &sentence, action::RECONNECT.label, ink, tokens) {
                out.push(Command::Reconnect);
            }
        }
        ConnectionView::Phoneless { .. } => {
            banner(ui, sign, &sentence, ink, tokens);
        }
        ConnectionView::Up | ConnectionView::Connecting | ConnectionView::Offline => {}
    }
    if let Some(problem) = &scene.view.audio.problem {
        banner(ui, Icon::MicOff, problem, tokens.warn_fg, tokens);
    }
}

fn audio_light(ui: &mut Ui, scene: &Scene<'_>) {
    let (tokens, audio) = (scene.tokens, &scene.view.audio);
    let problem = audio.problem.is_some() || audio.input.is_none() || audio.output.is_none();
    let name = if problem {
        "Sound: needs attention"
    } else {
        "Sound"
    };
    let sign = if problem { Icon::VolumeX } else { Icon::Headphones };
    let button = ui.add(IconButton::new(sign, name, tokens).size(height::FIELD));
    if problem {
        let at = button.rect.right_top() + vec2(-5.0, 5.0);
        ui.painter().circle_filled(at, 4.0, tokens.warn_fg);
    }
    Popup::menu(&button)
        .width(300.0)
        .accessible_name("Sound")
        .show(|ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            let level = scene.open_call(None).map(|call| call.levels);
            let lines = [
                (
                    "Microphone",
                    &audio.input,
                    "none: the other side hears silence",
                    level.map(|l| l.sent),
                ),
                (
                    "Speaker",
                    &audio.output,
                    "none: you hear nothing",
                    level.map(|l| l.heard),
                ),
            ];
            for (label, device, none, level) in lines {
                ui.add(Text::new(label, Type::Section, tokens.weak));
                ui.add(Text::new(
                    device.as_deref().unwrap_or(none),
                    Type::Body,
                    tokens.text,
                ));
                if let Some(level) = level {
                    level_meter(ui, 280.0, level, &format!("{label} level"), tokens);
                }
            }
        });
}

/// The agent's state in a word, with its presence. What the contact centre said last is no longer known to be
/// so while it does not answer.
fn state_word(agent: &AgentView, scene: &Scene<'_>) -> (&'static str, Presence) {
    if let Some(word) = unknown(scene) {
        return (word, Presence::Away);
    }
    match (agent.voice, agent.intent) {
        (Voice::Offered, _) => ("Ringing", Presence::Busy),
        (Voice::Talking, _) => ("In a call", Presence::Busy),
        (Voice::Wrapup, _) => ("Wrap-up", Presence::Away),
        (Voice::Idle, Intent::NotReady) => ("Not ready", Presence::Away),
        (Voice::Idle, Intent::Ready) if agent.routable => ("Ready", Presence::Available),
        (Voice::Idle, Intent::Ready) => ("Not hunted", Presence::Away),
    }
}

/// Why the agent's state in the contact centre is not known. Our own calls are.
fn unknown(scene: &Scene<'_>) -> Option<&'static str> {
    match &scene.view.connection {
        _ if !scene.view.calls.is_empty() => None,
        ConnectionView::Limited { .. } => Some("Disconnected"),
        ConnectionView::Connecting => Some("Connecting"),
        ConnectionView::Up | ConnectionView::Phoneless { .. } | ConnectionView::Offline => None,
    }
}

fn me_chip(ui: &mut Ui, agent: &AgentView, scene: &Scene<'_>) -> egui::Response {
    let tokens = scene.tokens;
    let (word, presence) = state_word(agent, scene);
    let known = unknown(scene).is_none();
    let elapsed = agent.since.elapsed(scene.now);
    let (rect, response) = ui.allocate_exact_size(vec2(188.0, height::FIELD), Sense::click());
    let name = if known {
        format!("{}, {word} for {}, menu", agent.name, spoken(elapsed))
    } else {
        format!("{}, {word}, menu", agent.name)
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let painter = ui.painter();
    let fill = if response.hovered() {
        tokens.hover
    } else {
        tokens.card
    };
    let round = egui::CornerRadius::same(18);
    painter.rect(
        rect,
        round,
        fill,
        Stroke::new(1.0, tokens.line),
        StrokeKind::Inside,
    );
    Avatar::new(&agent.name, 26.0, tokens)
        .presence(presence)
        .paint(ui, pos2(rect.left() + 20.0, rect.center().y));
    let left = rect.left() + 41.0;
    let painter = ui.painter();
    let title = galley(
        painter,
        &agent.name,
        Type::Strong,
        tokens.text,
        rect.right() - 24.0 - left,
    );
    painter.galley(pos2(left, rect.top() + 3.0), title, tokens.text);
    let state = galley(painter, word, Type::Tiny, tokens.weak, 110.0);
    let y = rect.bottom() - 10.5;
    let right = left + state.size().x + space::XS + 2.0;
    painter.galley(pos2(left, y - state.size().y / 2.0), state, tokens.weak);
    if known {
        let at = pos2(right, y);
        timer_text(painter, at, Align2::LEFT_CENTER, elapsed, Type::Tiny, tokens.weak);
    }
    let mark = Rect::from_center_size(pos2(rect.right() - 16.0, rect.center().y), vec2(14.0, 14.0));
    paint_icon(painter, mark.center(), Icon::ChevronDown, 14.0, tokens.weak);
    focus_ring(painter, &response, rect, radius::CARD + 6, tokens.accent);
    response
}
