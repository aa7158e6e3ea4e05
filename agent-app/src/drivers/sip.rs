//! SIP: the user agent on its sockets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sip_core::agent::{AgentConfig, Command, Event, UserAgent};
use sip_net::{Listen, Running};

use crate::runtime::RuntimeError;

/// Calls beyond this number are refused with 486 (DESIGN §9).
const MOST_CALLS: usize = 8;

/// The user agent on its sockets.
pub type Phone = Running<Command, Event>;

/// Starts the user agent. Call it inside a tokio runtime.
///
/// # Errors
/// The first listening address that cannot be had.
pub fn start(
    listen: &[Listen],
    accept_any_user: bool,
    auto_ring: bool,
    seed: [u8; 32],
) -> Result<Phone, RuntimeError> {
    let config = AgentConfig {
        seed,
        user_agent: concat!("Ringside/", env!("CARGO_PKG_VERSION")).into(),
        accept_any_user,
        auto_ring,
        max_calls: MOST_CALLS,
    };
    let everywhere = [Listen::udp_and_tcp(SocketAddr::new(
        Ipv4Addr::UNSPECIFIED.into(),
        0,
    ))];
    let listen = if listen.is_empty() { &everywhere } else { listen };
    Ok(sip_net::spawn(UserAgent::new(config), listen)?)
}

/// Our own address when nothing says towards whom: the one SIP listens on, or the one the default route uses.
pub fn own_address(phone: &Phone) -> IpAddr {
    let listening = phone
        .bound()
        .iter()
        .map(|b| b.address.ip())
        .find(|ip| !ip.is_unspecified());
    listening.unwrap_or_else(|| {
        // Nothing is sent: the routing table is asked.
        let anywhere = SocketAddr::new(Ipv4Addr::new(192, 0, 2, 1).into(), 9);
        sip_net::local_address_towards(anywhere).unwrap_or(Ipv4Addr::LOCALHOST.into())
    })
}
