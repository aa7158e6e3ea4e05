//! Binding listening sockets: port 0, one port for both transports, IPv6 apart from IPv4.

use std::{io, net::SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UdpSocket};

use crate::listen::{Kind, Listen};

/// Kernel buffers of a datagram socket: room for a burst of some thousand messages.
const UDP_BUFFER: usize = 4 * 1024 * 1024;
const BACKLOG: i32 = 1024;
/// How often "any port, both transports" is tried before giving up.
const PAIR_ATTEMPTS: usize = 16;

/// Why listening failed.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program has the port.
    #[error(
        "cannot listen on {listen}: another program already uses this port; stop it or choose another port"
    )]
    InUse {
        /// What was asked for.
        listen: Listen,
    },
    /// The address is not one of this computer.
    #[error("cannot listen on {listen}: this computer does not have that address")]
    NoSuchAddress {
        /// What was asked for.
        listen: Listen,
    },
    /// The system says no.
    #[error("cannot listen on {listen}: not allowed (ports below 1024 need more rights)")]
    NotAllowed {
        /// What was asked for.
        listen: Listen,
    },
    /// Anything else.
    #[error("cannot listen on {listen}: {source}")]
    Other {
        /// What was asked for.
        listen: Listen,
        /// The system's reason.
        source: io::Error,
    },
}

impl BindError {
    fn new(listen: Listen, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::InUse { listen },
            io::ErrorKind::AddrNotAvailable => Self::NoSuchAddress { listen },
            io::ErrorKind::PermissionDenied => Self::NotAllowed { listen },
            _ => Self::Other { listen, source },
        }
    }
}

/// A bound socket and its address, the port filled in.
pub(crate) enum Socketed {
    Udp(UdpSocket, SocketAddr),
    Tcp(TcpListener, SocketAddr),
}

/// Binds one listening address; gives one or two sockets.
pub(crate) fn bind(listen: Listen) -> Result<Vec<Socketed>, BindError> {
    let sockets = match listen.kind() {
        Kind::Udp => udp(listen.address()).map(|u| vec![u]),
        Kind::Tcp => tcp(listen.address()).map(|t| vec![t]),
        Kind::UdpAndTcp => pair(listen.address()),
    };
    sockets.map_err(|source| BindError::new(listen, source))
}

/// Both transports on one port. With port 0 the port that UDP got may be taken for TCP: then another is tried.
fn pair(address: SocketAddr) -> io::Result<Vec<Socketed>> {
    let attempts = if address.port() == 0 { PAIR_ATTEMPTS } else { 1 };
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..attempts {
        let first = udp(address)?;
        let Socketed::Udp(_, local) = &first else { continue };
        match tcp(*local) {
            Ok(second) => return Ok(vec![first, second]),
            Err(e) if e.kind() == io::ErrorKind::AddrInUse => last = e,
            Err(e) => return Err(e),
        }
    }
    Err(last)
}

fn udp(address: SocketAddr) -> io::Result<Socketed> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    prepare(&socket, address)?;
    // The system may give less; that only makes bursts shorter.
    let _ = socket.set_recv_buffer_size(UDP_BUFFER);
    let _ = socket.set_send_buffer_size(UDP_BUFFER);
    socket.bind(&address.into())?;
    let socket = UdpSocket::from_std(socket.into())?;
    let local = socket.local_addr()?;
    Ok(Socketed::Udp(socket, local))
}

fn tcp(address: SocketAddr) -> io::Result<Socketed> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    prepare(&socket, address)?;
    // A restarted server must get its port back while old connections linger. On Windows the option
    // would let two programs share the port, so it stays off there.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let listener = TcpListener::from_std(socket.into())?;
    let local = listener.local_addr()?;
    Ok(Socketed::Tcp(listener, local))
}

/// `[::]` takes IPv6 only: peers' addresses stay what they are instead of `::ffff:192.0.2.1`.
fn prepare(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)
}

/// A datagram socket on any port, for a flow the machine asked for.
pub(crate) fn ephemeral_udp(towards: SocketAddr) -> io::Result<(UdpSocket, SocketAddr)> {
    let local = crate::local_address_towards(towards)?;
    match udp(SocketAddr::new(local, 0))? {
        Socketed::Udp(socket, local) => Ok((socket, local)),
        Socketed::Tcp(..) => Err(io::ErrorKind::Unsupported.into()),
    }
}
