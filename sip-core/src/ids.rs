//! Branches, tags, Call-IDs and jitter from one seeded generator.

use std::time::Duration;

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};

/// The magic cookie that marks an RFC 3261 branch (§8.1.1.7).
pub const MAGIC_COOKIE: &str = "z9hG4bK";

/// The only source of unpredictable values in this crate. Two generators of the same seed agree.
pub struct Ids(ChaCha12Rng);

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ids")
    }
}

impl Ids {
    /// A generator that repeats itself for the same seed.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha12Rng::from_seed(seed))
    }

    /// 64 bits.
    pub fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A branch parameter: magic cookie and 80 random bits.
    pub fn branch(&mut self) -> String {
        format!("{MAGIC_COOKIE}{}", self.token(16))
    }

    /// A From or To tag: 60 random bits (§19.3 asks for 32).
    pub fn tag(&mut self) -> String {
        self.token(12)
    }

    /// A Call-ID: 120 random bits; no host, so that it tells nobody where it was made.
    pub fn call_id(&mut self) -> String {
        self.token(24)
    }

    /// A first CSeq number: below 2³¹ with room to count up (§8.1.1.5).
    pub fn cseq(&mut self) -> u32 {
        (self.number() % 20_000) as u32 + 1
    }

    /// A span between `low` and `high`, in milliseconds steps.
    pub fn between(&mut self, low: Duration, high: Duration) -> Duration {
        let (low, high) = (low.as_millis() as u64, high.as_millis() as u64);
        Duration::from_millis(low + self.number() % (high.saturating_sub(low) + 1))
    }

    /// `len` characters of 5 random bits each, fit for a SIP token.
    fn token(&mut self, len: usize) -> String {
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut bits = 0u64;
        (0..len)
            .map(|i| {
                if i % 12 == 0 {
                    bits = self.number();
                }
                let c = ALPHABET[(bits & 31) as usize];
                bits >>= 5;
                char::from(c)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_values_and_another_seed_others() {
        let (mut a, mut b, mut c) = (Ids::new([1; 32]), Ids::new([1; 32]), Ids::new([2; 32]));
        let first = a.branch();
        assert_eq!(first, b.branch());
        assert_ne!(first, c.branch());
        assert_ne!(first, a.branch());
        assert!(first.starts_with(MAGIC_COOKIE) && first.len() == 23);
    }

    #[test]
    fn a_span_stays_within_its_bounds() {
        let mut ids = Ids::new([3; 32]);
        let (low, high) = (Duration::from_millis(2_100), Duration::from_millis(4_000));
        for _ in 0..500 {
            let span = ids.between(low, high);
            assert!(span >= low && span <= high);
        }
    }
}
