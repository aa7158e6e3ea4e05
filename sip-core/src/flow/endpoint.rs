//! The lower half of a SIP element: flows, transactions and requests on their way, as one machine.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    time::Instant,
};

use bytes::Bytes;

use super::{
    Down, Failure, JobId,
    behind::Behind,
    challenge::{Login, Logins},
    courier::Courier,
    keepalive::PING,
    table::{Flows, Was},
};
use crate::{
    DnsAnswer, FlowChange, FlowId, Ids, NetworkSnapshot, QueryId,
    transaction::{ClientId, Layer, Output as Tx, Path, ServerId, Timing},
    wire::{Framed, Message, Method, Policy, Request, Response, Unusable, Uri, Verdict, datagram, verdict},
};

/// What comes up from the network.
#[derive(Debug)]
pub enum Up {
    /// A request that starts a server transaction.
    Request {
        /// Its transaction; answer with [`Endpoint::respond`].
        server: ServerId,
        /// The request.
        request: Box<Request>,
        /// Where it came from.
        path: Path,
        /// The same request came before by another branch.
        merged: bool,
    },
    /// A CANCEL (see [`crate::transaction::Output::Cancel`]).
    Cancel {
        /// The CANCEL's own transaction.
        server: ServerId,
        /// The CANCEL.
        request: Box<Request>,
        /// The INVITE it means.
        invite: Option<ServerId>,
        /// The INVITE has no final response yet.
        pending: bool,
    },
    /// An ACK for a 2xx.
    Ack {
        /// The ACK.
        request: Box<Request>,
        /// Where it came from.
        path: Path,
    },
    /// A response to one of our requests. Several come for one job: provisional ones, and for INVITE one
    /// 2xx from each fork and its repetitions.
    Response {
        /// Which request.
        job: JobId,
        /// The response.
        response: Box<Response>,
        /// Where it came from.
        path: Path,
        /// For 401 and 407 that end the matter: why the credentials did not help.
        note: Option<String>,
    },
    /// A request will get no answer. Nothing more comes for this job.
    Failed {
        /// Which request.
        job: JobId,
        /// Why.
        failure: Failure,
    },
    /// Nothing more comes for a job that had its final response.
    Done(JobId),
    /// No ACK came for our 300–699 response to an INVITE.
    Unacknowledged(ServerId),
    /// A connection is gone.
    FlowClosed {
        /// Which one.
        flow: FlowId,
        /// The system's sentence.
        reason: String,
    },
    /// A listening socket failed.
    Trouble(String),
}

/// Transactions at once. Beyond it requests that begin something get 503, those that end something at twice
/// this number: a flood must not eat the computer.
const MAX_TRANSACTIONS: usize = 10_000;

/// Flows, transactions and requests on their way.
#[derive(Debug)]
pub struct Endpoint {
    policy: Policy<'static>,
    pub(super) flows: Flows,
    pub(super) layer: Layer,
    pub(super) ids: Ids,
    pub(super) courier: Courier,
    pub(super) behind: Behind,
    pub(super) logins: Logins,
    pub(super) by_client: HashMap<ClientId, JobId>,
    pub(super) down: Vec<Down>,
    pub(super) up: VecDeque<Up>,
    sent: VecDeque<Down>,
}

impl Endpoint {
    /// An endpoint without flows. `ids` gives its branches and query ids; what `policy` does not accept is
    /// answered or dropped before anybody sees it.
    pub fn new(timing: Timing, ids: Ids, policy: Policy<'static>) -> Self {
        Self {
            policy,
            flows: Flows::default(),
            layer: Layer::new(timing),
            ids,
            courier: Courier::default(),
            behind: Behind::default(),
            logins: Logins::default(),
            by_client: HashMap::new(),
            down: Vec::new(),
            up: VecDeque::new(),
            sent: VecDeque::new(),
        }
    }

    /// The generator, for tags and jitter.
    pub fn ids(&mut self) -> &mut Ids {
        &mut self.ids
    }

    /// Keeps a user name and password for challenges to requests that name `login`.
    pub fn set_login(&mut self, login: Login, username: &str, password: &str) {
        self.logins.set(login, username, password);
    }

    /// Forgets a user name and password.
    pub fn remove_login(&mut self, login: Login) {
        self.logins.remove(login);
    }

    /// The timer constants in use.
    pub fn timing(&self) -> Timing {
        *self.layer.timing()
    }

