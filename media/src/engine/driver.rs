//! One step of the engine at a given moment: what the media thread does in a loop and a test in virtual
//! time.

use std::time::{Duration, Instant};

use super::{
    api::EngineEvent,
    command::{DeviceFrames, Outlet},
    core::{Core, Link},
    pacer::{Pace, Pacer},
};
use crate::{FRAME, device::AudioBackend, voice::VoiceProcessor};

/// Core, pacer and device together.
pub(super) struct Driver<L> {
    pub(super) core: Core<L>,
    pub(super) backend: Box<dyn AudioBackend>,
    pacer: Pacer,
    capture: [f32; FRAME],
    playout: [f32; FRAME],
    ring: [f32; FRAME],
}

impl<L: Link> Driver<L> {
    /// The first tick is due at `now`.
    pub(super) fn new(now: Instant, backend: Box<dyn AudioBackend>, voice: Box<dyn VoiceProcessor>) -> Self {
        Self {
            core: Core::new(voice),
            backend,
            pacer: Pacer::new(now),
            capture: [0.0; FRAME],
            playout: [0.0; FRAME],
            ring: [0.0; FRAME],
        }
    }

    /// Runs a tick if one is due, after `receive` has brought in what arrived; otherwise answers how long
    /// nothing will be.
    pub(super) fn step(
        &mut self,
        now: Instant,
        receive: impl FnOnce(&mut Core<L>),
        out: &mut dyn Outlet<L>,
    ) -> Option<Duration> {
        let at = match self.pacer.decide(now, self.backend.clock(now)) {
            Pace::Wait(time) => return Some(time),
            Pace::Tick(at) => {
                self.backend.read(&mut self.capture);
                at
            }
            Pace::TickWithoutCapture(at) => {
                self.capture.fill(0.0);
                at
            }
        };
        receive(&mut self.core);
        let mut device = DeviceFrames {
            capture: &mut self.capture,
            playout: &mut self.playout,
            ring: &mut self.ring,
            rings: false,
        };
        self.core.tick(at, &mut device, out);
        self.backend.needed(self.core.needs_device());
        self.backend.write(device.playout);
        self.backend.write_ring(device.rings.then_some(&*device.ring));
        while let Some(notice) = self.backend.notice() {
            if notice.path_changed {
                self.core.device_changed();
            }
            out.event(EngineEvent::Device {
                role: notice.role,
                input: notice.input,
                output: notice.output,
                problem: notice.problem,
            });
        }
        None
    }

    /// Ticks that were skipped because nothing ran for too long.
    pub(super) fn skipped(&self) -> u64 {
        self.pacer.skipped()
    }
}
