//! All transactions of one SIP element, matched, timed and drained in one place.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    time::Instant,
};

use super::{
    ClientId, Output, Path, ServerId, Timing,
    client_invite::InviteClient,
    client_request::RequestClient,
    entry::{Client, ClientMachine, Id, Server, ServerMachine},
    key::{ClientKey, MergeKey, ServerKey},
    server_invite::InviteServer,
    server_request::RequestServer,
    timer::Timer,
    via,
};
use crate::{
    FlowId,
    alarms::Alarms,
    wire::{Message, Method, Request, Response},
};

/// Every transaction of one element.
#[derive(Debug, Default)]
pub struct Layer {
    pub(super) timing: Timing,
    next_id: u64,
    pub(super) clients: HashMap<ClientId, Client>,
    pub(super) client_keys: HashMap<ClientKey, ClientId>,
    pub(super) servers: HashMap<ServerId, Server>,
    pub(super) server_keys: HashMap<ServerKey, ServerId>,
    pub(super) merge_keys: HashMap<MergeKey, ServerId>,
    pub(super) alarms: Alarms<Id>,
    pub(super) outputs: VecDeque<Output>,
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

    pub(super) fn start_client(
        &mut self,
        now: Instant,
        request: Request,
        path: Path,
        branch: &str,
    ) -> ClientId {
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
                repeated: false,
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
        self.break_waiting(dead, reason);
    }

    /// The system refused to send a datagram: a request in it that begins something fails now, if nothing of it
    /// has left before.
    ///
    /// §17.1.4 would end the transaction at every refused sending. Here only the first one does, where it is
    /// certain that the peer knows nothing. A repetition may be of a request that has arrived and is being
    /// worked on, with its answer on the way: ending it here would leave a phone ringing that nobody cancels.
    /// It goes on being repeated, and Timer B or F ends it if the network stays away. So do a CANCEL and what
    /// belongs to a dialog, from the first sending: a call outlives the change of a network, and nothing else
    /// would tell the peer that it is over.
    pub fn not_sent(&mut self, to: SocketAddr, data: &[u8], reason: &str) {
        let dead = self
            .clients
            .iter()
            .filter(|(_, tx)| tx.path.peer == to && tx.bytes == data && !tx.repeated)
            .filter(|(_, tx)| tx.request.method != Method::CANCEL && tx.request.headers.to_tag().is_none())
            .map(|(id, _)| *id)
            .collect();
        self.break_waiting(dead, reason);
    }

    fn break_waiting(&mut self, dead: Vec<ClientId>, reason: &str) {
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
                            tx.repeated |= timer == Timer::Retransmit;
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
}
