//! From a URI to a host, a port and the transports worth trying (RFC 3261 §8.1.2, RFC 3263 §4.1, §4.2
//! without NAPTR and SRV).

use crate::{
    Transport,
    wire::{Host, Uri},
};

/// Where a request wants to go, before names become addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) host: Host,
    pub(super) port: u16,
    /// The transport the URI asks for; `None` leaves the choice to us.
    pub(super) transport: Option<Transport>,
}

/// Why a URI names no place to send to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreachable {
    /// `tel:` and other schemes need a gateway (an outbound proxy).
    Scheme,
    /// A transport this element does not have yet.
    Transport,
}

impl Target {
    /// Reads the next hop's URI: `maddr` before host, `transport` and `sips` before the default.
    pub(super) fn of(uri: &Uri) -> Result<Self, Unreachable> {
        if !uri.is_sip() {
            return Err(Unreachable::Scheme);
        }
        let transport = match uri.params.value("transport") {
            _ if uri.scheme == "sips" => Some(Transport::Tls),
            None => None,
            Some(name) => Some(Transport::from_name(name).ok_or(Unreachable::Transport)?),
        };
        if matches!(transport, Some(Transport::Tls | Transport::Ws | Transport::Wss)) {
            return Err(Unreachable::Transport);
        }
        let host = uri
            .params
            .value("maddr")
            .and_then(|maddr| Host::parse(maddr).ok())
            .unwrap_or_else(|| uri.host.clone());
        Ok(Self {
            host,
            port: uri.port.unwrap_or(5060),
            transport,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(uri: &str) -> Result<Target, Unreachable> {
        Target::of(&Uri::parse(uri).unwrap())
    }

    #[test]
    fn the_uri_says_host_port_and_transport() {
        let t = target("sip:a@192.0.2.1:5070;transport=TCP").unwrap();
        assert_eq!(
            (t.host.to_string().as_str(), t.port, t.transport),
            ("192.0.2.1", 5070, Some(Transport::Tcp))
        );
        let t = target("sip:a@example.com;maddr=192.0.2.9").unwrap();
        assert_eq!(
            (t.host.to_string().as_str(), t.port, t.transport),
            ("192.0.2.9", 5060, None)
        );
    }

    #[test]
    fn what_cannot_be_reached_says_why() {
        assert_eq!(target("tel:+31201234567"), Err(Unreachable::Scheme));
        assert_eq!(target("sip:a@b;transport=sctp"), Err(Unreachable::Transport));
        assert_eq!(target("sips:a@b"), Err(Unreachable::Transport));
    }
}
