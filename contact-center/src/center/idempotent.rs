//! Answers to commands, kept so that a resent command gives the same answer and is not done twice.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use crate::acd::StationId;

/// Answers are kept this long, in milliseconds.
const KEEP_MS: u64 = 600_000;
/// So many are kept at most; the oldest go first.
const LIMIT: usize = 20_000;

type Key = (StationId, String);

#[derive(Debug, Default)]
pub(super) struct Answers {
    by_key: HashMap<Key, Arc<str>>,
    by_age: VecDeque<(u64, Key)>,
}

impl Answers {
    pub(super) fn get(&mut self, now: u64, station: &StationId, id: &str) -> Option<Arc<str>> {
        self.expire(now);
        self.by_key.get(&(station.clone(), id.to_owned())).cloned()
    }

    pub(super) fn keep(&mut self, now: u64, station: StationId, id: String, answer: Arc<str>) {
        let key = (station, id);
        if self.by_key.insert(key.clone(), answer).is_none() {
            self.by_age.push_back((now, key));
        }
        self.expire(now);
    }

    fn expire(&mut self, now: u64) {
        while self.by_age.len() > LIMIT
            || self
                .by_age
                .front()
                .is_some_and(|(at, _)| at.saturating_add(KEEP_MS) <= now)
        {
            if let Some((_, key)) = self.by_age.pop_front() {
                self.by_key.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_given_again_for_ten_minutes_to_the_same_station_only() {
        let mut answers = Answers::default();
        answers.keep(0, "st".into(), "c1".into(), "done".into());
        assert_eq!(
            answers.get(KEEP_MS - 1, &"st".into(), "c1").as_deref(),
            Some("done")
        );
        assert_eq!(answers.get(0, &"other".into(), "c1"), None);
        assert_eq!(answers.get(KEEP_MS, &"st".into(), "c1"), None);
    }
}
