//! RAck (RFC 3262 §7.2): which reliable provisional response a PRACK acknowledges.

use std::fmt;

use super::{CSeq, Typed};
use crate::wire::{SyntaxError, lex};

/// The RSeq and CSeq of the response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RAck {
    /// Its RSeq.
    pub rseq: u32,
    /// Its CSeq.
    pub cseq: CSeq,
}

impl Typed for RAck {
    const NAME: &'static str = "RAck";
    const LIST: bool = false;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        let err = |problem| SyntaxError::new("RAck", problem);
        let (rseq, cseq) = value
            .trim()
            .split_once([' ', '\t'])
            .ok_or(err("is not two numbers and a method"))?;
        let rseq = lex::number(rseq).ok_or(err("is not two numbers and a method"))?;
        match CSeq::parse(cseq) {
            Ok(cseq) => Ok(Self { rseq, cseq }),
            Err(e) => Err(err(e.problem)),
        }
    }
}

impl fmt::Display for RAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.rseq, self.cseq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_and_a_method() {
        assert_eq!(
            RAck::parse("776656  1 INVITE").unwrap().to_string(),
            "776656 1 INVITE"
        );
        for bad in ["", "1", "1 2", "1 INVITE", "x 1 INVITE"] {
            assert!(RAck::parse(bad).is_err(), "{bad}");
        }
    }
}
