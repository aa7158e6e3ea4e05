//! Keeps the devices open: opens them, watches them, reopens both directions when one fails.
//!
//! ```text
//!            opened                     no callback for 300 ms, error, other default, wish is back
//!  Closed ───────────▶ Open ──────────────────────────────────────────────────────────────┐
//!     ▲  ▲ now and then                                                                   │
//!     │  └────────────── nothing to open ◀──── close both directions, open both anew ◀────┘
//!     └─────────────────────┘ silence stands in, the owner is told why
//! ```
//!
//! The speaker stays open so that a ring tone starts at once. The microphone is let go 10 s after anybody
//! last needed it, because systems show that it is in use, and is taken again when a phone rings or a
//! call begins.
//!
//! PulseAudio tells neither a lost device nor another default, so the list is asked for every second and
//! the callbacks' heartbeat is watched. Without any device it is asked for every five seconds, until somebody
//! needs one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use cpal::Host;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::{
    Change, Old,
    find::{self, Found, find},
    open::{self, Open},
    pulse::Pulse,
    quiet::Quiet,
};
use crate::{
    device::{Direction, Notice},
    engine::DeviceRole,
};

/// How often the heartbeat is looked at.
const WATCH: Duration = Duration::from_millis(100);
/// How often the list of devices is asked for.
const POLL: Duration = Duration::from_secs(1);
/// The same while nothing is open, and how often a device that cannot be opened is tried again, while nobody
/// needs one: each costs tens of milliseconds of processor time.
const SEARCH: Duration = Duration::from_secs(5);
/// Least time between two openings for a heartbeat: a device that dies at once does not spin.
const RETRY: Duration = Duration::from_secs(1);
/// A microphone that nobody needs is let go after this.
const REST: Duration = Duration::from_secs(10);
/// How long a stream that is being closed is waited for.
const CLOSING: Duration = Duration::from_millis(200);

/// What a person is told when there are devices and none can be opened, as on a system whose default stands
/// for nothing.
const NO_DEVICE: &str =
    "No microphone and no speaker can be used: connect a headset; it is taken as soon as it is there.";

/// Which devices the owner wants; `None` is the system's default.
pub(super) struct Wanted {
    pub(super) input: Option<String>,
    pub(super) output: Option<String>,
    pub(super) ring: Option<String>,
}

/// One open direction.
struct Direct {
    id: String,
    name: String,
    open: Open,
    pulse: Pulse,
}

/// The worker.
pub(super) struct Keeper {
    wanted: Wanted,
    needed: Arc<AtomicBool>,
    changes: Sender<Change>,
    old: Receiver<Old>,
    host: Option<Host>,
    input: Option<Direct>,
    output: Option<Direct>,
    ring: Option<Direct>,
    last_needed: Instant,
    /// The microphone that was let go, by id.
    resting: Option<String>,
    told: [Option<Notice>; 2],
    true_rate: Option<u32>,
    tried: Option<Instant>,
    /// Input, output and ring device at the last opening, by id, whether they could be opened or not.
    tried_ids: [Option<String>; 3],
    listed: Option<Instant>,
}

impl Keeper {
    pub(super) fn new(
        wanted: Wanted,
        needed: Arc<AtomicBool>,
        changes: Sender<Change>,
        old: Receiver<Old>,
    ) -> Self {
        Self {
            wanted,
            needed,
            last_needed: Instant::now(),
            resting: None,
            changes,
            old,
            host: None,
            input: None,
            output: None,
            ring: None,
            told: [None, None],
            true_rate: None,
            tried: None,
            tried_ids: [None, None, None],
            listed: None,
        }
    }

