//! Where the local microphone and speaker come from.
//!
//! The media thread sees one [`AudioBackend`]: it reads a frame, writes a frame, and is told what
//! happens to the devices. Implementations never block, lock or allocate in those calls: disk and
//! device work is done by their own worker threads behind wait-free rings.
//!
//! | file | what it is |
//! |---|---|
//! | `silent` | no device: a timer paces the tick |
//! | `file/` | `--audio-in` and `--audio-out` |
//! | `card/` | real sound cards through cpal |
//! | `line/` | the rings between a card's callbacks and the media thread |

mod card;
pub(crate) mod file;
mod line;
mod silent;
#[cfg(test)]
pub(crate) mod virtual_card;

use std::time::{Duration, Instant};

use crossbeam_channel::Select;

use self::{card::CardBackend, file::FileBackend, silent::Silent};
use crate::{
    FRAME,
    engine::{Backend, DeviceRole, EngineError},
};

/// Which way sound goes through a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// A microphone.
    Input,
    /// A speaker.
    Output,
}

/// A sound card as a settings page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// What the user calls it; [`Backend::Cpal`] takes this or `id`.
    pub name: String,
    /// What the system calls it.
    pub id: String,
    /// Microphone or speaker.
    pub direction: Direction,
    /// The system's default.
    pub is_default: bool,
}

/// Every sound card of the system; empty when there is none or no sound service. Can take a second.
pub fn list() -> Vec<DeviceInfo> {
    card::list()
}

/// How the capture clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CaptureClock {
    /// Nothing is captured: the timer paces.
    Absent,
    /// Less than a frame is there; the rest is this much sound away.
    Filling(Duration),
    /// A frame is there, and this many whole ones more.
    Ready(usize),
}

/// What became of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    /// What it is used for.
    pub(crate) role: DeviceRole,
    /// The capture device's name.
    pub(crate) input: Option<String>,
    /// The playback device's name.
    pub(crate) output: Option<String>,
    /// A plain sentence when something is wrong.
    pub(crate) problem: Option<String>,
    /// Another device, rate or a gap: what was learnt of the echo path is void.
    pub(crate) path_changed: bool,
}

/// Local audio as the media thread sees it. Nothing here blocks, locks or allocates.
pub(crate) trait AudioBackend: Send {
    /// Whether a captured frame can be read at `now`.
    fn clock(&mut self, now: Instant) -> CaptureClock;

    /// The next captured frame; silence for what is missing.
    fn read(&mut self, frame: &mut [f32; FRAME]);

    /// What the speaker plays next.
    fn write(&mut self, frame: &[f32; FRAME]);

    /// What the ring device plays next; `None` while nothing rings.
    fn write_ring(&mut self, frame: Option<&[f32; FRAME]>);

    /// Whether anybody talks, listens or rings: a microphone nobody needs is let go after a while.
    fn needed(&mut self, needed: bool);

    /// What happened to devices, oldest first, until `None`.
    fn notice(&mut self) -> Option<Notice>;

    /// Whether it can do without ticks: nothing is open.
    fn rests(&self) -> bool;

    /// Adds to `wake` what ends such a rest.
    fn wakes<'a>(&'a self, wake: &mut Select<'a>);

    /// Writes out what is left and ends the workers; may block. Called once, at the end.
    fn close(&mut self);
}

/// Opens what the configuration names.
pub(crate) fn open(backend: Backend) -> Result<Box<dyn AudioBackend>, EngineError> {
    Ok(match backend {
        Backend::None => Box::new(Silent),
        Backend::File { input, output } => Box::new(FileBackend::open(input, output)?),
        Backend::Cpal { input, output, ring } => Box::new(CardBackend::open(input, output, ring)?),
    })
}
