//! Session-Expires and Min-SE (RFC 4028): how long a call lives without a refresh.

use std::fmt;

use super::Typed;
use crate::wire::{Params, SyntaxError, lex};

/// Who refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// The side that sent the request.
    Uac,
    /// The side that answered it.
    Uas,
}

/// The session interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// Seconds, 90 or more in well-behaved networks.
    pub seconds: u32,
    /// Who refreshes, once decided.
    pub refresher: Option<Refresher>,
}

/// The shortest session interval somebody on the way takes, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinSe(pub u32);

fn seconds(value: &str, what: &'static str) -> Result<(u32, Params), SyntaxError> {
    let (digits, params) = value.split_once(';').unwrap_or((value, ""));
    let seconds = lex::number(digits.trim()).ok_or(SyntaxError::new(what, "is not a number of seconds"))?;
    Ok((seconds, Params::parse_header(params, b';', what)?))
}

impl Typed for SessionExpires {
    const NAME: &'static str = "Session-Expires";
    const LIST: bool = false;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        let (seconds, params) = seconds(value, Self::NAME)?;
        let refresher = match params.value("refresher").map(str::to_ascii_lowercase).as_deref() {
            Some("uac") => Some(Refresher::Uac),
            Some("uas") => Some(Refresher::Uas),
            _ => None,
        };
        Ok(Self { seconds, refresher })
    }
}

impl Typed for MinSe {
    const NAME: &'static str = "Min-SE";
    const LIST: bool = false;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        Ok(Self(seconds(value, Self::NAME)?.0))
    }
}

impl fmt::Display for SessionExpires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seconds)?;
        f.write_str(match self.refresher {
            Some(Refresher::Uac) => ";refresher=uac",
            Some(Refresher::Uas) => ";refresher=uas",
            None => "",
        })
    }
}

impl fmt::Display for MinSe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_and_refreshers() {
        for text in ["1800", "1800;refresher=uac", "90;refresher=uas"] {
            assert_eq!(SessionExpires::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(MinSe::parse("90;x=y").unwrap(), MinSe(90));
        assert!(SessionExpires::parse("x").is_err());
    }
}
