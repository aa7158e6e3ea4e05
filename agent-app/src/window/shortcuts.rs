//! Shortcuts, consumed in one place from the table of actions. Ctrl is Cmd on macOS.

use agent_core::{Action, CallPhase, Command, action};
use contact_api::model::Intent;
use egui::{Context, Key, KeyboardShortcut, Modifiers};

use super::{
    local::{Local, Room},
    scene::Scene,
    screens::ring,
};

/// Reads `Ctrl+Shift+H`.
pub fn parse(keys: &str) -> Option<KeyboardShortcut> {
    let mut modifiers = Modifiers::NONE;
    let mut key = None;
    for part in keys.split('+') {
        match part {
            "Ctrl" => modifiers |= Modifiers::COMMAND,
            "Shift" => modifiers |= Modifiers::SHIFT,
            "Alt" => modifiers |= Modifiers::ALT,
            name => key = Key::from_name(name),
        }
    }
    Some(KeyboardShortcut::new(modifiers, key?))
}

/// Takes the shortcuts pressed out of the input and does what they say.
pub fn consume(ctx: &Context, scene: &Scene<'_>, local: &mut Local, out: &mut Vec<Command>) {
    // The longest modifiers first: `consume_shortcut` takes Ctrl+Shift+S for Ctrl+S too.
    let mut actions: Vec<(&Action, KeyboardShortcut)> = action::ALL
        .iter()
        .filter_map(|action| Some((action, parse(action.shortcut?)?)))
        .collect();
    actions.sort_by_key(|(_, keys)| {
        std::cmp::Reverse(u8::from(keys.modifiers.shift) + u8::from(keys.modifiers.alt))
    });
    actions.dedup_by_key(|(_, keys)| *keys);
    for (action, keys) in actions {
        if ctx.input_mut(|input| input.consume_shortcut(&keys)) {
            perform(action, scene, local, out);
        }
    }
}

/// What an action means now. Actions that share a key are the two sides of a switch.
pub fn perform(action: &Action, scene: &Scene<'_>, local: &mut Local, out: &mut Vec<Command>) {
    let signed_in = scene.view.agent.is_some();
    let call = scene.open_call(local.chosen);
    let talking = call.filter(|call| call.phase == CallPhase::Connected);
    match action.id {
        id if id == action::ACCEPT.id || id == action::IGNORE.id => {
            let Some(offer) = scene.first_offer() else { return };
            if local.guard.is_open() {
                let command = if id == action::ACCEPT.id {
                    ring::accept_command
                } else {
                    ring::ignore_command
                };
                out.extend(command(offer));
            }
        }
        id if id == action::HANG_UP.id => out.extend(call.map(|call| Command::Hangup(call.call))),
        id if id == action::HOLD.id || id == action::RESUME.id => out.extend(talking.map(|call| {
            if call.held.is_some() {
                Command::Resume(call.call)
            } else {
                Command::Hold(call.call)
            }
        })),
        id if id == action::MUTE.id || id == action::UNMUTE.id => out.extend(talking.map(|call| {
            if call.muted {
                Command::Unmute(call.call)
            } else {
                Command::Mute(call.call)
            }
        })),
        id if id == action::KEYPAD.id && talking.is_some() => local.keypad = !local.keypad,
        id if id == action::TAKE_LONGEST.id => {
            let rows = scene.view.waiting.iter().filter(|row| row.can_take);
            let longest = rows.max_by_key(|row| row.since.elapsed(scene.now));
            out.extend(longest.map(|row| Command::TakeFromQueue(row.conversation.clone())));
        }
        id if id == action::READY.id || id == action::NOT_READY.id => {
            out.extend(scene.view.agent.as_ref().map(|agent| match agent.intent {
                Intent::Ready if scene.passed_over().is_none() => Command::NotReady { reason: None },
                _ => Command::Ready,
            }));
        }
        id if id == action::SEARCH.id && signed_in => {
            local.room = Room::Dialogues;
            local.focus_search = true;
        }
        id if id == action::SETTINGS.id && signed_in => {
            local.room = if local.room == Room::Settings {
                Room::Dialogues
            } else {
                Room::Settings
            };
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_004_every_shortcut_is_understood_and_shared_only_by_the_sides_of_a_switch() {
        let mut seen: Vec<(KeyboardShortcut, &str)> = Vec::new();
        for action in action::ALL {
            let Some(keys) = action.shortcut else { continue };
            let parsed = parse(keys);
            assert!(parsed.is_some(), "{keys} of {} is not understood", action.id);
            let parsed = parsed.unwrap();
            let pair = seen.iter().filter(|(other, _)| *other == parsed).count();
            assert!(pair <= 1, "{keys} has more than two meanings");
            assert!(parsed.modifiers.any(), "{keys} is a single letter (WCAG 2.1.4)");
            seen.push((parsed, action.id));
        }
    }
}
