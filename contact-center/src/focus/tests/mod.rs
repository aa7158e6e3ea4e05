//! The focus against a world that only writes down what it is asked for.

mod calls;
mod random;

use std::collections::{BTreeMap, BTreeSet};

use media::engine::{LegId, RoomId};
use sip_core::{
    agent::{self as sip, AccountId, CallId, CallState, IncomingCall},
    sdp::{Codec, Direction, LocalMedia, NegotiatedMedia},
    wire::{NameAddr, Uri},
};

use super::{Focus, Input, OfferLeg, Output, Setup, ToCenter};

/// Customers that fit.
const ROOM_FOR: usize = 3;

/// A focus, and what the world looks like after all it has asked for.
struct Bench {
    focus: Focus,
    /// Sockets that are open; each is closed exactly once.
    open: BTreeSet<LegId>,
    closed: BTreeSet<LegId>,
    /// Legs whose socket has been asked for and has not come.
    asked: Vec<LegId>,
    rooms: BTreeMap<LegId, RoomId>,
    music: BTreeSet<LegId>,
    /// Calls that live at the user agent.
    calls: BTreeSet<CallId>,
    commands: Vec<sip::Command>,
    news: Vec<ToCenter>,
    /// Whether sockets come at once.
    ports: bool,
    arrivals: u64,
}

impl Bench {
    fn new() -> Self {
        let setup = Setup {
            account: AccountId(1),
            numbers: vec!["sales".to_owned()],
            id_prefix: "c_".to_owned(),
            max_conversations: ROOM_FOR,
        };
        Self {
            focus: Focus::new(setup),
            open: BTreeSet::new(),
            closed: BTreeSet::new(),
            asked: Vec::new(),
            rooms: BTreeMap::new(),
            music: BTreeSet::new(),
            calls: BTreeSet::new(),
            commands: Vec::new(),
            news: Vec::new(),
            ports: true,
            arrivals: 0,
        }
    }

    fn give(&mut self, input: Input) {
        self.focus.handle(input);
        while let Some(output) = self.focus.poll() {
            self.obey(output);
        }
    }

    fn obey(&mut self, output: Output) {
        let is_open = |leg: &LegId| self.open.contains(leg);
        match output {
            Output::Sip(command) => self.command(command),
            Output::OpenLeg(leg) if self.ports => {
                assert!(self.open.insert(leg), "{leg:?} is opened twice");
                let local = Some(Box::new(media()));
                self.focus.handle(Input::Opened { leg, local });
            }
            Output::OpenLeg(leg) => self.asked.push(leg),
            Output::UpdateLeg(leg, _) => assert!(is_open(&leg), "{leg:?} is not open"),
            Output::CloseLeg { leg, .. } => {
                assert!(self.open.remove(&leg), "{leg:?} is closed and was not open");
                assert!(self.closed.insert(leg), "{leg:?} is closed twice");
                self.rooms.remove(&leg);
                self.music.remove(&leg);
            }
            Output::Room(leg, room) => {
                assert!(is_open(&leg), "{leg:?} is not open");
                match room {
                    Some(room) => self.rooms.insert(leg, room),
                    None => self.rooms.remove(&leg),
                };
            }
            Output::Music(leg, on) => {
                assert!(is_open(&leg), "{leg:?} is not open");
                match on {
                    true => self.music.insert(leg),
                    false => self.music.remove(&leg),
                };
            }
            Output::Center(news) => self.news.push(news),
        }
    }

    /// Only calls that live are spoken of, and each is ended once.
    fn command(&mut self, command: sip::Command) {
        match &command {
            sip::Command::Call { call, .. } => assert!(self.calls.insert(*call), "{call} is called twice"),
            sip::Command::Answer { call, .. } | sip::Command::Reinvite { call, .. } => {
                assert!(self.calls.contains(call), "{command:?} for a call that is over");
            }
            sip::Command::Reject { call, .. } | sip::Command::Hangup { call, .. } => {
                assert!(self.calls.remove(call), "{command:?} for a call that is over");
            }
            other => panic!("the focus has no use for {other:?}"),
        }
        self.commands.push(command);
    }

    /// A socket that was asked for comes, or does not.
    fn socket(&mut self, found: bool) {
        if self.asked.is_empty() {
            return;
        }
        let leg = self.asked.remove(0);
        if found {
            assert!(self.open.insert(leg), "{leg:?} is opened twice");
        }
        let local = found.then(|| Box::new(media()));
        self.give(Input::Opened { leg, local });
    }

