//! What the owner of a [`Server`](super::Server) says to it and hears from it.

use std::{fmt, net::SocketAddr, time::Duration};

use crate::wire::{Host, Uri};

/// How a server is set up.
#[derive(Clone)]
pub struct ServerConfig {
    /// Seeds branches, tags, nonces and the key of Record-Route; random and secret.
    pub seed: [u8; 32],
    /// Names that are ours besides our own addresses; the first one is written in addresses of record.
    pub domains: Vec<Host>,
    /// The digest realm.
    pub realm: String,
    /// The Server header of our own responses.
    pub server_name: String,
    /// Bounds on what peers may use up.
    pub limits: Limits,
}

impl fmt::Debug for ServerConfig {
    /// Leaves the seed out: it is the key of nonces and Record-Route.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConfig")
            .field("domains", &self.domains)
            .field("realm", &self.realm)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Bounds of one server.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Transactions at once; beyond it new requests get 503.
    pub transactions: usize,
    /// Connections at once; beyond it new ones are closed.
    pub connections: usize,
    /// Bindings of one address of record.
    pub bindings_per_user: usize,
    /// Bindings in total.
    pub bindings: usize,
    /// Parallel branches of one request.
    pub branches: usize,
    /// Shortest lifetime of a binding (423 below).
    pub min_expires: Duration,
    /// Longest lifetime of a binding (shortened to this).
    pub max_expires: Duration,
    /// Lifetime when the phone does not say.
    pub default_expires: Duration,
    /// How long a callee may ring without a new provisional response (timer C, above 3 minutes).
    pub ringing: Duration,
    /// Wrong passwords from one address within a minute before it has to wait.
    pub wrong_passwords: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            transactions: 50_000,
            connections: 4096,
            bindings_per_user: 10,
            bindings: 20_000,
            branches: 16,
            min_expires: Duration::from_secs(30),
            max_expires: Duration::from_secs(7200),
            default_expires: Duration::from_secs(3600),
            ringing: Duration::from_secs(185),
            wrong_passwords: 30,
        }
    }
}

/// A password on its way to the server; never shown. Only its digest keys are kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Wraps a password.
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// What the owner wants.
#[derive(Clone, Debug)]
pub enum Command {
    /// Add a user, or give an existing one another password (its bindings stay).
    SetUser {
        /// Digest user name, also the user part of the address of record.
        name: String,
        /// The password.
        password: Password,
    },
    /// Remove a user and its bindings; calls in progress go on.
    RemoveUser(String),
    /// Send requests for this user part to a URI, whoever calls. Without a user part in `target` the called
    /// one is kept. Routes come before users of the same name.
    SetRoute {
        /// The user part, or number, in the Request-URI.
        user: String,
        /// Where to.
        target: Box<Uri>,
    },
    /// Forget a route.
    RemoveRoute(String),
    /// Requests from exactly this address are not challenged, and may go anywhere: a part of the same
    /// installation, on an address that nobody else can send from.
    Trust(SocketAddr),
    /// Say nothing more to new requests than 503, and finish what is under way.
    Drain,
}

/// How a phone that registers is reached, compared with before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// As before, or the user was not reached at all.
    No,
    /// At the same contact and host, through a new connection: what it already rings for still reaches it.
    Connection,
    /// Elsewhere.
    Elsewhere,
}

/// What the server tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A phone registered or refreshed, another one of the same user may be there already.
    Registered {
        /// The user.
        user: String,
        /// Address of record, `sip:alice@example.com`.
        aor: String,
        /// Where the phone is.
        contact: String,
        /// How many bindings the user has now.
        bindings: usize,
        /// Whether the user was reached differently before.
        moved: Moved,
    },
    /// A binding is gone: removed, expired, or its user was.
    Unregistered {
        /// The user.
        user: String,
        /// Address of record.
        aor: String,
        /// Where the phone was.
        contact: String,
        /// How many bindings the user still has; 0 means not reachable.
        bindings: usize,
    },
    /// Wrong credentials: for counting and audit. The request was answered.
    WrongPassword {
        /// The user name as claimed.
        user: String,
        /// Where it came from.
        from: SocketAddr,
    },
    /// A listening socket failed; everything else goes on.
    Trouble {
        /// A plain sentence.
        what: String,
    },
}
