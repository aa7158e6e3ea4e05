//! Contact (RFC 3261 §20.10): where to reach the sender directly, or `*` for every binding.

use std::fmt;

use super::Typed;
use crate::wire::{NameAddr, SyntaxError, lex};

/// One Contact value.
#[allow(clippy::large_enum_variant, reason = "nearly every value is an address")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    /// `*`: all bindings, in a REGISTER with Expires 0 only.
    Star,
    /// An address.
    Address(NameAddr),
}

impl Contact {
    /// The address, unless it is `*`.
    pub const fn address(&self) -> Option<&NameAddr> {
        match self {
            Self::Star => None,
            Self::Address(address) => Some(address),
        }
    }

    /// The `expires` parameter in seconds; malformed values count as 3600 (§10.2.1.1).
    pub fn expires(&self) -> Option<u32> {
        let text = self.address()?.params.get("expires")?;
        Some(text.and_then(lex::number).unwrap_or(3600))
    }

    /// The preference in thousandths, 1000 when not given.
    pub fn q(&self) -> u16 {
        let Some(text) = self.address().and_then(|a| a.params.value("q")) else {
            return 1000;
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
        match (lex::number::<u16>(whole), lex::number::<u16>(&digits)) {
            (Some(0), Some(thousandths)) => thousandths,
            _ => 1000,
        }
    }
}

impl Typed for Contact {
    const NAME: &'static str = "Contact";
    const LIST: bool = true;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        if value.trim() == "*" {
            return Ok(Self::Star);
        }
        match NameAddr::parse(value) {
            Ok(address) => Ok(Self::Address(address)),
            Err(e) => Err(SyntaxError::new("Contact", e.problem)),
        }
    }
}

impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Star => f.write_str("*"),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_and_addresses() {
        assert_eq!(Contact::parse(" * ").unwrap(), Contact::Star);
        let c = Contact::parse(r#"<sip:a@h>;expires=60;q=0.5;+sip.instance="<urn:uuid:1>""#).unwrap();
        assert_eq!((c.expires(), c.q()), (Some(60), 500));
        assert_eq!(
            c.to_string(),
            r#"<sip:a@h>;expires=60;q=0.5;+sip.instance="<urn:uuid:1>""#
        );
    }

    #[test]
    fn preferences_and_lifetimes_are_read_kindly() {
        let contact = |params: &str| Contact::parse(&format!("<sip:a@h>{params}")).unwrap();
        for (params, q) in [
            ("", 1000),
            (";q=0", 0),
            (";q=0.05", 50),
            (";q=1.0", 1000),
            (";q=x", 1000),
        ] {
            assert_eq!(contact(params).q(), q, "{params}");
        }
        for (params, expires) in [
            ("", None),
            (";expires", Some(3600)),
            (";expires=99999999999", Some(3600)),
            (";expires=0", Some(0)),
        ] {
            assert_eq!(contact(params).expires(), expires, "{params}");
        }
    }
}
