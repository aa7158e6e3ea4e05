//! Short messages: good news goes by itself, trouble stays longer, errors until dismissed.

use std::time::{Duration, Instant};

use crate::{Toast, ToastKind};

const INFO_FOR: Duration = Duration::from_secs(6);
const WARNING_FOR: Duration = Duration::from_secs(15);
/// More are no longer read.
const MOST: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Toasts {
    next: u64,
    shown: Vec<(Toast, Option<Instant>)>,
}

impl Toasts {
    pub(super) fn info(&mut self, now: Instant, text: impl Into<String>) {
        self.say(now, ToastKind::Info, text.into());
    }

    pub(super) fn warning(&mut self, now: Instant, text: impl Into<String>) {
        self.say(now, ToastKind::Warning, text.into());
    }

    pub(super) fn error(&mut self, now: Instant, text: impl Into<String>) {
        self.say(now, ToastKind::Error, text.into());
    }

    /// The same words again replace the older toast instead of piling up.
    pub(super) fn say(&mut self, now: Instant, kind: ToastKind, text: String) {
        let until = match kind {
            ToastKind::Info => Some(now + INFO_FOR),
            ToastKind::Warning => Some(now + WARNING_FOR),
            ToastKind::Error => None,
        };
        self.shown.retain(|(t, _)| t.text != text);
        if self.shown.len() >= MOST {
            self.shown.remove(0);
        }
        self.next += 1;
        let id = self.next;
        self.shown.push((Toast { id, kind, text }, until));
    }

    pub(super) fn dismiss(&mut self, id: u64) {
        self.shown.retain(|(t, _)| t.id != id);
    }

    pub(super) fn expire(&mut self, now: Instant) {
        self.shown.retain(|(_, until)| until.is_none_or(|u| u > now));
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.shown.iter().filter_map(|(_, until)| *until).min()
    }

    pub(super) fn view(&self) -> Vec<Toast> {
        self.shown.iter().map(|(t, _)| t.clone()).collect()
    }
}
