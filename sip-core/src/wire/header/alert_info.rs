//! Alert-Info (RFC 3261 §20.4, RFC 7462): how to ring.

use std::fmt;

use super::Typed;
use crate::wire::{Params, SyntaxError, Uri};

/// One ring tone hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertInfo {
    /// Where the tone is, or `urn:alert:…`.
    pub uri: Uri,
    /// `info=alert-autoanswer`, `answer-after=0` and the like.
    pub params: Params,
}

impl Typed for AlertInfo {
    const NAME: &'static str = "Alert-Info";
    const LIST: bool = true;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        let err = |problem| SyntaxError::new("Alert-Info", problem);
        let inner = value
            .trim()
            .strip_prefix('<')
            .ok_or(err("does not start with <"))?;
        let (uri, rest) = inner.split_once('>').ok_or(err("< is not closed"))?;
        Ok(Self {
            uri: Uri::parse(uri.trim())?,
            params: Params::parse_header(rest, b';', "Alert-Info")?,
        })
    }
}

impl fmt::Display for AlertInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.uri)?;
        self.params.write_header(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_and_urns() {
        for text in [
            "<http://www.example.com/sounds/moo.wav>",
            "<urn:alert:service:call-waiting>;info=x",
        ] {
            assert_eq!(AlertInfo::parse(text).unwrap().to_string(), text);
        }
        assert!(AlertInfo::parse("http://x").is_err());
        assert!(AlertInfo::parse("<http://x").is_err());
    }
}
