//! Password hashes: argon2id in PHC form. Slow on purpose: call from a blocking thread.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};

/// An argon2id hash in PHC form, `$argon2id$v=19$…`.
#[derive(Clone, PartialEq, Eq)]
pub struct Hash(String);

/// The hash could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct PasswordError(String);

impl Hash {
    /// Hash a password with a random salt.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new(password: &str) -> Result<Self, PasswordError> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|error| PasswordError(error.to_string()))?;
        let hash = Argon2::default()
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map_err(|error| PasswordError(error.to_string()))?;
        Ok(Self(hash.to_string()))
    }

    /// A stored hash. One that is not in PHC form fits no password.
    pub const fn stored(phc: String) -> Self {
        Self(phc)
    }

    /// Whether `password` is the one.
    pub fn fits(&self, password: &str) -> bool {
        PasswordHash::new(&self.0).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hash(…)")
    }
}
