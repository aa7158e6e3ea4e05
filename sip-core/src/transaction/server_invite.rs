//! INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1).
//!
//! ```text
//!                                |INVITE
//!                                |pass INVITE to TU
//!             INVITE             V send 100 if TU won't in 200 ms
//!             send last  +------------+
//!             response   |            |  101-199 from TU, send response
//!               +--------|            |----------+
//!               |        | Proceeding |          |
//!               +------->|            |<---------+
//!                        +------------+
//!        300-699 from TU |            | 2xx from TU
//!        send response   |            | send response
//!                        V            V
//!            INVITE +-----------+   +-----------+  INVITE: absorbed
//!     send response |           |   |           |  ACK: passed to TU
//!            Timer G|           |   |           |  2xx from TU: sent
//!     send response | Completed |   | Accepted  |
//!                   +-----------+   +-----------+
//!             ACK |         |Timer H          |Timer L
//!                 V         |tell TU          |
//!           +-----------+   |                 |
//!           | Confirmed |   |                 |
//!           +-----------+   |                 |
//!             Timer I |     |                 |
//!                     V     V                 V
//!                   +---------------------------+
//!                   |        Terminated         |
//!                   +---------------------------+
//! ```

use std::time::{Duration, Instant};

use super::{
    Effect, Timing,
    timer::{Doubling, Timer, TimerTable},
};

/// The TU has this long before 100 is sent for it.
const TRYING_AFTER: Duration = Duration::from_millis(200);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Proceeding,
    Completed,
    Confirmed,
    Accepted,
}

#[derive(Debug)]
pub(super) struct InviteServer {
    state: State,
    resend: Doubling,
    reliable: bool,
    pub(super) timers: TimerTable,
}

impl InviteServer {
    pub(super) fn new(now: Instant, timing: &Timing, reliable: bool) -> Self {
        let mut timers = TimerTable::default();
        timers.set(Timer::Trying, now + TRYING_AFTER);
        Self {
            state: State::Proceeding,
            resend: Doubling::new(timing.t1, Some(timing.t2)),
            reliable,
            timers,
        }
    }

    /// A copy of the INVITE arrived.
    pub(super) fn repeated(&mut self, out: &mut Vec<Effect>) {
        if matches!(self.state, State::Proceeding | State::Completed) {
            out.push(Effect::Send);
        }
    }

    /// An ACK with the INVITE's branch arrived.
    pub(super) fn ack(&mut self, now: Instant, timing: &Timing, out: &mut Vec<Effect>) {
        match self.state {
            State::Completed => {
                self.state = State::Confirmed;
                self.timers.stop_all();
                if self.reliable {
                    out.push(Effect::Done);
                } else {
                    self.timers.set(Timer::Linger, now + timing.t4);
                }
            }
            State::Accepted => out.push(Effect::Deliver),
            State::Proceeding | State::Confirmed => {}
        }
    }

    /// The TU's response; `false` when it comes too late and is not sent.
    pub(super) fn respond(
        &mut self,
        now: Instant,
        timing: &Timing,
        status: u16,
        out: &mut Vec<Effect>,
    ) -> bool {
        match (self.state, status) {
            (State::Proceeding, 100..=199) => self.timers.stop(Timer::Trying),
            (State::Proceeding, 200..=299) => {
                self.state = State::Accepted;
                self.timers.stop_all();
                self.timers.set(Timer::Linger, now + timing.patience());
            }
            (State::Proceeding, _) => {
                self.state = State::Completed;
                self.timers.stop_all();
                if !self.reliable {
                    self.timers.set(Timer::Retransmit, now + self.resend.next());
                }
                self.timers.set(Timer::GiveUp, now + timing.patience());
            }
            (State::Accepted, 200..=299) => {}
            _ => return false,
        }
        out.push(Effect::Send);
        true
    }

    pub(super) fn expired(&mut self, now: Instant, timer: Timer, out: &mut Vec<Effect>) {
        match (self.state, timer) {
            (State::Proceeding, Timer::Trying) => out.push(Effect::Trying),
            (State::Completed, Timer::Retransmit) => {
                self.timers.set(Timer::Retransmit, now + self.resend.next());
                out.push(Effect::Send);
            }
            (State::Completed, Timer::GiveUp) => {
                out.push(Effect::NoReply);
                out.push(Effect::Done);
            }
            (State::Confirmed | State::Accepted, Timer::Linger) => out.push(Effect::Done),
            _ => {}
        }
    }

    /// Whether a CANCEL still has something to cancel (§9.2).
    pub(super) fn is_pending(&self) -> bool {
        self.state == State::Proceeding
    }
}
