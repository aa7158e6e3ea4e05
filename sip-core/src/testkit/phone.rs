//! A phone in a world: what is asked of it and what it has said, by its [`NodeId`].

use super::{NodeId, World, sample_media};
use crate::{
    Transport,
    agent::{
        AccountConfig, AccountId, AgentConfig, CallId, CallState, Command, Event, IncomingCall,
        RegistrationState, UserAgent,
    },
    wire::NameAddr,
};

/// One phone in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phone(pub NodeId);

impl Phone {
    /// A phone that answers for any user, over UDP and TCP.
    pub fn add(world: &mut World, at: &str, seed: u8) -> Self {
        Self::with(world, at, Self::config(seed), &[Transport::Udp, Transport::Tcp])
    }

    /// A phone set up by the test.
    pub fn with(world: &mut World, at: &str, config: AgentConfig, transports: &[Transport]) -> Self {
        Self(world.add(UserAgent::new(config), at, transports))
    }

    /// How [`Phone::add`] sets phones up.
    pub fn config(seed: u8) -> AgentConfig {
        AgentConfig {
            seed: [seed; 32],
            user_agent: "test".to_owned(),
            accept_any_user: true,
            auto_ring: true,
            max_calls: 10,
        }
    }

    /// Gives the phone a command.
    pub fn does(self, world: &mut World, command: Command) {
        world.command::<UserAgent>(self.0, command);
    }

    /// Adds an account.
    pub fn account(self, world: &mut World, account: AccountId, config: AccountConfig) {
        let config = Box::new(config);
        self.does(world, Command::AddAccount { account, config });
    }

    /// Its `n`th call, without an account.
    pub fn calls(self, world: &mut World, n: u64, to: &str) -> CallId {
        self.calls_through(world, None, n, to)
    }

    /// Its `n`th call, through an account.
    pub fn calls_through(self, world: &mut World, account: Option<AccountId>, n: u64, to: &str) -> CallId {
        let call = CallId::outgoing(n);
        let to = NameAddr::parse(to).unwrap_or_else(|error| panic!("{to}: {error}"));
        let command = Command::Call {
            call,
            account,
            to: Box::new(to),
            headers: vec![],
            media: Box::new(Self::media(n)),
        };
        self.does(world, command);
        call
    }

    /// The description of its `n`th call.
    pub fn media(n: u64) -> crate::sdp::LocalMedia {
        let port = u16::try_from(4000 + 2 * (n % 10_000)).unwrap_or(4000);
        sample_media([192, 0, 2, 50].into(), port)
    }

    /// Answers a call.
    pub fn answers(self, world: &mut World, call: CallId) {
        let media = Box::new(Self::media(77));
        self.does(world, Command::Answer { call, media });
    }

    /// Ends a call, whatever its state.
    pub fn hangs_up(self, world: &mut World, call: CallId) {
        self.does(world, Command::Hangup { call, reason: None });
    }

    /// Everything it has said.
    pub fn events(self, world: &mut World) -> Vec<Event> {
        let seat = world.seat::<UserAgent>(self.0);
        seat.events.iter().map(|(_, e)| e.clone()).collect()
    }

    /// Forgets what it has said so far.
    pub fn forget_events(self, world: &mut World) {
        world.seat::<UserAgent>(self.0).events.clear();
    }

    /// Every call that has arrived.
    pub fn arrivals(self, world: &mut World) -> Vec<IncomingCall> {
        let arrival = |event| match event {
            Event::Incoming(incoming) => Some(*incoming),
            _ => None,
        };
        self.events(world).into_iter().filter_map(arrival).collect()
    }

    /// The last call that arrived.
    pub fn incoming(self, world: &mut World) -> Option<CallId> {
        self.arrivals(world).last().map(|incoming| incoming.call)
    }

    /// Every call that was started here or has arrived, each once.
    pub fn all_calls(self, world: &mut World) -> Vec<CallId> {
        let call = |event: &Event| match event {
            Event::Incoming(incoming) => Some(incoming.call),
            Event::State { call, .. } | Event::Ended { call, .. } => Some(*call),
            _ => None,
        };
        let mut calls: Vec<_> = self.events(world).iter().filter_map(call).collect();
        calls.sort_unstable();
        calls.dedup();
        calls
    }

    /// Every state a call has been in.
    pub fn states(self, world: &mut World, wanted: CallId) -> Vec<CallState> {
        let state = |e: &Event| match e {
            Event::State { call, state, .. } if *call == wanted => Some(*state),
            _ => None,
        };
        self.events(world).iter().filter_map(state).collect()
    }

    /// Whether a call is answered and has not ended.
    pub fn talks(self, world: &mut World, call: CallId) -> bool {
        self.states(world, call).last() == Some(&CallState::Confirmed) && self.ends(world, call).is_empty()
    }

    /// Every end of a call: status and cause.
    pub fn ends(self, world: &mut World, wanted: CallId) -> Vec<(Option<u16>, String)> {
        let end = |e: &Event| match e {
            Event::Ended {
                call, status, cause, ..
            } if *call == wanted => Some((*status, cause.clone())),
            _ => None,
        };
        self.events(world).iter().filter_map(end).collect()
    }

    /// The last word on holding: (we hold, they hold).
    pub fn holds(self, world: &mut World, wanted: CallId) -> Option<(bool, bool)> {
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

    /// What was said of its registrations.
    pub fn registrations(self, world: &mut World) -> Vec<RegistrationState> {
        let state = |event| match event {
            Event::Registration { state, .. } => Some(state),
            _ => None,
        };
        self.events(world).into_iter().filter_map(state).collect()
    }

    /// Whether the last word on registration is that it is there.
    pub fn is_registered(self, world: &mut World) -> bool {
        let last = self.registrations(world).pop();
        matches!(last, Some(RegistrationState::Registered { .. }))
    }

    /// What the machine keeps ([`UserAgent::in_flight`]).
    pub fn in_flight(self, world: &mut World) -> (usize, usize, usize, usize) {
        world.seat::<UserAgent>(self.0).machine.in_flight()
    }

    /// Whether no call, request or transaction is left.
    pub fn is_empty(self, world: &mut World) -> bool {
        let (transactions, requests, _, calls) = self.in_flight(world);
        (transactions, requests, calls) == (0, 0, 0)
    }
}
