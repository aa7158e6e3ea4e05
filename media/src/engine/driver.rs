//! One step of the engine at a given moment: what the media thread does in a loop and a test in virtual
//! time.

use std::time::{Duration, Instant};

use crossbeam_channel::Select;

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
        self.core.tick(at, now, &mut device, out);
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

    /// Whether nothing needs a tick until a command comes, or what [`Driver::wakes`] names.
    pub(super) fn rests(&mut self) -> bool {
        if !self.core.is_idle() {
            return false;
        }
        self.backend.needed(false);
        self.backend.rests()
    }

    /// Adds to `wake` what ends a rest besides commands.
    pub(super) fn wakes<'a>(&'a self, wake: &mut Select<'a>) {
        self.backend.wakes(wake);
    }

    /// The rest is over.
    pub(super) fn resume(&mut self, now: Instant) {
        self.pacer.resume(now);
    }

    /// Ticks that were skipped because nothing ran for too long.
    pub(super) fn skipped(&self) -> u64 {
        self.pacer.skipped()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        device,
        engine::{
            Backend, DeviceRole, FeedId, FeedTarget, LegId, LegStats, Sound,
            command::{Command, Retired},
            core::Feed,
        },
        session::Destination,
        voice::Bypass,
    };

    struct Nowhere;

    impl Link for Nowhere {
        fn send(&mut self, _packet: &[u8], _to: Destination) {}
    }

    impl Outlet<Self> for Nowhere {
        fn event(&mut self, _event: EngineEvent) {}
        fn stats(&mut self, _leg: LegId, _stats: LegStats) {}
        fn retire(&mut self, _what: Retired<Self>) {}
    }

    #[test]
    fn it_rests_while_nothing_sounds_and_a_rest_skips_nothing() {
        let start = Instant::now();
        let silent = device::open(Backend::None).unwrap();
        let mut driver: Driver<Nowhere> = Driver::new(start, silent, Box::new(Bypass));
        assert!(driver.rests());
        let target = FeedTarget::Device(DeviceRole::Ring);
        let tone = Sound::Tone {
            hz: 440.0,
            dbfs: -20.0,
        };
        let play = Command::Play(Feed::new(FeedId(1), target, tone));
        driver.core.command(start, play, &mut Nowhere);
        assert!(!driver.rests());
        driver.core.command(start, Command::Stop(FeedId(1)), &mut Nowhere);
        assert!(driver.rests());

        let later = start + Duration::from_secs(3_600);
        driver.resume(later);
        let next = later + Duration::from_millis(10);
        assert_eq!(driver.step(next, |_| (), &mut Nowhere), None, "a tick is due");
        assert_eq!(driver.skipped(), 0);
    }
}
