//! The link to the contact centre goes down and comes back: what waits is kept over a short break, refused when
//! the first new attempt fails too; a registrar that may have restarted is told where we are.

use std::time::Duration;

use contact_api::frame::Op;
use sip_core::agent as sip;

use super::{
    Session,
    center::{Center, Link},
    clock::ServerClock,
    outbox::Purpose,
};
use crate::{CenterCommand, CommandError, Output, Token};

/// What was missed, and the registration, follow a new link within this: nobody is told of the steps.
const SETTLE: Duration = Duration::from_millis(250);

/// Attempts that somebody asks for are no closer together than this.
const PATIENCE: Duration = Duration::from_secs(1);

impl Session {
    /// The socket is up; the state follows with a snapshot, or is the one we know.
    pub(super) fn link_up(&mut self, server_time: u64, snapshot: bool) {
        let clock = ServerClock::new(self.now, server_time);
        if let Some(member) = self.center.member_mut() {
            member.clock = Some(clock);
        }
        if !snapshot {
            self.link_usable();
        }
    }

    /// The link is up and we know the state.
    pub(super) fn link_usable(&mut self) {
        let Some(member) = self.center.member_mut() else {
            return;
        };
        member.queue.touch();
        let station = member.station;
        match std::mem::replace(&mut member.link, Link::Up) {
            Link::Up => {}
            Link::Opening => member.settled_at = Some(self.now + SETTLE),
            Link::Down { .. } => {
                member.settled_at = Some(self.now + SETTLE);
                // Registrar and contact centre are one program: what took the link may have taken our binding.
                self.out.push(Output::Sip(sip::Command::Reregister(station)));
            }
        }
    }

    /// The next attempt is after `retry_in`; `at_least` of it is what the contact centre asked for.
    pub(super) fn link_down(&mut self, reason: String, retry_in: Duration, at_least: Duration) {
        let since = self.now;
        let (until, earliest) = (since + retry_in, since + at_least);
        let Some(member) = self.center.member_mut() else {
            return;
        };
        let down = Link::Down {
            reason,
            since,
            until,
            earliest,
        };
        let lost = std::mem::replace(&mut member.link, down) == Link::Up;
        member.queue.touch();
        if !lost && let Some(error) = self.unreachable() {
            self.fail_ops(&error);
        }
    }

    /// Has the contact centre do what a person asked for, unless it cannot be reached.
    pub(super) fn ask_center(&mut self, token: Option<Token>, op: Op, purpose: Purpose) {
        match self.unreachable() {
            Some(error) => self.refuse(token, error),
            None => self.send_op(token, op, purpose),
        }
    }

    /// What to answer while the link is down. Who asks for something has waited long enough: the next attempt comes
    /// now, unless the last one has just been; never before the contact centre wants it.
    pub(super) fn unreachable(&mut self) -> Option<CommandError> {
        let now = self.now;
        let Center::In(member) = &mut self.center else {
            return None;
        };
        let Link::Down {
            reason,
            since,
            until,
            earliest,
        } = &mut member.link
        else {
            return None;
        };
        let soonest = now.max(*earliest);
        if *until > soonest && *since + PATIENCE <= now {
            (*since, *until) = (now, soonest);
            self.out.push(Output::Center(CenterCommand::Reconnect));
        }
        Some(next_attempt(reason, until.saturating_duration_since(now)))
    }

    /// A person wants the next attempt now. When the contact centre asked for a wait, it says how long that is.
    pub(super) fn reconnect(&mut self, token: Option<Token>) {
        let now = self.now;
        let Some(member) = self.center.member_mut() else {
            let problem = "you are not signed in to a contact centre";
            return self.refuse(token, CommandError::WrongState(problem.into()));
        };
        let Link::Down {
            reason,
            until,
            earliest,
            ..
        } = &mut member.link
        else {
            return self.done(token);
        };
        *until = (*until).min(now.max(*earliest));
        let wait = (*earliest > now).then(|| next_attempt(reason, *earliest - now));
        self.out.push(Output::Center(CenterCommand::Reconnect));
        match wait {
            Some(wait) => self.refuse(token, wait),
            None => self.done(token),
        }
    }
}

fn next_attempt(reason: &str, left: Duration) -> CommandError {
    CommandError::Network(match left {
        Duration::ZERO => format!("{reason}; the next attempt is under way"),
        left => format!("{reason}; the next attempt is in {} s", left.as_secs_f32().ceil()),
    })
}
