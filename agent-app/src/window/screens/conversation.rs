//! The conversation pane: who it is, for how long, the call controls (F-050…F-055), and what is known.

use std::time::Duration;

use agent_core::{CallPhase, CallView, Command, action};
use egui::{Align, Frame, Layout, Margin, ScrollArea, Ui, vec2};
use ringside_assets::icons::Icon;

use super::{contact, idle, keypad, sound};
use crate::window::{
    local::{Local, Tab},
    scene::Scene,
    tokens::{Tokens, Type, height, radius, space},
    widgets::{Avatar, IconButton, Text, banner, card, clock, icon, spoken, tabs},
};

/// Keep callers informed: a hold past this is amber (F-055).
pub const LONG_HOLD: Duration = Duration::from_secs(60);
/// A hold past this is red.
pub const TOO_LONG_HOLD: Duration = Duration::from_secs(120);

/// Draws the pane.
pub fn show(ui: &mut Ui, scene: &Scene<'_>, local: &mut Local, out: &mut Vec<Command>) {
    let Some(call) = scene.open_call(local.chosen) else {
        idle::show(ui, scene, local, out);
        return;
    };
    ui.spacing_mut().item_spacing.y = space::M;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        card(scene.tokens).show(ui, |ui| {
            ui.take_available_width();
            header(ui, call, scene, local, out);
            notices(ui, call, scene);
            ui.separator();
            let all = [
                (Tab::Conversation, "Conversation"),
                (Tab::Contact, "Contact information"),
            ];
            if let Some(tab) = tabs(ui, &all, local.tab, scene.tokens) {
                local.tab = tab;
            }
        });
        if local.keypad {
            card(scene.tokens).show(ui, |ui| {
                ui.take_available_width();
                keypad::show(ui, call, scene, local, out);
            });
        }
        card(scene.tokens).show(ui, |ui| {
            ui.take_available_space();
            match local.tab {
                Tab::Conversation => sound::show(ui, call, scene),
                Tab::Contact => contact::show(ui, call, scene),
            }
        });
    });
}

fn header(ui: &mut Ui, call: &CallView, scene: &Scene<'_>, local: &mut Local, out: &mut Vec<Command>) {
    let wide = ui.available_width() >= 520.0;
    if wide {
        ui.horizontal(|ui| {
            // Buttons first, from the right: the name gets what is left.
            let controls_width = controls_width(call);
            let room = ui.available_width() - controls_width - space::L;
            ui.allocate_ui_with_layout(vec2(room, 60.0), Layout::left_to_right(Align::Center), |ui| {
                who(ui, call, scene);
            });
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.allocate_ui_with_layout(
                    vec2(controls_width, height::CONTROL),
                    Layout::left_to_right(Align::Center),
                    |ui| controls(ui, call, scene, local, out),
                );
            });
        });
    } else {
        ui.horizontal(|ui| who(ui, call, scene));
        ui.add_space(space::XS);
        ui.horizontal(|ui| controls(ui, call, scene, local, out));
    }
}

fn who(ui: &mut Ui, call: &CallView, scene: &Scene<'_>) {
    let tokens = scene.tokens;
    ui.add(Avatar::new(&call.peer, 52.0, tokens));
    ui.add_space(space::XS);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.add(Text::new(&call.peer, Type::Title, tokens.text));
        if call.address != call.peer {
            ui.add(Text::new(&call.address, Type::Small, tokens.weak));
        }
        let elapsed = call.since.elapsed(scene.now);
        let word = match call.phase {
            CallPhase::Calling => "Calling",
            CallPhase::Ringing => "Ringing",
            CallPhase::Connecting => "Connecting",
            CallPhase::Connected => "Connected",
            CallPhase::Ending => "Ending",
        };
        let state = format!("{word} {}", clock(elapsed));
        let state = Text::new(&state, Type::Timer, tokens.text).name(format!("{word}, {}", spoken(elapsed)));
        let source = Text::new(&call.source, Type::Small, tokens.weak);
        if ui.available_width() < 340.0 {
            // The time is what must never be cut.
            ui.add(state);
            ui.add(source);
            return;
        }
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::M;
            if !call.source.is_empty() {
                ui.add(source.width(ui.available_width() - 130.0));
            }
            ui.add(state);
            if let Some(codec) = call.codec.as_ref().filter(|_| ui.available_width() > 60.0) {
                ui.add(Text::new(codec, Type::Small, tokens.weak));
            }
        });
    });
}

