//! The server as one machine: inputs in, outputs out.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    net::SocketAddr,
    time::Instant,
};

use bytes::Bytes;

use super::{
    Command, Event, Limits, ServerConfig,
    access::Access,
    dispatch::Prepared,
    domain::Domain,
    flows::{Flows, Was},
    forward::Forwards,
    location::{Gone, Location},
    record::Recorder,
    users::Users,
};
use crate::{
    FlowChange, FlowId, Ids, Input, Machine, Output, QueryId,
    transaction::{self, Layer, Path, ServerId, Timing},
    wire::{Framed, Message, Method, Policy, Request, Response, Unusable, Uri, Verdict, verdict},
};

/// A proxy judges what concerns its hop only.
const POLICY: Policy<'static> = Policy {
    methods: &[],
    extensions: &[],
    bodies: &[],
    proxy: true,
};

/// A registrar and stateful proxy for one domain.
///
/// A request whose From is one of our users must prove it (407), unless it belongs to a dialog that passed
/// here when it began. Everybody else may call our users and static routes, and is relayed nowhere else (403).
#[derive(Debug)]
pub struct Server {
    pub(super) realm: String,
    server_name: String,
    pub(super) limits: Limits,
    pub(super) ids: Ids,
    pub(super) recorder: Recorder,
    pub(super) domain: Domain,
    pub(super) users: Users,
    pub(super) location: Location,
    pub(super) routes: HashMap<String, Uri>,
    pub(super) trusted: HashSet<SocketAddr>,
    pub(super) access: Access,
    pub(super) flows: Flows,
    pub(super) layer: Layer,
    pub(super) forwards: Forwards,
    pub(super) prepared: HashMap<QueryId, Prepared>,
    pub(super) next_query: u64,
    draining: bool,
    pub(super) out: VecDeque<Output<Event>>,
}

impl Server {
    /// A server without users. `now` is the start of its clock.
    pub fn new(config: ServerConfig, now: Instant) -> Self {
        let mut ids = Ids::new(config.seed);
        let (nonces, routes) = (secret(&mut ids), secret(&mut ids));
        let limits = config.limits;
        Self {
            users: Users::new(&config.realm),
            access: Access::new(&config.realm, nonces, now, limits.wrong_passwords),
            realm: config.realm,
            server_name: config.server_name,
            ids,
            recorder: Recorder::new(routes),
            domain: Domain::new(config.domains),
            location: Location::new(limits.bindings_per_user, limits.bindings),
            routes: HashMap::new(),
            trusted: HashSet::new(),
            flows: Flows::new(limits.connections),
            layer: Layer::new(Timing::default()),
            forwards: Forwards::new(limits.ringing),
            prepared: HashMap::new(),
            next_query: 0,
            draining: false,
            out: VecDeque::new(),
            limits,
        }
    }

    /// Requests being forwarded, and transactions remembered: for metrics.
    pub fn load(&self) -> (usize, usize) {
        (self.forwards.len(), self.layer.len())
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    pub(super) fn tell_gone(&mut self, gone: Gone) {
        self.tell(Event::Unregistered {
            aor: self.domain.aor(&gone.user),
            user: gone.user,
            contact: gone.contact,
            bindings: gone.left,
        });
    }

    /// Sends a response of our own.
    pub(super) fn answer(&mut self, now: Instant, server: ServerId, response: Response) {
        let response = self.finished(response);
        self.layer.respond(now, server, response);
    }

    /// Sends a response of our own and forgets the request.
    pub(super) fn answer_once(&mut self, server: ServerId, response: Response) {
        let response = self.finished(response);
        self.layer.respond_once(server, response);
    }

    /// Our own responses carry a To tag and our name.
    fn finished(&mut self, mut response: Response) -> Response {
        if response.status > 100 {
            response.set_to_tag(&self.ids.tag());
        }
        response.headers.push("Server", self.server_name.clone());
        response
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::SetUser { name, password } => self.users.set(&name, &password),
            Command::RemoveUser(name) => {
                self.users.remove(&name);
                for gone in self.location.clear(&name) {
                    self.tell_gone(gone);
                }
            }
            Command::SetRoute { user, target } => {
                self.routes.insert(user, *target);
            }
            Command::RemoveRoute(user) => {
                self.routes.remove(&user);
            }
            Command::Trust(address) => {
                self.trusted.insert(address);
            }
            Command::Drain => self.draining = true,
        }
    }