    /// Bytes arrived on a flow.
    pub fn received(&mut self, now: Instant, flow: FlowId, from: SocketAddr, data: &[u8]) {
        let Some(path) = self.flows.path(flow, from) else {
            tracing::debug!(?flow, "bytes on an unknown flow");
            return;
        };
        if !path.transport.is_reliable() {
            self.framed(now, path, datagram(data));
            self.pump(now);
            return;
        }
        self.flows.feed(now, flow, data);
        loop {
            match self.flows.next_frame(flow) {
                Ok(Some(framed)) => {
                    self.framed(now, path, framed);
                    self.pump(now);
                }
                Ok(None) => break,
                Err(unusable) => {
                    let reason = unusable.to_string();
                    self.refuse(path, unusable);
                    self.flows.close(flow, &mut self.down);
                    self.layer.flow_closed(flow, &reason);
                    self.up.push_back(Up::FlowClosed { flow, reason });
                    break;
                }
            }
        }
        self.pump(now);
    }

    /// The system refused to send a datagram.
    pub fn not_sent(&mut self, now: Instant, to: SocketAddr, data: &[u8], reason: &str) {
        self.layer.not_sent(to, data, reason);
        self.pump(now);
    }

    fn framed(&mut self, now: Instant, path: Path, framed: Framed) {
        let verdict = verdict(&framed, &self.policy);
        match (framed, verdict) {
            (Framed::Unusable(unusable), _) => self.refuse(path, unusable),
            (Framed::Ping, _) if path.transport.is_reliable() => {
                self.flows.pinged(path.flow, &mut self.down);
            }
            (Framed::Ping, _) => {}
            (Framed::Pong, _) => self.flows.ponged(path.flow),
            (Framed::Message(_), Verdict::Drop { why }) => tracing::debug!(%path, %why, "message dropped"),
            (Framed::Message(Message::Request(request)), Verdict::Accept) if self.is_flooded(&request) => {
                let busy = Verdict::Respond {
                    status: 503,
                    reason: "Too Much To Do".to_owned(),
                    headers: vec![("Retry-After", "5".to_owned())],
                };
                self.answer_once(path, request, &busy);
            }
            (Framed::Message(message), Verdict::Accept) => {
                trace_in(path, &message);
                self.layer.receive(now, message, path);
            }
            (Framed::Message(Message::Request(request)), refusal @ Verdict::Respond { .. }) => {
                self.answer_once(path, request, &refusal);
            }
            (Framed::Message(Message::Response(_)), Verdict::Respond { .. }) => {}
        }
    }

    fn is_flooded(&self, request: &Request) -> bool {
        let most = match request.method {
            Method::ACK => return false,
            Method::BYE | Method::CANCEL => 2 * MAX_TRANSACTIONS,
            _ => MAX_TRANSACTIONS,
        };
        self.layer.len() >= most
    }

    /// Answers without a transaction.
    fn answer_once(&mut self, path: Path, mut request: Request, refusal: &Verdict) {
        request.stamp_source(path.peer);
        if let Some(mut response) = refusal.response(&request) {
            response.set_to_tag(&self.ids.tag());
            self.layer.respond_stateless(&request, response, path);
        }
    }

    fn refuse(&mut self, path: Path, unusable: Unusable) {
        tracing::debug!(%path, why = %unusable.why, "unusable bytes");
        if let Some(bytes) = unusable.response.and_then(|r| r.to_bytes().ok()) {
            self.flows.transmit(path, bytes, None, &mut self.down);
        }
    }

    /// A flow changed.
    pub fn flow_changed(&mut self, now: Instant, flow: FlowId, change: FlowChange) {
        match change {
            FlowChange::Listening { transport, local } => self.flows.listening(flow, transport, local),
            FlowChange::Opened {
                transport,
                local,
                peer,
            } => {
                if self
                    .flows
                    .opened(now, flow, transport, local, peer, &mut self.down)
                {
                    self.flow_ready(now, flow);
                }
            }
            FlowChange::Closed { reason } => self.gone(now, flow, reason),
        }
        self.pump(now);
    }

    fn gone(&mut self, now: Instant, flow: FlowId, reason: String) {
        match self.flows.closed(now, flow) {
            Was::Listener { transport, local } => {
                self.layer.flow_closed(flow, &reason);
                self.up.push_back(Up::Trouble(format!(
                    "the {} socket on {local} failed: {reason}",
                    transport.via_name()
                )));
            }
            Was::Connection { opened } => {
                self.layer.flow_closed(flow, &reason);
                self.flow_lost(now, flow, &reason);
                if opened {
                    self.up.push_back(Up::FlowClosed { flow, reason });
                }
            }
            Was::Unknown => {}
        }
    }

