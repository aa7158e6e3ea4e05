//! The places worth trying for one request, in order.

use std::{collections::VecDeque, net::IpAddr, net::SocketAddr};

use super::{Failure, table::Flows, target::Target};
use crate::Transport;

/// One place to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) transport: Transport,
    pub(super) peer: SocketAddr,
    /// Only tried because the request is too large for UDP; failing says nothing about the peer.
    pub(super) instead_of_udp: bool,
}

/// Each address with the transport of the URI; UDP when the URI leaves it open and there is a socket.
pub(super) fn candidates(
    target: &Target,
    addresses: &[IpAddr],
    flows: &Flows,
) -> Result<VecDeque<Candidate>, Failure> {
    let list: VecDeque<_> = addresses
        .iter()
        .filter_map(|ip| {
            let peer = SocketAddr::new(*ip, target.port);
            let datagram = flows.datagram(peer).is_some();
            let transport = match target.transport {
                Some(Transport::Udp) => datagram.then_some(Transport::Udp)?,
                Some(other) => other,
                None if datagram => Transport::Udp,
                None => Transport::Tcp,
            };
            Some(Candidate {
                transport,
                peer,
                instead_of_udp: false,
            })
        })
        .collect();
    if list.is_empty() {
        return Err(Failure::NoWay(format!(
            "there is no UDP socket that reaches {}",
            target.host
        )));
    }
    Ok(list)
}
