//! One N−1 mix: legs, the local device and the sounds played to all of them.

use super::super::api::RoomId;
use crate::{
    FRAME,
    mix::{Member, Mixer},
};

/// A room; exists while it has members.
pub(super) struct Room {
    pub(super) id: RoomId,
    pub(super) mixer: Box<Mixer>,
    /// The place of microphone and speaker.
    pub(super) device: Option<Member>,
    /// The place all sounds share: they are heard by every member and hear nobody.
    sounds: Option<Member>,
}

impl Room {
    pub(super) fn new(id: RoomId, mixer: Box<Mixer>) -> Self {
        Self {
            id,
            mixer,
            device: None,
            sounds: None,
        }
    }

    /// Nobody is left to hear anything.
    pub(super) fn is_empty(&self) -> bool {
        self.mixer.len() == usize::from(self.sounds.is_some())
    }

    /// Plays a sound to every member in this tick.
    pub(super) fn add_sound(&mut self, sound: &[f32; FRAME]) {
        if self.sounds.is_none() {
            self.sounds = self.mixer.join();
        }
        if let Some(place) = self.sounds {
            self.mixer.put(place, sound);
        }
    }
}
