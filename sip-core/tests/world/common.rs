//! Phones and what is asked of them.

use std::time::Duration;

use sip_core::{
    Transport,
    agent::{AgentConfig, CallId, CallState, Command, Event, UserAgent},
    testkit::{NodeId, World, sample_media},
    wire::NameAddr,
};

pub(crate) const BOTH: [Transport; 2] = [Transport::Udp, Transport::Tcp];
pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn config(seed: u8) -> AgentConfig {
    AgentConfig {
        seed: [seed; 32],
        user_agent: "test".to_owned(),
        accept_any_user: true,
        auto_ring: true,
        max_calls: 10,
    }
}

pub(crate) fn address(uri: &str) -> Box<NameAddr> {
    Box::new(NameAddr::parse(uri).unwrap())
}

/// One phone in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Phone(pub(crate) NodeId);

impl Phone {
    pub(crate) fn add(world: &mut World, at: &str, seed: u8) -> Self {
        Self::with(world, at, config(seed), &BOTH)
    }

    pub(crate) fn with(world: &mut World, at: &str, config: AgentConfig, transports: &[Transport]) -> Self {
        Self(world.add(UserAgent::new(config), at, transports))
    }

    pub(crate) fn does(self, world: &mut World, command: Command) {
        world.command::<UserAgent>(self.0, command);
    }

    pub(crate) fn calls(self, world: &mut World, n: u64, to: &str) -> CallId {
        let call = CallId::outgoing(n);
        let command = Command::Call {
            call,
            account: None,
            to: address(to),
            headers: vec![],
            media: Box::new(media(n)),
        };
        self.does(world, command);
        call
    }

    pub(crate) fn answers(self, world: &mut World, call: CallId) {
        let media = Box::new(media(77));
        self.does(world, Command::Answer { call, media });
    }

    pub(crate) fn hangs_up(self, world: &mut World, call: CallId) {
        self.does(world, Command::Hangup { call, reason: None });
    }

    pub(crate) fn events(self, world: &mut World) -> Vec<Event> {
        let seat = world.seat::<UserAgent>(self.0);
        seat.events.iter().map(|(_, e)| e.clone()).collect()
    }

    pub(crate) fn forget_events(self, world: &mut World) {
        world.seat::<UserAgent>(self.0).events.clear();
    }

    /// The last call that arrived.
    pub(crate) fn incoming(self, world: &mut World) -> Option<CallId> {
        self.events(world).iter().rev().find_map(|e| match e {
            Event::Incoming(incoming) => Some(incoming.call),
            _ => None,
        })
    }

    pub(crate) fn states(self, world: &mut World, wanted: CallId) -> Vec<CallState> {
        let state = |e: &Event| match e {
            Event::State { call, state, .. } if *call == wanted => Some(*state),
            _ => None,
        };
        self.events(world).iter().filter_map(state).collect()
    }

    /// Every end of a call: status and cause.
    pub(crate) fn ends(self, world: &mut World, wanted: CallId) -> Vec<(Option<u16>, String)> {
        let end = |e: &Event| match e {
            Event::Ended {
                call, status, cause, ..
            } if *call == wanted => Some((*status, cause.clone())),
            _ => None,
        };
        self.events(world).iter().filter_map(end).collect()
    }

    /// The last word on holding: (we hold, they hold).
    pub(crate) fn holds(self, world: &mut World, wanted: CallId) -> Option<(bool, bool)> {
        self.events(world).iter().rev().find_map(|e| match e {
            Event::Media {
                call,
                local_hold,
                remote_hold,
                ..
            } if *call == wanted => Some((*local_hold, *remote_hold)),
            _ => None,
        })
    }

    pub(crate) fn in_flight(self, world: &mut World) -> (usize, usize, usize, usize) {
        world.seat::<UserAgent>(self.0).machine.in_flight()
    }

    pub(crate) fn is_empty(self, world: &mut World) -> bool {
        let (transactions, requests, _, calls) = self.in_flight(world);
        (transactions, requests, calls) == (0, 0, 0)
    }
}

pub(crate) fn media(n: u64) -> sip_core::sdp::LocalMedia {
    sample_media([192, 0, 2, 50].into(), 4000 + 2 * n as u16)
}

/// How often a message whose first line starts so was sent.
pub(crate) fn sent(world: &World, start: &str) -> usize {
    world
        .log
        .iter()
        .filter(|(.., bytes)| bytes.starts_with(start.as_bytes()))
        .count()
}

/// Two phones in a call: the caller, the callee and their names for it.
pub(crate) struct Talking {
    pub(crate) world: World,
    pub(crate) alice: Phone,
    pub(crate) bob: Phone,
    pub(crate) out: CallId,
    pub(crate) inc: CallId,
}

pub(crate) fn ringing(to: &str) -> Talking {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let bob = Phone::add(&mut world, "192.0.2.2:5060", 2);
    let out = alice.calls(&mut world, 1, to);
    world.run(SECOND / 10);
    let inc = bob.incoming(&mut world).expect("bob's phone does not ring");
    Talking {
        world,
        alice,
        bob,
        out,
        inc,
    }
}

pub(crate) fn talking() -> Talking {
    let mut t = ringing("sip:bob@192.0.2.2");
    t.bob.answers(&mut t.world, t.inc);
    t.world.run(SECOND / 10);
    t
}
