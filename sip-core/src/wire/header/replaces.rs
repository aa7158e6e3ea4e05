//! Replaces (RFC 3891): the dialog a new call takes the place of.

use std::fmt;

use super::Typed;
use crate::wire::{Params, SyntaxError};

/// Names a dialog at the recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaces {
    /// Its Call-ID.
    pub call_id: String,
    /// The recipient's tag.
    pub to_tag: String,
    /// The other side's tag.
    pub from_tag: String,
    /// Only when it is still ringing.
    pub early_only: bool,
}

impl Typed for Replaces {
    const NAME: &'static str = "Replaces";
    const LIST: bool = false;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        let err = |problem| SyntaxError::new("Replaces", problem);
        let (call_id, params) = value.split_once(';').ok_or(err("has no tags"))?;
        let params = Params::parse_header(params, b';', "Replaces")?;
        let tag = |name, problem| params.value(name).map(str::to_owned).ok_or(err(problem));
        let call_id = call_id.trim();
        if call_id.is_empty() || call_id.contains(char::is_whitespace) {
            return Err(err("has no Call-ID"));
        }
        Ok(Self {
            call_id: call_id.to_owned(),
            to_tag: tag("to-tag", "has no to-tag")?,
            from_tag: tag("from-tag", "has no from-tag")?,
            early_only: params.has("early-only"),
        })
    }
}

impl fmt::Display for Replaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{};to-tag={};from-tag={}",
            self.call_id, self.to_tag, self.from_tag
        )?;
        f.write_str(if self.early_only { ";early-only" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tags_are_needed() {
        for text in [
            "98732@sip.example.com;to-tag=r33th4x0r;from-tag=ff87ff",
            "1;to-tag=2;from-tag=3;early-only",
        ] {
            assert_eq!(Replaces::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Replaces::parse("1; from-tag=3 ;to-tag=2").unwrap().to_tag, "2");
        for bad in ["1", "1;to-tag=2", "1;from-tag=2", ";to-tag=1;from-tag=2"] {
            assert!(Replaces::parse(bad).is_err(), "{bad}");
        }
    }
}