const GAP: f32 = space::S;

fn controls_width(call: &CallView) -> f32 {
    if call.phase == CallPhase::Connected {
        // Three controls, then a gap before the one that ends it all.
        4.0 * height::CONTROL + 4.0 * GAP
    } else {
        height::CONTROL
    }
}

fn controls(ui: &mut Ui, call: &CallView, scene: &Scene<'_>, local: &mut Local, out: &mut Vec<Command>) {
    let (tokens, id) = (scene.tokens, call.call);
    ui.spacing_mut().item_spacing.x = GAP;
    if call.phase == CallPhase::Connected {
        let mute = if call.muted {
            IconButton::action(&action::UNMUTE, tokens).on()
        } else {
            IconButton::action(&action::MUTE, tokens)
        };
        if ui.add(mute).clicked() {
            out.push(if call.muted {
                Command::Unmute(id)
            } else {
                Command::Mute(id)
            });
        }
        let hold = if call.held.is_some() {
            IconButton::action(&action::RESUME, tokens).held()
        } else {
            IconButton::action(&action::HOLD, tokens)
        };
        if ui.add(hold).clicked() {
            out.push(if call.held.is_some() {
                Command::Resume(id)
            } else {
                Command::Hold(id)
            });
        }
        let keypad = IconButton::action(&action::KEYPAD, tokens).toggled(local.keypad);
        if ui.add(if local.keypad { keypad.on() } else { keypad }).clicked() {
            local.keypad = !local.keypad;
        }
        ui.add_space(space::S);
    }
    let ending = call.phase == CallPhase::Ending;
    if ui
        .add(
            IconButton::action(&action::HANG_UP, tokens)
                .bad()
                .enabled(!ending),
        )
        .clicked()
    {
        out.push(Command::Hangup(id));
    }
}

/// What the agent must not miss: on hold, held by the other side, trouble, muted.
fn notices(ui: &mut Ui, call: &CallView, scene: &Scene<'_>) {
    let tokens = scene.tokens;
    // Nothing is to be heard while somebody holds.
    let trouble = call
        .trouble
        .as_ref()
        .filter(|_| call.held.is_none() && !call.remote_held);
    if call.held.is_none() && !call.remote_held && !call.muted && trouble.is_none() {
        return;
    }
    ui.spacing_mut().item_spacing.y = space::S;
    ui.add_space(space::XS);
    if let Some(held) = &call.held {
        hold_strip(ui, held.elapsed(scene.now), tokens);
    }
    if call.remote_held {
        let sentence = format!(
            "{} has put you on hold; they cannot hear you until they come back",
            call.peer
        );
        banner(ui, Icon::CirclePause, &sentence, tokens.accent, tokens);
    }
    if let Some(trouble) = trouble {
        banner(ui, Icon::TriangleAlert, trouble, tokens.warn_fg, tokens);
    }
    if call.muted {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            icon(ui, Icon::MicOff, 15.0, tokens.accent);
            ui.add(Text::new("Muted", Type::Timer, tokens.accent).name("Your microphone is muted"));
        });
    }
}

/// A yellow strip over the whole width, red when it has lasted too long (F-050, F-055). No live region: a time
/// that runs would be read out every second.
fn hold_strip(ui: &mut Ui, held: Duration, tokens: &Tokens) {
    let (sign, words) = hold_notice(held);
    let (fill, ink) = if held >= TOO_LONG_HOLD {
        (tokens.bad_fill, tokens.on_fill)
    } else {
        (tokens.warn_fill, tokens.on_warn)
    };
    Frame::new()
        .fill(fill)
        .corner_radius(radius::BUTTON)
        .inner_margin(Margin::symmetric(12, 8))
        .show(ui, |ui| {
            ui.take_available_width();
            ui.horizontal(|ui| {
                icon(ui, sign, 16.0, ink);
                let text = format!("{words} {}", clock(held));
                let name = format!("{words}, {}", spoken(held));
                ui.add(Text::new(&text, Type::Timer, ink).name(name));
            });
        });
}

/// Icon and sentence of a hold.
pub const fn hold_notice(held: Duration) -> (Icon, &'static str) {
    if held.as_secs() >= TOO_LONG_HOLD.as_secs() {
        (Icon::TriangleAlert, "On hold too long")
    } else if held.as_secs() >= LONG_HOLD.as_secs() {
        (Icon::Hourglass, "On hold for a while")
    } else {
        (Icon::CirclePause, "On hold")
    }
}
