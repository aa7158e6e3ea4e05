//! The media thread: waits for the next 10 ms, runs the [`Core`], exchanges frames with the device.

use std::{
    collections::VecDeque,
    sync::mpsc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError};

use super::{
    api::{EngineEvent, LegId, LegStats},
    command::{Command, DeviceFrames, Outlet, Retired},
    core::Core,
    network::{Inbox, Request, UdpLink},
    pacer::{Pace, Pacer},
};
use crate::{FRAME, device::AudioBackend, voice::VoiceProcessor};

/// Events that wait while nobody reads them; levels are dropped long before.
const BACKLOG: usize = 1_024;

/// Everything the thread owns.
pub(super) struct MediaThread {
    pub(super) commands: Receiver<Command<UdpLink>>,
    pub(super) inbox: Inbox,
    pub(super) backend: Box<dyn AudioBackend>,
    pub(super) voice: Box<dyn VoiceProcessor>,
    pub(super) events: Sender<EngineEvent>,
    pub(super) network: Sender<Request>,
    /// Dropped when the thread is done.
    pub(super) done: mpsc::Sender<()>,
}

impl MediaThread {
    /// Runs until told to stop or until no handle is left.
    pub(super) fn run(mut self) {
        super::priority::raise();
        let mut core = Core::new(self.voice);
        let mut out = Out {
            events: self.events,
            backlog: VecDeque::with_capacity(BACKLOG),
            network: self.network,
        };
        let mut pacer = Pacer::new(Instant::now());
        let mut frames = Frames::default();
        let mut skipped = 0;
        loop {
            if !take_commands(&self.commands, &mut core, &mut out) {
                break;
            }
            match pacer.decide(Instant::now(), self.backend.clock()) {
                Pace::Wait(time) => std::thread::sleep(time),
                Pace::Tick => {
                    self.backend.read(&mut frames.capture);
                    tick(
                        &mut core,
                        &mut self.inbox,
                        self.backend.as_mut(),
                        &mut frames,
                        &mut out,
                    );
                }
                Pace::TickWithoutCapture => {
                    frames.capture.fill(0.0);
                    tick(
                        &mut core,
                        &mut self.inbox,
                        self.backend.as_mut(),
                        &mut frames,
                        &mut out,
                    );
                }
            }
            if pacer.skipped() != skipped {
                tracing::warn!(
                    ms = (pacer.skipped() - skipped) * 10,
                    "the media thread did not run for a while: sound was skipped"
                );
                skipped = pacer.skipped();
            }
        }
        core.command(Instant::now(), Command::Shutdown, &mut out);
        self.backend.close();
        drop(self.done);
    }
}

struct Frames {
    capture: [f32; FRAME],
    playout: [f32; FRAME],
    ring: [f32; FRAME],
}

impl Default for Frames {
    fn default() -> Self {
        Self {
            capture: [0.0; FRAME],
            playout: [0.0; FRAME],
            ring: [0.0; FRAME],
        }
    }
}

fn take_commands(commands: &Receiver<Command<UdpLink>>, core: &mut Core<UdpLink>, out: &mut Out) -> bool {
    loop {
        match commands.try_recv() {
            Ok(Command::Shutdown) | Err(TryRecvError::Disconnected) => return false,
            Ok(command) => core.command(Instant::now(), command, out),
            Err(TryRecvError::Empty) => return true,
        }
    }
}

fn tick(
    core: &mut Core<UdpLink>,
    inbox: &mut Inbox,
    backend: &mut dyn AudioBackend,
    frames: &mut Frames,
    out: &mut Out,
) {
    inbox.drain(|datagram| core.receive(datagram.leg, datagram.at, datagram.from, datagram.packet()));
    let mut device = DeviceFrames {
        capture: &mut frames.capture,
        playout: &mut frames.playout,
        ring: &mut frames.ring,
        rings: false,
    };
    core.tick(Instant::now(), &mut device, out);
    backend.write(device.playout);
    backend.write_ring(device.rings.then_some(&*device.ring));
    while let Some(notice) = backend.notice() {
        if notice.path_changed {
            core.device_changed();
        }
        out.event(EngineEvent::Device {
            role: notice.role,
            input: notice.input,
            output: notice.output,
            problem: notice.problem,
        });
    }
    out.flush();
}

/// The core's results on their way to other threads; never waits.
struct Out {
    events: Sender<EngineEvent>,
    backlog: VecDeque<EngineEvent>,
    network: Sender<Request>,
}

impl Out {
    /// Sends what waited for room in the channel.
    fn flush(&mut self) {
        while let Some(event) = self.backlog.pop_front() {
            if let Err(TrySendError::Full(event)) = self.events.try_send(event) {
                self.backlog.push_front(event);
                return;
            }
        }
    }
}

impl Outlet<UdpLink> for Out {
    fn event(&mut self, event: EngineEvent) {
        let levels = matches!(event, EngineEvent::Levels { .. });
        if levels && self.events.len() > BACKLOG {
            return;
        }
        let full = match self.backlog.is_empty() {
            true => match self.events.try_send(event) {
                Err(TrySendError::Full(event)) => Some(event),
                _ => None,
            },
            false => Some(event),
        };
        if let Some(event) = full
            && !levels
            && self.backlog.len() < BACKLOG
        {
            self.backlog.push_back(event);
        }
    }

    fn stats(&mut self, leg: LegId, stats: LegStats) {
        let _ = self.network.try_send(Request::Stats(leg, stats));
    }

    fn retire(&mut self, what: Retired<UdpLink>) {
        // A full queue means dropping it here, which is slow but right.
        let _ = self.network.try_send(Request::Retire(what));
    }
}

/// How long a stopping engine is waited for.
pub(super) const STOP_TIMEOUT: Duration = Duration::from_secs(5);
