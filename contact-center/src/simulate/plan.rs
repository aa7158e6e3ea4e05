//! Who calls when, and for how long: a seeded plan, the same for the same seed.

use std::{ops::Range, time::Duration};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// What the customers do, in ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Seeds every choice.
    pub seed: u64,
    /// When the first customer calls.
    pub first_after: Duration,
    /// The pause between two customers.
    pub pause: Range<Duration>,
    /// How long a customer stays on the line, waiting included.
    pub stay: Range<Duration>,
    /// Customers on the line at once; more wait with their call.
    pub at_once: usize,
    /// Stop after this many; `None` goes on for ever.
    pub total: Option<u64>,
}

impl Default for Script {
    /// A quiet demo: a call every quarter of a minute, at most four at once.
    fn default() -> Self {
        Self {
            seed: 1,
            first_after: Duration::from_millis(500),
            pause: Duration::from_secs(8)..Duration::from_secs(20),
            stay: Duration::from_secs(60)..Duration::from_secs(150),
            at_once: 4,
            total: None,
        }
    }
}

/// One customer to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Counts up from 0.
    pub index: u64,
    /// Which voice, modulo the number of voices.
    pub voice: usize,
    /// Which number, modulo the number of numbers.
    pub number: usize,
    /// The calling number, from the range reserved for fiction.
    pub phone: String,
    /// Time since the customer before.
    pub after: Duration,
    /// Time on the line.
    pub stay: Duration,
}

/// The customers of a [`Script`], in order.
#[derive(Clone, Debug)]
pub struct Plan {
    script: Script,
    random: ChaCha8Rng,
    next: u64,
}

impl Plan {
    /// The plan of a script.
    pub fn new(script: Script) -> Self {
        let random = ChaCha8Rng::seed_from_u64(script.seed);
        Self {
            script,
            random,
            next: 0,
        }
    }

    fn between(&mut self, range: &Range<Duration>) -> Duration {
        let span = range.end.saturating_sub(range.start).as_millis().max(1);
        let span = u64::try_from(span).unwrap_or(u64::MAX);
        range.start + Duration::from_millis(self.random.next_u64() % span)
    }
}

impl Iterator for Plan {
    type Item = Customer;

    fn next(&mut self) -> Option<Customer> {
        if self.script.total.is_some_and(|total| self.next >= total) {
            return None;
        }
        let index = self.next;
        self.next += 1;
        let (pause, stay) = (self.script.pause.clone(), self.script.stay.clone());
        let after = if index == 0 {
            self.script.first_after
        } else {
            self.between(&pause)
        };
        let stay = self.between(&stay);
        let voice = usize::try_from(index).unwrap_or(0);
        let number = usize::try_from(self.random.next_u32()).unwrap_or(0);
        // +44 20 7946 0000 to 0999 is kept free for fiction.
        let phone = format!("+44207946{:04}", self.random.next_u32() % 1_000);
        Some(Customer {
            index,
            voice,
            number,
            phone,
            after,
            stay,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_customers() {
        let customers = |seed| {
            Plan::new(Script {
                seed,
                ..Script::default()
            })
            .take(20)
            .collect::<Vec<_>>()
        };
        assert_eq!(customers(7), customers(7));
        assert_ne!(customers(7), customers(8));
    }

    #[test]
    fn pauses_and_stays_keep_their_ranges() {
        let script = Script {
            total: Some(500),
            ..Script::default()
        };
        let customers: Vec<_> = Plan::new(script.clone()).collect();
        assert_eq!(customers.len(), 500);
        assert_eq!(customers[0].after, script.first_after);
        assert!(customers[1..].iter().all(|c| script.pause.contains(&c.after)));
        assert!(customers.iter().all(|c| script.stay.contains(&c.stay)));
    }
}