    /// Runs until nobody can call any more; a call means that somebody needs a device now.
    pub(super) fn run(mut self, called: &Receiver<()>) {
        loop {
            let quiet = Quiet::new();
            self.look(Instant::now());
            drop(quiet);
            match called.recv_timeout(self.patience()) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) if self.is_open() => {}
                Ok(()) => self.listed = None,
                Err(RecvTimeoutError::Disconnected) => {
                    self.close_all();
                    return;
                }
            }
        }
    }

    const fn is_open(&self) -> bool {
        self.input.is_some() || self.output.is_some() || self.ring.is_some()
    }

    /// How long until the next look.
    fn patience(&self) -> Duration {
        if self.is_open() {
            WATCH
        } else if self.needed.load(Relaxed) {
            POLL
        } else {
            SEARCH
        }
    }

    fn look(&mut self, now: Instant) {
        while self.old.try_recv().is_ok() {}
        let dead = [&mut self.input, &mut self.output, &mut self.ring]
            .into_iter()
            .flatten()
            .any(|d| d.open.failed.load(Relaxed) || !d.pulse.alive(now, &d.open.counters));
        let rate = self
            .input
            .as_mut()
            .and_then(|d| d.pulse.true_rate(now, &d.open.counters, d.open.rate));
        if let Some(rate) = rate {
            tracing::warn!(rate, "the microphone delivers another rate than it claims");
            self.true_rate = Some(rate);
        }
        let retry = self.tried.is_none_or(|at| now - at >= RETRY);
        if (dead || rate.is_some()) && retry {
            if dead {
                tracing::warn!("an audio device stopped: opening both directions anew");
                // The connection to the sound service may be what died.
                self.host = None;
            }
            self.open_all(now);
        } else if !self.rest_or_wake(now) && self.listed.is_none_or(|at| now - at >= POLL) {
            self.compare(now);
        }
    }

    /// Opens anew when the devices that should be open are not those that are.
    fn compare(&mut self, now: Instant) {
        self.listed = Some(now);
        let host = self.host.get_or_insert_with(find::host);
        let found = [
            find(host, self.wanted.input.as_deref(), Direction::Input),
            find(host, self.wanted.output.as_deref(), Direction::Output),
            find(host, self.wanted.ring.as_deref(), Direction::Output),
        ];
        let [Ok(input), Ok(output), Ok(ring)] = found else {
            // The sound service is gone: a new connection, and silence until then.
            self.host = None;
            if self.input.is_some() || self.output.is_some() || self.told[0].is_none() {
                self.open_all(now);
            }
            return;
        };
        let id = |found: &Option<Found>| found.as_ref().map(|f| f.id.clone());
        let found = [id(&input), id(&output), id(&ring)];
        let own_ring = found[2].as_ref().filter(|ring| Some(*ring) != found[1].as_ref());
        let microphone = self.input.as_ref().map(|d| &d.id).or(self.resting.as_ref());
        let same = found[0].as_ref() == microphone
            && found[1].as_ref() == self.output.as_ref().map(|d| &d.id)
            && own_ring == self.ring.as_ref().map(|d| &d.id);
        // The same devices as when not all of them could be opened are no news.
        let pause = if self.needed.load(Relaxed) { RETRY } else { SEARCH };
        let again = self.tried.is_none_or(|at| now - at >= pause);
        if (!same && (found != self.tried_ids || again)) || self.told[0].is_none() {
            self.true_rate = None;
            self.open_all(now);
        }
    }

    /// Lets the microphone go, or takes it again; `true` when there was something to do.
    fn rest_or_wake(&mut self, now: Instant) -> bool {
        if self.needed.load(Relaxed) {
            self.last_needed = now;
            if self.resting.is_none() {
                return false;
            }
            return self.wake(now);
        }
        if now - self.last_needed < REST {
            return false;
        }
        let Some(input) = self.input.take() else {
            return false;
        };
        self.tell(Change::Capture(None));
        self.resting = Some(input.id.clone());
        bury(vec![input]);
        true
    }

    fn wake(&mut self, now: Instant) -> bool {
        let found = find(&find::host(), self.wanted.input.as_deref(), Direction::Input);
        let opened = match found {
            Ok(Some(found)) => open::capture(&found.device, self.true_rate)
                .ok()
                .map(|opened| (found, opened)),
            _ => None,
        };
        match opened {
            Some((found, (open, line))) => {
                self.resting = None;
                self.input = Some(direct(found, open, now));
                self.tell(Change::Capture(Some(Box::new(line))));
            }
            // It went away meanwhile: the long way, which says so.
            None => self.open_all(now),
        }
        true
    }

    /// Closes everything and opens what there is.
    fn open_all(&mut self, now: Instant) {
        self.tried = Some(now);
        self.listed = Some(now);
        // The media thread plays silence meanwhile; streams end before the same card is opened again.
        self.tell(Change::Call(None, None));
        self.tell(Change::Ring(None));
        self.close_all();
        self.resting = None;
        self.last_needed = now;
        // One connection per stream: PulseAudio's refuses a second stream of a kind ("Invalid argument").
        let input = find(&find::host(), self.wanted.input.as_deref(), Direction::Input);
        let output = find(&find::host(), self.wanted.output.as_deref(), Direction::Output);
        let ring = find(&find::host(), self.wanted.ring.as_deref(), Direction::Output);
        let id = |found: &Result<Option<Found>, _>| match found {
            Ok(Some(found)) => Some(found.id.clone()),
            _ => None,
        };
        self.tried_ids = [id(&input), id(&output), id(&ring)];
        let mut problems = Vec::new();
        let mut capture_line = None;
        let mut playout_line = None;
        if let Some(found) = usable(input, Direction::Input, &mut problems) {
            match open::capture(&found.device, self.true_rate) {
                Ok((open, line)) => {
                    self.input = Some(direct(found, open, now));
                    capture_line = Some(Box::new(line));
                }
                Err(error) => problems.push(format!(
                    "The microphone {} cannot be used: {}.",
                    found.name,
                    reason(&error)
                )),
            }
        }
        if let Some(found) = usable(output, Direction::Output, &mut problems) {
            match open::playout(&found.device) {
                Ok((open, line)) => {
                    self.output = Some(direct(found, open, now));
                    playout_line = Some(Box::new(line));
                }
                Err(error) => problems.push(format!(
                    "The speaker {} cannot be used: {}.",
                    found.name,
                    reason(&error)
                )),
            }
        }
        let found = self.tried_ids[0].is_some() && self.tried_ids[1].is_some();
        if found && capture_line.is_none() && playout_line.is_none() {
            tracing::debug!(?problems, "no sound device can be used");
            problems = vec![NO_DEVICE.to_owned()];
        }
        self.tell(Change::Call(capture_line, playout_line));
        self.notify(DeviceRole::Call, problems);
        self.open_ring(ring, now);
    }

    /// Ends the callbacks.
    fn close_all(&mut self) {
        let open = [self.input.take(), self.output.take(), self.ring.take()];
        bury(open.into_iter().flatten().collect());
    }

    /// A ring device of its own, when it is another than the call's.
    fn open_ring(&mut self, ring: Result<Option<Found>, cpal::Error>, now: Instant) {
        let mut problems = Vec::new();
        if let Some(found) = usable(ring, Direction::Output, &mut problems)
            && self.output.as_ref().is_none_or(|output| output.id != found.id)
        {
            match open::playout(&found.device) {
                Ok((open, line)) => {
                    self.ring = Some(direct(found, open, now));
                    self.tell(Change::Ring(Some(Box::new(line))));
                }
                Err(error) => problems.push(format!(
                    "The ring device {} cannot be used: {}.",
                    found.name,
                    reason(&error)
                )),
            }
        }
        self.notify(DeviceRole::Ring, problems);
    }

    fn notify(&mut self, role: DeviceRole, problems: Vec<String>) {
        let name = |d: &Option<Direct>| d.as_ref().map(|d| d.name.clone());
        let (input, output) = match role {
            DeviceRole::Call => (name(&self.input), name(&self.output)),
            DeviceRole::Ring => (None, name(&self.ring).or_else(|| name(&self.output))),
        };
        let notice = Notice {
            role,
            input,
            output,
            problem: (!problems.is_empty()).then(|| problems.join(" ")),
            path_changed: true,
        };
        let told = &mut self.told[usize::from(role == DeviceRole::Ring)];
        if told.as_ref() != Some(&notice) {
            *told = Some(notice.clone());
            self.tell(Change::Notice(notice));
        }
    }

    fn tell(&self, change: Change) {
        // The media thread empties the queue a hundred times a second; if it is gone, so is the need.
        let _ = self.changes.send_timeout(change, POLL);
    }
}

