//! How a runtime starts.

use std::{net::SocketAddr, path::PathBuf, str::FromStr};

use agent_core::SessionConfig;
use media::engine::{Backend, FileInput};
use sip_core::Transport;

/// What [`Runtime::start`](super::Runtime::start) needs.
#[derive(Clone, Debug)]
pub struct RuntimeConfig {
    /// The session's own configuration.
    pub session: SessionConfig,
    /// Where SIP listens; empty means UDP and TCP on an ephemeral port of every interface.
    pub sip_listen: Vec<Listen>,
    /// Answer calls for any Request-URI user.
    pub accept_any_user: bool,
    /// Microphone and speaker.
    pub audio: Backend,
    /// Where settings live; `None` takes the system's place for them.
    pub data: Option<PathBuf>,
    /// Whether settings are read and written at all.
    pub settings: bool,
}

impl RuntimeConfig {
    /// For the window: real devices, one call at a time, settings kept.
    pub fn window() -> Self {
        Self {
            session: SessionConfig {
                exclusive: true,
                ..SessionConfig::default()
            },
            sip_listen: Vec::new(),
            accept_any_user: false,
            audio: Backend::Cpal {
                input: None,
                output: None,
                ring: None,
            },
            data: None,
            settings: true,
        }
    }

    /// Without devices, settings or window: tests and the headless demo.
    pub fn silent() -> Self {
        Self {
            audio: Backend::File {
                input: FileInput::Silence,
                output: None,
            },
            settings: false,
            ..Self::window()
        }
    }
}

/// A listening address: `[udp:|tcp:|tls:|ws:]ADDRESS:PORT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// One transport, or `None` for UDP and TCP.
    pub transport: Option<Transport>,
    /// Port 0 takes a free one.
    pub address: SocketAddr,
}

/// Why a listening address was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// Not `ADDRESS:PORT`.
    #[error("`{0}` is not ADDRESS:PORT, optionally with udp: or tcp: in front")]
    Address(String),
    /// A transport this version does not listen on.
    #[error("cannot listen on {0} yet; use udp: or tcp:")]
    Transport(String),
}

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (transport, rest) = match text.split_once(':') {
            Some((name, rest)) if name.chars().all(|c| c.is_ascii_alphabetic()) && !name.is_empty() => {
                match Transport::from_name(name) {
                    Some(t @ (Transport::Udp | Transport::Tcp)) => (Some(t), rest),
                    Some(_) => return Err(ListenError::Transport(name.to_owned())),
                    None => return Err(ListenError::Address(text.to_owned())),
                }
            }
            _ => (None, text),
        };
        let address = rest.parse().map_err(|_| ListenError::Address(text.to_owned()))?;
        Ok(Self { transport, address })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_addresses_are_read_with_and_without_transport() {
        let plain: Listen = "127.0.0.1:5070".parse().unwrap();
        assert_eq!(plain.transport, None);
        let tcp: Listen = "tcp:[::1]:0".parse().unwrap();
        assert_eq!(tcp.transport, Some(Transport::Tcp));
        assert_eq!(
            "tls:127.0.0.1:1".parse::<Listen>(),
            Err(ListenError::Transport("tls".into()))
        );
        assert!("nonsense".parse::<Listen>().is_err());
        assert!("udp:nonsense".parse::<Listen>().is_err());
    }
}
