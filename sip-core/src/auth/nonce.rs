//! Server nonces that carry their own birth time, so that none has to be stored (RFC 7616 §5.4).
//!
//! `milliseconds (8) ‖ serial (8) ‖ first 16 bytes of H(secret ‖ H(secret ‖ milliseconds ‖ serial ‖ realm))`, in hex.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::{algorithm::hex, digest::same};

/// A nonce taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nonce {
    /// When it was made, since the server's start.
    pub(super) born: Duration,
    /// Counts nonces.
    pub(super) serial: u64,
}

impl Nonce {
    pub(super) fn write(self, secret: &[u8; 32], realm: &str) -> String {
        let millis = u64::try_from(self.born.as_millis()).unwrap_or(u64::MAX);
        let body = format!("{millis:016x}{:016x}", self.serial);
        let mac = mac(secret, &body, realm);
        body + &mac
    }

    /// `None` for a nonce this server did not make.
    pub(super) fn read(text: &str, secret: &[u8; 32], realm: &str) -> Option<Self> {
        let (body, tag) = text.split_at_checked(32)?;
        if !same(tag, &mac(secret, body, realm)) {
            return None;
        }
        let millis = u64::from_str_radix(body.get(..16)?, 16).ok()?;
        let serial = u64::from_str_radix(body.get(16..)?, 16).ok()?;
        Some(Self {
            born: Duration::from_millis(millis),
            serial,
        })
    }
}

/// Hash twice with the key in front: safe against length extension, like HMAC.
fn mac(secret: &[u8; 32], body: &str, realm: &str) -> String {
    let inner = Sha256::new()
        .chain_update(secret)
        .chain_update(body)
        .chain_update(realm)
        .finalize();
    let outer = Sha256::new().chain_update(secret).chain_update(inner).finalize();
    hex(outer.get(..16).unwrap_or(&[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_nonces_are_read() {
        let nonce = Nonce {
            born: Duration::from_millis(1234),
            serial: 7,
        };
        let text = nonce.write(&[1; 32], "r");
        assert_eq!(Nonce::read(&text, &[1; 32], "r"), Some(nonce));
        assert_eq!(Nonce::read(&text, &[2; 32], "r"), None);
        assert_eq!(Nonce::read(&text, &[1; 32], "other"), None);
        let mut forged = text.clone();
        forged.replace_range(15..16, "f");
        for bad in [forged.as_str(), "", "abc", &"é".repeat(40)] {
            assert_eq!(Nonce::read(bad, &[1; 32], "r"), None, "{bad}");
        }
    }
}
