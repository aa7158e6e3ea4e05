//! Non-INVITE client transaction (RFC 3261 §17.1.2).
//!
//! ```text
//!                            |Request from TU
//!                            |send request
//!        Timer E             V
//!        send request  +-----------+
//!            +---------|           |-------------------+
//!            |         |  Trying   |  Timer F          |
//!            +-------->|           |  or transport err |
//!                      +-----------+  inform TU        |
//!         200-699         |  |                         |
//!         resp. to TU     |  |1xx, resp. to TU         |
//!         +---------------+  |                         |
//!         |   Timer E        V       Timer F           |
//!         |   send req +-----------+ or transport err  |
//!         |  +---------|           | inform TU         |
//!         |  |         |Proceeding |------------------>|
//!         |  +-------->|           |-----+             |
//!         |            +-----------+     |1xx to TU    |
//!         |              |      ^        |             |
//!         | 200-699 to TU|      +--------+             |
//!         |              V                             |
//!         |            +-----------+                   |
//!         +----------->| Completed |                   |
//!                      +-----------+                   |
//!                         | Timer K                    |
//!                         V                            |
//!                      +-----------+                   |
//!                      |Terminated |<------------------+
//!                      +-----------+
//! ```

use std::time::Instant;

use super::{
    Effect, Timing,
    timer::{Doubling, Timer, TimerTable},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Trying,
    Proceeding,
    Completed,
}

#[derive(Debug)]
pub(super) struct RequestClient {
    state: State,
    resend: Doubling,
    reliable: bool,
    pub(super) timers: TimerTable,
}

impl RequestClient {
    pub(super) fn new(now: Instant, timing: &Timing, reliable: bool, out: &mut Vec<Effect>) -> Self {
        let mut timers = TimerTable::default();
        let mut resend = Doubling::new(timing.t1, Some(timing.t2));
        if !reliable {
            timers.set(Timer::Retransmit, now + resend.next());
        }
        timers.set(Timer::GiveUp, now + timing.patience());
        out.push(Effect::Send);
        Self {
            state: State::Trying,
            resend,
            reliable,
            timers,
        }
    }

    /// A response that matches this transaction.
    pub(super) fn response(&mut self, now: Instant, timing: &Timing, status: u16, out: &mut Vec<Effect>) {
        match (self.state, status) {
            (State::Completed, _) => {}
            (_, 100..=199) => {
                self.state = State::Proceeding;
                out.push(Effect::Deliver);
            }
            _ => {
                self.state = State::Completed;
                self.timers.stop_all();
                out.push(Effect::Deliver);
                if self.reliable {
                    out.push(Effect::Done);
                } else {
                    self.timers.set(Timer::Linger, now + timing.t4);
                }
            }
        }
    }

    pub(super) fn expired(&mut self, now: Instant, timing: &Timing, timer: Timer, out: &mut Vec<Effect>) {
        match (self.state, timer) {
            (State::Trying, Timer::Retransmit) => {
                self.timers.set(Timer::Retransmit, now + self.resend.next());
                out.push(Effect::Send);
            }
            // Proceeding repeats every T2, whatever the interval was (§17.1.2.2).
            (State::Proceeding, Timer::Retransmit) => {
                self.timers.set(Timer::Retransmit, now + timing.t2);
                out.push(Effect::Send);
            }
            (State::Trying | State::Proceeding, Timer::GiveUp) => {
                out.push(Effect::NoReply);
                out.push(Effect::Done);
            }
            (State::Completed, Timer::Linger) => out.push(Effect::Done),
            _ => {}
        }
    }

    /// Whether the TU still waits for a final response.
    pub(super) fn is_waiting(&self) -> bool {
        self.state != State::Completed
    }
}
