//! The SIP registrar and proxy of the contact centre, or alone: `sip_core::server` on its sockets.
//!
//! | looking for | open |
//! |---|---|
//! | `user:password` files | [`users_file`] |
//! | what the queue needs of it | `accounts` |

mod accounts;
pub mod users_file;

use std::time::Instant;

use sip_core::{
    server::{Command, Event, Limits, Password, Server, ServerConfig},
    wire::Host,
};
use sip_net::{BindError, Handle, Listen};

pub use accounts::Accounts;

/// How a registrar is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: Vec<Listen>,
    /// Names that are ours besides our own addresses; the first one is written in addresses of record.
    pub domains: Vec<String>,
    /// The digest realm; the first domain, or `ringside`, when `None`.
    pub realm: Option<String>,
    /// Who may register. More come and go at run time ([`Accounts`]).
    pub users: Vec<(String, Password)>,
    /// Bounds on what peers may use up.
    pub limits: Limits,
}

/// Why a registrar does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A listening address cannot be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Not a name a SIP address can have.
    #[error("\"{0}\" is not a domain name or address")]
    Domain(String),
    /// Not a realm a challenge can carry.
    #[error("{0:?} is not a realm: it needs at least one character, and no quotes, backslashes or line ends")]
    Realm(String),
    /// The system gives no random numbers.
    #[error("the system has no random numbers to give: {0}")]
    Random(String),
}

/// A running registrar: commands in, events out, and where it listens.
pub type Running = sip_net::Running<Command, Event>;

/// Binds the sockets and starts the registrar. Call it inside a tokio runtime; read its events.
///
/// # Errors
/// When a listening address cannot be had, or a domain or the realm is no name; nothing runs then.
pub fn start(config: Config) -> Result<Running, StartError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|e| StartError::Random(e.to_string()))?;
    let domains = config
        .domains
        .iter()
        .map(|name| Host::parse(name).map_err(|_| StartError::Domain(name.clone())));
    let domains: Vec<Host> = domains.collect::<Result<_, _>>()?;
    let realm = config.realm.or_else(|| config.domains.first().cloned());
    if let Some(realm) = realm.as_ref().filter(|realm| !is_realm(realm)) {
        return Err(StartError::Realm(realm.clone()));
    }
    let server = Server::new(
        ServerConfig {
            seed,
            domains,
            realm: realm.unwrap_or_else(|| "ringside".to_owned()),
            server_name: concat!("Ringside-Server/", env!("CARGO_PKG_VERSION")).to_owned(),
            limits: config.limits,
        },
        Instant::now(),
    );
    let running = sip_net::spawn(server, &config.listen)?;
    for (name, password) in config.users {
        set_user(&running.handle, name, password);
    }
    Ok(running)
}

/// Phones show it and compute with it: nothing that is written in more than one way.
fn is_realm(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains(|c: char| c.is_control() || matches!(c, '"' | '\\'))
}

fn set_user(handle: &Handle<Command>, name: String, password: Password) {
    if handle.send(Command::SetUser { name, password }).is_err() {
        tracing::warn!("user not set: the registrar has stopped");
    }
}
