//! Why a request got no answer, in a sentence.

use std::{fmt, time::Duration};

use crate::transaction::Path;

/// A request that has no final response and will get none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Timer B or F: nobody answered.
    NoReply {
        /// The last place it was sent to.
        path: Path,
        /// How long was waited in all.
        waited: Duration,
    },
    /// The connection could not be opened or died.
    Broken {
        /// The connection.
        path: Path,
        /// The system's sentence.
        reason: String,
    },
    /// The host name has no address.
    UnknownHost(String),
    /// The resolver could not be asked.
    Resolver {
        /// The host name.
        host: String,
        /// Why.
        reason: String,
    },
    /// There is no socket of a fitting kind, or the URI cannot be reached with what there is.
    NoWay(String),
    /// The request was called back before anything was sent.
    Cancelled,
}

impl Failure {
    /// The response it counts as (RFC 3261 §8.1.3.1).
    pub const fn status(&self) -> u16 {
        match self {
            Self::NoReply { .. } => 408,
            _ => 503,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoReply { path, waited } => {
                write!(f, "no reply in {} s from {path}", waited.as_secs())
            }
            Self::Broken { path, reason } => write!(f, "the connection to {path} failed: {reason}"),
            Self::UnknownHost(host) => write!(f, "the name {host} has no address"),
            Self::Resolver { host, reason } => write!(f, "{host} could not be looked up: {reason}"),
            Self::NoWay(why) => f.write_str(why),
            Self::Cancelled => f.write_str("cancelled before it was sent"),
        }
    }
}
