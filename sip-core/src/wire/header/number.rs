//! Header fields that are one number: Max-Forwards, Expires, Min-Expires, RSeq (RFC 3261 §20, RFC 3262).

use std::fmt;

use super::Typed;
use crate::wire::{SyntaxError, lex};

macro_rules! number_header {
    ($($(#[$doc:meta])* $type:ident($int:ty), $name:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $type(pub $int);

        impl Typed for $type {
            const NAME: &'static str = $name;
            const LIST: bool = false;

            fn parse(value: &str) -> Result<Self, SyntaxError> {
                lex::number(value).map(Self).ok_or(SyntaxError::new($name, "is not a number in range"))
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )*};
}

number_header! {
    /// Hops left, 0–255.
    MaxForwards(u8), "Max-Forwards";
    /// Lifetime in seconds.
    Expires(u32), "Expires";
    /// The shortest lifetime a registrar takes, in seconds.
    MinExpires(u32), "Min-Expires";
    /// Numbers a reliable provisional response (RFC 3262 §7.1).
    RSeq(u32), "RSeq";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_range_only() {
        assert_eq!(MaxForwards::parse("0068").unwrap(), MaxForwards(68));
        for bad in ["256", "", "-1", "7 0", "0x10", "+5"] {
            assert!(MaxForwards::parse(bad).is_err(), "{bad}");
        }
        assert!(Expires::parse("10000000000").is_err());
    }
}
