//! Header fields that list tokens: Allow, Supported, Require, Proxy-Require, Unsupported, Allow-Events.

use std::fmt;

use super::Typed;
use crate::wire::{Headers, SyntaxError, lex};

macro_rules! token_header {
    ($($(#[$doc:meta])* $type:ident, $name:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $type(pub String);

        impl $type {
            /// Whether the message lists `token` (any case).
            pub fn lists(headers: &Headers, token: &str) -> bool {
                headers.values($name).any(|v| v.eq_ignore_ascii_case(token))
            }
        }

        impl Typed for $type {
            const NAME: &'static str = $name;
            const LIST: bool = true;

            fn parse(value: &str) -> Result<Self, SyntaxError> {
                if lex::is_token(value) {
                    Ok(Self(value.to_owned()))
                } else {
                    Err(SyntaxError::new($name, "is not a list of tokens"))
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

token_header! {
    /// A method the sender answers.
    Allow, "Allow";
    /// An extension the sender knows.
    Supported, "Supported";
    /// An extension the recipient must know.
    Require, "Require";
    /// An extension every proxy on the way must know.
    ProxyRequire, "Proxy-Require";
    /// An extension a 420 complains about.
    Unsupported, "Unsupported";
    /// An event package the sender knows (RFC 6665).
    AllowEvents, "Allow-Events";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_over_several_lines_are_one_list() {
        let mut headers = Headers::new();
        headers.push("k", "timer, 100rel");
        headers.push("Supported", "Replaces");
        assert!(Supported::lists(&headers, "replaces"));
        assert!(Supported::lists(&headers, "100rel"));
        assert!(!Supported::lists(&headers, "path"));
        assert_eq!(headers.all::<Supported>().unwrap().len(), 3);
    }

    #[test]
    fn other_things_are_refused() {
        assert!(Require::parse("a b").is_err());
        assert!(Require::parse("\"a\"").is_err());
    }
}
