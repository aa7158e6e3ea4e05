//! Bytes to messages and back (RFC 3261 §7, §18, §25).
//!
//! `frame` and `stream` find where a message ends, `scan` splits its head, [`header`] holds one typed header a file,
//! `verdict` says what a receiver must do with a message, `write` turns a message into bytes.
//! `rsip` gives the vocabulary ([`rsip::Method`], [`rsip::StatusCode`], [`rsip::Version`]) and is the
//! oracle our parser is compared with in tests.

mod error;
mod frame;
pub mod header;
mod lex;
mod message;
mod method;
mod name;
mod name_addr;
mod params;
mod reply;
mod scan;
mod status;
mod stream;
mod uri;
mod uri_eq;
mod verdict;
mod write;

pub use error::{SyntaxError, Unusable, WireError};
pub use frame::{Framed, datagram};
pub use message::{Headers, Message, Request, Response};
pub use method::Method;
pub use name::HeaderName;
pub use name_addr::NameAddr;
pub use params::Params;
pub use status::reason_phrase;
pub use stream::StreamDecoder;
pub use uri::{Host, Uri};
pub use verdict::{Policy, Verdict, verdict};
pub use write::WriteError;

/// Longest message head, bytes with the empty line.
pub const MAX_HEAD: usize = 64 * 1024;
/// Longest header line with its folds, bytes.
pub const MAX_LINE: usize = 8 * 1024;
/// Most header lines in a message.
pub const MAX_HEADERS: usize = 128;
/// Longest Request-URI, bytes; beyond: 414.
pub const MAX_URI: usize = 4 * 1024;
/// Longest body, bytes.
pub const MAX_BODY: usize = 64 * 1024;
