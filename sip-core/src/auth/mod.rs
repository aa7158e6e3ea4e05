//! Digest authentication (RFC 3261 §22, RFC 7616, RFC 8760), both sides.
//!
//! [`DigestClient`] answers challenges and authorises later requests without being asked;
//! [`DigestServer`] issues challenges and checks credentials. Neither keeps a clock or a random source:
//! `now` and the client nonce come in.

mod algorithm;
mod client;
mod digest;
mod nonce;
mod offer;
mod replay;
mod server;

pub use algorithm::{Algorithm, Hash};
pub use client::{AuthError, DigestClient};
pub use digest::Ha1;
pub use server::{Checked, DigestServer, Refusal};

/// Who asks: a server or registrar (401), or a proxy (407).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// 401, WWW-Authenticate, Authorization.
    Server,
    /// 407, Proxy-Authenticate, Proxy-Authorization.
    Proxy,
}

impl Side {
    /// The status of a challenge.
    pub const fn status(self) -> u16 {
        match self {
            Self::Server => 401,
            Self::Proxy => 407,
        }
    }

    /// The header field that challenges.
    pub const fn challenge_header(self) -> &'static str {
        match self {
            Self::Server => "WWW-Authenticate",
            Self::Proxy => "Proxy-Authenticate",
        }
    }

    /// The header field that answers.
    pub const fn credentials_header(self) -> &'static str {
        match self {
            Self::Server => "Authorization",
            Self::Proxy => "Proxy-Authorization",
        }
    }
}
