//! The user agent as one machine: endpoint below, accounts and calls above.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::{Duration, Instant},
};

use super::{AccountId, AgentConfig, CallId, Command, Event, accounts::Account};
use crate::{
    Ids, Input, Machine, Output,
    alarms::Alarms,
    flow::{Endpoint, JobId},
    invite::{Call, Cx},
    transaction::Timing,
    wire::NameAddr,
};

/// [`Command::Stop`] takes this long at most: time for three sendings over UDP (0, 0.5 and 1.5 s) to a peer that may
/// be gone.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// Whose request a job is.
#[derive(Debug)]
pub(super) enum Owner {
    Call(CallId),
    Account(AccountId),
    Ping(Box<NameAddr>),
}

/// A SIP user agent: accounts, calls, and the network beneath them.
///
/// Feed it through [`Machine::handle`], drain it through [`Machine::poll`].
#[derive(Debug)]
pub struct UserAgent {
    pub(super) config: AgentConfig,
    pub(super) endpoint: Endpoint,
    pub(super) accounts: BTreeMap<AccountId, Account>,
    pub(super) calls: BTreeMap<CallId, Call>,
    /// When each call wants time to pass.
    alarms: Alarms<CallId>,
    /// Call-ID and our tag to the call.
    pub(super) by_dialog: HashMap<(String, String), CallId>,
    pub(super) owners: HashMap<JobId, Owner>,
    pub(super) events: VecDeque<Event>,
    pub(super) next_call: u64,
    /// Set while stopping: when to give up.
    pub(super) stopping: Option<Instant>,
}

impl UserAgent {
    /// A user agent without accounts, calls or sockets. It learns its sockets from
    /// [`FlowChange::Listening`](crate::FlowChange::Listening).
    pub fn new(config: AgentConfig) -> Self {
        Self {
            endpoint: Endpoint::new(Timing::default(), Ids::new(config.seed), super::POLICY),
            config,
            accounts: BTreeMap::new(),
            calls: BTreeMap::new(),
            alarms: Alarms::default(),
            by_dialog: HashMap::new(),
            owners: HashMap::new(),
            events: VecDeque::new(),
            next_call: 0,
            stopping: None,
        }
    }

    /// Calls the owner has not been told the end of.
    pub fn live_calls(&self) -> usize {
        self.calls.values().filter(|c| !c.has_ended()).count()
    }

    /// What is still remembered: transactions, requests on their way, connections, calls with their
    /// after-life. All but the connections are zero 64·T1 after everything ended.
    #[doc(hidden)]
    pub fn in_flight(&self) -> (usize, usize, usize, usize) {
        let (transactions, requests, connections) = self.endpoint.in_flight();
        (transactions, requests, connections, self.calls.len())
    }

    /// Runs `f` on one call, with what a call may touch; `None` when there is no such call.
    pub(super) fn with_call<R>(
        &mut self,
        now: Instant,
        id: CallId,
        f: impl FnOnce(&mut Call, &mut Cx<'_>) -> R,
    ) -> Option<R> {
        let call = self.calls.get_mut(&id)?;
        let mut cx = Cx {
            now,
            endpoint: &mut self.endpoint,
            events: &mut self.events,
            config: &self.config,
        };
        let result = f(call, &mut cx);
        self.settle_call(id);
        Some(result)
    }

    /// Notes whose requests the call's are, and forgets a call for which nothing more can come.
    pub(super) fn settle_call(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        for job in call.jobs() {
            self.owners.entry(job).or_insert(Owner::Call(id));
        }
        self.alarms.set(id, call.next_timeout());
        if call.is_gone() {
            self.alarms.set(id, None);
            self.by_dialog.remove(&call.key());
            self.calls.remove(&id);
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        self.sort_up(now);
        self.accounts_timeout(now);
        let due: Vec<CallId> = std::iter::from_fn(|| self.alarms.expire(now)).collect();
        for id in due {
            self.with_call(now, id, |call, cx| call.handle_timeout(cx));
        }
    }

    fn check_stopped(&mut self, now: Instant) {
        let Some(by) = self.stopping else { return };
        let quiet = self.calls.is_empty() && self.accounts.is_empty();
        if quiet || self.live_quiet() || by <= now {
            self.stopping = None;
            self.calls.clear();
            self.alarms.clear();
            self.by_dialog.clear();
            self.accounts.clear();
            self.owners.clear();
            self.events.push_back(Event::Stopped);
        }
    }

    /// Nobody's answer is awaited any more: every call has its BYE or CANCEL answered, every account is
    /// unregistered.
    fn live_quiet(&self) -> bool {
        self.accounts.is_empty() && self.calls.values().all(|c| c.is_settled(&self.endpoint))
    }

    pub(super) fn begin_stop(&mut self, now: Instant) {
        self.stopping.get_or_insert(now + STOP_WITHIN);
        let ids: Vec<CallId> = self.calls.keys().copied().collect();
        for id in ids {
            self.with_call(now, id, |call, cx| call.hang_up(cx, None));
        }
        self.stop_accounts(now);
    }
}

impl Machine for UserAgent {
    type Command = Command;
    type Event = Event;

    fn handle(&mut self, now: Instant, input: Input<'_, Command>) {
        match input {
            Input::Tick => {}
            Input::Received { flow, from, data } => self.endpoint.received(now, flow, from, data),
            Input::NotSent { to, data, reason, .. } => self.endpoint.not_sent(now, to, data, &reason),
            Input::Flow { flow, change } => self.endpoint.flow_changed(now, flow, change),
            Input::Dns { query, answer } => self.endpoint.resolved(now, query, answer),
            Input::Network(network) => {
                if self.endpoint.network_changed(network) {
                    self.accounts_moved(now);
                }
            }
            Input::Command(command) => self.command(now, command),
        }
        self.sort_up(now);
        self.handle_timeout(now);
        self.sort_up(now);
        self.check_stopped(now);
    }

    fn poll(&mut self) -> Option<Output<Event>> {
        match self.endpoint.poll_down() {
            Some(down) => Some(down.with_events()),
            None => self.events.pop_front().map(Output::Event),
        }
    }

    fn next_wake(&self) -> Option<Instant> {
        let accounts = self.accounts.values().filter_map(Account::next_timeout).min();
        let calls = self.alarms.next();
        [self.endpoint.next_timeout(), accounts, calls, self.stopping]
            .into_iter()
            .flatten()
            .min()
    }
}
