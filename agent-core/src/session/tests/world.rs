//! A session, a clock, and the words of the world around it.

use std::time::{Duration, Instant};

use contact_api::{
    event::{Event, Snapshot},
    frame::{EventFrame, Op, OpError},
    model::{AgentState, Caller, Intent, Membership, Offer, OfferKind, SkillInfo, UccInfo, Voice},
    rest::{Me, StationSip},
};
use serde_json::Value;
use sip_core::{
    agent::{self as sip, CallId, CallState, IncomingCall, RegistrationState},
    sdp::{Codec, Direction, LocalMedia, NegotiatedMedia},
    wire::{NameAddr, Uri},
};

use crate::{
    CenterCommand, CenterInput, Command, CommandError, Input, LegId, MediaCommand, MediaInput, Notification,
    Output, Reply, RingKind, Secret, Session, SessionConfig, Token,
};

/// The server's clock when the link comes up.
pub(super) const SERVER_TIME: u64 = 1_800_000_000_000;

/// How long a new link takes to settle.
pub(super) const SETTLED: Duration = Duration::from_millis(250);

pub(super) struct World {
    pub(super) session: Session,
    pub(super) now: Instant,
    start: Instant,
    tokens: u64,
    seq: u64,
    /// Everything since the last [`World::take`].
    pub(super) out: Vec<Output>,
    pub(super) ringing: Option<RingKind>,
    pub(super) ended: Vec<String>,
}

impl World {
    pub(super) fn new(config: SessionConfig) -> Self {
        let now = an_instant();
        Self {
            session: Session::new(now, config),
            now,
            start: now,
            tokens: 0,
            seq: 0,
            out: Vec::new(),
            ringing: None,
            ended: Vec::new(),
        }
    }

    pub(super) fn headless() -> Self {
        Self::new(SessionConfig::default())
    }

    pub(super) fn window() -> Self {
        Self::new(SessionConfig {
            exclusive: true,
            ..SessionConfig::default()
        })
    }

    pub(super) fn input(&mut self, input: Input) {
        let outputs = self.session.handle(self.now, input);
        for output in &outputs {
            match output {
                Output::Ring(kind) => self.ringing = *kind,
                Output::Notify(Notification::CallState {
                    call, state: "ended", ..
                }) => self.ended.push(call.clone()),
                _ => {}
            }
        }
        self.out.extend(outputs);
    }

