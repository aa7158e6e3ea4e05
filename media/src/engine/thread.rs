//! The media thread: takes commands, steps the [`Driver`], sleeps until the next 10 ms are due, or until
//! somebody wants something when nothing needs a tick.

use std::{
    collections::VecDeque,
    sync::mpsc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Select, Sender, TryRecvError, TrySendError};

use super::{
    api::{EngineEvent, LegId, LegStats},
    command::{Command, Outlet, Retired},
    core::Core,
    driver::Driver,
    network::{Inbox, Network, Request, UdpLink},
};
use crate::{device::AudioBackend, voice::VoiceProcessor};

/// Events that wait while nobody reads them; levels are dropped long before.
const BACKLOG: usize = 1_024;

/// Everything the thread owns.
pub(super) struct MediaThread {
    pub(super) commands: Receiver<Command<UdpLink>>,
    pub(super) inbox: Inbox,
    pub(super) backend: Box<dyn AudioBackend>,
    pub(super) voice: Box<dyn VoiceProcessor>,
    pub(super) events: Sender<EngineEvent>,
    pub(super) network: Network,
    /// Dropped when the thread is done.
    pub(super) done: mpsc::Sender<()>,
}

impl MediaThread {
    /// Runs until told to stop or until no handle is left.
    pub(super) fn run(mut self) {
        super::priority::raise();
        let mut out = Out {
            events: self.events,
            backlog: VecDeque::with_capacity(BACKLOG),
            retired: VecDeque::with_capacity(BACKLOG),
            network: self.network,
        };
        let mut driver = Driver::new(Instant::now(), self.backend, self.voice);
        let inbox = &mut self.inbox;
        let mut skipped = 0;
        while take_commands(&self.commands, &mut driver.core, &mut out) {
            let receive = |core: &mut Core<UdpLink>| {
                inbox.drain(|d| core.receive(d.leg, d.at, d.from, d.packet()));
            };
            if out.is_empty() && driver.rests() {
                let mut wake = Select::new();
                wake.recv(&self.commands);
                driver.wakes(&mut wake);
                wake.ready();
                drop(wake);
                driver.resume(Instant::now());
                // A tick takes what the devices have to tell; a command is taken before the next.
                if driver.rests() {
                    continue;
                }
            }
            match driver.step(Instant::now(), receive, &mut out) {
                Some(time) => std::thread::sleep(time),
                None => out.flush(),
            }
            if driver.skipped() != skipped {
                tracing::warn!(
                    ms = (driver.skipped() - skipped) * 10,
                    "the media thread did not run for a while: sound was skipped"
                );
                skipped = driver.skipped();
            }
        }
        driver.core.command(Instant::now(), Command::Shutdown, &mut out);
        out.flush();
        driver.backend.close();
        drop(self.done);
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

/// The core's results on their way to other threads; never waits.
struct Out {
    events: Sender<EngineEvent>,
    backlog: VecDeque<EngineEvent>,
    /// What the network thread had no room for: a leg among it has sockets there.
    retired: VecDeque<Request>,
    network: Network,
}

impl Out {
    /// Nothing waits.
    fn is_empty(&self) -> bool {
        self.backlog.is_empty() && self.retired.is_empty()
    }

    /// Sends what waited for room in the channels.
    fn flush(&mut self) {
        while let Some(request) = self.retired.pop_front() {
            if let Err(request) = self.network.leave(request) {
                self.retired.push_front(request);
                break;
            }
            self.network.wake();
        }
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
        // The next figures come in a tenth of a second.
        let _ = self.network.leave(Request::Stats(leg, stats));
    }

    fn retire(&mut self, what: Retired<UdpLink>) {
        if let Err(request) = self.network.leave(Request::Retire(what)) {
            self.retired.push_back(request);
        }
        self.network.wake();
    }
}

/// How long a stopping engine is waited for.
pub(super) const STOP_TIMEOUT: Duration = Duration::from_secs(5);
