//! What the layer says to its owner, and the names of transactions.

use std::net::SocketAddr;

use bytes::Bytes;

use super::Path;
use crate::wire::{Request, Response};

/// Names a client transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub(super) u64);

/// Names a server transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId(pub(super) u64);

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
    /// A new request; answer it with [`Layer::respond`](super::Layer::respond).
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
