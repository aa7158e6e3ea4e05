//! What the handle asks of the media thread.

use super::{
    api::{DeviceRole, EngineEvent, FeedId, LegId, LegParams, LegStats, RoomId},
    core::{Feed, Leg},
};
use crate::mix::Mixer;

/// One request. Everything big is boxed and built by the caller, so that the media thread only links it in.
pub(crate) enum Command<L> {
    /// A new leg.
    AddLeg(Box<Leg<L>>),
    /// What offer and answer agreed.
    UpdateLeg(LegId, Box<LegParams>),
    /// BYE and away.
    RemoveLeg(LegId),
    /// Into a room; the mixer is used if the room is new.
    Join(LegId, RoomId, Box<Mixer>),
    /// Out of its room.
    Leave(LegId),
    /// Microphone and speaker into a room; the mixer is used if the room is new.
    DeviceJoin(RoomId, Box<Mixer>),
    /// Microphone and speaker out of their room.
    DeviceLeave,
    /// Silence goes out, or voice again.
    Mute(LegId, bool),
    /// A sound.
    Play(Feed),
    /// No more of it.
    Stop(FeedId),
    /// An RFC 4733 digit.
    Dtmf(LegId, char, u32),
    /// BYE on every leg, files closed.
    Shutdown,
}

/// What the media thread no longer needs; dropped elsewhere because that frees memory and closes sockets.
#[allow(dead_code, reason = "held for nothing but being dropped in the right place")]
pub(crate) enum Retired<L> {
    /// A leg that has said BYE.
    Leg(Box<Leg<L>>),
    /// A sound that ended.
    Feed(Feed),
    /// A mix without members.
    Mixer(Box<Mixer>),
    /// Parameters that were taken over.
    Params(Box<LegParams>),
}

/// Where the core's results go.
pub(crate) trait Outlet<L> {
    /// Tells the owner.
    fn event(&mut self, event: EngineEvent);
    /// Publishes a leg's figures.
    fn stats(&mut self, leg: LegId, stats: LegStats);
    /// Gives away what is to be dropped.
    fn retire(&mut self, what: Retired<L>);
}

/// The local device in one tick.
pub(crate) struct DeviceFrames<'a> {
    /// What the microphone gave; processed in place.
    pub(crate) capture: &'a mut [f32; crate::FRAME],
    /// What the speaker gets.
    pub(crate) playout: &'a mut [f32; crate::FRAME],
    /// What the ring device gets, if anything rings.
    pub(crate) ring: &'a mut [f32; crate::FRAME],
    /// Whether `ring` was filled.
    pub(crate) rings: bool,
}

impl DeviceFrames<'_> {
    /// Adds a sound to what a device plays.
    pub(crate) fn add(&mut self, role: DeviceRole, sound: &[f32; crate::FRAME]) {
        let target = match role {
            DeviceRole::Call => &mut *self.playout,
            DeviceRole::Ring => {
                self.rings = true;
                &mut *self.ring
            }
        };
        for (out, sample) in target.iter_mut().zip(sound) {
            *out += sample;
        }
    }
}
