//! The link's stages: greeting, catching up, live, lost.

use std::collections::BTreeMap;

use super::{Goodbye, Greeting, Retry, Update, commands::Pending};
use crate::{
    PROTOCOL,
    frame::{ClientFrame, EventFrame, Mode, Resume, ServerFrame, goaway},
};

/// First pause, in milliseconds, before trying again.
const FIRST_PAUSE_MS: u64 = 500;
/// Longest pause.
const LONGEST_PAUSE_MS: u64 = 30_000;
/// An `ack` is due after so many events …
const ACK_EVENTS: u32 = 50;
/// … or this long after the first one that is not acknowledged.
const ACK_MS: u64 = 2_000;

/// The state of one station's link. Times are milliseconds of any clock that does not jump.
#[derive(Clone, Debug)]
pub struct Client {
    station: String,
    pub(super) stage: Stage,
    resume: Option<Resume>,
    /// The server's newest event when it said `welcome`.
    target: u64,
    /// The log of the snapshot that is to come.
    epoch: String,
    pub(super) pending: BTreeMap<u64, Pending>,
    pub(super) commands: u64,
    pub(super) attempts: u32,
    random: u64,
    unacked: Option<(u64, u32)>,
    /// Server clock minus ours, and the keep-alive, from the last `welcome`.
    greeted: Option<Greeting>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Down,
    Greeting,
    Catching,
    Live,
    /// The server does not want us back.
    Over,
}

impl Client {
    /// A link that has never been up. `seed` makes the pauses differ between stations and the command ids
    /// between runs; it must be random.
    pub fn new(station: impl Into<String>, seed: u64) -> Self {
        Self {
            station: station.into(),
            stage: Stage::Down,
            resume: None,
            target: 0,
            epoch: String::new(),
            pending: BTreeMap::new(),
            commands: 0,
            attempts: 0,
            random: seed,
            unacked: None,
            greeted: None,
        }
    }

    /// The socket is open: send this first.
    pub fn connected(&mut self, token: impl Into<String>) -> ClientFrame {
        self.stage = Stage::Greeting;
        self.unacked = None;
        ClientFrame::Hello {
            proto: PROTOCOL,
            token: token.into(),
            station: self.station.clone(),
            resume: self.resume.clone(),
        }
    }

    /// The socket is gone, or could not be opened.
    pub fn lost(&mut self) -> Retry {
        if self.stage == Stage::Over {
            return Retry::Never;
        }
        self.stage = Stage::Down;
        self.unacked = None;
        let pause = FIRST_PAUSE_MS
            .saturating_mul(1 << self.attempts.min(16))
            .min(LONGEST_PAUSE_MS);
        self.attempts = self.attempts.saturating_add(1);
        // Between half and all of it: a server that restarts is not met by everybody at once.
        Retry::After(pause / 2 + self.next_random() % (pause / 2 + 1))
    }

    /// Whether events flow and commands are sent at once.
    pub fn is_live(&self) -> bool {
        self.stage == Stage::Live
    }

    /// The server's last greeting.
    pub fn greeting(&self) -> Option<Greeting> {
        self.greeted
    }

    /// Where the next connection would go on.
    pub fn resume(&self) -> Option<&Resume> {
        self.resume.as_ref()
    }

