//! What a person does to a call in progress: hold, resume, mute, digits, figures, hang up.

use sip_core::agent::{self as sip, CallId};

use super::{
    Session,
    call::{Call, Phase, Wanted},
};
use crate::{CommandError, MediaCommand, Output, Token};

/// Digits of one command.
const MOST_DIGITS: usize = 64;

impl Session {
    pub(super) fn hang_up(&mut self, token: Option<Token>, id: CallId) {
        let call = match self.find(id) {
            Ok(call) => call,
            Err(error) => return self.refuse(token, error),
        };
        call.ended_here = true;
        call.auto = None;
        call.ring_until = None;
        match std::mem::replace(&mut call.phase, Phase::Ending) {
            // No INVITE has left: there is nobody to tell.
            Phase::Opening { .. } => {
                self.done(token);
                self.finish(id, None, None, "You hung up before the call went out".into());
            }
            Phase::Ending => self.done(token),
            _ => {
                let reason = None;
                self.out
                    .push(Output::Sip(sip::Command::Hangup { call: id, reason }));
                self.done(token);
            }
        }
    }

    pub(super) fn hold(&mut self, token: Option<Token>, id: CallId) {
        match self.confirmed(id, "put on hold") {
            Ok(_) => self.change_hold(token, id, true),
            Err(error) => self.refuse(token, error),
        }
    }

    pub(super) fn resume(&mut self, token: Option<Token>, id: CallId) {
        let precedence = self.next_precedence();
        match self.confirmed(id, "resumed") {
            Ok(call) => {
                call.precedence = precedence;
                self.hold_others(id);
                self.change_hold(token, id, false);
            }
            Err(error) => self.refuse(token, error),
        }
    }

    /// Holds or resumes a confirmed call; the answer comes with the peer's.
    fn change_hold(&mut self, token: Option<Token>, id: CallId, hold: bool) {
        let now = self.now;
        let Ok(call) = self.find(id) else { return };
        if call.hold_pending.unwrap_or(call.local_hold) == hold {
            match (token, call.hold_pending) {
                (Some(token), Some(_)) => call.waiting.push((token, wanted(hold))),
                (token, _) => self.done(token),
            }
            return;
        }
        // A change of mind: what waited for the opposite will not come.
        let overtaken: Vec<Token> = call
            .waiting
            .extract_if(.., |(_, want)| *want == wanted(!hold))
            .map(|(token, _)| token)
            .collect();
        call.hold_pending = Some(hold);
        if hold && call.held_since.is_none() {
            call.held_since = Some(now);
        }
        call.waiting.extend(token.map(|token| (token, wanted(hold))));
        for token in overtaken {
            let verb = if hold { "hold" } else { "resume" };
            let problem = format!("call {id}: a later {verb} took its place");
            self.refuse(Some(token), CommandError::WrongState(problem));
        }
        self.out.push(Output::Sip(if hold {
            sip::Command::Hold(id)
        } else {
            sip::Command::Resume(id)
        }));
    }

    /// One call at a time: whoever else is connected goes on hold.
    pub(super) fn hold_others(&mut self, than: CallId) {
        if !self.config.exclusive {
            return;
        }
        let others: Vec<CallId> = self
            .calls
            .iter()
            .filter(|c| c.id != than && matches!(c.phase, Phase::Confirmed))
            .map(|c| c.id)
            .collect();
        for id in others {
            self.change_hold(None, id, true);
        }
    }

    pub(super) fn mute(&mut self, token: Option<Token>, id: CallId, muted: bool) {
        let call = match self.find(id) {
            Ok(call) => call,
            Err(error) => return self.refuse(token, error),
        };
        if call.muted != muted {
            call.muted = muted;
            let leg = call.leg;
            self.out.push(Output::Media(MediaCommand::Mute { leg, muted }));
        }
        self.done(token);
    }

    pub(super) fn dtmf(&mut self, token: Option<Token>, id: CallId, digits: &str) {
        let problem = if digits.is_empty() {
            Some("is empty".to_owned())
        } else if digits.len() > MOST_DIGITS {
            Some(format!("is longer than {MOST_DIGITS}"))
        } else {
            let bad = digits
                .chars()
                .find(|c| !c.is_ascii_digit() && !"*#ABCDabcd".contains(*c));
            bad.map(|c| format!("`{c}` is not one of 0-9, *, #, A-D"))
        };
        if let Some(problem) = problem {
            return self.refuse(token, CommandError::BadParams(format!("digits: {problem}")));
        }
        let call = match self.find(id) {
            Ok(call) => call,
            Err(error) => return self.refuse(token, error),
        };
        let leg = call.leg;
        let error = match (&call.phase, &call.media) {
            (Phase::Confirmed | Phase::Early | Phase::Answering, Some(media)) => {
                media.events.is_none().then(|| {
                    CommandError::WrongState(format!("call {id}: the peer takes no telephone-event digits"))
                })
            }
            (phase, _) => Some(CommandError::WrongState(format!(
                "call {id} is {}: digits need voice",
                phase.name()
            ))),
        };
        if let Some(error) = error {
            return self.refuse(token, error);
        }
        for digit in digits.chars() {
            let digit = digit.to_ascii_uppercase();
            self.out.push(Output::Media(MediaCommand::Dtmf { leg, digit }));
        }
        self.done(token);
    }

    pub(super) fn stats(&mut self, token: Option<Token>, id: CallId) {
        let call = match self.find(id) {
            Ok(call) => call,
            Err(error) => return self.refuse(token, error),
        };
        // Between the answer and the agreement that comes with it there is a moment: figures are zero then.
        let answered = matches!(call.phase, Phase::Answering | Phase::Confirmed);
        if call.media.is_none() && !answered {
            let problem = format!("call {id} is {}: it has no voice yet", call.phase.name());
            return self.refuse(token, CommandError::WrongState(problem));
        }
        if let Some(token) = token {
            let leg = call.leg;
            self.out.push(Output::Media(MediaCommand::Stats { leg, token }));
        }
    }

    pub(super) fn reinvite(&mut self, token: Option<Token>, id: CallId) {
        match self.confirmed(id, "renegotiated") {
            Ok(call) => {
                call.waiting.extend(token.map(|token| (token, Wanted::Reinvite)));
                let media = None;
                self.out
                    .push(Output::Sip(sip::Command::Reinvite { call: id, media }));
            }
            Err(error) => self.refuse(token, error),
        }
    }

    pub(super) fn end_conversation(&mut self, token: Option<Token>, conversation: &str) {
        let call = self
            .calls
            .iter()
            .find(|c| c.conversation.as_deref() == Some(conversation));
        match call.map(|c| c.id) {
            Some(id) => self.hang_up(token, id),
            None => {
                let problem = format!("you are not in conversation {conversation}");
                self.refuse(token, CommandError::NotFound(problem));
            }
        }
    }

    fn confirmed(&mut self, id: CallId, done: &str) -> Result<&mut Call, CommandError> {
        let call = self.find(id)?;
        match &call.phase {
            Phase::Confirmed => Ok(call),
            other => Err(CommandError::WrongState(format!(
                "call {id} is {}: only a confirmed call can be {done}",
                other.name()
            ))),
        }
    }
}

const fn wanted(hold: bool) -> Wanted {
    if hold { Wanted::Hold } else { Wanted::Resume }
}
