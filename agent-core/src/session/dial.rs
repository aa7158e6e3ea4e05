//! What a person or program types becomes an address: URIs, numbers, and names completed with a domain.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sip_core::wire::{Host, NameAddr, Uri};

use crate::CommandError;

/// Longest target that is looked at.
const MAX_TARGET: usize = 1024;

/// Reads a target; `home` is the account's address of record, which completes numbers and bare names.
pub(super) fn target(text: &str, home: Option<&Uri>) -> Result<NameAddr, CommandError> {
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
    fn what_cannot_be_dialled_names_the_field() {
        for bad in ["", "   ", "two words", "sip:", "<sip:x", "sip:a b@c"] {
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
