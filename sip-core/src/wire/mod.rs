//! Bytes to messages and back (RFC 3261 §7, §18, §25).
//!
//! `frame` finds where a message ends, `scan` splits its head, `header` holds one typed header a file,
//! `verdict` says what a receiver must do with a message, `write` turns a message into bytes.
//! `rsip` gives the vocabulary ([`rsip::Method`], [`rsip::StatusCode`], [`rsip::Version`]) and is the
//! oracle our parser is compared with in tests.

mod message;
mod method;
mod name;
mod uri;

pub use message::{Headers, Message, Request, Response};
pub use method::Method;
pub use name::HeaderName;
pub use uri::{Host, NameAddr, Params, Uri};
