//! The timers of a transaction (RFC 3261 §17, table 4 of appendix A; RFC 6026).

use std::time::{Duration, Instant};

/// The three constants every SIP timer is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Round-trip estimate, 500 ms.
    pub t1: Duration,
    /// Longest retransmission interval, 4 s.
    pub t2: Duration,
    /// How long a message may stay in the network, 5 s.
    pub t4: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
        }
    }
}

impl Timing {
    /// 64·T1: how long to wait for a peer before giving up (timers B, F, H, J, L, M), 32 s.
    pub fn patience(&self) -> Duration {
        self.t1 * 64
    }

    /// Timer D: how long to absorb repeated final responses to INVITE over UDP.
    pub fn absorb(&self) -> Duration {
        self.patience().max(Duration::from_secs(32))
    }
}

/// What a transaction may be waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// A, E, G: send the last message again.
    Retransmit,
    /// B, F, H: the peer does not answer.
    GiveUp,
    /// D, I, J, K, L, M: late copies are absorbed until now.
    Linger,
    /// 100 Trying is due because nobody has answered the INVITE within 200 ms (§17.2.1).
    Trying,
}

impl Timer {
    pub(super) const ALL: [Self; 4] = [Self::Retransmit, Self::GiveUp, Self::Linger, Self::Trying];
}

/// When each timer of one transaction fires.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TimerTable([Option<Instant>; 4]);

impl TimerTable {
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.0[timer as usize] = Some(at);
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(super) fn stop_all(&mut self) {
        self.0 = [None; 4];
    }

    /// The earliest of all timers.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes out one timer that is due.
    pub(super) fn expire(&mut self, now: Instant) -> Option<Timer> {
        let due = Timer::ALL
            .into_iter()
            .find(|t| self.0[*t as usize].is_some_and(|at| at <= now))?;
        self.stop(due);
        Some(due)
    }
}

/// The interval of a repeated message: doubles from T1, capped at T2 where the RFC caps it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doubling {
    interval: Duration,
    cap: Option<Duration>,
}

impl Doubling {
    pub(crate) fn new(first: Duration, cap: Option<Duration>) -> Self {
        Self { interval: first, cap }
    }

    /// The wait before the next copy.
    pub(crate) fn next(&mut self) -> Duration {
        let now = self.interval;
        let next = self.interval * 2;
        self.interval = self.cap.map_or(next, |cap| next.min(cap));
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_double_up_to_their_cap() {
        let timing = Timing::default();
        let mut capped = Doubling::new(timing.t1, Some(timing.t2));
        let ms: Vec<_> = (0..6).map(|_| capped.next().as_millis()).collect();
        assert_eq!(ms, [500, 1000, 2000, 4000, 4000, 4000]);
    }

    #[test]
    #[allow(
        clippy::disallowed_methods,
        reason = "a test needs some instant to start from"
    )]
    fn due_timers_come_out_once() {
        let now = Instant::now();
        let mut timers = TimerTable::default();
        timers.set(Timer::Linger, now);
        timers.set(Timer::GiveUp, now + Duration::from_secs(1));
        assert_eq!(timers.expire(now), Some(Timer::Linger));
        assert_eq!(timers.expire(now), None);
        assert_eq!(timers.next_timeout(), Some(now + Duration::from_secs(1)));
    }
}
