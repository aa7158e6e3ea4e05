//! A request that wants to leave, before its way is known.

use super::Login;
use crate::{
    transaction::Path,
    wire::{Request, Uri},
};

/// Names one request on its way, through every address tried and every challenge answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub(super) u64);

/// The Contact header field to add once the flow is known.
#[derive(Clone, Debug, Default)]
pub struct ContactSpec {
    /// The user part.
    pub user: Option<String>,
    /// Header parameters such as `expires`.
    pub params: Vec<(String, String)>,
}

/// A request without Via and Contact, and where it goes first.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The request; its top Via and its Contact are added when it is sent.
    pub request: Request,
    /// The topmost Route, or the Request-URI (RFC 3261 §8.1.2).
    pub next_hop: Uri,
    /// The Contact to add, if the request carries one.
    pub contact: Option<ContactSpec>,
    /// A path to use when it is usable and fits: the connection a dialog lives on.
    pub prefer: Option<Path>,
    /// Who we are when challenged (401, 407).
    pub login: Option<Login>,
}
