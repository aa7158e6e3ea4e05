//! Via (RFC 3261 §20.42, RFC 3581): the way back.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use super::Typed;
use crate::wire::{Host, Params, SyntaxError, lex};

/// One Via value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`, … or a transport unknown here, as written.
    pub transport: String,
    /// The sender's idea of its address.
    pub host: Host,
    /// Its port, if written.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport`, ….
    pub params: Params,
}

impl Via {
    /// A Via for a request of our own, asking for the source port back (RFC 3581).
    pub fn new(transport: &str, host: impl Into<Host>, port: Option<u16>, branch: &str) -> Self {
        let mut params = Params::new();
        params.set("branch", Some(branch));
        params.set("rport", None);
        Self {
            transport: transport.to_owned(),
            host: host.into(),
            port,
            params,
        }
    }

    /// The branch, if there is one.
    pub fn branch(&self) -> Option<&str> {
        self.params.value("branch").filter(|b| !b.is_empty())
    }

    /// The branch when it is unique as RFC 3261 §8.1.1.7 requires: the magic cookie and something after it.
    pub fn magic_branch(&self) -> Option<&str> {
        const COOKIE: &str = "z9hG4bK";
        self.branch()
            .filter(|b| b.len() > COOKIE.len() && b.starts_with(COOKIE))
    }

    /// Where the request really came from. Brackets around an IPv6 address are optional here, and the three
    /// colons of an old grammar error are understood (RFC 5118 §4.5, §4.10).
    pub fn received(&self) -> Option<IpAddr> {
        let text = self.params.value("received")?;
        let text = text
            .strip_prefix('[')
            .and_then(|t| t.strip_suffix(']'))
            .unwrap_or(text);
        text.parse()
            .ok()
            .or_else(|| text.replace(":::", "::").parse().ok())
    }

    /// The source port a server filled in; `None` when absent or empty.
    pub fn rport(&self) -> Option<u16> {
        lex::number(self.params.value("rport")?)
    }

    /// Notes the real source: `received` when it differs from what is written, `rport` when asked for.
    pub fn stamp_source(&mut self, source: SocketAddr) {
        let wants_port = self.params.has("rport");
        if wants_port {
            self.params.set("rport", Some(&source.port().to_string()));
        }
        let ip = source.ip().to_canonical();
        if wants_port || self.host.ip().map(|h| h.to_canonical()) != Some(ip) {
            self.params.set("received", Some(&ip.to_string()));
        } else {
            self.params.remove("received");
        }
    }

    /// Where a response goes on an unreliable transport (§18.2.2, RFC 3581 §4): `maddr`, else `received` and
    /// `rport`, else what is written. The host may still need resolving.
    pub fn response_target(&self, default_port: u16) -> (Host, u16) {
        let port = self.port.unwrap_or(default_port);
        if let Some(maddr) = self.params.value("maddr").and_then(|m| Host::parse(m).ok()) {
            return (maddr, port);
        }
        match self.received() {
            Some(ip) => (Host::Ip(ip), self.rport().unwrap_or(port)),
            None => (self.host.clone(), self.rport().unwrap_or(port)),
        }
    }
}

impl Typed for Via {
    const NAME: &'static str = "Via";
    const LIST: bool = true;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        let err = |problem| SyntaxError::new("Via", problem);
        let mut protocol = value.splitn(3, '/');
        let (name, version, rest) = (protocol.next(), protocol.next(), protocol.next());
        let (Some(name), Some(version), Some(rest)) = (name, version, rest) else {
            return Err(err("does not start with SIP/2.0/transport"));
        };
        // Other versions are read too: a request that speaks one is answered 505 along this Via.
        let version_ok = version
            .trim()
            .split_once('.')
            .is_some_and(|(a, b)| lex::number::<u16>(a).is_some() && lex::number::<u16>(b).is_some());
        if !name.trim().eq_ignore_ascii_case("SIP") || !version_ok {
            return Err(err("protocol is not SIP"));
        }
        let (transport, rest) = rest
            .trim_start()
            .split_once([' ', '\t'])
            .ok_or(err("has no address after the transport"))?;
        if !lex::is_token(transport) {
            return Err(err("transport is not a token"));
        }
        let (sent_by, params) = rest.split_once(';').unwrap_or((rest, ""));
        // Spaces may stand around the colon of the port.
        let sent_by: String = sent_by.split_whitespace().collect();
        let (host, port) = Host::parse_with_port(&sent_by)?;
        Ok(Self {
            transport: transport.to_owned(),
            host,
            port,
            params: Params::parse_header(params, b';', "Via")?,
        })
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.params.write_header(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(s: &str) -> Via {
        Via::parse(s).unwrap_or_else(|e| panic!("{s}: {e}"))
    }

    #[test]
    fn spaces_are_allowed_nearly_everywhere() {
        let v = via("SIP  / 2.0  /TCP   192.0.2.1 : 5070 ; branch  = z9hG4bK9");
        assert_eq!(v.to_string(), "SIP/2.0/TCP 192.0.2.1:5070;branch=z9hG4bK9");
        assert_eq!(v.magic_branch(), Some("z9hG4bK9"));
        assert_eq!(via("SIP/2.0/UDP h;branch=z9hG4bK").magic_branch(), None);
    }

    #[test]
    fn ipv6_in_every_place_of_rfc_5118() {
        let v = via("SIP/2.0/UDP [2001:db8::9:1]:5060;received=[2001:db8::9:255];branch=z9hG4bK1");
        assert_eq!(v.received(), Some("2001:db8::9:255".parse().unwrap()));
        assert_eq!(
            via("SIP/2.0/UDP h;received=2001:db8::9:255").received(),
            v.received()
        );
        assert_eq!(
            via("SIP/2.0/UDP h;received=[2001:db8:::192.0.2.1]").received(),
            "2001:db8::192.0.2.1".parse().ok()
        );
    }

    #[test]
    fn responses_go_back_to_the_real_source() {
        let mut v = via("SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1;rport");
        v.stamp_source("192.0.2.9:4444".parse().unwrap());
        assert_eq!(
            v.response_target(5060),
            (Host::Ip("192.0.2.9".parse().unwrap()), 4444)
        );
        let mut v = via("SIP/2.0/UDP pc.example.com;branch=z9hG4bK1");
        assert_eq!(v.response_target(5060).1, 5060);
        v.stamp_source("192.0.2.9:4444".parse().unwrap());
        assert_eq!(
            v.response_target(5060),
            (Host::Ip("192.0.2.9".parse().unwrap()), 5060)
        );
        let mut v = via("SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1;received=6.6.6.6");
        v.stamp_source("192.0.2.9:4444".parse().unwrap());
        assert_eq!(v.received(), None, "a forged received is taken off");
        assert_eq!(
            via("SIP/2.0/UDP h:1;maddr=224.2.0.1").response_target(5060),
            (Host::parse("224.2.0.1").unwrap(), 1)
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "",
            "SIP/2.0/UDP",
            "SIP/x/UDP h",
            "HTTP/2.0/UDP h",
            "SIP/2.0/UDP h:x",
            "SIP/2.0/UDP ;branch=1",
            "SIP/2.0/U@P h",
        ] {
            assert!(Via::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(via("SIP/2.0/UNKNOWN h").transport, "UNKNOWN");
    }
}
