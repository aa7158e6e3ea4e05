//! How long to wait before trying again: 0.5, 1, 2, 4, 8, 15 s, each up to a quarter shorter by chance, so that
//! 500 stations do not come back in the same moment.

use std::time::Duration;

const STEPS_MS: [u64; 6] = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

/// Where in the plan we are.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    tries: usize,
}

impl Backoff {
    /// The next wait.
    pub(super) fn next(&mut self) -> Duration {
        let step = STEPS_MS[self.tries.min(STEPS_MS.len() - 1)];
        self.tries += 1;
        let mut random = [0; 1];
        // Without randomness there is no jitter; the wait is right all the same.
        let share = getrandom::fill(&mut random).map_or(0, |()| u64::from(random[0]));
        Duration::from_millis(step - step * share / 1024)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_never_vanish() {
        let mut backoff = Backoff::default();
        for step in [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000] {
            let wait = backoff.next();
            let step = Duration::from_millis(step);
            assert!(wait <= step && wait >= step * 3 / 4, "{wait:?} of {step:?}");
        }
    }
}
