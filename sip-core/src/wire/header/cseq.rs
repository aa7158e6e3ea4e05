//! CSeq (RFC 3261 §20.16): orders requests within a dialog.

use std::fmt;

use super::Typed;
use crate::wire::{Method, SyntaxError, lex};

/// A sequence number below 2³¹ and the method it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CSeq {
    /// 0 to 2³¹−1.
    pub seq: u32,
    /// The method of the request.
    pub method: Method,
}

impl CSeq {
    /// A CSeq value.
    pub const fn new(seq: u32, method: Method) -> Self {
        Self { seq, method }
    }
}

impl Typed for CSeq {
    const NAME: &'static str = "CSeq";
    const LIST: bool = false;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        let err = |problem| SyntaxError::new("CSeq", problem);
        let mut words = value.split_whitespace();
        let (Some(seq), Some(method), None) = (words.next(), words.next(), words.next()) else {
            return Err(err("is not a number and a method"));
        };
        let seq = lex::number::<u32>(seq)
            .filter(|n| *n < 1 << 31)
            .ok_or(err("number is not below 2^31"))?;
        if !lex::is_token(method) {
            return Err(err("method is not a token"));
        }
        Ok(Self {
            seq,
            method: Method::from_token(method),
        })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.seq, self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_below_2_31() {
        assert_eq!(
            CSeq::parse("0009   INVITE").unwrap(),
            CSeq::new(9, Method::INVITE)
        );
        assert!(CSeq::parse("2147483647 X").is_ok());
        for bad in [
            "2147483648 INVITE",
            "36893488147419103232 REGISTER",
            "-1 BYE",
            "1",
            "INVITE",
            "1 a b",
            "",
        ] {
            assert!(CSeq::parse(bad).is_err(), "{bad}");
        }
    }
}