    /// Lets time pass, waking the session whenever it asks.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(wake) = self.session.next_wake().filter(|w| *w <= until) {
            self.now = self.now.max(wake);
            self.input(Input::Tick);
        }
        self.now = until;
    }

    pub(super) fn take(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.out)
    }

    pub(super) fn send(&mut self, command: Command) {
        self.input(Input::Command { token: None, command });
    }

    pub(super) fn ask(&mut self, command: Command) -> Token {
        self.tokens += 1;
        let token = Token(self.tokens);
        self.input(Input::Command {
            token: Some(token),
            command,
        });
        token
    }

    /// The one answer to a command, if it is here.
    pub(super) fn reply(&self, token: Token) -> Option<Result<Value, CommandError>> {
        let mut replies = self.out.iter().filter_map(|o| match o {
            Output::Reply { token: t, result } if *t == token => Some(result.clone().map(|Reply(v)| v)),
            _ => None,
        });
        let reply = replies.next();
        assert!(replies.next().is_none(), "{token:?} was answered twice");
        reply
    }

    pub(super) fn sip(&self) -> Vec<String> {
        self.out
            .iter()
            .filter_map(|o| match o {
                Output::Sip(command) => Some(short(command)),
                _ => None,
            })
            .collect()
    }

    pub(super) fn media(&self) -> Vec<MediaCommand> {
        self.out
            .iter()
            .filter_map(|o| match o {
                Output::Media(command) => Some(command.clone()),
                _ => None,
            })
            .collect()
    }

    pub(super) fn notes(&self) -> Vec<&Notification> {
        self.out
            .iter()
            .filter_map(|o| match o {
                Output::Notify(n) => Some(n),
                _ => None,
            })
            .collect()
    }

    pub(super) fn ops(&self) -> Vec<(u64, Op)> {
        self.out
            .iter()
            .filter_map(|o| match o {
                Output::Center(CenterCommand::Do { id, op }) => Some((*id, op.clone())),
                _ => None,
            })
            .collect()
    }

    /// The leg the newest call has opened.
    pub(super) fn last_leg(&self) -> LegId {
        self.media()
            .iter()
            .rev()
            .find_map(|m| match m {
                MediaCommand::Open { leg, .. } => Some(*leg),
                _ => None,
            })
            .expect("a leg was opened")
    }

    pub(super) fn opened(&mut self, leg: LegId) {
        let local = Box::new(local_media());
        self.input(Input::Media(MediaInput::Opened { leg, local }));
    }

    pub(super) fn state(&mut self, call: CallId, state: CallState) {
        self.input(Input::Sip(sip::Event::State {
            call,
            state,
            status: None,
            reason: None,
        }));
    }

    pub(super) fn agreed(&mut self, call: CallId, local_hold: bool) {
        let media = Box::new(agreed_media());
        self.input(Input::Sip(sip::Event::Media {
            call,
            media,
            local_hold,
            remote_hold: false,
        }));
    }

    pub(super) fn refused(&mut self, call: CallId) {
        let cause = "the peer refused with 488".to_owned();
        self.input(Input::Sip(sip::Event::MediaRefused {
            call,
            status: Some(488),
            cause,
        }));
    }

    pub(super) fn over(&mut self, call: CallId) {
        let cause = "The peer hung up".to_owned();
        self.input(Input::Sip(sip::Event::Ended {
            call,
            status: None,
            reason: None,
            cause,
        }));
    }

    /// The user agent did what it was told with a call that rings, and takes it for a person's wish.
    pub(super) fn rejected(&mut self, call: CallId, status: u16) {
        self.input(Input::Sip(sip::Event::Ended {
            call,
            status: Some(status),
            reason: None,
            cause: "you rejected the call".to_owned(),
        }));
    }

    /// What the end of the call was last put down to.
    pub(super) fn cause(&self) -> Option<&str> {
        let cause = |n: &&Notification| match n {
            Notification::CallState { cause, .. } => cause.is_some(),
            _ => false,
        };
        match self.notes().into_iter().rfind(cause) {
            Some(Notification::CallState { cause, .. }) => cause.as_deref(),
            _ => None,
        }
    }

    pub(super) fn invite(&mut self, n: u64, offer: Option<&str>) -> CallId {
        let call = CallId::incoming(n);
        let mut headers = vec![
            ("Contact".to_owned(), "<sip:bob@127.0.0.1:5090>".to_owned()),
            ("Authorization".to_owned(), "Digest response=\"0\"".to_owned()),
            ("Via".to_owned(), "a".to_owned()),
            ("Via".to_owned(), "b".to_owned()),
        ];
        headers.extend(offer.map(|o| ("Alert-Info".to_owned(), format!("<urn:acp:offer:{o}>"))));
        let address = |text: &str| NameAddr::parse(text).unwrap();
        self.input(Input::Sip(sip::Event::Incoming(Box::new(IncomingCall {
            call,
            account: self.session.center.station().filter(|_| offer.is_some()),
            from: address("\"Bob\" <sip:bob@127.0.0.1>;tag=1"),
            to: address("<sip:me@127.0.0.1>"),
            request_uri: Uri::parse("sip:me@127.0.0.1:5070").unwrap(),
            headers,
            replaces: None,
            offered: Some(Direction::SendRecv),
        }))));
        call
    }

    /// A confirmed incoming call.
    pub(super) fn talking(&mut self, n: u64) -> CallId {
        let call = self.invite(n, None);
        self.opened(self.last_leg());
        self.send(Command::Answer(call));
        self.agreed(call, false);
        self.state(call, CallState::Confirmed);
        call
    }

    pub(super) fn snapshot(&mut self) {
        let snapshot = Box::new(snapshot());
        self.input(Input::Center(CenterInput::Snapshot(snapshot)));
    }

    pub(super) fn event(&mut self, event: Event) {
        self.seq += 1;
        let tagged = serde_json::to_value(&event).unwrap();
        let at = self.server_now();
        self.input(Input::Center(CenterInput::Event(Box::new(EventFrame {
            seq: self.seq,
            at,
            kind: tagged["kind"].as_str().unwrap().to_owned(),
            subject: String::new(),
            version: 1,
            body: tagged["body"].clone(),
        }))));
    }

    pub(super) fn server_now(&self) -> u64 {
        SERVER_TIME + u64::try_from((self.now - self.start).as_millis()).unwrap()
    }

    /// The link is back, and goes on where it was.
    pub(super) fn link_up(&mut self) {
        self.up(false);
    }

    /// What follows a new link has come.
    pub(super) fn settle(&mut self) {
        self.pass(SETTLED);
    }

    /// The link is back; with `snapshot` everything is to be told anew.
    pub(super) fn up(&mut self, snapshot: bool) {
        let server_time = self.server_now();
        self.input(Input::Center(CenterInput::Up {
            server_time,
            snapshot,
        }));
    }

    pub(super) fn link_down(&mut self) {
        self.down_for(Duration::from_secs(1));
    }

    /// The link is down, and tried again after this time.
    pub(super) fn down_for(&mut self, retry_in: Duration) {
        self.told_to_wait(retry_in, Duration::ZERO);
    }

    /// The link is down; of the time until the next attempt, the contact centre asked for `at_least`.
    pub(super) fn told_to_wait(&mut self, retry_in: Duration, at_least: Duration) {
        self.input(Input::Center(CenterInput::Down {
            reason: "cable".into(),
            retry_in,
            at_least,
        }));
    }

    /// Signed in, registered, link up.
    pub(super) fn sign_in(&mut self) -> Token {
        let token = self.ask(sign_in_command());
        self.input(Input::Center(CenterInput::SignedIn {
            me: Box::new(me()),
            sip: Box::new(station()),
        }));
        let account = self.session.center.station().expect("a station");
        let state = RegistrationState::Registered {
            expires: Duration::from_secs(300),
        };
        self.input(Input::Sip(sip::Event::Registration { account, state }));
        self.up(true);
        self.snapshot();
        self.settle();
        token
    }

    pub(super) fn offer(&mut self, id: &str, seconds: u64) {
        let deadline = self.server_now() + seconds * 1000;
        self.event(Event::OfferStarted(offer(id, deadline)));
    }

    pub(super) fn res(&mut self, id: u64, body: Option<Value>) {
        let result = Ok(body);
        self.input(Input::Center(CenterInput::Answer { id, result }));
    }

    pub(super) fn refuse(&mut self, id: u64, code: &str) {
        let result = Err(OpError {
            code: code.into(),
            detail: "Because".into(),
        });
        self.input(Input::Center(CenterInput::Answer { id, result }));
    }
}

