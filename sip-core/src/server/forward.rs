//! Response contexts: the branches of each forwarded request, until the caller has its answer (RFC 3261 §16.7–16.10).
//!
//! ```text
//!              ┌──────────┐ name found ┌─────────┐ 1xx: passed on, timer C again
//!  target ────▶│Resolving │───────────▶│ Waiting │──┐
//!     │        └────┬─────┘            └────┬────┘◀─┘
//!     │ address     │ not found             │ final, silence, lost connection
//!     └─────────────┼──────▶ Waiting        ▼
//!                   └──────────────────▶ Done(response) ── all done ─▶ best one to the caller
//!
//!  2xx: to the caller at once, CANCEL to the others.  6xx: CANCEL to the others, then as above.
//! ```

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use super::{
    best::best,
    route::{Target, Whose},
};
use crate::{
    QueryId,
    transaction::{ClientId, Layer, ServerId},
    wire::{Method, Request, Response},
};

/// Names a response context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ContextId(u64);

#[derive(Debug)]
enum Branch {
    Resolving(Box<Target>),
    Waiting {
        client: ClientId,
        /// Timer C, INVITE only.
        until: Option<Instant>,
        whose: Whose,
    },
    Done(Option<Response>),
}

#[derive(Debug)]
struct Context {
    server: ServerId,
    /// As it arrived: what our own responses are made from.
    request: Request,
    branches: Vec<Branch>,
    /// The caller has its final response.
    answered: bool,
    /// Every branch of this request has been added.
    complete: bool,
    /// Client transactions that may still bring something.
    alive: usize,
}

impl Context {
    fn is_invite(&self) -> bool {
        self.request.method == Method::INVITE
    }
}

/// All response contexts.
#[derive(Debug)]
pub(super) struct Forwards {
    next: u64,
    contexts: HashMap<ContextId, Context>,
    by_client: HashMap<ClientId, (ContextId, usize)>,
    by_query: HashMap<QueryId, (ContextId, usize)>,
    by_server: HashMap<ServerId, ContextId>,
    timers: BTreeSet<(Instant, ContextId, usize)>,
    ringing: Duration,
}