    fn flow_changed(&mut self, flow: FlowId, change: FlowChange) {
        match change {
            FlowChange::Listening { transport, local } => {
                self.flows.listening(flow, transport, local);
                self.domain.listening(local);
            }
            FlowChange::Opened {
                transport,
                local,
                peer,
            } => {
                if !self.flows.opened(flow, transport, local, peer) {
                    self.out.push_back(Output::CloseFlow(flow));
                }
            }
            FlowChange::Closed { reason } => {
                if self.flows.closed(flow) == Was::Listener {
                    self.tell(Event::Trouble {
                        what: format!("a listening socket failed: {reason}"),
                    });
                }
                self.location.flow_closed(flow);
                self.layer.flow_closed(flow, &reason);
            }
        }
    }

    fn received(&mut self, now: Instant, flow: FlowId, from: SocketAddr, data: &[u8]) {
        for (path, framed) in self.flows.receive(now, flow, from, data) {
            match framed {
                Ok(framed @ Framed::Message(_)) => {
                    let verdict = verdict(&framed, &POLICY);
                    if let Framed::Message(message) = framed {
                        self.message(now, message, path, &verdict);
                    }
                }
                Ok(Framed::Unusable(unusable)) => self.refuse_bytes(unusable, path),
                Ok(Framed::Ping) if path.transport.is_reliable() => {
                    self.transmit(path, Bytes::from_static(b"\r\n"));
                }
                Ok(Framed::Ping | Framed::Pong) => {}
                // Where the next message starts cannot be known.
                Err(unusable) => {
                    self.refuse_bytes(unusable, path);
                    self.close(now, flow, "the stream is not SIP");
                }
            }
        }
    }

    /// Answers what could not be read as a message, if it can be answered at all.
    fn refuse_bytes(&mut self, unusable: Unusable, path: Path) {
        tracing::debug!(%path, why = %unusable.why, "not a message");
        if let Some(response) = unusable.response {
            // The layer sends responses by the Via of a request: this one has the same.
            let like = Request {
                method: Method::OPTIONS,
                uri: Uri::sip(None, path.peer.ip(), None),
                headers: response.headers.clone(),
                body: Bytes::new(),
            };
            self.answer_stateless(like, path, *response);
        }
    }

    fn message(&mut self, now: Instant, message: Message, path: Path, verdict: &Verdict) {
        if let Verdict::Drop { why } = verdict {
            tracing::debug!(%path, why, "message dropped");
            return;
        }
        let request = match message {
            Message::Response(_) => return self.layer.receive(now, message, path),
            Message::Request(request) => request,
        };
        // The last hop matters to what goes on only, and a REGISTER or OPTIONS for us does not.
        let refusal = verdict.response(&request).filter(|r| r.status != 483);
        if let Some(response) = refusal.or_else(|| self.overload(&request)) {
            return self.answer_stateless(request, path, response);
        }
        self.layer.receive(now, Message::Request(request), path);
    }

    /// 503 for what would begin something new when there is too much already. What ends something may use up
    /// as much again.
    fn overload(&self, request: &Request) -> Option<Response> {
        if request.method == Method::ACK {
            return None;
        }
        let ends = [Method::BYE, Method::CANCEL].contains(&request.method);
        let most = self.limits.transactions * if ends { 2 } else { 1 };
        let reason = if self.layer.len() >= most {
            "Too Much To Do"
        } else if self.draining && !ends && request.headers.to_tag().is_none() {
            "Shutting Down"
        } else {
            return None;
        };
        let mut response = request.response(503, reason);
        response.headers.push("Retry-After", "5");
        Some(response)
    }

    fn answer_stateless(&mut self, mut request: Request, path: Path, response: Response) {
        request.stamp_source(path.peer);
        let mut response = self.finished(response);
        response.headers.remove("Via");
        for via in request
            .headers
            .get_all("Via")
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
        {
            response.headers.push_front("Via", via);
        }
        self.layer.respond_stateless(&request, response, path);
    }

    fn close(&mut self, now: Instant, flow: FlowId, reason: &str) {
        // What is still to be said on it goes out first.
        self.pump(now);
        self.out.push_back(Output::CloseFlow(flow));
        self.flows.closed(flow);
        self.location.flow_closed(flow);
        self.layer.flow_closed(flow, reason);
    }

