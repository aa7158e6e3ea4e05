//! INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2).
//!
//! ```text
//!                              |INVITE from TU
//!            Timer A fires     |INVITE sent
//!            Reset A,          V                    Timer B fires
//!            INVITE sent +-----------+              or transport error
//!              +---------|  Calling  |--------------------------+ TU told
//!              +-------->|           |-----------+2xx           |
//!                        +-----------+           |2xx to TU     |
//!                300-699    |   |1xx             |              |
//!                ACK sent   |   |1xx to TU       |              |
//!                to TU      |   V                |              |
//!                        +-----------+2xx        |              |
//!              +---------|Proceeding |-----------+              |
//!           1xx|to TU    |           |           |              |
//!              +-------->+-----------+           |              |
//!                300-699    |                    V              |
//!                ACK sent   |              +-----------+        |
//!                to TU      V      2xx to TU| Accepted |        |
//!                        +-----------+   +--|          |        |
//!              +---------| Completed |   +->+-----------+       |
//!      300-699 |ACK sent |           |           |Timer M fires |
//!              +-------->+-----------+           |              |
//!                           |Timer D fires       |              |
//!                           V                    V              |
//!                        +-----------------------------+        |
//!                        |         Terminated          |<-------+
//!                        +-----------------------------+
//! ```
//!
//! A CANCEL asked for before any 1xx waits in here until one arrives (§9.1); once sent, the peer has
//! 64·T1 to answer the INVITE.

use std::time::Instant;

use super::{
    Effect, Timing,
    timer::{Doubling, Timer, TimerTable},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Calling,
    Proceeding,
    Accepted,
    Completed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cancelling {
    No,
    /// Wanted, but no provisional response has arrived yet.
    Wanted,
    Sent,
}

#[derive(Debug)]
pub(super) struct InviteClient {
    state: State,
    cancelling: Cancelling,
    resend: Doubling,
    reliable: bool,
    pub(super) timers: TimerTable,
}

impl InviteClient {
    pub(super) fn new(now: Instant, timing: &Timing, reliable: bool, out: &mut Vec<Effect>) -> Self {
        let mut timers = TimerTable::default();
        let mut resend = Doubling::new(timing.t1, None);
        if !reliable {
            timers.set(Timer::Retransmit, now + resend.next());
        }
        timers.set(Timer::GiveUp, now + timing.patience());
        out.push(Effect::Send);
        Self {
            state: State::Calling,
            cancelling: Cancelling::No,
            resend,
            reliable,
            timers,
        }
    }

    /// A response that matches this transaction.
    pub(super) fn response(&mut self, now: Instant, timing: &Timing, status: u16, out: &mut Vec<Effect>) {
        match (self.state, status) {
            (State::Calling | State::Proceeding, 100..=199) => {
                self.state = State::Proceeding;
                self.timers.stop(Timer::Retransmit);
                out.push(Effect::Deliver);
                match self.cancelling {
                    Cancelling::Wanted => self.send_cancel(now, timing, out),
                    Cancelling::No => self.timers.stop(Timer::GiveUp),
                    Cancelling::Sent => {}
                }
            }
            (State::Calling | State::Proceeding, 200..=299) => {
                self.state = State::Accepted;
                self.timers.stop_all();
                self.timers.set(Timer::Linger, now + timing.patience());
                out.push(Effect::Deliver);
            }
            (State::Calling | State::Proceeding, _) => {
                self.state = State::Completed;
                self.timers.stop_all();
                out.push(Effect::Acknowledge);
                out.push(Effect::Deliver);
                if self.reliable {
                    out.push(Effect::Done);
                } else {
                    self.timers.set(Timer::Linger, now + timing.absorb());
                }
            }
            // Each fork's 2xx, and every repetition of one, goes up: the TU acknowledges it.
            (State::Accepted, 200..=299) => out.push(Effect::Deliver),
            (State::Completed, 300..=699) => out.push(Effect::Acknowledge),
            (State::Accepted | State::Completed, _) => {}
        }
    }

    /// The TU wants the INVITE cancelled. Nothing happens once a final response is here.
    pub(super) fn cancel(&mut self, now: Instant, timing: &Timing, out: &mut Vec<Effect>) {
        match (self.state, self.cancelling) {
            (State::Calling, Cancelling::No) => self.cancelling = Cancelling::Wanted,
            (State::Proceeding, Cancelling::No) => self.send_cancel(now, timing, out),
            _ => {}
        }
    }

    fn send_cancel(&mut self, now: Instant, timing: &Timing, out: &mut Vec<Effect>) {
        self.cancelling = Cancelling::Sent;
        self.timers.set(Timer::GiveUp, now + timing.patience());
        out.push(Effect::Cancel);
    }

    pub(super) fn expired(&mut self, now: Instant, timer: Timer, out: &mut Vec<Effect>) {
        match timer {
            Timer::Retransmit if self.state == State::Calling => {
                self.timers.set(Timer::Retransmit, now + self.resend.next());
                out.push(Effect::Send);
            }
            Timer::GiveUp if matches!(self.state, State::Calling | State::Proceeding) => {
                out.push(Effect::NoReply);
                out.push(Effect::Done);
            }
            Timer::Linger => out.push(Effect::Done),
            _ => {}
        }
    }

    /// Whether the TU still waits for a final response.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Calling | State::Proceeding)
    }
}
