//! The end: hang up and unregister, then sign out; bounded, whatever the peers do.
//!
//! ```text
//!  Running ──stop──▶ Phone ──unregistered, or 1 s──▶ Left ──phone stopped, or 3 s──▶ Stopped
//! ```
//!
//! The order matters: signing out takes the station's SIP account away, and with it the right to unregister.

use std::time::{Duration, Instant};

use contact_api::frame::Op;
use sip_core::agent::{self as sip, AccountId, RegistrationState};

use super::{Session, call::Phase, center::Station, outbox::Purpose};
use crate::{CenterCommand, Output};

/// The user agent is bounded by 2 s itself.
const LIMIT: Duration = Duration::from_secs(3);
/// How long the un-REGISTER may take before we sign out all the same.
const UNREGISTER_LIMIT: Duration = Duration::from_secs(1);

const STOPPING: &str = "The session is stopping";

/// Where the stopping is.
#[derive(Debug, Default)]
pub(super) enum Stop {
    #[default]
    Running,
    /// The phone hangs up and unregisters.
    Phone {
        /// Sign out then at the latest.
        leave: Instant,
        limit: Instant,
    },
    /// Signed out; the phone may still have something to finish.
    Left {
        limit: Instant,
    },
    Stopped,
}

impl Stop {
    pub(super) const fn is_begun(&self) -> bool {
        !matches!(self, Self::Running)
    }

    pub(super) const fn next_wake(&self) -> Option<Instant> {
        match self {
            Self::Phone { leave, .. } => Some(*leave),
            Self::Left { limit } => Some(*limit),
            Self::Running | Self::Stopped => None,
        }
    }
}

impl Session {
    pub(super) fn begin_stop(&mut self) {
        if self.stop.is_begun() {
            return;
        }
        self.stop = Stop::Phone {
            leave: self.now + UNREGISTER_LIMIT,
            limit: self.now + LIMIT,
        };
        self.drop_offers(STOPPING);
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
        let ringing: Vec<_> = self.calls.iter().filter(|c| !c.outgoing).map(|c| c.id).collect();
        for id in ringing {
            self.put_down_to(id, 603, "the session is stopping");
        }
        self.out.push(Output::Sip(sip::Command::Stop));
        let registered = self.center.station().and_then(|id| self.accounts.get(&id));
        if registered.is_none() || !self.center.is_link_up() {
            self.leave_at_stop();
        }
    }

    /// The phone has told what became of the station's binding.
    pub(super) fn station_at_stop(&mut self, account: AccountId, state: &RegistrationState) {
        let over = matches!(
            state,
            RegistrationState::Unregistered | RegistrationState::Failed { .. }
        );
        if over && self.center.station() == Some(account) {
            self.leave_at_stop();
        }
    }

    /// The station is no longer registered: nothing keeps us in the contact centre.
    fn leave_at_stop(&mut self) {
        let Stop::Phone { limit, .. } = self.stop else {
            return;
        };
        self.stop = Stop::Left { limit };
        let station = if self.center.is_link_up() {
            self.send_op(None, Op::SignOut { force: true }, Purpose::Nothing);
            Station::Gone
        } else {
            Station::Unregister
        };
        self.leave_center(STOPPING, station);
        self.out.push(Output::Center(CenterCommand::SignOut));
    }

    pub(super) fn expire_stop(&mut self) {
        match self.stop {
            Stop::Phone { leave, .. } if leave <= self.now => self.leave_at_stop(),
            Stop::Left { limit } if limit <= self.now => self.finish_stop(),
            _ => {}
        }
    }

    pub(super) fn finish_stop(&mut self) {
        self.leave_at_stop();
        if !matches!(self.stop, Stop::Left { .. }) {
            return;
        }
        self.stop = Stop::Stopped;
        while let Some(id) = self.calls.first().map(|c| c.id) {
            self.finish(id, None, None, "The phone was closed".into());
        }
        self.out.push(Output::Stopped);
    }
}
