//! What is typed after Tab belongs to the next field.
//!
//! egui moves the keyboard once a frame: letters that arrive in the same frame as the Tab before them would still
//! go to the field it leaves. On a machine that draws slowly that is how the first letters of a password become
//! readable in the address.

use egui::{Event, Key};

/// Events that wait for the frame after a Tab.
#[derive(Debug, Default)]
pub(super) struct Typing {
    later: Vec<Event>,
}

impl Typing {
    /// Keeps what follows the first Tab for the next frame. Gives whether one is needed.
    pub(super) fn hold_back(&mut self, events: &mut Vec<Event>) -> bool {
        let mut all = std::mem::take(&mut self.later);
        all.append(events);
        if let Some(tab) = all.iter().position(is_tab) {
            self.later = all.split_off(tab + 1);
        }
        *events = all;
        !self.later.is_empty()
    }
}

const fn is_tab(event: &Event) -> bool {
    matches!(
        event,
        Event::Key {
            key: Key::Tab,
            pressed: true,
            ..
        }
    )
}

#[cfg(test)]
mod tests {
    use egui::{Context, Modifiers, RawInput};

    use super::*;

    fn tab() -> Event {
        Event::Key {
            key: Key::Tab,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::NONE,
        }
    }

    #[test]
    fn letters_typed_right_after_tab_land_in_the_next_field() {
        let (ctx, mut typing) = (Context::default(), Typing::default());
        let mut fields = [const { String::new() }; 3];
        let mut first = true;
        let text = |text: &str| Event::Text(text.to_owned());
        // All of it between two frames.
        let mut arrived = vec![text("server"), tab(), text("pat"), tab(), text("sesame")];
        for _ in 0..6 {
            let mut events = if first {
                Vec::new()
            } else {
                std::mem::take(&mut arrived)
            };
            typing.hold_back(&mut events);
            let input = RawInput {
                events,
                ..RawInput::default()
            };
            let mut output = ctx.run_ui(input, |ui| {
                for (index, field) in fields.iter_mut().enumerate() {
                    let edit = ui.text_edit_singleline(field);
                    if first && index == 0 {
                        edit.request_focus();
                    }
                }
            });
            output.textures_delta.clear();
            first = false;
        }
        assert_eq!(fields, ["server", "pat", "sesame"]);
    }
}
