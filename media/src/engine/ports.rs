//! Sockets for RTP.

use std::{
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
};

/// Ports tried at random before any other is taken; RTP likes even ones (RFC 3550 §11).
const RANGE: std::ops::Range<u16> = 10_000..60_000;
/// Tries before the system may choose.
const TRIES: usize = 64;

/// Binds a socket for RTP on `ip`: an even port of 10,000–60,000 at random, else whatever even port the
/// system has, else any. Answers the socket and its port.
pub fn bind_rtp(ip: IpAddr) -> io::Result<(UdpSocket, u16)> {
    for _ in 0..TRIES {
        match UdpSocket::bind(SocketAddr::new(ip, random_even_port()?)) {
            Ok(socket) => return with_port(socket),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            // Some systems reserve port ranges and answer so.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(error),
        }
    }
    with_port(UdpSocket::bind(SocketAddr::new(ip, 0))?)
}

fn with_port(socket: UdpSocket) -> io::Result<(UdpSocket, u16)> {
    let port = socket.local_addr()?.port();
    Ok((socket, port))
}

fn random_even_port() -> io::Result<u16> {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
    let pairs = (RANGE.end - RANGE.start) / 2;
    Ok(RANGE.start + 2 * (u16::from_le_bytes(bytes) % pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_even_and_in_range() {
        let sockets: Vec<_> = (0..50)
            .map(|_| bind_rtp(IpAddr::from([127, 0, 0, 1])).unwrap())
            .collect();
        for (_, port) in &sockets {
            assert!(port % 2 == 0 && RANGE.contains(port), "{port}");
        }
    }

    #[test]
    fn an_address_that_is_not_ours_is_an_error() {
        assert!(bind_rtp(IpAddr::from([192, 0, 2, 1])).is_err());
    }
}