    fn transmit(&mut self, path: Path, bytes: Bytes) {
        let Path { flow, peer: to, .. } = path;
        self.out.push_back(Output::Transmit { flow, to, bytes });
    }
}

impl Server {
    /// Acts on everything the transaction layer has to say.
    fn pump(&mut self, now: Instant) {
        while let Some(output) = self.layer.poll() {
            match output {
                transaction::Output::Transmit { path, bytes, reopen } => self.send(path, bytes, reopen),
                transaction::Output::Request {
                    server,
                    request,
                    path,
                    ..
                } => {
                    self.admit(now, server, *request, path);
                }
                transaction::Output::Cancel {
                    server,
                    request,
                    invite,
                    ..
                } => {
                    let status = if invite.is_some() { 200 } else { 481 };
                    self.answer(now, server, request.response(status, ""));
                    if let Some(invite) = invite {
                        self.forwards.cancel(&mut self.layer, now, invite);
                    }
                }
                transaction::Output::Ack { request, path, .. } => self.pass_ack(now, *request, path),
                transaction::Output::Response {
                    client,
                    response,
                    path,
                } => {
                    self.pass_response(now, client, *response, path);
                }
                // RFC 6026 §7.3: a response that belongs to nothing goes nowhere.
                transaction::Output::Stray { path, .. } => tracing::debug!(%path, "stray response dropped"),
                transaction::Output::NoReply { client } => {
                    self.forwards.no_answer(&mut self.layer, now, client, None);
                }
                transaction::Output::Broken { client, reason } => {
                    self.forwards
                        .no_answer(&mut self.layer, now, client, Some(&reason));
                }
                transaction::Output::Over { client } => self.forwards.over(&mut self.layer, now, client),
                transaction::Output::Unacknowledged { .. } => {}
            }
        }
    }

    /// Sends on a flow; a response whose connection is gone takes a new one (RFC 3261 §18.2.2).
    fn send(&mut self, path: Path, bytes: Bytes, reopen: Option<SocketAddr>) {
        if self.flows.is_there(path.flow) {
            return self.transmit(path, bytes);
        }
        let Some(peer) = reopen else { return };
        if let Some(path) = self.flows.existing(path.transport, peer) {
            return self.transmit(path, bytes);
        }
        if let Some(path) = self.flows.open(path.transport, peer) {
            let Path {
                flow,
                transport,
                peer: to,
            } = path;
            self.out.push_back(Output::OpenFlow { flow, transport, to });
            self.transmit(path, bytes);
        }
    }

    fn tick(&mut self, now: Instant) {
        self.layer.handle_timeout(now);
        self.forwards.handle_timeout(&mut self.layer, now);
        for gone in self.location.expire(now) {
            self.tell_gone(gone);
        }
        for flow in self.flows.overdue(now) {
            self.close(now, flow, "half a message and nothing more");
        }
    }
}

impl Machine for Server {
    type Command = Command;
    type Event = Event;

    fn handle(&mut self, now: Instant, input: Input<'_, Command>) {
        match input {
            Input::Tick => {}
            Input::Received { flow, from, data } => self.received(now, flow, from, data),
            Input::NotSent { to, data, reason, .. } => self.layer.not_sent(to, data, &reason),
            Input::Flow { flow, change } => self.flow_changed(flow, change),
            Input::Dns { query, answer } => self.resolved(now, query, &answer),
            Input::Network(network) => {
                self.domain.set_network(&network);
                self.flows.set_network(network);
            }
            Input::Command(command) => self.command(command),
        }
        self.tick(now);
        self.pump(now);
    }

    fn poll(&mut self) -> Option<Output<Event>> {
        self.out.pop_front()
    }

    fn next_wake(&self) -> Option<Instant> {
        [
            self.layer.next_timeout(),
            self.forwards.next_timeout(),
            self.location.next_expiry(),
            self.flows.next_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

fn secret(ids: &mut Ids) -> [u8; 32] {
    let mut secret = [0; 32];
    for chunk in secret.chunks_mut(8) {
        chunk.copy_from_slice(&ids.number().to_le_bytes()[..chunk.len()]);
    }
    secret
}
