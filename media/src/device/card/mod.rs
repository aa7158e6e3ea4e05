//! Real sound cards through cpal (pinned, and hidden in this folder).
//!
//! ```text
//!   callbacks ══ rings ══ CardBackend (media thread)
//!       ▲                     ▲ lines in, lines out again to be dropped
//!       └──── Keeper (worker thread): opens, watches, reopens ────┘
//! ```
//!
//! The [`keeper::Keeper`] alone touches cpal: opening can take seconds. It hands finished lines to the
//! media thread, which plays and hears silence until they come.

mod find;
mod keeper;
mod open;
mod pulse;
mod quiet;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::JoinHandle,
    time::Instant,
};

use crossbeam_channel::{Receiver, Select, Sender, bounded};

pub(super) use self::find::list;
use self::keeper::{Keeper, Wanted};
use super::{
    AudioBackend, CaptureClock, Notice,
    line::{CaptureLine, PlayoutLine},
};
use crate::{FRAME, engine::EngineError};

/// Changes on their way; the keeper makes a few a second at most.
const CHANGES: usize = 64;

/// What the keeper hands over.
pub(crate) enum Change {
    /// New lines for the call, or none where there is no device; replaces both at once.
    Call(Option<Box<CaptureLine>>, Option<Box<PlayoutLine>>),
    /// The microphone alone: let go while nobody needs it, taken again.
    Capture(Option<Box<CaptureLine>>),
    /// A line for a ring device of its own; without one the ring tone plays on the call's device.
    Ring(Option<Box<PlayoutLine>>),
    /// What to tell the owner.
    Notice(Notice),
}

/// Lines that are no longer used, back to the keeper: dropping frees memory.
type Old = (Option<Box<CaptureLine>>, Option<Box<PlayoutLine>>);

/// The media thread's end of the sound cards.
pub(crate) struct CardBackend {
    capture: Option<Box<CaptureLine>>,
    playout: Option<Box<PlayoutLine>>,
    ring: Option<Box<PlayoutLine>>,
    changes: Receiver<Change>,
    notice: Option<Notice>,
    old: Sender<Old>,
    /// The call's frame of this tick, kept until it is known whether something rings.
    pending: [f32; FRAME],
    /// This tick.
    now: Instant,
    /// Read by the keeper.
    needed: Arc<AtomicBool>,
    /// The keeper, and how to call it: it ends when nobody can any more.
    keeper: Option<(Sender<()>, JoinHandle<()>)>,
}

impl CardBackend {
    /// Starts the keeper, which opens the devices in its own time. `None` takes the system's default.
    pub(super) fn open(
        input: Option<String>,
        output: Option<String>,
        ring: Option<String>,
    ) -> Result<Self, EngineError> {
        let (change, changes) = bounded(CHANGES);
        let (old, dropped) = bounded(CHANGES);
        let (call, called) = bounded(1);
        let wanted = Wanted { input, output, ring };
        let needed = Arc::new(AtomicBool::new(false));
        let seen = needed.clone();
        let worker = std::thread::Builder::new()
            .name("audio-devices".to_owned())
            .spawn(move || Keeper::new(wanted, seen, change, dropped).run(&called))?;
        Ok(Self {
            capture: None,
            playout: None,
            ring: None,
            changes,
            notice: None,
            old,
            pending: [0.0; FRAME],
            now: Instant::now(),
            needed,
            keeper: Some((call, worker)),
        })
    }

    /// Cards that somebody else keeps: the virtual host of the tests.
    #[cfg(test)]
    pub(crate) fn kept_elsewhere(changes: Receiver<Change>) -> Self {
        Self {
            capture: None,
            playout: None,
            ring: None,
            changes,
            notice: None,
            old: bounded(CHANGES).0,
            pending: [0.0; FRAME],
            now: Instant::now(),
            needed: Arc::default(),
            keeper: None,
        }
    }

    fn take_changes(&mut self) {
        while self.notice.is_none()
            && let Ok(change) = self.changes.try_recv()
        {
            match change {
                Change::Call(capture, playout) => {
                    let old = (
                        std::mem::replace(&mut self.capture, capture),
                        std::mem::replace(&mut self.playout, playout),
                    );
                    let _ = self.old.try_send(old);
                }
                Change::Capture(line) => {
                    let _ = self
                        .old
                        .try_send((std::mem::replace(&mut self.capture, line), None));
                }
                Change::Ring(line) => {
                    let _ = self.old.try_send((None, std::mem::replace(&mut self.ring, line)));
                }
                Change::Notice(notice) => self.notice = Some(notice),
            }
        }
    }
}

impl AudioBackend for CardBackend {
    fn clock(&mut self, now: Instant) -> CaptureClock {
        self.now = now;
        self.take_changes();
        self.capture
            .as_mut()
            .map_or(CaptureClock::Absent, |line| line.clock())
    }

    fn read(&mut self, frame: &mut [f32; FRAME]) {
        match &mut self.capture {
            Some(line) => line.read(frame),
            None => frame.fill(0.0),
        }
    }

    fn write(&mut self, frame: &[f32; FRAME]) {
        self.pending = *frame;
    }

    fn write_ring(&mut self, frame: Option<&[f32; FRAME]>) {
        match (&mut self.ring, frame) {
            (Some(line), frame) => line.write(self.now, frame.unwrap_or(&[0.0; FRAME])),
            (None, Some(frame)) => {
                for (out, sample) in self.pending.iter_mut().zip(frame) {
                    *out = (*out + sample).clamp(-1.0, 1.0);
                }
            }
            (None, None) => {}
        }
        if let Some(line) = &mut self.playout {
            line.write(self.now, &self.pending);
        }
    }

    fn needed(&mut self, needed: bool) {
        if self.needed.swap(needed, Relaxed) != needed
            && needed
            && let Some((keeper, _)) = &self.keeper
        {
            // Full: it is about to look anyway.
            let _ = keeper.try_send(());
        }
    }

    fn notice(&mut self) -> Option<Notice> {
        self.notice.take()
    }

    fn rests(&self) -> bool {
        let open = self.capture.is_some() || self.playout.is_some() || self.ring.is_some();
        !open && self.notice.is_none() && self.changes.is_empty()
    }

    fn wakes<'a>(&'a self, wake: &mut Select<'a>) {
        // One that has ended would wake for ever.
        if self
            .keeper
            .as_ref()
            .is_some_and(|(_, worker)| !worker.is_finished())
        {
            wake.recv(&self.changes);
        }
    }

    fn close(&mut self) {
        if let Some((call, worker)) = self.keeper.take() {
            drop(call);
            let _ = worker.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::DeviceRole;

    #[test]
    fn without_a_device_it_rests_until_there_is_something_to_tell() {
        let (keeper, changes) = bounded(1);
        let mut card = CardBackend::kept_elsewhere(changes);
        assert!(card.rests());
        let notice = Notice {
            role: DeviceRole::Call,
            input: None,
            output: None,
            problem: None,
            path_changed: true,
        };
        keeper.send(Change::Notice(notice)).unwrap();
        assert!(!card.rests(), "a change waits");
        card.clock(Instant::now());
        assert!(!card.rests(), "it has not been told");
        assert!(card.notice().is_some());
        assert!(card.rests());
    }
}
