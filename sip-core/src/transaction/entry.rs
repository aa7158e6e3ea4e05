//! What the layer keeps of one transaction: its machine, and what the machine's effects are about.

use std::net::SocketAddr;

use bytes::Bytes;

use super::{
    ClientId, Path, ServerId,
    client_invite::InviteClient,
    client_request::RequestClient,
    key::{ClientKey, MergeKey, ServerKey},
    server_invite::InviteServer,
    server_request::RequestServer,
    timer::TimerTable,
};
use crate::wire::Request;

/// Either kind, for what both have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Id {
    Client(ClientId),
    Server(ServerId),
}

#[derive(Debug)]
pub(super) enum ClientMachine {
    Invite(InviteClient),
    Request(RequestClient),
}

#[derive(Debug)]
pub(super) struct Client {
    pub(super) machine: ClientMachine,
    pub(super) key: ClientKey,
    pub(super) request: Request,
    pub(super) bytes: Bytes,
    pub(super) path: Path,
    /// Sent more than once: the peer may have it, whatever becomes of the next sending.
    pub(super) repeated: bool,
}

#[derive(Debug)]
pub(super) enum ServerMachine {
    Invite(InviteServer),
    Request(RequestServer),
}

#[derive(Debug)]
pub(super) struct Server {
    pub(super) machine: ServerMachine,
    pub(super) key: ServerKey,
    pub(super) merge: Option<MergeKey>,
    pub(super) request: Request,
    /// The last response; none before the first.
    pub(super) bytes: Option<Bytes>,
    pub(super) path: Path,
    pub(super) reopen: Option<SocketAddr>,
}

impl Client {
    pub(super) fn timers(&mut self) -> &mut TimerTable {
        match &mut self.machine {
            ClientMachine::Invite(m) => &mut m.timers,
            ClientMachine::Request(m) => &mut m.timers,
        }
    }
}

impl Server {
    pub(super) fn timers(&mut self) -> &mut TimerTable {
        match &mut self.machine {
            ServerMachine::Invite(m) => &mut m.timers,
            ServerMachine::Request(m) => &mut m.timers,
        }
    }
}
