//! When each of many things next wants time to pass: the earliest is known at once, and moving one costs the
//! logarithm of their number.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

/// One alarm at most for each key.
#[derive(Debug)]
pub(crate) struct Alarms<K> {
    in_order: BTreeSet<(Instant, K)>,
    by_key: BTreeMap<K, Instant>,
}

impl<K> Default for Alarms<K> {
    fn default() -> Self {
        Self {
            in_order: BTreeSet::new(),
            by_key: BTreeMap::new(),
        }
    }
}

impl<K: Copy + Ord> Alarms<K> {
    /// Sets, moves or (with `None`) takes off the alarm of `key`.
    pub(crate) fn set(&mut self, key: K, at: Option<Instant>) {
        let before = match at {
            Some(at) => self.by_key.insert(key, at),
            None => self.by_key.remove(&key),
        };
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.in_order.remove(&(before, key));
        }
        if let Some(at) = at {
            self.in_order.insert((at, key));
        }
    }

    /// When the earliest is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.in_order.first().map(|(at, _)| *at)
    }

    /// Takes off one alarm that is due, earliest first.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<K> {
        let &(at, key) = self.in_order.first()?;
        if at > now {
            return None;
        }
        self.set(key, None);
        Some(key)
    }

    /// Takes off all.
    pub(crate) fn clear(&mut self) {
        self.in_order.clear();
        self.by_key.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    #[allow(
        clippy::disallowed_methods,
        reason = "a test needs some instant to start from"
    )]
    fn each_key_has_one_alarm_and_the_earliest_comes_first() {
        let start = Instant::now();
        let at = |s| Some(start + Duration::from_secs(s));
        let mut alarms = Alarms::default();
        alarms.set('a', at(3));
        alarms.set('b', at(2));
        alarms.set('a', at(1));
        alarms.set('c', at(1));
        alarms.set('c', None);
        assert_eq!(alarms.next(), at(1));
        assert_eq!(alarms.expire(start), None);
        let late = start + Duration::from_secs(9);
        assert_eq!(
            [(); 3].map(|()| alarms.expire(late)),
            [Some('a'), Some('b'), None]
        );
        assert_eq!(alarms.next(), None);
    }
}
