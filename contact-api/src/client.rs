//! The client's side of the link as pure state: what to say in `hello`, what a frame means, what was missed,
//! which commands to say again, how long to wait before trying again.
//!
//! ```text
//!          connected()                 welcome            snap (snapshot mode)
//!   Down ─────────────▶ Greeting ──────────────▶ Catching ─────────────────▶ Live
//!    ▲ retry after         │                        └── replay mode: at once ──▶ │
//!    └──── lost(now) ◀─────┴───────────────────────────────────────────────┴─────┘
//! ```
//!
//! The driver owns the socket and the clock: it calls [`Client::connected`] and sends what that gives, gives
//! every frame to [`Client::receive`], and after any end of the stream asks [`Client::lost`] how long to wait.
//! Nothing is silently skipped: events come out in order, each once; where continuity is not certain the
//! server is asked for a snapshot.

use std::collections::BTreeMap;

use crate::{
    PROTOCOL,
    event::Snapshot,
    frame::{ClientFrame, EventFrame, Mode, Op, OpError, Resume, ServerFrame, goaway},
};

/// First pause, in milliseconds, before trying again.
const FIRST_PAUSE_MS: u64 = 500;
/// Longest pause.
const LONGEST_PAUSE_MS: u64 = 30_000;
/// An `ack` is due after so many events …
const ACK_EVENTS: u32 = 50;
/// … or this long after the first one that is not acknowledged.
const ACK_MS: u64 = 2_000;
/// The server keeps answers for ten minutes; an older command is not resent, for it could be done twice.
const RESEND_MS: u64 = 570_000;
/// So many commands wait for answers at most.
const MAX_PENDING: usize = 256;

/// The state of one station's link. Times are milliseconds of any clock that does not jump.
#[derive(Clone, Debug)]
pub struct Client {
    station: String,
    stage: Stage,
    resume: Option<Resume>,
    /// The server's newest event when it said `welcome`.
    target: u64,
    /// The log of the snapshot that is to come.
    epoch: String,
    pending: BTreeMap<u64, Pending>,
    commands: u64,
    attempts: u32,
    random: u64,
    unacked: Option<(u64, u32)>,
    /// Server clock minus ours, and the keep-alive, from the last `welcome`.
    greeted: Option<Greeting>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Down,
    Greeting,
    Catching,
    Live,
    /// The server does not want us back.
    Over,
}

#[derive(Clone, Debug)]
struct Pending {
    op: Op,
    if_version: Option<u64>,
    since: u64,
}

/// What a `welcome` told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// The server's clock minus the `now` given, in milliseconds; deadlines are in the server's time.
    pub clock_offset_ms: i64,
    /// Send something at least this often.
    pub keepalive_ms: u64,
}

/// What a frame means to the owner.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// The link is up; from now on what is missed comes.
    Up(Greeting),
    /// Replace everything by this.
    Snapshot(Box<Snapshot>),
    /// Apply this; newer than everything before.
    Event(EventFrame),
    /// A command was done or refused.
    Answer {
        /// From [`Client::command`].
        command: u64,
        /// What it gave.
        result: Result<Option<serde_json::Value>, OpError>,
    },
    /// A command sent long ago was never answered, and is not safe to send again: look at the state.
    Unknown {
        /// From [`Client::command`].
        command: u64,
    },
    /// The server breaks its promises (order, snapshot). The driver closes and connects again.
    Broken(&'static str),
    /// The server said goodbye, and the driver closes; what to do next is in [`Goodbye`].
    Goodbye(Goodbye),
}

/// What to do after `goaway`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goodbye {
    /// Connect again; [`Client::lost`] says when.
    Again,
    /// Refresh the token first.
    Refresh,
    /// Do not come back: another station took over, or we signed out.
    Final {
        /// One of [`goaway`].
        reason: String,
    },
}

/// When to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Connect after so many milliseconds.
    After(u64),
    /// Never.
    Never,
}

