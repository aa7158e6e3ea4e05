//! Request methods, known and unknown (RFC 3261 §7.1: methods are case-sensitive and extensible).

use std::fmt;

/// A request method: one `rsip` knows, or any other token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// A method with a meaning here.
    Known(rsip::Method),
    /// A token that is answered 405 or 501.
    Other(String),
}

impl Method {
    /// `INVITE`.
    pub const INVITE: Self = Self::Known(rsip::Method::Invite);
    /// `ACK`.
    pub const ACK: Self = Self::Known(rsip::Method::Ack);
    /// `BYE`.
    pub const BYE: Self = Self::Known(rsip::Method::Bye);
    /// `CANCEL`.
    pub const CANCEL: Self = Self::Known(rsip::Method::Cancel);
    /// `REGISTER`.
    pub const REGISTER: Self = Self::Known(rsip::Method::Register);
    /// `OPTIONS`.
    pub const OPTIONS: Self = Self::Known(rsip::Method::Options);

    /// Reads a method token, case-sensitively.
    pub fn from_token(token: &str) -> Self {
        // `rsip` accepts any case; RFC 3261 §7.1 does not.
        match token.parse::<rsip::Method>() {
            Ok(known) if known.to_string() == token => Self::Known(known),
            _ => Self::Other(token.to_owned()),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(known) => write!(f, "{known}"),
            Self::Other(token) => f.write_str(token),
        }
    }
}
