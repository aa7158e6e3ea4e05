//! Who has microphone and ear: at most one call, the one answered or resumed last that nobody here holds.

use super::Session;
use crate::{Levels, MediaCommand, Output};

impl Session {
    /// Moves microphone and ear to where they belong; the old call loses them before the new one gets them.
    pub(super) fn settle_audio(&mut self) {
        let winner = self
            .calls
            .iter()
            .filter(|c| c.audible())
            .max_by_key(|c| c.precedence)
            .map(|c| c.id);
        for wanted in [false, true] {
            for call in &mut self.calls {
                let connected = winner == Some(call.id);
                if connected == wanted && call.connected != connected {
                    call.connected = connected;
                    // Nothing is measured on a leg that nobody hears.
                    call.levels = Levels::SILENCE;
                    let leg = call.leg;
                    self.out
                        .push(Output::Media(MediaCommand::Connect { leg, connected }));
                }
            }
        }
    }
}