/// Too many commands are waiting for answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MAX_PENDING} commands are waiting for the contact centre; wait for it to come back")]
pub struct TooMany;

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

    /// Something is to be done. Gives its number, and the frame to send now, if the link is live; else it
    /// goes out when the link is back.
    ///
    /// # Errors
    /// When too many are waiting.
    pub fn command(
        &mut self,
        now: u64,
        op: Op,
        if_version: Option<u64>,
    ) -> Result<(u64, Option<ClientFrame>), TooMany> {
        if self.pending.len() >= MAX_PENDING {
            return Err(TooMany);
        }
        if self.commands == 0 {
            // Ids of an earlier run of this station must not come back within ten minutes.
            self.commands = self.next_random() >> 12;
        }
        self.commands += 1;
        let number = self.commands;
        let pending = Pending {
            op,
            if_version,
            since: now,
        };
        let frame = self.is_live().then(|| pending.frame(number));
        self.pending.insert(number, pending);
        Ok((number, frame))
    }

    /// Nobody waits for this command any more: it is not said again after a reconnect. One that has been
    /// sent may have been done all the same.
    pub fn withdraw(&mut self, command: u64) {
        self.pending.remove(&command);
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
                let number = id
                    .strip_prefix('c')
                    .and_then(|id| u64::from_str_radix(id, 16).ok());
                let Some(command) = number.filter(|number| self.pending.remove(number).is_some()) else {
                    // Answered before the connection broke, and again after.
                    return (Vec::new(), Vec::new());
                };
                let unnamed = || OpError {
                    code: "unknown".into(),
                    detail: "The server gave no reason".into(),
                };
                let result = if ok {
                    Ok(body)
                } else {
                    Err(err.unwrap_or_else(unnamed))
                };
                (vec![Update::Answer { command, result }], Vec::new())
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

    /// Say again what has no answer yet, with the same ids: the server does each once.
    fn live(&mut self, now: u64) -> (Vec<Update>, Vec<ClientFrame>) {
        self.stage = Stage::Live;
        self.attempts = 0;
        let stale = |pending: &Pending| now.saturating_sub(pending.since) > RESEND_MS;
        let unknown: Vec<_> = self
            .pending
            .iter()
            .filter(|(_, pending)| stale(pending))
            .map(|(number, _)| *number)
            .collect();
        for number in &unknown {
            self.pending.remove(number);
        }
        let updates = unknown
            .into_iter()
            .map(|command| Update::Unknown { command })
            .collect();
        (
            updates,
            self.pending
                .iter()
                .map(|(number, pending)| pending.frame(*number))
                .collect(),
        )
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
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Pending {
    fn frame(&self, number: u64) -> ClientFrame {
        ClientFrame::Cmd {
            id: format!("c{number:x}"),
            op: self.op.clone(),
            if_version: self.if_version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AgentState, Intent, Voice};

    fn welcome(epoch: &str, seq: u64, mode: Mode) -> ServerFrame {
        ServerFrame::Welcome {
            epoch: epoch.into(),
            seq,
            server_time: 5_000,
            keepalive_ms: 10_000,
            mode,
        }
    }

    fn snap(seq: u64) -> ServerFrame {
        let agent = AgentState {
            intent: Intent::Ready,
            routable: true,
            reason: None,
            voice: Voice::Idle,
            since: 0,
        };
        let body = Snapshot {
            agent,
            uccs: Vec::new(),
            queue: Vec::new(),
            offers: Vec::new(),
        };
        ServerFrame::Snap {
            seq,
            body: Box::new(body),
        }
    }

    fn event(seq: u64) -> ServerFrame {
        ServerFrame::Ev(EventFrame {
            seq,
            at: 0,
            kind: "agent.ucc".into(),
            subject: "agent/a".into(),
            version: 1,
            body: serde_json::Value::Null,
        })
    }

    fn res(frame: &ClientFrame) -> ServerFrame {
        let ClientFrame::Cmd { id, .. } = frame else {
            panic!("no command")
        };
        ServerFrame::Res {
            id: id.clone(),
            ok: true,
            seq: None,
            body: None,
            err: None,
        }
    }

    fn live() -> Client {
        let mut client = Client::new("st", 7);
        client.connected("token");
        client.receive(0, welcome("e", 10, Mode::Snapshot));
        client.receive(0, snap(10));
        client
    }

    fn resume_of(hello: ClientFrame) -> Option<Resume> {
        let ClientFrame::Hello { resume, .. } = hello else {
            panic!("no hello")
        };
        resume
    }

    #[test]
    fn the_first_connection_asks_for_nothing_and_the_next_goes_on() {
        let mut client = Client::new("st", 7);
        assert_eq!(resume_of(client.connected("t")), None);
        let (updates, _) = client.receive(1_000, welcome("e", 10, Mode::Snapshot));
        assert_eq!(
            updates,
            [Update::Up(Greeting {
                clock_offset_ms: 4_000,
                keepalive_ms: 10_000
            })]
        );
        assert!(!client.is_live());
        assert!(matches!(client.receive(0, snap(10)).0[..], [Update::Snapshot(_)]));
        client.receive(0, event(14));
        client.lost();
        assert_eq!(
            resume_of(client.connected("t")),
            Some(Resume {
                epoch: "e".into(),
                seq: 14
            })
        );
        assert!(matches!(
            client.receive(0, welcome("e", 20, Mode::Replay)).0[..],
            [Update::Up(_)]
        ));
        assert!(client.is_live());
        assert!(matches!(&client.receive(0, event(15)).0[..], [Update::Event(ev)] if ev.seq == 15));
        assert!(!client.has_passed_welcome());
        client.receive(0, event(20));
        assert!(client.has_passed_welcome());
    }

    #[test]
    fn a_connection_that_breaks_before_its_snapshot_asks_for_one_again() {
        let mut client = Client::new("st", 7);
        client.connected("t");
        client.receive(0, welcome("e", 10, Mode::Snapshot));
        client.lost();
        assert_eq!(
            resume_of(client.connected("t")),
            None,
            "events up to 10 were never seen"
        );
    }

    #[test]
    fn events_seen_before_are_not_applied_again_and_gaps_are_fine() {
        let mut client = live();
        let mut applied = |seq| !client.receive(0, event(seq)).0.is_empty();
        assert_eq!(
            [11, 11, 9, 40, 12, 41].map(&mut applied),
            [true, false, false, true, false, true]
        );
    }

    #[test]
    fn a_new_epoch_starts_over() {
        let mut client = live();
        client.lost();
        client.connected("t");
        client.receive(0, welcome("new", 3, Mode::Snapshot));
        client.receive(0, snap(3));
        assert_eq!(
            client.resume(),
            Some(&Resume {
                epoch: "new".into(),
                seq: 3
            })
        );
        assert!(matches!(client.receive(0, event(4)).0[..], [Update::Event(_)]));
    }

    #[test]
    fn a_replay_that_cannot_be_continuous_is_refused() {
        for welcome in [welcome("other", 20, Mode::Replay), welcome("e", 5, Mode::Replay)] {
            let mut client = live();
            client.lost();
            client.connected("t");
            assert!(matches!(client.receive(0, welcome).0[..], [Update::Broken(_)]));
            assert_eq!(resume_of(client.connected("t")), None, "a snapshot is asked for");
        }
        let mut client = Client::new("st", 7);
        client.connected("t");
        assert!(matches!(client.receive(0, event(1)).0[..], [Update::Broken(_)]));
    }

    #[test]
    fn unanswered_commands_are_said_again_with_the_same_id() {
        let mut client = live();
        let (first, sent) = client.command(0, Op::Ready {}, None).unwrap();
        let (second, lost) = client.command(0, Op::Why {}, Some(3)).unwrap();
        let answer = client.receive(0, res(&sent.unwrap())).0;
        assert_eq!(
            answer,
            [Update::Answer {
                command: first,
                result: Ok(None)
            }]
        );
        client.lost();
        let (third, waits) = client.command(0, Op::Ready {}, None).unwrap();
        assert_eq!(waits, None, "the link is down");
        client.connected("t");
        let (_, resent) = client.receive(0, welcome("e", 10, Mode::Replay));
        assert_eq!(resent[0], lost.unwrap());
        assert_eq!(resent.len(), 2);
        assert!(third > second);
        client.receive(0, res(&resent[0]));
        assert_eq!(
            client.receive(0, res(&resent[0])).0,
            [],
            "a second answer is no answer"
        );
    }

    #[test]
    fn a_command_that_was_given_up_is_not_done_later_in_secret() {
        let mut client = live();
        client.lost();
        let (command, _) = client.command(0, Op::NotReady { reason: None }, None).unwrap();
        client.withdraw(command);
        client.connected("t");
        assert_eq!(client.receive(0, welcome("e", 10, Mode::Replay)).1, []);
    }

    #[test]
    fn a_command_too_old_to_be_safe_is_not_said_again() {
        let mut client = live();
        let (command, _) = client.command(0, Op::Ready {}, None).unwrap();
        client.lost();
        client.connected("t");
        let (updates, resent) = client.receive(RESEND_MS + 1, welcome("e", 10, Mode::Replay));
        assert_eq!(updates[1..], [Update::Unknown { command }]);
        assert!(resent.is_empty());
    }

    #[test]
    fn commands_waiting_for_the_link_are_bounded() {
        let mut client = Client::new("st", 7);
        for _ in 0..MAX_PENDING {
            client.command(0, Op::Ready {}, None).unwrap();
        }
        assert_eq!(client.command(0, Op::Ready {}, None), Err(TooMany));
    }

    #[test]
    fn pauses_grow_differ_by_seed_and_start_over_after_success() {
        let pauses = |seed| {
            let mut client = Client::new("st", seed);
            let pause = |_| match client.lost() {
                Retry::After(ms) => ms,
                Retry::Never => panic!("never"),
            };
            (0..10).map(pause).collect::<Vec<_>>()
        };
        for (attempt, pause) in pauses(1).into_iter().enumerate() {
            let most = (500 << attempt).min(30_000);
            assert!((most / 2..=most).contains(&pause), "attempt {attempt}: {pause}");
        }
        assert_eq!(pauses(1), pauses(1));
        assert_ne!(pauses(1), pauses(2));
        let mut client = live();
        assert!(matches!(client.lost(), Retry::After(ms) if ms <= 500));
    }

    #[test]
    fn c_001_a_takeover_is_final_and_an_expired_token_is_refreshed() {
        let goaway = |reason: &str| ServerFrame::Goaway {
            reason: reason.into(),
            reconnect_ms: [1, 2],
        };
        let mut client = live();
        assert_eq!(
            client.receive(0, goaway(goaway::TOKEN)).0,
            [Update::Goodbye(Goodbye::Refresh)]
        );
        assert_eq!(
            client.receive(0, goaway("from a newer server")).0,
            [Update::Goodbye(Goodbye::Again)]
        );
        assert!(matches!(client.lost(), Retry::After(_)));
        let mut client = live();
        client.receive(0, goaway(goaway::TAKEOVER));
        assert_eq!(client.lost(), Retry::Never);
    }

    #[test]
    fn acknowledged_every_fifty_events_or_two_seconds() {
        let mut client = live();
        let acks: usize = (11..111).map(|seq| client.receive(0, event(seq)).1.len()).sum();
        assert_eq!(acks, 2);
        client.receive(0, event(111));
        assert_eq!(client.ack(1_999), None);
        assert_eq!(client.ack(2_000), Some(ClientFrame::Ack { seq: 111 }));
        assert_eq!(client.ack(9_999), None);
    }
}
