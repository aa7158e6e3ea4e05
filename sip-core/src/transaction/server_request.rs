//! Non-INVITE server transaction (RFC 3261 §17.2.2).
//!
//! ```text
//!                         |Request received
//!                         |pass to TU
//!                         V
//!                   +-----------+
//!                   |  Trying   |-------------+
//!                   +-----------+             |200-699 from TU
//!                         |1xx from TU        |send response
//!                         |send response      |
//!   Request   1xx from TU V                   |
//!   send resp send resp+-----------+          |
//!       +--------------|Proceeding |----------+
//!       +------------->|           |          |
//!                      +-----------+          |
//!                                             V
//!                      +-----------+  Request, send response
//!                      | Completed |-----+
//!                      |           |<----+
//!                      +-----------+
//!                         | Timer J
//!                         V
//!                   +-----------+
//!                   |Terminated |
//!                   +-----------+
//! ```

use std::time::Instant;

use super::{
    Effect, Timing,
    timer::{Timer, TimerTable},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Trying,
    Proceeding,
    Completed,
}

#[derive(Debug)]
pub(super) struct RequestServer {
    state: State,
    reliable: bool,
    pub(super) timers: TimerTable,
}

impl RequestServer {
    pub(super) fn new(reliable: bool) -> Self {
        Self {
            state: State::Trying,
            reliable,
            timers: TimerTable::default(),
        }
    }

    /// A copy of the request arrived.
    pub(super) fn repeated(&mut self, out: &mut Vec<Effect>) {
        if self.state != State::Trying {
            out.push(Effect::Send);
        }
    }

    /// The TU's response; `false` when it comes after the final one and is not sent.
    pub(super) fn respond(
        &mut self,
        now: Instant,
        timing: &Timing,
        status: u16,
        out: &mut Vec<Effect>,
    ) -> bool {
        if self.state == State::Completed {
            return false;
        }
        out.push(Effect::Send);
        if status < 200 {
            self.state = State::Proceeding;
        } else {
            self.state = State::Completed;
            if self.reliable {
                out.push(Effect::Done);
            } else {
                self.timers.set(Timer::Linger, now + timing.patience());
            }
        }
        true
    }

    pub(super) fn expired(&mut self, timer: Timer, out: &mut Vec<Effect>) {
        if timer == Timer::Linger {
            out.push(Effect::Done);
        }
    }
}
