//! Digest algorithms and their order (RFC 8760 §2.1).

use std::fmt::{self, Write};

use sha2::Digest;

/// A hash function, weakest first: `<` compares strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hash {
    /// For peers that know nothing better.
    Md5,
    /// Mandatory since RFC 8760.
    Sha256,
    /// The strongest registered one.
    Sha512_256,
}

impl Hash {
    /// The digest of the parts joined by colons, in lower-case hex.
    pub(crate) fn hex(self, parts: &[&[u8]]) -> String {
        match self {
            Self::Md5 => run::<md5::Md5>(parts),
            Self::Sha256 => run::<sha2::Sha256>(parts),
            Self::Sha512_256 => run::<sha2::Sha512_256>(parts),
        }
    }
}

fn run<D: Digest>(parts: &[&[u8]]) -> String {
    let mut hash = D::new();
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            hash.update(b":");
        }
        hash.update(part);
    }
    hex(&hash.finalize())
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{b:02x}");
            out
        })
}

/// A digest algorithm as named in challenges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Algorithm {
    /// The hash function.
    pub hash: Hash,
    /// `-sess`: the key is bound to the first nonce and client nonce.
    pub session: bool,
}

impl Algorithm {
    /// MD5, what a challenge without `algorithm` means.
    pub const MD5: Self = Self {
        hash: Hash::Md5,
        session: false,
    };
    /// SHA-256.
    pub const SHA_256: Self = Self {
        hash: Hash::Sha256,
        session: false,
    };
    /// SHA-512/256.
    pub const SHA_512_256: Self = Self {
        hash: Hash::Sha512_256,
        session: false,
    };

    /// Reads a name in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let (base, session) = match lower.strip_suffix("-sess") {
            Some(base) => (base, true),
            None => (lower.as_str(), false),
        };
        let hash = match base {
            "md5" => Hash::Md5,
            "sha-256" => Hash::Sha256,
            "sha-512-256" => Hash::Sha512_256,
            _ => return None,
        };
        Some(Self { hash, session })
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.hash {
            Hash::Md5 => "MD5",
            Hash::Sha256 => "SHA-256",
            Hash::Sha512_256 => "SHA-512-256",
        })?;
        f.write_str(if self.session { "-sess" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_strength_is_ordered() {
        for name in [
            "MD5",
            "MD5-sess",
            "SHA-256",
            "SHA-256-sess",
            "SHA-512-256",
            "SHA-512-256-sess",
        ] {
            assert_eq!(Algorithm::from_name(name).unwrap().to_string(), name);
        }
        assert_eq!(Algorithm::from_name("AKAv1-MD5"), None);
        assert!(Hash::Sha512_256 > Hash::Sha256 && Hash::Sha256 > Hash::Md5);
    }

    #[test]
    fn hashes_are_the_published_ones() {
        assert_eq!(Hash::Md5.hex(&[b"abc"]), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(
            Hash::Sha256.hex(&[b"abc"]),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        // FIPS 180-4 SHA-512/256, which is not a truncated SHA-512.
        assert_eq!(
            Hash::Sha512_256.hex(&[b"abc"]),
            "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"
        );
    }
}
