//! The top Via: written on requests, completed on arrival, followed by responses
//! (RFC 3261 §18.1.1, §18.2.1, §18.2.2; RFC 3581).

use std::net::SocketAddr;

use super::Path;
use crate::{Transport, wire::Request};

/// Puts our Via on top, asking for `rport`.
pub(super) fn push(request: &mut Request, transport: Transport, sent_by: &str, branch: &str) {
    let name = transport.via_name();
    request
        .headers
        .push_front("Via", format!("SIP/2.0/{name} {sent_by};branch={branch};rport"));
}

/// Where responses to a (completed) request go: back on the same flow; over UDP to the source port when
/// `rport` was asked for, else to the port in Via. The second value is where to connect when the
/// connection is gone.
pub(super) fn reply_path(request: &Request, path: Path) -> (Path, Option<SocketAddr>) {
    let via = request.headers.top_via();
    let sent_port = via.as_ref().and_then(|v| v.port);
    if path.transport.is_reliable() {
        let default = if path.transport == Transport::Tcp {
            5060
        } else {
            5061
        };
        let reopen = SocketAddr::new(path.peer.ip(), sent_port.unwrap_or(default));
        return (path, Some(reopen));
    }
    let asked = via.as_ref().is_some_and(|v| v.params.has("rport"));
    let port = if asked {
        path.peer.port()
    } else {
        sent_port.unwrap_or(5060)
    };
    let peer = SocketAddr::new(path.peer.ip(), port);
    (Path { peer, ..path }, None)
}
