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
    /// `INFO`.
    pub const INFO: Self = Self::Known(rsip::Method::Info);
    /// `MESSAGE`.
    pub const MESSAGE: Self = Self::Known(rsip::Method::Message);
    /// `NOTIFY`.
    pub const NOTIFY: Self = Self::Known(rsip::Method::Notify);
    /// `PRACK`.
    pub const PRACK: Self = Self::Known(rsip::Method::PRack);
    /// `PUBLISH`.
    pub const PUBLISH: Self = Self::Known(rsip::Method::Publish);
    /// `REFER`.
    pub const REFER: Self = Self::Known(rsip::Method::Refer);
    /// `SUBSCRIBE`.
    pub const SUBSCRIBE: Self = Self::Known(rsip::Method::Subscribe);
    /// `UPDATE`.
    pub const UPDATE: Self = Self::Known(rsip::Method::Update);
    /// `OPTIONS`.
    pub const OPTIONS: Self = Self::Known(rsip::Method::Options);

    /// Reads a method token, case-sensitively (`rsip` would take any case).
    pub fn from_token(token: &str) -> Self {
        match token {
            "INVITE" => Self::INVITE,
            "ACK" => Self::ACK,
            "BYE" => Self::BYE,
            "CANCEL" => Self::CANCEL,
            "REGISTER" => Self::REGISTER,
            "OPTIONS" => Self::OPTIONS,
            "INFO" => Self::INFO,
            "MESSAGE" => Self::MESSAGE,
            "NOTIFY" => Self::NOTIFY,
            "PRACK" => Self::PRACK,
            "PUBLISH" => Self::PUBLISH,
            "REFER" => Self::REFER,
            "SUBSCRIBE" => Self::SUBSCRIBE,
            "UPDATE" => Self::UPDATE,
            other => Self::Other(other.to_owned()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_vocabulary_is_known() {
        for method in rsip::Method::all() {
            assert_eq!(Method::from_token(&method.to_string()), Method::Known(method));
        }
        assert_eq!(Method::from_token("invite"), Method::Other("invite".into()));
    }
}
