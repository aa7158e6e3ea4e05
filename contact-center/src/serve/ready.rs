//! The line `ringside-server serve` prints once it listens.

use serde::Serialize;

use crate::store::Credential;

/// Where everything is.
#[derive(Clone, Debug, Serialize)]
pub struct Ready {
    /// Always true.
    pub ready: bool,
    /// The API's base address.
    pub api: String,
    /// SIP listening addresses, `udp:127.0.0.1:5060`.
    pub sip: Vec<String>,
    /// Agents that can sign in.
    pub agents: Vec<Credential>,
    /// SIP addresses customers can call.
    pub numbers: Vec<String>,
}