/// Somewhere to start from: an `Instant` cannot be made up.
#[expect(clippy::disallowed_methods, reason = "a test has to begin at some instant")]
pub(in crate::session) fn an_instant() -> Instant {
    Instant::now()
}

fn short(command: &sip::Command) -> String {
    match command {
        sip::Command::AddAccount { .. } => "add account".into(),
        sip::Command::RemoveAccount(_) => "remove account".into(),
        sip::Command::Reregister(_) => "reregister".into(),
        sip::Command::ForgetAccount(_) => "forget account".into(),
        sip::Command::Call { to, .. } => format!("call {}", to.uri),
        sip::Command::Ring { status, .. } => format!("ring {status}"),
        sip::Command::Answer { .. } => "answer".into(),
        sip::Command::Reject { status, .. } => format!("reject {status}"),
        sip::Command::Redirect { to, .. } => format!("redirect {}", to.uri),
        sip::Command::Hangup { .. } => "hangup".into(),
        sip::Command::Hold(_) => "hold".into(),
        sip::Command::Resume(_) => "resume".into(),
        sip::Command::Reinvite { .. } => "reinvite".into(),
        sip::Command::Stop => "stop".into(),
        _ => "other".into(),
    }
}

pub(super) fn sign_in_command() -> Command {
    Command::SignIn {
        server: "http://127.0.0.1:1".into(),
        address: "pat@demo".into(),
        password: Secret("secret".into()),
    }
}

