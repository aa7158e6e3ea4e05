//! Reason (RFC 3326): why a request or response was sent, such as `SIP;cause=200;text="Call completed elsewhere"`.

use std::fmt;

use super::Typed;
use crate::wire::{Params, SyntaxError, lex};

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `SIP`, `Q.850`, ….
    pub protocol: String,
    /// `cause`, `text`, ….
    pub params: Params,
}

impl Reason {
    /// `protocol;cause=…;text="…"`.
    pub fn new(protocol: &str, cause: u16, text: &str) -> Self {
        let mut params = Params::new();
        params.set("cause", Some(&cause.to_string()));
        if !text.is_empty() {
            params.set_quoted("text", text);
        }
        Self {
            protocol: protocol.to_owned(),
            params,
        }
    }

    /// The cause code.
    pub fn cause(&self) -> Option<u16> {
        lex::number(self.params.value("cause")?)
    }

    /// The text for people.
    pub fn text(&self) -> Option<&str> {
        self.params.value("text")
    }
}

impl Typed for Reason {
    const NAME: &'static str = "Reason";
    const LIST: bool = true;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        let (protocol, params) = value.split_once(';').unwrap_or((value, ""));
        let protocol = protocol.trim();
        if !lex::is_token(protocol) {
            return Err(SyntaxError::new("Reason", "protocol is not a token"));
        }
        Ok(Self {
            protocol: protocol.to_owned(),
            params: Params::parse_header(params, b';', "Reason")?,
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.protocol)?;
        self.params.write_header(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cause_and_text() {
        let text = r#"SIP;cause=200;text="Call completed elsewhere""#;
        let reason = Reason::parse(text).unwrap();
        assert_eq!(
            (reason.cause(), reason.text()),
            (Some(200), Some("Call completed elsewhere"))
        );
        assert_eq!(reason, Reason::new("SIP", 200, "Call completed elsewhere"));
        assert_eq!(reason.to_string(), text);
        assert_eq!(Reason::parse("Q.850 ;cause=16").unwrap().cause(), Some(16));
        assert!(Reason::parse(";cause=1").is_err());
    }
}