    /// A frame arrived. Gives what it means and what to send.
    pub fn receive(&mut self, now: u64, frame: ServerFrame) -> (Vec<Update>, Vec<ClientFrame>) {
        match (self.stage, frame) {
            (
                Stage::Greeting,
                ServerFrame::Welcome {
                    epoch,
                    seq,
                    server_time,
                    keepalive_ms,
                    mode,
                },
            ) => self.welcome(now, epoch, seq, (server_time, keepalive_ms), mode),
            (Stage::Catching, ServerFrame::Snap { seq, body }) => {
                self.resume = Some(Resume {
                    epoch: self.epoch.clone(),
                    seq,
                });
                let (mut updates, frames) = self.live(now);
                updates.insert(0, Update::Snapshot(body));
                (updates, frames)
            }
            (Stage::Live, ServerFrame::Ev(event)) => self.event(now, event),
            (
                Stage::Live,
                ServerFrame::Res {
                    id, ok, body, err, ..
                },
            ) => {
                let answer = self.answered(&id, ok, body, err);
                (answer.into_iter().collect(), Vec::new())
            }
            (_, ServerFrame::Goaway { reason, .. }) => {
                let goodbye = match reason.as_str() {
                    goaway::TOKEN => Goodbye::Refresh,
                    goaway::TAKEOVER | goaway::SIGNED_OUT | goaway::REPLACED => {
                        self.stage = Stage::Over;
                        Goodbye::Final { reason }
                    }
                    _ => Goodbye::Again,
                };
                (vec![Update::Goodbye(goodbye)], Vec::new())
            }
            (Stage::Greeting, _) => self.broken("the first frame was no welcome"),
            (Stage::Catching, _) => self.broken("a snapshot was promised"),
            (Stage::Live, ServerFrame::Welcome { .. }) => self.broken("a second welcome"),
            // A snapshot at any time is as good as the one asked for.
            (Stage::Live, ServerFrame::Snap { seq, body }) => {
                if let Some(resume) = &mut self.resume {
                    resume.seq = seq;
                }
                (vec![Update::Snapshot(body)], Vec::new())
            }
            // Frames that were under way when the link was given up.
            (Stage::Down | Stage::Over, _) => (Vec::new(), Vec::new()),
        }
    }

    /// An `ack`, when one is due; to be asked after frames and about once a second.
    pub fn ack(&mut self, now: u64) -> Option<ClientFrame> {
        let (since, count) = self.unacked?;
        let due = count >= ACK_EVENTS || now.saturating_sub(since) >= ACK_MS;
        let seq = self.resume.as_ref().filter(|_| due)?.seq;
        self.unacked = None;
        Some(ClientFrame::Ack { seq })
    }

    fn welcome(
        &mut self,
        now: u64,
        epoch: String,
        seq: u64,
        (server_time, keepalive_ms): (u64, u64),
        mode: Mode,
    ) -> (Vec<Update>, Vec<ClientFrame>) {
        let offset = i128::from(server_time) - i128::from(now);
        let greeting = Greeting {
            clock_offset_ms: i64::try_from(offset).unwrap_or(0),
            keepalive_ms,
        };
        self.greeted = Some(greeting);
        self.target = seq;
        match mode {
            Mode::Replay => {
                // Only what we asked for can be replayed.
                if self
                    .resume
                    .as_ref()
                    .is_none_or(|resume| resume.epoch != epoch || resume.seq > seq)
                {
                    self.resume = None;
                    return self.broken("a replay of something else");
                }
                let (mut updates, frames) = self.live(now);
                updates.insert(0, Update::Up(greeting));
                (updates, frames)
            }
            Mode::Snapshot => {
                // Until the snapshot is here there is nothing to go on from.
                self.resume = None;
                self.epoch = epoch;
                self.stage = Stage::Catching;
                (vec![Update::Up(greeting)], Vec::new())
            }
        }
    }

    fn event(&mut self, now: u64, event: EventFrame) -> (Vec<Update>, Vec<ClientFrame>) {
        let Some(resume) = &mut self.resume else {
            return self.broken("an event before any welcome");
        };
        if event.seq <= resume.seq {
            // Seen before: numbers grow. Applying it again would turn back time.
            return (Vec::new(), Vec::new());
        }
        resume.seq = event.seq;
        let (since, count) = self.unacked.unwrap_or((now, 0));
        self.unacked = Some((since, count + 1));
        let ack = self.ack(now);
        (vec![Update::Event(event)], ack.into_iter().collect())
    }

    /// Whether the replay has reached what was the newest event at `welcome`, as far as this station can
    /// tell: numbers have gaps where others' events are.
    pub fn has_passed_welcome(&self) -> bool {
        self.stage == Stage::Live
            && self
                .resume
                .as_ref()
                .is_some_and(|resume| resume.seq >= self.target)
    }

    fn broken(&mut self, why: &'static str) -> (Vec<Update>, Vec<ClientFrame>) {
        self.stage = Stage::Down;
        (vec![Update::Broken(why)], Vec::new())
    }

    /// SplitMix64.
    pub(super) fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
