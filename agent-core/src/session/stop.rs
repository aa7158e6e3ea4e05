//! The end: hang up, sign out, unregister; bounded, whatever the peers do.

use std::time::{Duration, Instant};

use contact_api::frame::Op;
use sip_core::agent as sip;

use super::{Session, call::Phase};
use crate::{CenterCommand, Output};

/// The user agent is bounded by 4 s itself.
const LIMIT: Duration = Duration::from_secs(5);

/// Where the stopping is.
#[derive(Debug, Default)]
pub(super) enum Stop {
    #[default]
    Running,
    Until(Instant),
    Stopped,
}

impl Stop {
    pub(super) const fn is_begun(&self) -> bool {
        !matches!(self, Self::Running)
    }

    pub(super) const fn next_wake(&self) -> Option<Instant> {
        match self {
            Self::Until(at) => Some(*at),
            Self::Running | Self::Stopped => None,
        }
    }
}

impl Session {
    pub(super) fn begin_stop(&mut self) {
        if self.stop.is_begun() {
            return;
        }
        self.stop = Stop::Until(self.now + LIMIT);
        if self.center.is_signed_in() {
            self.send_op(None, Op::SignOut { force: true }, super::outbox::Purpose::Nothing);
        }
        self.leave_center("The session is stopping");
        self.out.push(Output::Center(CenterCommand::SignOut));
        let unsent: Vec<_> = self
            .calls
            .iter()
            .filter(|c| matches!(c.phase, Phase::Opening { .. }))
            .map(|c| c.id)
            .collect();
        for id in unsent {
            self.finish(
                id,
                None,
                None,
                "The phone was closed before the call went out".into(),
            );
        }
        self.out.push(Output::Sip(sip::Command::Stop));
    }

    pub(super) fn expire_stop(&mut self) {
        if matches!(self.stop, Stop::Until(at) if at <= self.now) {
            self.finish_stop();
        }
    }

    pub(super) fn finish_stop(&mut self) {
        if !matches!(self.stop, Stop::Until(_)) {
            return;
        }
        self.stop = Stop::Stopped;
        while let Some(id) = self.calls.first().map(|c| c.id) {
            self.finish(id, None, None, "The phone was closed".into());
        }
        self.out.push(Output::Stopped);
    }
}
