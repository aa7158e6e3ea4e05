//! When to try again: 0, 1, 2, 4, 8, 16, then every 30 s, with jitter so that a server that comes back
//! does not meet everybody at once.

use std::time::Duration;

use crate::Ids;

const PLAN: [u64; 7] = [0, 1, 2, 4, 8, 16, 30];

/// Where in the plan we are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backoff(usize);

impl Backoff {
    /// The wait before the next attempt: the plan's value and up to a fifth more.
    pub(super) fn next(&mut self, ids: &mut Ids) -> Duration {
        let base = Duration::from_secs(PLAN.get(self.0).copied().unwrap_or(30));
        self.0 = (self.0 + 1).min(PLAN.len() - 1);
        base + ids.between(Duration::ZERO, base / 5)
    }

    pub(super) fn reset(&mut self) {
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_002_waits_follow_the_plan_with_a_fifth_of_jitter_at_most() {
        let mut ids = Ids::new([9; 32]);
        let mut backoff = Backoff::default();
        for expected in [0, 1, 2, 4, 8, 16, 30, 30, 30] {
            let wait = backoff.next(&mut ids).as_secs_f64();
            assert!(
                (expected as f64..=expected as f64 * 1.2).contains(&wait),
                "{wait} for {expected}"
            );
        }
        backoff.reset();
        assert_eq!(backoff.next(&mut ids), Duration::ZERO);
    }
}
