//! Typed header fields, one a file. Read with `Headers::first`, `typed` or `all`; write with `push_typed`.

use std::fmt::Display;

use super::SyntaxError;

mod address;
mod auth;
mod contact;
mod content_type;
mod cseq;
mod number;
mod token_list;
mod via;

pub use address::{From, PAssertedIdentity, Path, RecordRoute, ReferTo, ReferredBy, Route, ServiceRoute, To};
pub use auth::{AuthenticationInfo, Challenge, Credentials};
pub use contact::Contact;
pub use content_type::ContentType;
pub use cseq::CSeq;
pub use number::{Expires, MaxForwards, MinExpires, RSeq};
pub use token_list::{Allow, AllowEvents, ProxyRequire, Require, Supported, Unsupported};
pub use via::Via;

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
