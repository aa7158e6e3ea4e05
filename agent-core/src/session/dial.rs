//! What a person or program types becomes an address: URIs, numbers, and names completed with a domain.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sip_core::wire::{Host, NameAddr, Uri};

use crate::CommandError;

/// Longest target that is looked at.
const MAX_TARGET: usize = 1024;

/// Transports of this version.
const TRANSPORTS: &[&str] = &["udp", "tcp"];

/// Why a SIP URI cannot be reached by this version, in a sentence.
pub(super) fn unreachable(uri: &Uri) -> Option<String> {
    let transport = uri.params.value("transport").map(str::to_ascii_lowercase);
    match transport.as_deref() {
        Some("tls" | "wss") => Some(TLS_LATER.into()),
        _ if uri.scheme == "sips" => Some(TLS_LATER.into()),
        Some(other) if !TRANSPORTS.contains(&other) => Some(format!(
            "`{other}` is not a transport of this version: choose udp or tcp"
        )),
        _ => None,
    }
}

const TLS_LATER: &str = "TLS is not supported yet: use sip: with transport=udp or tcp";

/// Reads a target that can be called; `home` is the account's address of record, which completes numbers and bare names.
pub(super) fn target(text: &str, home: Option<&Uri>) -> Result<NameAddr, CommandError> {
    let to = address(text, home)?;
    match unreachable(&to.uri) {
        Some(why) => Err(CommandError::BadParams(format!("to: {why}"))),
        None => Ok(to),
    }
}

/// Whether a target is nobody's without an account to complete it: a number or a bare name.
pub(super) fn is_incomplete(text: &str) -> bool {
    address(text, None).is_err()
}

/// Reads an address, whether or not this version can reach it.
pub(super) fn address(text: &str, home: Option<&Uri>) -> Result<NameAddr, CommandError> {
    let text = text.trim();
    let bad = |problem: &str| CommandError::BadParams(format!("to: {problem}"));
    if text.is_empty() {
        return Err(bad("is empty"));
    }
    if text.len() > MAX_TARGET {
        return Err(bad("is longer than 1024 bytes"));
    }
    let lower = text.to_ascii_lowercase();
    if text.contains('<') || lower.starts_with("sip:") || lower.starts_with("sips:") {
        let to = NameAddr::parse(text).map_err(|e| bad(&e.to_string()))?;
        // `sip:` without angle brackets: parameters belong to the URI, as the person meant.
        let to = if text.contains('<') {
            to
        } else {
            Uri::parse(text).map_err(|e| bad(&e.to_string()))?.into()
        };
        return if to.uri.is_sip() {
            Ok(to)
        } else {
            complete(&to.uri.to_string(), home)
        };
    }
    complete(text, home)
}

fn complete(text: &str, home: Option<&Uri>) -> Result<NameAddr, CommandError> {
    let bad = |problem: String| CommandError::BadParams(format!("to: {problem}"));
    let text = ["tel:", "callto:"]
        .iter()
        .find_map(|scheme| {
            text.get(..scheme.len())
                .filter(|s| s.eq_ignore_ascii_case(scheme))
                .map(|s| &text[s.len()..])
        })
        .unwrap_or(text);
    let text = text.split(';').next().unwrap_or(text).trim();
    if let Some(scheme) = foreign_scheme(text) {
        return Err(bad(format!(
            "{scheme}: links cannot be called; write a number, sip:USER@HOST or tel:NUMBER"
        )));
    }
    if let Some(host) = literal_host(text) {
        return Ok(NameAddr::new(Uri::sip(None, Host::Ip(host.0), host.1)));
    }
    if text.contains('@') {
        return Uri::parse(&format!("sip:{text}"))
            .map(NameAddr::new)
            .map_err(|e| bad(e.to_string()));
    }
    let user = if is_number(text) {
        text.chars()
            .filter(|c| c.is_ascii_digit() || matches!(c, '+' | '*' | '#'))
            .collect()
    } else if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(bad(format!("`{text}` is neither a number nor an address")));
    } else {
        text.to_owned()
    };
    if user.is_empty() {
        return Err(bad("is empty".into()));
    }
    let Some(home) = home else {
        return Err(bad(format!(
            "`{text}` needs a domain or an account; write sip:{text}@HOST"
        )));
    };
    Ok(NameAddr::new(Uri::sip(Some(&user), home.host.clone(), home.port)))
}

