//! SIP, SIPS, tel and other URIs (RFC 3261 §19.1, §25.1).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use super::{Params, SyntaxError, lex};

const WHAT: &str = "URI";

/// A SIP, SIPS, tel or other URI. Unknown schemes are kept whole in [`Uri::opaque`].
///
/// `==` compares field by field; [`Uri::equivalent`] compares as RFC 3261 §19.1.4 says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uri {
    /// Lower-case scheme: `sip`, `sips`, `tel`, ….
    pub scheme: String,
    /// The user part with its deprecated `:password`, if any; escapes decoded. `None` when there is no `@`.
    pub user: Option<String>,
    /// The host; empty name for URIs that have none.
    pub host: Host,
    /// The port as written.
    pub port: Option<u16>,
    /// `;name=value` parameters.
    pub params: Params,
    /// `?name=value&…` headers, escapes decoded.
    pub headers: Vec<(String, String)>,
    /// Everything after the scheme's colon, for schemes other than `sip` and `sips`.
    pub opaque: Option<String>,
}

/// A host name or address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name, lower case.
    Name(String),
    /// An address; IPv6 is written in brackets.
    Ip(IpAddr),
}

impl Host {
    /// Reads a name, an IPv4 address, or an IPv6 address in brackets.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn parse(s: &str) -> Result<Self, SyntaxError> {
        if let Some(inner) = s.strip_prefix('[') {
            let inner = inner
                .strip_suffix(']')
                .ok_or(SyntaxError::new("host", "bracket is not closed"))?;
            // An old grammar error wrote three colons before an embedded IPv4 address (RFC 5118 §4.10).
            let parsed = inner
                .parse::<Ipv6Addr>()
                .or_else(|_| inner.replacen(":::", "::", 1).parse());
            return match parsed {
                Ok(ip) => Ok(Self::Ip(ip.into())),
                Err(_) => Err(SyntaxError::new("host", "not an IPv6 address in brackets")),
            };
        }
        if let Ok(ip) = s.parse::<Ipv4Addr>() {
            return Ok(Self::Ip(ip.into()));
        }
        let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        if s.is_empty() || !s.bytes().all(fine) || s.len() > 255 {
            return Err(SyntaxError::new("host", "not a host name or address"));
        }
        Ok(Self::Name(s.to_ascii_lowercase()))
    }

    /// Reads `host[:port]`.
    ///
    /// # Errors
    /// When the host or the port is malformed.
    pub fn parse_with_port(s: &str) -> Result<(Self, Option<u16>), SyntaxError> {
        let split_at = match s.find(']') {
            Some(end) => end + 1,
            None => s.find(':').unwrap_or(s.len()),
        };
        let (host, port) = s.split_at(split_at);
        let port = match port.strip_prefix(':') {
            Some(digits) => {
                Some(lex::number(digits).ok_or(SyntaxError::new("port", "not a number from 0 to 65535"))?)
            }
            None if port.is_empty() => None,
            None => return Err(SyntaxError::new("port", "does not follow a colon")),
        };
        Ok((Self::parse(host)?, port))
    }

    /// The address, when it is one.
    pub const fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            Self::Name(_) => None,
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(IpAddr::V4(ip)) => write!(f, "{ip}"),
            Self::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
        }
    }
}

impl From<IpAddr> for Host {
    fn from(ip: IpAddr) -> Self {
        Self::Ip(ip)
    }
}

impl Uri {
    /// `sip:user@host:port`.
    pub fn sip(user: Option<&str>, host: impl Into<Host>, port: Option<u16>) -> Self {
        Self {
            scheme: "sip".into(),
            user: user.map(str::to_owned),
            host: host.into(),
            port,
            params: Params::new(),
            headers: Vec::new(),
            opaque: None,
        }
    }

    /// Reads a URI without angle brackets around it.
    ///
    /// # Errors
    /// When the scheme, host, port or an escape is malformed, or it holds white space, quotes or brackets.
    pub fn parse(s: &str) -> Result<Self, SyntaxError> {
        let err = |problem| Err(SyntaxError::new(WHAT, problem));
        if s.bytes()
            .any(|b| b <= b' ' || matches!(b, b'<' | b'>' | b'"' | 0x7f))
        {
            return err("holds a space, quote, bracket or control character");
        }
        let Some((scheme, rest)) = s.split_once(':') else {
            return err("has no scheme");
        };
        let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
        if !scheme_ok {
            return err("has a malformed scheme");
        }
        let mut uri = Self::sip(None, Host::Name(String::new()), None);
        uri.scheme = scheme.to_ascii_lowercase();
        if !uri.is_sip() {
            if rest.is_empty() {
                return err("is empty after the scheme");
            }
            uri.opaque = Some(rest.to_owned());
            return Ok(uri);
        }
        // `;` and `?` are legal in the user part, `@` nowhere else: the first `@` ends it.
        let rest = match rest.split_once('@') {
            Some(("", _)) => return err("has an empty user part"),
            Some((user, rest)) => {
                uri.user = Some(lex::unescape(user, WHAT)?);
                rest
            }
            None => rest,
        };
        let (rest, headers) = match rest.split_once('?') {
            Some((rest, headers)) => (rest, Some(headers)),
            None => (rest, None),
        };
        let (host_port, params) = rest.split_once(';').unwrap_or((rest, ""));
        (uri.host, uri.port) = Host::parse_with_port(host_port)?;
        uri.params = Params::parse_uri(params)?;
        for piece in headers.unwrap_or("").split('&').filter(|p| !p.is_empty()) {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            uri.headers
                .push((lex::unescape(name, WHAT)?, lex::unescape(value, WHAT)?));
        }
        Ok(uri)
    }

