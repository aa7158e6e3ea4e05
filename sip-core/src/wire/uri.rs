//! SIP URIs, name-addr and parameters (RFC 3261 §19.1, §20.10, §25.1).

use std::{fmt, net::IpAddr};

/// A SIP, SIPS, tel or other URI. Unknown schemes are kept whole in [`Uri::opaque`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uri {
    /// Lower-case scheme: `sip`, `sips`, `tel`, ….
    pub scheme: String,
    /// The user part, escapes decoded; `None` when there is no `@`.
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

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(IpAddr::V4(ip)) => write!(f, "{ip}"),
            Self::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
        }
    }
}

/// `;name` and `;name=value` parameters in order; names compare without case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Params(Vec<(String, Option<String>)>);

impl Params {
    /// The value of a parameter: `None` absent, `Some(None)` present without value.
    pub fn get(&self, name: &str) -> Option<Option<&str>> {
        self.0
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_deref())
    }

    /// The value of a parameter that has one.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.get(name).flatten()
    }

    /// Whether the parameter is present.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets or adds a parameter.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.remove(name);
        self.0.push((name.to_owned(), value.map(str::to_owned)));
    }

    /// Removes a parameter.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// All parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_deref()))
    }
}

/// `"Display name" <uri>;params`: From, To, Contact, Route and their kin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameAddr {
    /// The display name, quotes and escapes removed.
    pub display_name: Option<String>,
    /// The address.
    pub uri: Uri,
    /// Header parameters (`tag`, `expires`, …), not URI parameters.
    pub params: Params,
}
