//! Where to listen: `udp:127.0.0.1:5060`, `tcp:[::1]:0`, or `127.0.0.1:5070` for both.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use sip_core::Transport;

/// A place to listen. Port 0 lets the system choose; a bare address means UDP and TCP on one port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Listen {
    kind: Kind,
    address: SocketAddr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Udp,
    Tcp,
    UdpAndTcp,
}

/// Why a listening address cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// A transport this build cannot speak.
    #[error("{} (in \"{text}\") is not available yet; use udp: or tcp:", transport.via_name())]
    NotAvailable {
        /// What was asked for.
        transport: Transport,
        /// The whole text.
        text: String,
    },
    /// Not an address.
    #[error(
        "\"{0}\" is not a listening address; write udp:ADDRESS:PORT, tcp:ADDRESS:PORT, or ADDRESS:PORT for both, \
         for example udp:127.0.0.1:5060 or tcp:[::1]:5060"
    )]
    NotAnAddress(String),
}

impl Listen {
    /// Datagrams on `address`.
    pub const fn udp(address: SocketAddr) -> Self {
        Self {
            kind: Kind::Udp,
            address,
        }
    }

    /// Connections on `address`.
    pub const fn tcp(address: SocketAddr) -> Self {
        Self {
            kind: Kind::Tcp,
            address,
        }
    }

    /// Both on one port.
    pub const fn udp_and_tcp(address: SocketAddr) -> Self {
        Self {
            kind: Kind::UdpAndTcp,
            address,
        }
    }

    /// The address asked for; its port may be 0.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }
}

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        let wrong = || ListenError::NotAnAddress(text.to_owned());
        if let Ok(address) = address(text) {
            return Ok(Self::udp_and_tcp(address));
        }
        let (name, rest) = text.split_once(':').ok_or_else(wrong)?;
        let kind = match Transport::from_name(name).ok_or_else(wrong)? {
            Transport::Udp => Kind::Udp,
            Transport::Tcp => Kind::Tcp,
            transport => {
                return Err(ListenError::NotAvailable {
                    transport,
                    text: text.to_owned(),
                });
            }
        };
        Ok(Self {
            kind,
            address: address(rest).map_err(|()| wrong())?,
        })
    }
}

/// `ADDRESS:PORT`, or an address alone for port 5060.
fn address(text: &str) -> Result<SocketAddr, ()> {
    text.parse::<SocketAddr>()
        .or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 5060)))
        .map_err(|_| ())
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Udp => write!(f, "udp:{}", self.address),
            Kind::Tcp => write!(f, "tcp:{}", self.address),
            Kind::UdpAndTcp => write!(f, "{}", self.address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Listen, ListenError> {
        text.parse()
    }

    #[test]
    fn transports_and_both() {
        let v4 = "127.0.0.1:5060".parse().unwrap();
        assert_eq!(parse("udp:127.0.0.1:5060"), Ok(Listen::udp(v4)));
        assert_eq!(parse("TCP:127.0.0.1:5060"), Ok(Listen::tcp(v4)));
        assert_eq!(parse("127.0.0.1:5060"), Ok(Listen::udp_and_tcp(v4)));
        assert_eq!(parse("udp:127.0.0.1"), Ok(Listen::udp(v4)));
        assert_eq!(parse("udp:[::1]:0"), Ok(Listen::udp("[::1]:0".parse().unwrap())));
        assert_eq!(
            parse("[::1]:7"),
            Ok(Listen::udp_and_tcp("[::1]:7".parse().unwrap()))
        );
    }

    #[test]
    fn what_is_not_there_yet_is_said() {
        for text in ["tls:127.0.0.1:5061", "ws:127.0.0.1:80", "wss:[::1]:443"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(
                error.contains("not available yet") && error.contains(text),
                "{error}"
            );
        }
    }

    #[test]
    fn nonsense_says_how_to_write_it() {
        for text in [
            "",
            "udp",
            "udp:",
            "udp:nowhere:5060",
            "sctp:127.0.0.1:5060",
            "udp:127.0.0.1:66000",
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(
                error.contains("udp:ADDRESS:PORT") && error.contains(text),
                "{error}"
            );
        }
    }

    #[test]
    fn prints_as_written() {
        for text in ["udp:127.0.0.1:5060", "tcp:[::1]:0", "127.0.0.1:5070"] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }
}
