//! Retry-After (RFC 3261 §20.33).

use std::fmt;

use super::Typed;
use crate::wire::{Params, SyntaxError, lex};

/// When to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    /// Seconds from now.
    pub seconds: u32,
    /// A remark for people.
    pub comment: Option<String>,
    /// `duration`: for how many seconds it is worth trying.
    pub params: Params,
}

impl Typed for RetryAfter {
    const NAME: &'static str = "Retry-After";
    const LIST: bool = false;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        let err = |problem| SyntaxError::new("Retry-After", problem);
        let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
        let (seconds, rest) = value.split_at(digits);
        let seconds = lex::number(seconds).ok_or(err("is not a number of seconds"))?;
        let rest = rest.trim_start();
        let (comment, params) = match rest.strip_prefix('(') {
            Some(inner) => {
                let (comment, params) = inner.rsplit_once(')').ok_or(err("comment is not closed"))?;
                (Some(comment.to_owned()), params.trim_start())
            }
            None => (None, rest),
        };
        Ok(Self {
            seconds,
            comment,
            params: Params::parse_header(params, b';', "Retry-After")?,
        })
    }
}

impl fmt::Display for RetryAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seconds)?;
        if let Some(comment) = &self.comment {
            write!(f, " ({comment})")?;
        }
        self.params.write_header(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_comment_and_duration() {
        for text in [
            "120",
            "18000;duration=3600",
            "120 (I'm in a meeting)",
            "5 (a (b) c);duration=1",
        ] {
            assert_eq!(RetryAfter::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(RetryAfter::parse("120 ;duration=3").unwrap().seconds, 120);
        for bad in ["", "soon", "949302838503028349304023988", "1 (open", "1 x y"] {
            assert!(RetryAfter::parse(bad).is_err(), "{bad}");
        }
    }
}