fn codec() -> Codec {
    Codec {
        name: "opus".into(),
        clock_rate: 48_000,
        channels: 2,
        payload_type: 111,
        fmtp: None,
    }
}

pub(super) fn local_media() -> LocalMedia {
    LocalMedia {
        address: [127, 0, 0, 1].into(),
        rtp_port: 40_000,
        codecs: vec![codec()],
        ptime_ms: 20,
        direction: Direction::SendRecv,
    }
}

pub(super) fn agreed_media() -> NegotiatedMedia {
    NegotiatedMedia {
        remote_rtp: Some(([127, 0, 0, 1], 40_100).into()),
        remote_rtcp: None,
        rtcp_mux: true,
        codec: codec(),
        receive: vec![codec()],
        events: Some(Codec {
            name: "telephone-event".into(),
            payload_type: 101,
            ..codec()
        }),
        ptime_ms: 20,
        direction: Direction::SendRecv,
    }
}

pub(super) fn me() -> Me {
    Me {
        agent: "a1".into(),
        name: "Pat".into(),
        address: "pat@demo".into(),
        uccs: vec![ucc()],
    }
}

fn ucc() -> UccInfo {
    UccInfo {
        ucc: "u1".into(),
        name: "Demo".into(),
        state: Membership::SignedOut,
        skills: vec![SkillInfo {
            skill: "s1".into(),
            name: "Sales".into(),
        }],
    }
}

pub(super) fn station() -> StationSip {
    StationSip {
        uri: "sip:st-1@demo".into(),
        username: "st-1".into(),
        password: "x".into(),
        registrar: "sip:127.0.0.1:5060".into(),
    }
}

pub(super) fn snapshot() -> Snapshot {
    Snapshot {
        agent: AgentState {
            intent: Intent::Ready,
            routable: true,
            reason: None,
            voice: Voice::Idle,
            since: SERVER_TIME,
        },
        uccs: vec![ucc()],
        queue: Vec::new(),
        offers: Vec::new(),
    }
}

pub(super) fn offer(id: &str, deadline: u64) -> Offer {
    Offer {
        offer: id.into(),
        conversation: format!("c-{id}"),
        kind: OfferKind::Hunt,
        caller: Caller {
            address: "sip:anna@example.com".into(),
            name: Some("Anna".into()),
        },
        ucc: "Demo".into(),
        skill: "Sales".into(),
        waited_ms: 7_000,
        deadline,
    }
}

/// `routable` and `reason` of every `agent.state`.
pub(super) fn standings(w: &World) -> Vec<(bool, Option<&str>)> {
    w.notes()
        .into_iter()
        .filter_map(|n| match n {
            Notification::AgentState { routable, reason, .. } => Some((*routable, reason.as_deref())),
            _ => None,
        })
        .collect()
}

/// Talking with a customer of the contact centre, and with somebody else.
pub(super) fn in_a_conversation() -> (World, CallId) {
    let mut w = World::headless();
    w.sign_in();
    w.talking(1);
    w.offer("o1", 20);
    let call = w.invite(2, Some("o1"));
    w.opened(w.last_leg());
    w.send(Command::AcceptOffer("o1".into()));
    w.agreed(call, false);
    w.state(call, CallState::Confirmed);
    w.take();
    (w, call)
}
