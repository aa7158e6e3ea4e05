//! Commands and their answers: numbered, kept until answered, said again after a reconnect while that is safe.

use super::{Client, Update, link::Stage};
use crate::frame::{ClientFrame, Op, OpError};

/// The server keeps answers for ten minutes; an older command is not resent, for it could be done twice.
pub(super) const RESEND_MS: u64 = 570_000;
/// So many commands wait for answers at most.
pub(super) const MAX_PENDING: usize = 256;

/// A command without an answer.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    op: Op,
    if_version: Option<u64>,
    since: u64,
}

/// Too many commands are waiting for answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MAX_PENDING} commands are waiting for the contact centre; wait for it to come back")]
pub struct TooMany;

impl Client {
    /// Something is to be done. Gives its number, and the frame to send now, if the link is live; else it
    /// goes out when the link is back.
    ///
    /// # Errors
    /// When too many are waiting.
    pub fn command(
        &mut self,
        now: u64,
        op: Op,
        if_version: Option<u64>,
    ) -> Result<(u64, Option<ClientFrame>), TooMany> {
        if self.pending.len() >= MAX_PENDING {
            return Err(TooMany);
        }
        if self.commands == 0 {
            // Ids of an earlier run of this station must not come back within ten minutes.
            self.commands = self.next_random() >> 12;
        }
        self.commands += 1;
        let number = self.commands;
        let pending = Pending {
            op,
            if_version,
            since: now,
        };
        let frame = self.is_live().then(|| pending.frame(number));
        self.pending.insert(number, pending);
        Ok((number, frame))
    }

    /// Nobody waits for this command any more: it is not said again after a reconnect. One that has been
    /// sent may have been done all the same.
    pub fn withdraw(&mut self, command: u64) {
        self.pending.remove(&command);
    }

    /// The answer to a command; `None` when it has been answered before the connection broke, and is again.
    pub(super) fn answered(
        &mut self,
        id: &str,
        ok: bool,
        body: Option<serde_json::Value>,
        err: Option<OpError>,
    ) -> Option<Update> {
        let number = id.strip_prefix('c')?;
        let command = u64::from_str_radix(number, 16).ok()?;
        self.pending.remove(&command)?;
        let unnamed = || OpError {
            code: "unknown".into(),
            detail: "The server gave no reason".into(),
        };
        let result = if ok {
            Ok(body)
        } else {
            Err(err.unwrap_or_else(unnamed))
        };
        Some(Update::Answer { command, result })
    }

    /// Say again what has no answer yet, with the same ids: the server does each once.
    pub(super) fn live(&mut self, now: u64) -> (Vec<Update>, Vec<ClientFrame>) {
        self.stage = Stage::Live;
        self.attempts = 0;
        let stale = |pending: &Pending| now.saturating_sub(pending.since) > RESEND_MS;
        let unknown: Vec<_> = self
            .pending
            .iter()
            .filter(|(_, pending)| stale(pending))
            .map(|(number, _)| *number)
            .collect();
        for number in &unknown {
            self.pending.remove(number);
        }
        let updates = unknown
            .into_iter()
            .map(|command| Update::Unknown { command })
            .collect();
        (
            updates,
            self.pending
                .iter()
                .map(|(number, pending)| pending.frame(*number))
                .collect(),
        )
    }
}

impl Pending {
    fn frame(&self, number: u64) -> ClientFrame {
        ClientFrame::Cmd {
            id: format!("c{number:x}"),
            op: self.op.clone(),
            if_version: self.if_version,
        }
    }
}