/// Closes streams. One whose device has gone may never let go of its thread (cpal waits for an answer that
/// the PulseAudio server does not send), so each is dropped on a thread of its own.
fn bury(streams: Vec<Direct>) {
    let closing: Vec<_> = streams
        .into_iter()
        .filter_map(|direct| {
            std::thread::Builder::new()
                .name("audio-closing".to_owned())
                .spawn(move || drop(direct))
                .ok()
        })
        .collect();
    let until = Instant::now() + CLOSING;
    while Instant::now() < until && !closing.iter().all(std::thread::JoinHandle::is_finished) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn direct(found: Found, open: Open, now: Instant) -> Direct {
    Direct {
        id: found.id,
        name: found.name,
        open,
        pulse: Pulse::new(now),
    }
}

/// A system's words inside a sentence of ours, which has a full stop of its own.
fn reason(error: &impl std::fmt::Display) -> String {
    error.to_string().trim_end_matches(['.', ' ']).to_owned()
}

/// The device to open, with a sentence for what is wrong about it.
fn usable(
    found: Result<Option<Found>, cpal::Error>,
    direction: Direction,
    problems: &mut Vec<String>,
) -> Option<Found> {
    let (what, silent) = match direction {
        Direction::Input => ("microphone", "others hear silence"),
        Direction::Output => ("speaker", "nothing can be heard"),
    };
    match found {
        Ok(Some(found)) => {
            if let Some(missing) = &found.missing {
                problems.push(format!(
                    "The {what} {missing} is not connected: {} is used.",
                    found.name
                ));
            }
            Some(found)
        }
        Ok(None) => {
            problems.push(format!("There is no {what}: {silent} until one is connected."));
            None
        }
        Err(error) => {
            tracing::debug!("the sound service does not answer: {error}");
            problems.push(format!("There is no {what}: {silent} until one is connected."));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::bounded;

    use super::*;

    #[test]
    fn a_systems_full_stop_is_not_doubled() {
        assert_eq!(reason(&"The device is in use."), "The device is in use");
        assert_eq!(reason(&"Permission denied"), "Permission denied");
    }

    #[test]
    fn without_a_device_it_looks_rarely_until_one_is_needed() {
        let needed = Arc::new(AtomicBool::new(false));
        let wanted = Wanted {
            input: None,
            output: None,
            ring: None,
        };
        let (changes, old) = (bounded(1).0, bounded(1).1);
        let keeper = Keeper::new(wanted, needed.clone(), changes, old);
        assert_eq!(keeper.patience(), SEARCH);
        needed.store(true, Relaxed);
        assert_eq!(keeper.patience(), POLL);
    }
}
