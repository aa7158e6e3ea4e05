//! CRLF keep-alive on connections (RFC 5626 §3.5.1, §4.4.1).
//!
//! A double CRLF goes out when a connection we opened has been quiet for 25 s. A peer that has answered
//! one with CRLF is expected to answer the next: 10 s of silence after that and the connection is dead.
//! Peers that never answer are not judged by it.

use std::time::{Duration, Instant};

/// Quiet time before a ping.
pub(crate) const PING_EVERY: Duration = Duration::from_secs(25);
/// How long a pong may take (§4.4.1).
const PONG_WITHIN: Duration = Duration::from_secs(10);

/// The ping and its answer.
pub(crate) const PING: &[u8] = b"\r\n\r\n";
pub(crate) const PONG: &[u8] = b"\r\n";

/// The keep-alive of one connection.
#[derive(Debug)]
pub(super) struct KeepAlive {
    ping_at: Instant,
    pong_by: Option<Instant>,
    peer_answers: bool,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Ping,
    Dead,
}

impl KeepAlive {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            ping_at: now + PING_EVERY,
            pong_by: None,
            peer_answers: false,
        }
    }

    /// A lone CRLF arrived.
    pub(super) fn pong(&mut self) {
        self.peer_answers = true;
        self.pong_by = None;
    }

    /// Anything arrived: the connection lives.
    pub(super) fn heard(&mut self, now: Instant) {
        self.ping_at = now + PING_EVERY;
        self.pong_by = None;
    }

    pub(super) fn expired(&mut self, now: Instant) -> Option<Due> {
        if self.pong_by.is_some_and(|at| at <= now) {
            return Some(Due::Dead);
        }
        if self.ping_at > now {
            return None;
        }
        self.ping_at = now + PING_EVERY;
        if self.peer_answers {
            self.pong_by = Some(now + PONG_WITHIN);
        }
        Some(Due::Ping)
    }

    pub(super) fn next_timeout(&self) -> Instant {
        self.pong_by.map_or(self.ping_at, |pong| pong.min(self.ping_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(
        clippy::disallowed_methods,
        reason = "a test needs some instant to start from"
    )]
    fn only_a_peer_that_has_answered_once_is_found_dead() {
        let start = Instant::now();
        let mut k = KeepAlive::new(start);
        let mut now = start + PING_EVERY;
        assert_eq!(k.expired(now), Some(Due::Ping));
        now += PING_EVERY;
        assert_eq!(
            k.expired(now),
            Some(Due::Ping),
            "silence of a peer that never answers means nothing"
        );
        k.pong();
        now += PING_EVERY;
        assert_eq!(k.expired(now), Some(Due::Ping));
        assert_eq!(k.expired(now + PONG_WITHIN), Some(Due::Dead));
    }
}
