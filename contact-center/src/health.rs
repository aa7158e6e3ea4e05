//! What is wrong with the server right now, for `/healthz` and the log.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Current problems by part (`database`, `queue`). Cheap to clone; all clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Health {
    problems: Arc<Mutex<BTreeMap<&'static str, String>>>,
}

impl Health {
    /// A part is not well: one sentence with what to do.
    pub fn raise(&self, part: &'static str, sentence: impl Into<String>) {
        let sentence = sentence.into();
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        if problems.get(part) != Some(&sentence) {
            tracing::error!(part, "{sentence}");
            problems.insert(part, sentence);
        }
    }

    /// A part is well again.
    pub fn clear(&self, part: &'static str) {
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        if problems.remove(part).is_some() {
            tracing::info!(part, "well again");
        }
    }

    /// The problems, by part.
    pub fn problems(&self) -> BTreeMap<&'static str, String> {
        self.problems
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
