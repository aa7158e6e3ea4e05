//! Commands to the contact centre that are not answered yet. The link does each once, reconnects or not; one
//! that stays unanswered too long fails where it was asked, and is withdrawn.

use std::time::{Duration, Instant};

use contact_api::frame::{Op, OpError};
use serde_json::Value;

use super::Session;
use crate::{CenterCommand, CommandError, Output, Token};

/// How long an answer is awaited, reconnects included.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// What an answer is for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Purpose {
    /// Nothing but the reply.
    Nothing,
    UccSignIn {
        ucc: String,
    },
    UccSignOut {
        ucc: String,
    },
    SignOut {
        force: bool,
    },
    Accept {
        offer: String,
    },
    Ignore,
}

impl Purpose {
    /// What SIP says as well: it may reach the contact centre late.
    const fn may_wait(&self) -> bool {
        matches!(self, Self::Accept { .. } | Self::Ignore)
    }
}

#[derive(Debug)]
pub(super) struct Unanswered {
    id: u64,
    token: Option<Token>,
    purpose: Purpose,
    limit: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Outbox {
    next: u64,
    waiting: Vec<Unanswered>,
}

impl Outbox {
    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.waiting.iter().map(|u| u.limit).min()
    }
}

impl Session {
    /// Has the link do a command.
    pub(super) fn send_op(&mut self, token: Option<Token>, op: Op, purpose: Purpose) {
        let limit = self.now + ANSWER_LIMIT;
        let Some(outbox) = self.center.outbox() else {
            let problem = "you are not signed in to a contact centre";
            return self.refuse(token, CommandError::WrongState(problem.into()));
        };
        outbox.next += 1;
        let id = outbox.next;
        outbox.waiting.push(Unanswered {
            id,
            token,
            purpose,
            limit,
        });
        self.out.push(Output::Center(CenterCommand::Do { id, op }));
    }

    /// A command's answer.
    pub(super) fn answered(&mut self, id: u64, result: Result<Option<Value>, OpError>) {
        let Some(outbox) = self.center.outbox() else {
            return;
        };
        let Some(at) = outbox.waiting.iter().position(|u| u.id == id) else {
            return;
        };
        let Unanswered { token, purpose, .. } = outbox.waiting.remove(at);
        let error = match result {
            Ok(body) => return self.op_done(token, purpose, body),
            Err(error) => command_error(error),
        };
        match purpose {
            Purpose::Accept { offer } => self.accept_refused(&offer, &error.to_string()),
            _ => self.refuse(token, error),
        }
    }

    pub(super) fn expire_commands(&mut self) {
        let now = self.now;
        let Some(outbox) = self.center.outbox() else {
            return;
        };
        let late: Vec<Unanswered> = outbox.waiting.extract_if(.., |u| u.limit <= now).collect();
        let problem = "the contact centre does not answer; try again when the connection is back";
        self.withdraw(late, &CommandError::Network(problem.into()));
    }

    /// The contact centre cannot be reached: nobody waits for it in vain.
    pub(super) fn fail_ops(&mut self, error: &CommandError) {
        let Some(outbox) = self.center.outbox() else {
            return;
        };
        let asked: Vec<Unanswered> = outbox.waiting.extract_if(.., |u| !u.purpose.may_wait()).collect();
        self.withdraw(asked, error);
    }

    fn withdraw(&mut self, given_up: Vec<Unanswered>, error: &CommandError) {
        for Unanswered { id, token, .. } in given_up {
            self.out.push(Output::Center(CenterCommand::Withdraw(id)));
            self.refuse(token, error.clone());
        }
    }

    /// The session leaves the contact centre: nobody will answer.
    pub(super) fn drop_ops(&mut self, reason: &str) {
        let Some(outbox) = self.center.outbox() else {
            return;
        };
        let waiting = std::mem::take(&mut outbox.waiting);
        for token in waiting.into_iter().filter_map(|u| u.token) {
            self.refuse(Some(token), CommandError::WrongState(reason.to_owned()));
        }
    }
}

fn command_error(err: OpError) -> CommandError {
    match err.code.as_str() {
        "not_found" => CommandError::NotFound(err.detail),
        "wrong_state" | "lost_race" | "conflict" => CommandError::WrongState(err.detail),
        "bad_request" => CommandError::BadParams(err.detail),
        "forbidden" => CommandError::Refused {
            status: 403,
            reason: err.detail,
        },
        _ => CommandError::Refused {
            status: 400,
            reason: err.detail,
        },
    }
}