    /// The resolver answered.
    pub fn resolved(&mut self, now: Instant, query: QueryId, answer: DnsAnswer) {
        self.dns_answer(now, query, answer);
        self.pump(now);
    }

    /// The computer's addresses as they are now; `true` when they are not what they were.
    pub fn network_changed(&mut self, network: NetworkSnapshot) -> bool {
        self.flows.set_network(network)
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.layer.handle_timeout(now);
        self.pump(now);
        for flow in self.flows.handle_timeout(now, &mut self.down) {
            self.down.push(Down::CloseFlow(flow));
            self.gone(now, flow, "the peer stopped answering keep-alives".to_owned());
        }
        self.couriers_timeout(now);
        self.pump(now);
    }

    /// When [`Endpoint::handle_timeout`] is next due.
    pub fn next_timeout(&self) -> Option<Instant> {
        [
            self.layer.next_timeout(),
            self.flows.next_timeout(),
            self.courier.next_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What came up.
    pub fn poll_up(&mut self) -> Option<Up> {
        self.up.pop_front()
    }

    /// What the driver has to do.
    pub fn poll_down(&mut self) -> Option<Down> {
        self.sent.extend(self.down.drain(..));
        self.sent.pop_front()
    }

    /// Answers a request; `false` when its transaction is over or already has its final response.
    pub fn respond(&mut self, now: Instant, server: ServerId, response: Response) -> bool {
        tracing::trace!(status = response.status, "response out");
        let sent = self.layer.respond(now, server, response);
        self.pump(now);
        sent
    }

    /// Sends a CRLF keep-alive datagram (or stream bytes) on a path.
    pub fn keep_alive(&mut self, path: Path) {
        self.flows
            .transmit(path, Bytes::from_static(PING), None, &mut self.down);
    }

    /// Whether messages can go out on this path right now.
    pub fn is_usable(&self, path: Path) -> bool {
        self.flows.is_usable(path)
    }

    /// Our Contact URI on a path.
    pub fn contact(&self, path: Path, user: Option<&str>) -> Uri {
        self.flows.contact(path, user)
    }

    /// Whether a URI is our own address behind a path, whoever its user is.
    pub fn is_ours(&self, path: Path, uri: &Uri) -> bool {
        self.flows.is_ours(path, uri)
    }

    /// An address to name ourselves by when no account says who we are.
    pub fn any_address(&self) -> SocketAddr {
        self.flows.any_address()
    }

    /// Transactions and requests that are not over, and connections.
    pub fn in_flight(&self) -> (usize, usize, usize) {
        (self.layer.len(), self.courier.len(), self.flows.connections())
    }

    /// Moves what the transaction layer says to where it belongs, until it says nothing more.
    pub(super) fn pump(&mut self, now: Instant) {
        while let Some(output) = self.layer.poll() {
            match output {
                Tx::Transmit { path, bytes, reopen } => {
                    self.flows.transmit(path, bytes, reopen, &mut self.down);
                }
                Tx::Request {
                    server,
                    request,
                    path,
                    merged,
                } => self.up.push_back(Up::Request {
                    server,
                    request,
                    path,
                    merged,
                }),
                Tx::Cancel {
                    server,
                    request,
                    invite,
                    pending,
                    ..
                } => self.up.push_back(Up::Cancel {
                    server,
                    request,
                    invite,
                    pending,
                }),
                Tx::Ack { request, path, .. } => self.up.push_back(Up::Ack { request, path }),
                Tx::Response {
                    client,
                    response,
                    path,
                } => self.response(now, client, response, path),
                Tx::Stray { response, path } => {
                    tracing::debug!(%path, status = response.status, "response without a request");
                }
                Tx::NoReply { client } => self.no_reply(now, client),
                Tx::Broken { client, reason } => self.broken(now, client, &reason),
                Tx::Over { client } => self.over(client),
                Tx::Unacknowledged { server } => self.up.push_back(Up::Unacknowledged(server)),
            }
        }
    }
}

/// One line a message; no header values, no bodies.
fn trace_in(path: Path, message: &Message) {
    match message {
        Message::Request(r) => tracing::trace!(%path, method = %r.method, "request in"),
        Message::Response(r) => tracing::trace!(%path, status = r.status, "response in"),
    }
}
