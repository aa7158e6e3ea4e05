//! The digest itself (RFC 7616 §3.4).

use std::fmt;

use super::{Algorithm, Hash};

/// `H(user:realm:password)`: what a server stores in place of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1 {
    hash: Hash,
    hex: String,
}

impl Ha1 {
    /// Computes it from a password.
    pub fn new(hash: Hash, username: &str, realm: &str, password: &str) -> Self {
        let hex = hash.hex(&[username.as_bytes(), realm.as_bytes(), password.as_bytes()]);
        Self { hash, hex }
    }

    /// Takes a stored one, in hex; `None` when it is not of that hash's length.
    pub fn from_hex(hash: Hash, hex: &str) -> Option<Self> {
        let length = if hash == Hash::Md5 { 32 } else { 64 };
        let fine = hex.len() == length && hex.bytes().all(|b| b.is_ascii_hexdigit());
        fine.then(|| Self {
            hash,
            hex: hex.to_ascii_lowercase(),
        })
    }

    /// In hex, for storing.
    pub fn as_hex(&self) -> &str {
        &self.hex
    }

    /// The hash it was made with.
    pub const fn hash(&self) -> Hash {
        self.hash
    }
}

impl fmt::Debug for Ha1 {
    /// As good as a password: never shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ha1")
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

/// Quality of protection (RFC 7616 §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Qop {
    /// Method and URI are protected.
    Auth,
    /// The body too.
    AuthInt,
}

impl Qop {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Auth, Self::AuthInt]
            .into_iter()
            .find(|q| q.name().eq_ignore_ascii_case(name))
    }
}

/// Everything a response is computed over, besides the key.
pub(super) struct Inputs<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) method: &'a str,
    pub(super) uri: &'a str,
    pub(super) nonce: &'a str,
    pub(super) cnonce: &'a str,
    /// As written: eight hex digits.
    pub(super) nc: &'a str,
    /// `None` computes as RFC 2069 did.
    pub(super) qop: Option<Qop>,
    pub(super) body: &'a [u8],
}

impl Inputs<'_> {
    /// The `response` value.
    pub(super) fn response(&self, ha1: &Ha1) -> String {
        let hash = self.algorithm.hash;
        let (nonce, cnonce) = (self.nonce.as_bytes(), self.cnonce.as_bytes());
        let key = if self.algorithm.session {
            hash.hex(&[ha1.hex.as_bytes(), nonce, cnonce])
        } else {
            ha1.hex.clone()
        };
        let (method, uri) = (self.method.as_bytes(), self.uri.as_bytes());
        let a2 = match self.qop {
            Some(Qop::AuthInt) => hash.hex(&[method, uri, hash.hex(&[self.body]).as_bytes()]),
            _ => hash.hex(&[method, uri]),
        };
        match self.qop {
            Some(qop) => hash.hex(&[
                key.as_bytes(),
                nonce,
                self.nc.as_bytes(),
                cnonce,
                qop.name().as_bytes(),
                a2.as_bytes(),
            ]),
            None => hash.hex(&[key.as_bytes(), nonce, a2.as_bytes()]),
        }
    }
}

/// Compares without telling by its duration where the difference is.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC_7616: Inputs<'_> = Inputs {
        algorithm: Algorithm::MD5,
        method: "GET",
        uri: "/dir/index.html",
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        nc: "00000001",
        qop: Some(Qop::Auth),
        body: b"",
    };

    /// RFC 7616 §3.9.1.
    #[test]
    fn rfc_7616_md5_and_sha_256() {
        let ha1 = |hash| Ha1::new(hash, "Mufasa", "http-auth@example.org", "Circle of Life");
        assert_eq!(
            RFC_7616.response(&ha1(Hash::Md5)),
            "8ca523f5e9506fed4657c9700eebdbec"
        );
        let sha = Inputs {
            algorithm: Algorithm::SHA_256,
            ..RFC_7616
        };
        assert_eq!(
            sha.response(&ha1(Hash::Sha256)),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
    }

    /// The inputs of RFC 7616 §3.9.2. The response printed there is wrong (reported erratum 4897); this one is
    /// what OpenSSL's SHA-512/256 gives.
    #[test]
    fn sha_512_256_with_a_name_outside_ascii() {
        let inputs = Inputs {
            algorithm: Algorithm::SHA_512_256,
            uri: "/doe.json",
            nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
            cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm",
            ..RFC_7616
        };
        let ha1 = Ha1::new(
            Hash::Sha512_256,
            "J\u{e4}s\u{f8}n Doe",
            "api@example.org",
            "Secret, or not?",
        );
        assert_eq!(
            inputs.response(&ha1),
            "7a4e1192babbba02e91182d2895bfdbf7adafc6e48d4e517ca301974843d840c"
        );
    }

    /// RFC 2617 §3.5.
    #[test]
    fn rfc_2617() {
        let inputs = Inputs {
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            cnonce: "0a4f113b",
            ..RFC_7616
        };
        let ha1 = Ha1::new(Hash::Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
        assert_eq!(inputs.response(&ha1), "6629fae49393a05397450978507c4ef1");
        // RFC 2069 §2.4, erratum 749.
        let old = Inputs { qop: None, ..inputs };
        let ha1 = Ha1::new(Hash::Md5, "Mufasa", "testrealm@host.com", "CircleOfLife");
        assert_eq!(old.response(&ha1), "1949323746fe6a43ef61f9606e7febea");
    }

    #[test]
    fn the_body_and_the_session_change_the_response() {
        let ha1 = Ha1::new(Hash::Md5, "u", "r", "p");
        let int = |body| {
            Inputs {
                qop: Some(Qop::AuthInt),
                body,
                ..RFC_7616
            }
            .response(&ha1)
        };
        assert_ne!(int(b"a"), int(b"b"));
        let session = Inputs {
            algorithm: Algorithm {
                session: true,
                ..Algorithm::MD5
            },
            ..RFC_7616
        };
        assert_ne!(session.response(&ha1), RFC_7616.response(&ha1));
    }

    #[test]
    fn stored_keys_are_checked_and_never_shown() {
        let ha1 = Ha1::new(Hash::Md5, "u", "r", "p");
        assert_eq!(
            Ha1::from_hex(Hash::Md5, &ha1.as_hex().to_uppercase()),
            Some(ha1.clone())
        );
        assert_eq!(Ha1::from_hex(Hash::Sha256, ha1.as_hex()), None);
        assert!(!format!("{ha1:?}").contains(ha1.as_hex()));
    }
}
