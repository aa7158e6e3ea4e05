//! Typed header fields, one a file. Read with `Headers::first`, `typed` or `all`; write with `push_typed`.

use std::fmt::Display;

use super::SyntaxError;

mod address;
mod alert_info;
mod auth;
mod contact;
mod content_type;
mod cseq;
mod date;
mod event;
mod number;
mod rack;
mod reason;
mod replaces;
mod retry_after;
mod session_expires;
mod timestamp;
mod token_list;
mod via;
mod warning;

pub use address::{From, PAssertedIdentity, Path, RecordRoute, ReferTo, ReferredBy, Route, ServiceRoute, To};
pub use alert_info::AlertInfo;
pub use auth::{AuthenticationInfo, Challenge, Credentials};
pub use contact::Contact;
pub use content_type::ContentType;
pub use cseq::CSeq;
pub use date::Date;
pub use event::{Event, SubscriptionState};
pub use number::{Expires, MaxForwards, MinExpires, RSeq};
pub use rack::RAck;
pub use reason::Reason;
pub use replaces::Replaces;
pub use retry_after::RetryAfter;
pub use session_expires::{MinSe, Refresher, SessionExpires};
pub use timestamp::Timestamp;
pub use token_list::{Allow, AllowEvents, ProxyRequire, Require, Supported, Unsupported};
pub use via::Via;
pub use warning::Warning;

/// A header field with a grammar of its own.
pub trait Typed: Sized + Display {
    /// The canonical name.
    const NAME: &'static str;
    /// Whether several values may share a line, separated by commas.
    const LIST: bool;

    /// Reads one value.
    ///
    /// # Errors
    /// When the value does not follow its grammar.
    fn parse(value: &str) -> Result<Self, SyntaxError>;
}
