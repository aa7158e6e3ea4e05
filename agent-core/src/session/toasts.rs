//! Short messages: all go by themselves, the worse the later. What must be known for longer is no toast but a
//! state of the view.

use std::time::{Duration, Instant};

use crate::{Toast, ToastKind};

const INFO_FOR: Duration = Duration::from_secs(6);
const WARNING_FOR: Duration = Duration::from_secs(15);
const ERROR_FOR: Duration = Duration::from_secs(30);
/// More are no longer read.
const MOST: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Toasts {
    next: u64,
    /// With when each goes.
    shown: Vec<(Toast, Instant)>,
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
        let until = now
            + match kind {
                ToastKind::Info => INFO_FOR,
                ToastKind::Warning => WARNING_FOR,
                ToastKind::Error => ERROR_FOR,
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
        self.shown.retain(|(_, until)| *until > now);
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.shown.iter().map(|(_, until)| *until).min()
    }

    pub(super) fn view(&self) -> Vec<Toast> {
        self.shown.iter().map(|(t, _)| t.clone()).collect()
    }
}
