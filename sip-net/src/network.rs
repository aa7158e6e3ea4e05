//! The addresses of this computer: which it has, and which one it would use towards a peer.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

use sip_core::NetworkSnapshot;

/// The local address the system would send from to reach `peer`. Nothing is sent: a datagram socket is
/// "connected", which only asks the routing table.
///
/// # Errors
/// The system's error when there is no route.
pub fn local_address_towards(peer: SocketAddr) -> io::Result<IpAddr> {
    let any: IpAddr = match peer {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    // Port 0 is refused by some systems.
    let port = if peer.port() == 0 { 5060 } else { peer.port() };
    socket.connect((peer.ip(), port))?;
    Ok(socket.local_addr()?.ip())
}

/// The usable addresses right now, loopback included, link-local IPv6 left out (they need a zone that SIP
/// cannot write).
pub fn snapshot() -> NetworkSnapshot {
    let mut addresses: Vec<IpAddr> = match if_addrs::get_if_addrs() {
        Ok(interfaces) => interfaces
            .iter()
            .map(if_addrs::Interface::ip)
            .filter(usable)
            .collect(),
        Err(error) => {
            tracing::warn!(%error, "cannot list the network interfaces");
            vec![Ipv4Addr::LOCALHOST.into()]
        }
    };
    addresses.sort_unstable();
    addresses.dedup();
    NetworkSnapshot { addresses }
}

fn usable(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_link_local() && !v4.is_unspecified(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local() && !v6.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn towards_loopback_is_loopback() {
        let local = local_address_towards("127.0.0.1:9".parse().unwrap()).unwrap();
        assert_eq!(local, IpAddr::from(Ipv4Addr::LOCALHOST));
        let local = local_address_towards("127.0.0.1:0".parse().unwrap()).unwrap();
        assert_eq!(local, IpAddr::from(Ipv4Addr::LOCALHOST));
    }

    #[test]
    fn the_snapshot_has_loopback_once() {
        let loopback = IpAddr::from(Ipv4Addr::LOCALHOST);
        let found = snapshot()
            .addresses
            .into_iter()
            .filter(|a| *a == loopback)
            .count();
        assert_eq!(found, 1);
    }
}
