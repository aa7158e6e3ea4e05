//! Content-Type (RFC 3261 §20.15).

use std::fmt;

use super::Typed;
use crate::wire::{Params, SyntaxError, lex};

/// A media type with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentType {
    /// `application/sdp`, lower case.
    pub media_type: String,
    /// `boundary`, `version`, ….
    pub params: Params,
}

impl Typed for ContentType {
    const NAME: &'static str = "Content-Type";
    const LIST: bool = false;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        let (media_type, params) = value.split_once(';').unwrap_or((value, ""));
        let Some((main, sub)) = media_type.split_once('/') else {
            return Err(SyntaxError::new("Content-Type", "has no slash"));
        };
        let (main, sub) = (main.trim(), sub.trim());
        if !lex::is_token(main) || !lex::is_token(sub) {
            return Err(SyntaxError::new("Content-Type", "is not type/subtype"));
        }
        Ok(Self {
            media_type: format!("{main}/{sub}").to_ascii_lowercase(),
            params: Params::parse_header(params, b';', "Content-Type")?,
        })
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.media_type)?;
        self.params.write_header(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_compare_without_case_and_keep_their_parameters() {
        let t = ContentType::parse("Multipart / Mixed ; boundary=\"a;b\"").unwrap();
        assert_eq!(t.media_type, "multipart/mixed");
        assert_eq!(t.params.value("boundary"), Some("a;b"));
        assert_eq!(t.to_string(), "multipart/mixed;boundary=\"a;b\"");
        assert!(ContentType::parse("sdp").is_err());
        assert!(ContentType::parse("/sdp").is_err());
    }
}