/// The scheme of a link that is none of ours. `HOST:PORT` is no link.
fn foreign_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let mut letters = scheme.chars();
    let is_scheme = letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    (is_scheme && rest.parse::<u16>().is_err()).then_some(scheme)
}

/// An address with or without a port: a phone that is called directly.
fn literal_host(text: &str) -> Option<(IpAddr, Option<u16>)> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some((address.ip(), Some(address.port())));
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|t| t.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse().ok().map(|ip| (ip, None))
}

/// Digits with the separators people write.
fn is_number(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
        && text.chars().all(|c| {
            c.is_ascii_digit() || matches!(c, '+' | '*' | '#' | ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}')
        })
}

/// The address behind a URI when it needs no resolver: the media driver picks our own address towards it.
pub(super) fn literal_address(uri: &Uri) -> Option<SocketAddr> {
    let ip = match &uri.host {
        Host::Ip(ip) => *ip,
        Host::Name(name) if name == "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Host::Name(_) => return None,
    };
    Some(SocketAddr::new(ip, uri.port.unwrap_or(5060)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> Uri {
        Uri::parse("sip:me@example.com").unwrap()
    }

    fn dial(text: &str) -> String {
        target(text, Some(&home())).map_or_else(|e| e.to_string(), |to| to.uri.to_string())
    }

    #[test]
    fn numbers_lose_their_separators_and_gain_the_domain() {
        assert_eq!(dial("+31 (0)20-123.45"), "sip:+3102012345@example.com");
        assert_eq!(dial("tel:+31-20;phone-context=x"), "sip:+3120@example.com");
        assert_eq!(dial("callto:*21#"), "sip:*21%23@example.com");
    }

    #[test]
    fn names_and_addresses_are_completed_only_where_needed() {
        assert_eq!(dial("bob"), "sip:bob@example.com");
        assert_eq!(dial("bob@other.org"), "sip:bob@other.org");
        assert_eq!(
            dial("sip:bob@10.0.0.1:5070;transport=tcp"),
            "sip:bob@10.0.0.1:5070;transport=tcp"
        );
        assert_eq!(dial("\"Bob\" <sip:bob@10.0.0.1>"), "sip:bob@10.0.0.1");
    }

    #[test]
    fn an_address_without_a_user_is_a_phone_and_no_number() {
        assert_eq!(dial("10.0.0.1"), "sip:10.0.0.1");
        assert_eq!(dial("10.0.0.1:5070"), "sip:10.0.0.1:5070");
        assert_eq!(dial("[::1]:5070"), "sip:[::1]:5070");
        assert_eq!(dial("bob@10.0.0.1:5070"), "sip:bob@10.0.0.1:5070");
    }

    #[test]
    fn what_cannot_be_dialled_names_the_field() {
        for bad in [
            "",
            "   ",
            "two words",
            "sip:",
            "<sip:x",
            "sip:a b@c",
            "http://x",
            "https://bob@example.com/x",
            "mailto:bob@example.com",
            "<mailto:bob@example.com>",
            "sips:bob@example.com",
            "sip:bob@example.com;transport=TLS",
            "sip:bob@example.com;transport=smoke",
        ] {
            let error = target(bad, Some(&home())).unwrap_err();
            assert!(
                matches!(&error, CommandError::BadParams(m) if m.starts_with("to: ")),
                "{bad}: {error}"
            );
        }
        assert!(
            target("bob", None)
                .unwrap_err()
                .to_string()
                .contains("sip:bob@HOST")
        );
        assert!(target(&"9".repeat(2000), Some(&home())).is_err());
    }
}