    /// Whether the scheme is `sip` or `sips`.
    pub fn is_sip(&self) -> bool {
        matches!(self.scheme.as_str(), "sip" | "sips")
    }

    /// The telephone number of a `tel:` URI, or the user of a SIP URI, without visual separators; for display
    /// and comparison. `None` when there is neither.
    pub fn number(&self) -> Option<String> {
        let text = match (&self.user, &self.opaque) {
            (Some(user), _) => user.as_str(),
            (None, Some(opaque)) if self.scheme == "tel" => opaque.split(';').next().unwrap_or(""),
            _ => return None,
        };
        Some(
            text.chars()
                .filter(|c| !matches!(c, '-' | '.' | '(' | ')'))
                .collect(),
        )
    }

    /// The `transport` parameter, lower case as written or not.
    pub fn transport(&self) -> Option<&str> {
        self.params.value("transport")
    }

    /// A header of the `?…` part.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }
}

impl FromStr for Uri {
    type Err = SyntaxError;

    fn from_str(s: &str) -> Result<Self, SyntaxError> {
        Self::parse(s)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        if let Some(opaque) = &self.opaque {
            return f.write_str(opaque);
        }
        if let Some(user) = &self.user {
            // The colon of a password stays a colon: both spellings name the same user here.
            lex::write_escaped(f, user, b"&=+$,;?/:")?;
            f.write_str("@")?;
        }
        write!(f, "{}", self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.params.write_uri(f)?;
        for (i, (name, value)) in self.headers.iter().enumerate() {
            f.write_str(if i == 0 { "?" } else { "&" })?;
            lex::write_escaped(f, name, b"[]/?:+$")?;
            f.write_str("=")?;
            lex::write_escaped(f, value, b"[]/?:+$")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(s: &str) -> Uri {
        let uri = Uri::parse(s).unwrap_or_else(|e| panic!("{s}: {e}"));
        assert_eq!(uri.to_string(), s);
        uri
    }

    #[test]
    fn a_dot_belongs_to_the_user() {
        let uri = round("sip:first.last@example.com");
        assert_eq!(uri.user.as_deref(), Some("first.last"));
        assert_eq!(uri.host, Host::Name("example.com".into()));
    }

    #[test]
    fn ipv6_hosts_keep_their_brackets() {
        let uri = round("sip:a@[2001:db8::1]:5060;transport=tcp");
        assert_eq!(uri.host, Host::Ip("2001:db8::1".parse().unwrap()));
        assert_eq!(uri.port, Some(5060));
        assert_eq!(round("sip:[::1]").port, None);
        assert!(Uri::parse("sip:2001:db8::10").is_err());
        assert!(Uri::parse("sip:[2001:db8::g]").is_err());
        assert_eq!(
            Uri::parse("sip:[2001:db8:::192.0.2.1]"),
            Uri::parse("sip:[2001:db8::192.0.2.1]")
        );
    }

    #[test]
    fn replaces_survives_in_the_headers() {
        let uri = round("sip:b@h;transport=tcp?Replaces=1%40x%3Bto-tag%3Da%3Bfrom-tag%3Db&Require=replaces");
        assert_eq!(uri.header("replaces"), Some("1@x;to-tag=a;from-tag=b"));
        assert_eq!(uri.header("Require"), Some("replaces"));
        assert_eq!(uri.transport(), Some("tcp"));
    }

    #[test]
    fn unknown_transports_and_parameters_are_kept() {
        round("sip:a@h;transport=carrier-pigeon;gr=urn:uuid:f81d4fae;lr");
    }

    #[test]
    fn other_schemes_stay_whole() {
        assert_eq!(
            round("tel:+1-201-555-0123;phone-context=x").number().unwrap(),
            "+12015550123"
        );
        assert_eq!(round("urn:service:sos").opaque.as_deref(), Some("service:sos"));
        assert_eq!(Uri::parse("SIP:h").unwrap().scheme, "sip");
    }

    #[test]
    fn user_parts_may_hold_semicolons_and_question_marks() {
        let uri = round("sip:user;par=u%40example.net@example.com");
        assert_eq!(uri.user.as_deref(), Some("user;par=u@example.net"));
        assert!(round("sip:a?b/c@h").headers.is_empty());
    }

    #[test]
    fn nul_and_percent_in_users_round_trip() {
        assert_eq!(
            round("sip:null-%00-null@example.com").user.as_deref(),
            Some("null-\0-null")
        );
        assert_eq!(round("sip:100%25@h").user.as_deref(), Some("100%"));
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "",
            "sip",
            "sip:",
            "sip:@h",
            "sip:a@",
            "sip:a@h:99999",
            "sip:a@h:",
            "<sip:a@h>",
            "sip:a b@h",
            "sip:a@h ;x",
            "sip:a@h,b",
            "1sip:x",
            "tel:",
            "sip:%4@h",
        ] {
            assert!(Uri::parse(bad).is_err(), "{bad}");
        }
    }
}