impl Forwards {
    pub(super) fn new(ringing: Duration) -> Self {
        Self {
            next: 0,
            contexts: HashMap::new(),
            by_client: HashMap::new(),
            by_query: HashMap::new(),
            by_server: HashMap::new(),
            timers: BTreeSet::new(),
            ringing,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.contexts.len()
    }

    /// Starts a context; add its branches, then call [`complete`](Self::complete).
    pub(super) fn start(&mut self, server: ServerId, request: Request) -> ContextId {
        self.next += 1;
        let id = ContextId(self.next);
        self.by_server.insert(server, id);
        let context = Context {
            server,
            request,
            branches: Vec::new(),
            answered: false,
            complete: false,
            alive: 0,
        };
        self.contexts.insert(id, context);
        id
    }

    /// Adds a branch whose name is being looked up.
    pub(super) fn resolving(&mut self, id: ContextId, query: QueryId, target: Target) {
        if let Some(context) = self.contexts.get_mut(&id) {
            self.by_query.insert(query, (id, context.branches.len()));
            context.branches.push(Branch::Resolving(Box::new(target)));
        }
    }

    /// The branch that waited for this answer, if it still does.
    pub(super) fn resolved(&mut self, query: QueryId) -> Option<(ContextId, usize, Target)> {
        let (id, at) = self.by_query.remove(&query)?;
        match self.contexts.get(&id)?.branches.get(at)? {
            Branch::Resolving(target) => Some((id, at, (**target).clone())),
            _ => None,
        }
    }

    /// A branch has been sent: a new one, or the resolved one at `at`.
    pub(super) fn sent(
        &mut self,
        now: Instant,
        id: ContextId,
        at: Option<usize>,
        client: ClientId,
        whose: Whose,
    ) {
        let ringing = self.ringing;
        let Some(context) = self.contexts.get_mut(&id) else {
            return;
        };
        let until = context.is_invite().then(|| now + ringing);
        let at = put(context, at, Branch::Waiting { client, until, whose });
        context.alive += 1;
        self.by_client.insert(client, (id, at));
        if let Some(until) = until {
            self.timers.insert((until, id, at));
        }
    }

    /// A branch could not be sent: a new one, or the resolved one at `at`.
    pub(super) fn failed(&mut self, id: ContextId, at: Option<usize>, status: u16, reason: &str) {
        if let Some(context) = self.contexts.get_mut(&id) {
            let response = context.request.response(status, reason);
            put(context, at, Branch::Done(Some(response)));
        }
    }

    /// Every branch has been added, or a late one has changed: answer if all are done.
    pub(super) fn complete(&mut self, layer: &mut Layer, now: Instant, id: ContextId) {
        if let Some(context) = self.contexts.get_mut(&id) {
            context.complete = true;
        }
        self.settle(layer, now, id);
    }

    /// A response on one branch, our Via already off.
    pub(super) fn response(
        &mut self,
        layer: &mut Layer,
        now: Instant,
        client: ClientId,
        mut response: Response,
    ) {
        let Some(&(id, at)) = self.by_client.get(&client) else {
            return;
        };
        let ringing = self.ringing;
        let Some(context) = self.contexts.get_mut(&id) else {
            return;
        };
        let status = response.status;
        match status {
            ..=100 => {}
            101..=199 => {
                let invite = context.is_invite();
                if let Some(Branch::Waiting { until, .. }) = context.branches.get_mut(at)
                    && invite
                {
                    if let Some(old) = until.take() {
                        self.timers.remove(&(old, id, at));
                    }
                    let new = now + ringing;
                    *until = Some(new);
                    self.timers.insert((new, id, at));
                }
                if !context.answered {
                    layer.respond(now, context.server, response);
                }
            }
            200..=299 => {
                // Every 2xx to INVITE goes up, each fork's and each repetition (§16.7 step 5).
                layer.respond(now, context.server, response);
                context.answered = true;
                self.done(id, at, None);
                self.cancel_branches(layer, now, id);
                self.settle(layer, now, id);
            }
            _ => {
                if let Some(Branch::Waiting { whose, .. }) = context.branches.get(at) {
                    seen_from_outside(&mut response, *whose);
                }
                self.done(id, at, Some(response));
                if status >= 600 {
                    self.cancel_branches(layer, now, id);
                }
                self.settle(layer, now, id);
            }
        }
    }

    /// Silence (`broken` is `None`) or a lost connection on one branch; its transaction is over.
    pub(super) fn no_answer(
        &mut self,
        layer: &mut Layer,
        now: Instant,
        client: ClientId,
        broken: Option<&str>,
    ) {
        let Some((id, at)) = self.by_client.remove(&client) else {
            return;
        };
        let Some(context) = self.contexts.get_mut(&id) else {
            return;
        };
        context.alive -= 1;
        if let Some(Branch::Waiting { whose, .. }) = context.branches.get(at) {
            let (status, reason) = match (broken, whose, context.is_invite()) {
                (Some(_), Whose::Phone, _) => (480, "Phone Not Reachable"),
                (Some(_), Whose::Number, _) => (480, "Number Not Reachable"),
                (Some(_), Whose::Elsewhere, _) => (502, "Next Hop Not Reachable"),
                (None, _, true) => (408, "No Answer From The Next Hop"),
                // 408 to anything but INVITE would only make a storm (RFC 4320 §4.2).
                (None, _, false) => (504, "No Answer From The Next Hop"),
            };
            let response = context.request.response(status, reason);
            self.done(id, at, Some(response));
        }
        self.settle(layer, now, id);
    }

    /// A client transaction is forgotten by the layer.
    pub(super) fn over(&mut self, layer: &mut Layer, now: Instant, client: ClientId) {
        if let Some((id, _)) = self.by_client.remove(&client) {
            if let Some(context) = self.contexts.get_mut(&id) {
                context.alive -= 1;
            }
            self.settle(layer, now, id);
        }
    }

    /// The caller has cancelled its INVITE (§16.10).
    pub(super) fn cancel(&mut self, layer: &mut Layer, now: Instant, server: ServerId) {
        if let Some(&id) = self.by_server.get(&server) {
            self.cancel_branches(layer, now, id);
            self.settle(layer, now, id);
        }
    }

    /// Timer C (§16.8): a branch that has rung for too long is cancelled.
    pub(super) fn handle_timeout(&mut self, layer: &mut Layer, now: Instant) {
        while let Some(&(at, id, branch)) = self.timers.first() {
            if at > now {
                break;
            }
            self.timers.pop_first();
            let context = self.contexts.get_mut(&id);
            if let Some(Branch::Waiting { client, until, .. }) =
                context.and_then(|c| c.branches.get_mut(branch))
            {
                *until = None;
                layer.cancel(now, *client);
            }
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.timers.first().map(|(at, ..)| *at)
    }

    fn done(&mut self, id: ContextId, at: usize, response: Option<Response>) {
        let context = self.contexts.get_mut(&id);
        if let Some(branch) = context.and_then(|c| c.branches.get_mut(at)) {
            if let Branch::Waiting {
                until: Some(until), ..
            } = branch
            {
                self.timers.remove(&(*until, id, at));
            }
            *branch = Branch::Done(response);
        }
    }

    fn cancel_branches(&mut self, layer: &mut Layer, now: Instant, id: ContextId) {
        let Some(context) = self.contexts.get_mut(&id) else {
            return;
        };
        if !context.is_invite() {
            return;
        }
        let terminated = context.request.response(487, "");
        for branch in &mut context.branches {
            match branch {
                Branch::Waiting { client, .. } => layer.cancel(now, *client),
                Branch::Resolving(_) => *branch = Branch::Done(Some(terminated.clone())),
                Branch::Done(_) => {}
            }
        }
    }

    /// Answers when every branch is done, and forgets the context when nothing more can come.
    fn settle(&mut self, layer: &mut Layer, now: Instant, id: ContextId) {
        let Some(context) = self.contexts.get_mut(&id) else {
            return;
        };
        let all_done = context.branches.iter().all(|b| matches!(b, Branch::Done(_)));
        if !context.complete || !all_done {
            return;
        }
        if !context.answered {
            context.answered = true;
            let responses = context.branches.iter_mut().filter_map(|b| match b {
                Branch::Done(response) => response.take(),
                _ => None,
            });
            if let Some(best) = best(responses.collect()) {
                layer.respond(now, context.server, best);
            }
        }
        if context.alive == 0 {
            self.by_server.remove(&context.server);
            self.contexts.remove(&id);
        }
    }
}

/// 503 would make the caller's side avoid this server with all its users and numbers (RFC 3261 §16.7 step 6).
/// One phone or number of ours that takes no call now is 480, with its Retry-After: the caller's phone learns
/// the truth. What a 503 from elsewhere becomes is [`best`]'s.
fn seen_from_outside(response: &mut Response, whose: Whose) {
    if response.status == 503 && whose != Whose::Elsewhere {
        response.status = 480;
        if response.reason == "Service Unavailable" {
            response.reason = "Temporarily Unavailable".to_owned();
        }
    }
}

/// Puts a branch in its place, or behind the others; gives where.
fn put(context: &mut Context, at: Option<usize>, branch: Branch) -> usize {
    match at.and_then(|at| context.branches.get_mut(at).map(|place| (at, place))) {
        Some((at, place)) => {
            *place = branch;
            at
        }
        None => {
            context.branches.push(branch);
            context.branches.len() - 1
        }
    }
}
