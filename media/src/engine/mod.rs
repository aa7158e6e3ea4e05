//! The media thread and the handle the rest of the program holds.

mod api;

use std::sync::Arc;

use crossbeam_channel::Receiver;

pub use api::{
    Backend, CodecKind, DeviceRole, EngineConfig, EngineEvent, FeedId, FeedTarget, FileInput, LegConfig,
    LegDirection, LegId, LegParams, LegStats, Levels, RoomId, Sound,
};

/// A running media engine. Cloning gives another handle; the thread ends when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Engine {
    _shared: Arc<()>,
}

/// Why the engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file of the file backend cannot be read or written.
    #[error("audio file {path}: {problem}")]
    File {
        /// Which file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The system refused a thread or a socket poller.
    #[error("cannot start the media thread: {0}")]
    System(#[from] std::io::Error),
}

impl Engine {
    /// Starts the media thread and its devices. A missing or failing device is no error: silence stands
    /// in and [`EngineEvent::Device`] says so.
    pub fn start(_config: EngineConfig) -> Result<(Self, Receiver<EngineEvent>), EngineError> {
        Ok((
            Self {
                _shared: Arc::new(()),
            },
            crossbeam_channel::unbounded().1,
        ))
    }

    /// Adds a leg.
    pub fn add_leg(&self, _leg: LegId, _config: LegConfig) {}

    /// Gives a leg what offer and answer agreed.
    pub fn update_leg(&self, _leg: LegId, _params: LegParams) {}

    /// Removes a leg after an RTCP BYE; its figures come back.
    pub fn remove_leg(&self, _leg: LegId) {}

    /// Moves a leg into a room, or out of any.
    pub fn set_room(&self, _leg: LegId, _room: Option<RoomId>) {}

    /// Puts microphone and speaker into a room, or out of any.
    pub fn set_device_room(&self, _room: Option<RoomId>) {}

    /// Mutes what a leg sends: silence goes out, packets keep flowing.
    pub fn mute(&self, _leg: LegId, _muted: bool) {}

    /// Plays a sound.
    pub fn play(&self, _feed: FeedId, _target: FeedTarget, _sound: Sound) {}

    /// Stops a sound.
    pub fn stop(&self, _feed: FeedId) {}

    /// Sends a DTMF digit (RFC 4733) on a leg.
    pub fn send_dtmf(&self, _leg: LegId, _digit: char, _duration_ms: u32) {}

    /// The figures of a leg, as of the last second; `None` when there is no such leg.
    pub fn stats(&self, _leg: LegId) -> Option<LegStats> {
        None
    }

    /// Writes out files and stops; waits for the thread.
    pub fn shutdown(self) {}
}