    /// Somebody calls a number.
    fn rings(&mut self, number: &str) -> CallId {
        self.arrivals += 1;
        let call = CallId::incoming(self.arrivals);
        self.calls.insert(call);
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        let name = |text: &str, display: Option<&str>| NameAddr {
            display_name: display.map(str::to_owned),
            uri: uri(text),
            params: Default::default(),
        };
        self.give(Input::Sip(sip::Event::Incoming(Box::new(IncomingCall {
            call,
            account: None,
            from: name("sip:ada@example.com", Some("Ada \"The\" Lovelace")),
            to: name("sip:sales@demo.ringside", None),
            request_uri: uri(&format!("sip:{number}@127.0.0.1")),
            headers: Vec::new(),
            replaces: None,
            offered: Some(Direction::SendRecv),
        }))));
        call
    }

    /// A customer has called and the call is acknowledged.
    fn customer(&mut self) -> (CallId, String) {
        let call = self.rings("sales");
        self.confirmed(call);
        match self.news.last() {
            Some(ToCenter::Arrived { conversation, .. }) => (call, conversation.clone()),
            other => panic!("{other:?}"),
        }
    }

    fn confirmed(&mut self, call: CallId) {
        self.says(call, CallState::Confirmed, None);
    }

    fn says(&mut self, call: CallId, state: CallState, status: Option<u16>) {
        self.give(Input::Sip(sip::Event::State {
            call,
            state,
            status,
            reason: None,
        }));
    }

    fn ended(&mut self, call: CallId, status: Option<u16>) {
        self.calls.remove(&call);
        self.give(Input::Sip(sip::Event::Ended {
            call,
            status,
            reason: None,
            cause: "because".to_owned(),
        }));
    }

    fn agreed(&mut self, call: CallId, remote_hold: bool) {
        self.give(Input::Sip(sip::Event::Media {
            call,
            media: Box::new(negotiated()),
            local_hold: false,
            remote_hold,
        }));
    }

    fn offer(&mut self, offer: &str, conversation: &str) -> Option<CallId> {
        let before = self.commands.len();
        self.give(Input::StartOffer(OfferLeg {
            offer: offer.to_owned(),
            conversation: conversation.to_owned(),
            station: "sip:st-1@demo.ringside".parse().unwrap(),
        }));
        match self.commands.get(before) {
            Some(sip::Command::Call { call, .. }) => Some(*call),
            _ => None,
        }
    }

    /// An agent's phone rings, answers, and gets the customer.
    fn joined(&mut self, offer: &str, conversation: &str) -> CallId {
        let agent = self.offer(offer, conversation).unwrap();
        self.confirmed(agent);
        assert_eq!(self.news.last(), Some(&answered(offer)));
        self.give(Input::Join {
            offer: offer.to_owned(),
        });
        agent
    }

    fn cancel(&mut self, offer: &str) {
        self.give(Input::CancelOffer {
            offer: offer.to_owned(),
            reason: "answered by Anna".to_owned(),
        });
    }

    fn end(&mut self, conversation: &str) {
        self.give(Input::EndConversation {
            conversation: conversation.to_owned(),
            reason: "the agent hung up".to_owned(),
        });
    }

    /// The leg opened `nth`, from 0.
    fn leg(&self, nth: usize) -> LegId {
        *self.open.union(&self.closed).nth(nth).unwrap()
    }

    /// Who can hear each other: legs of one room.
    fn together(&self, a: usize, b: usize) -> bool {
        let room = |nth| self.rooms.get(&self.leg(nth));
        room(a).is_some() && room(a) == room(b)
    }

    fn hears_music(&self, nth: usize) -> bool {
        let leg = self.leg(nth);
        assert!(
            !(self.music.contains(&leg) && self.rooms.contains_key(&leg)),
            "music and voices at once"
        );
        self.music.contains(&leg)
    }

    /// Nobody is left anywhere.
    fn assert_empty(&self) {
        assert_eq!(self.focus.conversations(), 0);
        assert!(self.open.is_empty(), "still open: {:?}", self.open);
        assert!(self.calls.is_empty(), "still there: {:?}", self.calls);
    }
}

fn answered(offer: &str) -> ToCenter {
    ToCenter::OfferAnswered {
        offer: offer.to_owned(),
    }
}

fn codec() -> Codec {
    Codec {
        name: "opus".to_owned(),
        clock_rate: 48_000,
        channels: 2,
        payload_type: 96,
        fmtp: None,
    }
}

fn media() -> LocalMedia {
    LocalMedia {
        address: [127, 0, 0, 1].into(),
        rtp_port: 4_000,
        codecs: vec![codec()],
        ptime_ms: 20,
        direction: Direction::SendRecv,
    }
}

fn negotiated() -> NegotiatedMedia {
    NegotiatedMedia {
        remote_rtp: Some(([127, 0, 0, 1], 5_000).into()),
        remote_rtcp: None,
        rtcp_mux: true,
        codec: codec(),
        receive: vec![codec()],
        events: None,
        ptime_ms: 20,
        direction: Direction::SendRecv,
    }
}
