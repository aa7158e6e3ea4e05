//! A 2xx of ours, repeated until its ACK arrives (RFC 3261 §13.3.1.4).

use std::time::Instant;

use crate::{
    flow::Endpoint,
    transaction::{Doubling, ServerId},
    wire::Response,
};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Waiting,
    /// 64·T1 without an ACK.
    Lost,
}

#[derive(Debug)]
pub(super) struct Unacked {
    server: ServerId,
    response: Response,
    resend: Doubling,
    next: Instant,
    give_up: Instant,
}

impl Unacked {
    /// Sends the 2xx for the first time.
    pub(super) fn send(now: Instant, endpoint: &mut Endpoint, server: ServerId, response: Response) -> Self {
        let timing = endpoint.timing();
        let mut resend = Doubling::new(timing.t1, Some(timing.t2));
        let next = now + resend.next();
        endpoint.respond(now, server, response.clone());
        Self {
            server,
            response,
            resend,
            next,
            give_up: now + timing.patience(),
        }
    }

    /// The number of the INVITE, which the ACK repeats.
    pub(super) fn seq(&self) -> u32 {
        super::cause::seq_of(&self.response)
    }

    pub(super) fn next_timeout(&self) -> Instant {
        self.next.min(self.give_up)
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, endpoint: &mut Endpoint) -> Fate {
        if self.give_up <= now {
            return Fate::Lost;
        }
        if self.next <= now {
            self.next = now + self.resend.next();
            endpoint.respond(now, self.server, self.response.clone());
        }
        Fate::Waiting
    }
}
