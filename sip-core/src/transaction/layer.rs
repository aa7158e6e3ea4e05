//! All transactions of one SIP element, matched, timed and drained in one place.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    time::Instant,
};

use bytes::Bytes;

use super::{
    Effect, Path, Timing,
    client_invite::InviteClient,
    client_request::RequestClient,
    derive,
    key::{ClientKey, MergeKey, ServerKey},
    server_invite::InviteServer,
    server_request::RequestServer,
    timer::TimerTable,
    via,
};
use crate::{
    FlowId,
    alarms::Alarms,
    wire::{Message, Method, Request, Response},
};

/// Names a client transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(u64);

/// Names a server transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId(u64);

/// What the layer wants its owner to do or know.
#[derive(Debug)]
pub enum Output {
    /// Send these bytes.
    Transmit {
        /// Where to.
        path: Path,
        /// One whole message.
        bytes: Bytes,
        /// For responses whose connection is gone: open a new one to here (RFC 3261 §18.2.2).
        reopen: Option<SocketAddr>,
    },
    /// A new request; answer it with [`Layer::respond`].
    Request {
        /// Its transaction.
        server: ServerId,
        /// The request, its top Via completed with `received` and `rport`.
        request: Box<Request>,
        /// Where it came from.
        path: Path,
        /// It reached us before on another branch (§8.2.2.2): a user agent answers 482.
        merged: bool,
    },
    /// A CANCEL. Answer it with 200 when `invite` is there, else 481; then end the INVITE with 487.
    Cancel {
        /// The CANCEL's own transaction.
        server: ServerId,
        /// The CANCEL.
        request: Box<Request>,
        /// The INVITE it means.
        invite: Option<ServerId>,
        /// The INVITE has no final response yet.
        pending: bool,
        /// Where it came from.
        path: Path,
    },
    /// An ACK for a 2xx; ACKs for other responses end here.
    Ack {
        /// The ACK.
        request: Box<Request>,
        /// The INVITE transaction, when the branch is the same.
        invite: Option<ServerId>,
        /// Where it came from.
        path: Path,
    },
    /// A response to one of our requests.
    Response {
        /// The transaction.
        client: ClientId,
        /// The response, with our own Via still on top.
        response: Box<Response>,
        /// Where it came from.
        path: Path,
    },
    /// A response that matches no transaction (§18.1.2): a proxy may forward a 2xx, others drop it.
    Stray {
        /// The response.
        response: Box<Response>,
        /// Where it came from.
        path: Path,
    },
    /// No final response came in time (timers B and F): as if 408 had.
    NoReply {
        /// The transaction, already over.
        client: ClientId,
    },
    /// The flow died under a waiting transaction: as if 503 had come.
    Broken {
        /// The transaction, already over.
        client: ClientId,
        /// The system's sentence.
        reason: String,
    },
    /// A client transaction that had its final response is forgotten: nothing more comes from it.
    Over {
        /// The transaction.
        client: ClientId,
    },
    /// No ACK came for our 300–699 (timer H).
    Unacknowledged {
        /// The transaction, already over.
        server: ServerId,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Id {
    Client(ClientId),
    Server(ServerId),
}

#[derive(Debug)]
enum ClientMachine {
    Invite(InviteClient),
    Request(RequestClient),
}

#[derive(Debug)]
struct Client {
    machine: ClientMachine,
    key: ClientKey,
    request: Request,
    bytes: Bytes,
    path: Path,
}

#[derive(Debug)]
enum ServerMachine {
    Invite(InviteServer),
    Request(RequestServer),
}

#[derive(Debug)]
struct Server {
    machine: ServerMachine,
    key: ServerKey,
    merge: Option<MergeKey>,
    request: Request,
    /// The last response; none before the first.
    bytes: Option<Bytes>,
    path: Path,
    reopen: Option<SocketAddr>,
}

/// Every transaction of one element.
#[derive(Debug, Default)]
pub struct Layer {
    timing: Timing,
    next_id: u64,
    clients: HashMap<ClientId, Client>,
    client_keys: HashMap<ClientKey, ClientId>,
    servers: HashMap<ServerId, Server>,
    server_keys: HashMap<ServerKey, ServerId>,
    merge_keys: HashMap<MergeKey, ServerId>,
    alarms: Alarms<Id>,
    outputs: VecDeque<Output>,
}

impl Layer {
    /// An empty layer.
    pub fn new(timing: Timing) -> Self {
        Self {
            timing,
            ..Self::default()
        }
    }

    /// The timer constants in use.
    pub fn timing(&self) -> &Timing {
        &self.timing
    }

    /// Sends `request` (anything but ACK) on `path` and waits for its responses.
    ///
    /// The Via with `branch` and `sent_by` (`host[:port]`) is put on top here.
    pub fn send(
        &mut self,
        now: Instant,
        mut request: Request,
        path: Path,
        sent_by: &str,
        branch: &str,
    ) -> ClientId {
        via::push(&mut request, path.transport, sent_by, branch);
        self.start_client(now, request, path, branch)
    }

    fn start_client(&mut self, now: Instant, request: Request, path: Path, branch: &str) -> ClientId {
        let id = ClientId(self.fresh_id());
        let seq = request.headers.cseq().map_or(0, |c| c.seq);
        let key = ClientKey::new(branch, &request.method, seq);
        let reliable = path.transport.is_reliable();
        let mut effects = Vec::new();
        let machine = if request.method == Method::INVITE {
            ClientMachine::Invite(InviteClient::new(now, &self.timing, reliable, &mut effects))
        } else {
            ClientMachine::Request(RequestClient::new(now, &self.timing, reliable, &mut effects))
        };
        let bytes = match request.to_bytes() {
            Ok(bytes) => bytes,
            Err(error) => {
                let (client, reason) = (id, error.to_string());
                self.outputs.push_back(Output::Broken { client, reason });
                return id;
            }
        };
        self.client_keys.insert(key.clone(), id);
        self.clients.insert(
            id,
            Client {
                machine,
                key,
                request,
                bytes,
                path,
            },
        );
        self.apply_client(now, id, effects, None);
        id
    }

    /// Sends a request that has no transaction: the ACK for a 2xx, or one a proxy passes on (§16.11).
    pub fn send_stateless(&mut self, mut request: Request, path: Path, sent_by: &str, branch: &str) {
        via::push(&mut request, path.transport, sent_by, branch);
        match request.to_bytes() {
            Ok(bytes) => self.outputs.push_back(Output::Transmit {
                path,
                bytes,
                reopen: None,
            }),
            Err(error) => tracing::warn!(%path, %error, "request not sent"),
        }
    }

    /// Cancels an INVITE: CANCEL goes out now, or as soon as a provisional response arrives (§9.1).
    /// The INVITE's own final response (487, or a 2xx that won the race) still comes.
    pub fn cancel(&mut self, now: Instant, client: ClientId) {
        let mut effects = Vec::new();
        if let Some(Client {
            machine: ClientMachine::Invite(invite),
            ..
        }) = self.clients.get_mut(&client)
        {
            invite.cancel(now, &self.timing, &mut effects);
        }
        self.apply_client(now, client, effects, None);
    }

    /// Answers a request. Gives `false` when the transaction is over or already has its final response.
    pub fn respond(&mut self, now: Instant, server: ServerId, response: Response) -> bool {
        let Some(tx) = self.servers.get_mut(&server) else {
            return false;
        };
        let bytes = match response.to_bytes() {
            Ok(bytes) => bytes,
            Err(error) => {
                tracing::warn!(path = %tx.path, %error, "response not sent");
                return false;
            }
        };
        let mut effects = Vec::new();
        let taken = match &mut tx.machine {
            ServerMachine::Invite(m) => m.respond(now, &self.timing, response.status, &mut effects),
            ServerMachine::Request(m) => m.respond(now, &self.timing, response.status, &mut effects),
        };
        if taken {
            tx.bytes = Some(bytes);
        }
        self.apply_server(now, server, effects, None);
        taken
    }

    /// Answers a request once and forgets it: nothing is repeated, and a copy of the request is a new one.
    pub fn respond_once(&mut self, server: ServerId, response: Response) {
        if let Some(tx) = self.servers.get(&server) {
            match response.to_bytes() {
                Ok(bytes) => self.outputs.push_back(Output::Transmit {
                    path: tx.path,
                    bytes,
                    reopen: tx.reopen,
                }),
                Err(error) => tracing::warn!(path = %tx.path, %error, "response not sent"),
            }
        }
        self.forget_server(server);
    }

    /// Answers a request for which there is no transaction (malformed, or refused before anything else).
    pub fn respond_stateless(&mut self, request: &Request, response: Response, path: Path) {
        let (path, reopen) = via::reply_path(request, path);
        match response.to_bytes() {
            Ok(bytes) => self.outputs.push_back(Output::Transmit { path, bytes, reopen }),
            Err(error) => tracing::warn!(%path, %error, "response not sent"),
        }
    }

    /// The request of a server transaction that is still known.
    pub fn request_of(&self, server: ServerId) -> Option<&Request> {
        self.servers.get(&server).map(|tx| &tx.request)
    }

    /// Where a client transaction sends to.
    pub fn path_of(&self, client: ClientId) -> Option<Path> {
        self.clients.get(&client).map(|tx| tx.path)
    }

    /// Takes one message that a driver received and the framer accepted.
    pub fn receive(&mut self, now: Instant, message: Message, path: Path) {
        match message {
            Message::Request(request) => self.receive_request(now, request, path),
            Message::Response(response) => self.receive_response(now, response, path),
        }
    }

    fn receive_response(&mut self, now: Instant, response: Response, path: Path) {
        let client = ClientKey::of_response(&response).and_then(|key| self.client_keys.get(&key).copied());
        let Some(id) = client else {
            self.outputs.push_back(Output::Stray {
                response: Box::new(response),
                path,
            });
            return;
        };
        let mut effects = Vec::new();
        if let Some(tx) = self.clients.get_mut(&id) {
            match &mut tx.machine {
                ClientMachine::Invite(m) => m.response(now, &self.timing, response.status, &mut effects),
                ClientMachine::Request(m) => m.response(now, &self.timing, response.status, &mut effects),
            }
        }
        self.apply_client(now, id, effects, Some((response, path)));
    }

    fn receive_request(&mut self, now: Instant, mut request: Request, path: Path) {
        request.stamp_source(path.peer);
        let Some(key) = ServerKey::of(&request) else {
            // Without Via, CSeq or Call-ID nobody can be answered.
            tracing::debug!(%path, "request without a usable Via, CSeq or Call-ID dropped");
            return;
        };
        if let Some(&id) = self.server_keys.get(&key) {
            let is_ack = request.method == Method::ACK;
            let mut effects = Vec::new();
            if let Some(tx) = self.servers.get_mut(&id) {
                match &mut tx.machine {
                    ServerMachine::Invite(m) if is_ack => m.ack(now, &self.timing, &mut effects),
                    ServerMachine::Invite(m) => m.repeated(&mut effects),
                    ServerMachine::Request(m) => m.repeated(&mut effects),
                }
            }
            self.apply_server(now, id, effects, Some((request, path)));
            return;
        }
        if request.method == Method::ACK {
            self.outputs.push_back(Output::Ack {
                request: Box::new(request),
                invite: None,
                path,
            });
            return;
        }
        self.start_server(now, request, path, key);
    }

    fn start_server(&mut self, now: Instant, request: Request, path: Path, key: ServerKey) {
        let id = ServerId(self.fresh_id());
        let reliable = path.transport.is_reliable();
        let machine = if request.method == Method::INVITE {
            ServerMachine::Invite(InviteServer::new(now, &self.timing, reliable))
        } else {
            ServerMachine::Request(RequestServer::new(reliable))
        };
        let merge = MergeKey::of(&request);
        let merged = merge.as_ref().is_some_and(|m| self.merge_keys.contains_key(m));
        if let (Some(merge), false) = (&merge, merged) {
            self.merge_keys.insert(merge.clone(), id);
        }
        let (reply_path, reopen) = via::reply_path(&request, path);
        self.server_keys.insert(key.clone(), id);
        self.servers.insert(
            id,
            Server {
                machine,
                key,
                merge: merge.filter(|_| !merged),
                request: request.clone(),
                bytes: None,
                path: reply_path,
                reopen,
            },
        );
        self.reindex_server(id);
        let request = Box::new(request);
        self.outputs.push_back(if request.method == Method::CANCEL {
            // Every fork sees the caller's branch: only who sent the INVITE may cancel it (§22.1).
            let same_sender = |id: &ServerId| {
                self.servers
                    .get(id)
                    .is_some_and(|tx| tx.path.peer.ip() == path.peer.ip())
            };
            let invite = ServerKey::of_cancelled(&request)
                .and_then(|k| self.server_keys.get(&k).copied())
                .filter(same_sender);
            let pending = invite
                .and_then(|i| self.servers.get(&i))
                .is_some_and(|tx| matches!(&tx.machine, ServerMachine::Invite(m) if m.is_pending()));
            Output::Cancel {
                server: id,
                request,
                invite,
                pending,
                path,
            }
        } else {
            Output::Request {
                server: id,
                request,
                path,
                merged,
            }
        });
    }

    /// A flow is gone: every transaction that waits for a response on it fails now.
    pub fn flow_closed(&mut self, flow: FlowId, reason: &str) {
        let dead: Vec<ClientId> = self
            .clients
            .iter()
            .filter(|(_, tx)| tx.path.flow == flow)
            .map(|(id, _)| *id)
            .collect();
        let mut waiting: Vec<ClientId> = Vec::new();
        for id in dead {
            let waits = self.clients.get(&id).is_some_and(|tx| match &tx.machine {
                ClientMachine::Invite(m) => m.is_waiting(),
                ClientMachine::Request(m) => m.is_waiting(),
            });
            if waits {
                waiting.push(id);
                self.forget_client(id);
            }
        }
        // Hash order must not show: the same inputs give the same outputs.
        waiting.sort_unstable();
        self.outputs
            .extend(waiting.into_iter().map(|client| Output::Broken {
                client,
                reason: reason.to_owned(),
            }));
    }

    /// Forgets a client transaction whose outcome nobody wants any more; late responses become strays.
    pub fn abandon(&mut self, client: ClientId) {
        self.forget_client(client);
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(id) = self.alarms.expire(now) {
            let mut effects = Vec::new();
            match id {
                Id::Client(id) => {
                    if let Some(tx) = self.clients.get_mut(&id) {
                        while let Some(timer) = tx.timers().expire(now) {
                            match &mut tx.machine {
                                ClientMachine::Invite(m) => m.expired(now, timer, &mut effects),
                                ClientMachine::Request(m) => {
                                    m.expired(now, &self.timing, timer, &mut effects)
                                }
                            }
                        }
                    }
                    self.apply_client(now, id, effects, None);
                }
                Id::Server(id) => {
                    if let Some(tx) = self.servers.get_mut(&id) {
                        while let Some(timer) = tx.timers().expire(now) {
                            match &mut tx.machine {
                                ServerMachine::Invite(m) => m.expired(now, timer, &mut effects),
                                ServerMachine::Request(m) => m.expired(timer, &mut effects),
                            }
                        }
                    }
                    self.apply_server(now, id, effects, None);
                }
            }
        }
    }

    /// When [`Layer::handle_timeout`] is next due.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.alarms.next()
    }

    /// The next output.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How many transactions are remembered, clients and servers.
    pub fn len(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    /// Whether no transaction is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn apply_client(
        &mut self,
        now: Instant,
        id: ClientId,
        effects: Vec<Effect>,
        mut at_hand: Option<(Response, Path)>,
    ) {
        let mut done = false;
        let mut silent = false;
        let mut cancel = None;
        let Some(tx) = self.clients.get_mut(&id) else {
            return;
        };
        for effect in effects {
            let output = match effect {
                Effect::Send => Output::Transmit {
                    path: tx.path,
                    bytes: tx.bytes.clone(),
                    reopen: None,
                },
                Effect::Acknowledge => {
                    let Some((response, _)) = &at_hand else { continue };
                    let Ok(bytes) = derive::ack_for_failure(&tx.request, response).to_bytes() else {
                        continue;
                    };
                    Output::Transmit {
                        path: tx.path,
                        bytes,
                        reopen: None,
                    }
                }
                Effect::Deliver => {
                    let Some((response, path)) = at_hand.take() else {
                        continue;
                    };
                    Output::Response {
                        client: id,
                        response: Box::new(response),
                        path,
                    }
                }
                Effect::Cancel => {
                    cancel = Some((derive::cancel(&tx.request), tx.path, tx.key.branch().to_owned()));
                    continue;
                }
                Effect::NoReply => {
                    silent = true;
                    Output::NoReply { client: id }
                }
                Effect::Done => {
                    done = true;
                    continue;
                }
                Effect::Trying => continue,
            };
            self.outputs.push_back(output);
        }
        if let Some((request, path, branch)) = cancel {
            // The CANCEL has its own transaction on the INVITE's branch; its 200 or 481 changes nothing.
            self.start_client(now, request, path, &branch);
        }
        if done {
            self.forget_client(id);
            if !silent {
                self.outputs.push_back(Output::Over { client: id });
            }
        } else {
            self.reindex_client(id);
        }
    }

    fn apply_server(
        &mut self,
        now: Instant,
        id: ServerId,
        effects: Vec<Effect>,
        mut at_hand: Option<(Request, Path)>,
    ) {
        let mut done = false;
        let Some(tx) = self.servers.get_mut(&id) else {
            return;
        };
        for effect in effects {
            match effect {
                Effect::Trying => {
                    let trying = tx.request.response(100, "");
                    let mut nested = Vec::new();
                    if let ServerMachine::Invite(m) = &mut tx.machine
                        && m.respond(now, &self.timing, 100, &mut nested)
                    {
                        tx.bytes = trying.to_bytes().ok();
                    }
                    if let Some(bytes) = &tx.bytes {
                        self.outputs.push_back(Output::Transmit {
                            path: tx.path,
                            bytes: bytes.clone(),
                            reopen: tx.reopen,
                        });
                    }
                }
                Effect::Send => {
                    if let Some(bytes) = &tx.bytes {
                        self.outputs.push_back(Output::Transmit {
                            path: tx.path,
                            bytes: bytes.clone(),
                            reopen: tx.reopen,
                        });
                    }
                }
                Effect::Deliver => {
                    if let Some((request, path)) = at_hand.take() {
                        self.outputs.push_back(Output::Ack {
                            request: Box::new(request),
                            invite: Some(id),
                            path,
                        });
                    }
                }
                Effect::NoReply => self.outputs.push_back(Output::Unacknowledged { server: id }),
                Effect::Done => done = true,
                Effect::Acknowledge | Effect::Cancel => {}
            }
        }
        if done {
            self.forget_server(id);
        } else {
            self.reindex_server(id);
        }
    }

    fn reindex_client(&mut self, id: ClientId) {
        if let Some(tx) = self.clients.get_mut(&id) {
            self.alarms.set(Id::Client(id), tx.timers().next_timeout());
        }
    }

    fn reindex_server(&mut self, id: ServerId) {
        if let Some(tx) = self.servers.get_mut(&id) {
            self.alarms.set(Id::Server(id), tx.timers().next_timeout());
        }
    }

    fn forget_client(&mut self, id: ClientId) {
        if let Some(tx) = self.clients.remove(&id) {
            self.client_keys.remove(&tx.key);
            self.alarms.set(Id::Client(id), None);
        }
    }

    fn forget_server(&mut self, id: ServerId) {
        if let Some(tx) = self.servers.remove(&id) {
            self.server_keys.remove(&tx.key);
            if let Some(merge) = tx.merge {
                self.merge_keys.remove(&merge);
            }
            self.alarms.set(Id::Server(id), None);
        }
    }
}

impl Client {
    fn timers(&mut self) -> &mut TimerTable {
        match &mut self.machine {
            ClientMachine::Invite(m) => &mut m.timers,
            ClientMachine::Request(m) => &mut m.timers,
        }
    }
}

impl Server {
    fn timers(&mut self) -> &mut TimerTable {
        match &mut self.machine {
            ServerMachine::Invite(m) => &mut m.timers,
            ServerMachine::Request(m) => &mut m.timers,
        }
    }
}
