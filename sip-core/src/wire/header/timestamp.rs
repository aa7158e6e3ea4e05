//! Timestamp (RFC 3261 §20.38): lets the sender of a request measure the round trip.

use std::fmt;

use super::Typed;
use crate::wire::SyntaxError;

/// The sender's time and the delay the recipient adds, both decimal seconds as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Echoed unchanged.
    pub time: String,
    /// How long the recipient took.
    pub delay: Option<String>,
}

fn is_decimal(s: &str) -> bool {
    let (whole, fraction) = s.split_once('.').unwrap_or((s, "0"));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    !s.is_empty() && s != "." && digits(whole) && digits(fraction)
}

impl Typed for Timestamp {
    const NAME: &'static str = "Timestamp";
    const LIST: bool = false;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        let mut words = value.split_whitespace();
        let (time, delay, end) = (words.next(), words.next(), words.next());
        match (time, delay, end) {
            (Some(time), delay, None) if is_decimal(time) && delay.is_none_or(is_decimal) => Ok(Self {
                time: time.to_owned(),
                delay: delay.map(str::to_owned),
            }),
            _ => Err(SyntaxError::new("Timestamp", "is not one or two decimal numbers")),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.time)?;
        match &self.delay {
            Some(delay) => write!(f, " {delay}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_two_decimals() {
        for text in ["54", "54.1", "54.1 .5", "54. 0"] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        }
        for bad in ["", ".", "1 2 3", "x", "-1"] {
            assert!(Timestamp::parse(bad).is_err(), "{bad}");
        }
    }
}
