//! When an address does not work: silence, connections that do not open or break, and the next address
//! (RFC 3263 §4.3).

use std::time::Instant;

use super::{Endpoint, Failure, JobId, candidates::Candidate, courier::Stage};
use crate::{
    FlowId,
    transaction::{ClientId, Path},
};

impl Endpoint {
    pub(super) fn flow_ready(&mut self, now: Instant, flow: FlowId) {
        let ready: Vec<_> = self
            .courier
            .jobs
            .iter()
            .filter_map(|(id, job)| match job.stage {
                Stage::Opening { path, candidate, .. } if path.flow == flow => Some((*id, candidate, path)),
                _ => None,
            })
            .collect();
        for (id, candidate, path) in ready {
            self.transmit(now, id, candidate, path);
        }
    }

    /// A connection that requests waited for did not open.
    pub(super) fn flow_lost(&mut self, now: Instant, flow: FlowId, reason: &str) {
        let lost: Vec<_> = self
            .courier
            .jobs
            .iter()
            .filter_map(|(id, job)| match job.stage {
                Stage::Opening { path, candidate, .. } if path.flow == flow => Some((*id, candidate, path)),
                _ => None,
            })
            .collect();
        for (id, candidate, path) in lost {
            self.not_opened(now, id, candidate, path, reason);
        }
    }

    fn not_opened(&mut self, now: Instant, id: JobId, candidate: Candidate, path: Path, reason: &str) {
        if let Some(job) = self.courier.jobs.get_mut(&id) {
            job.last = Some(Failure::Broken {
                path,
                reason: reason.to_owned(),
            });
            if candidate.instead_of_udp {
                tracing::debug!(%path, "large request falls back to UDP");
            }
        }
        self.try_next(now, id);
    }

    pub(super) fn couriers_timeout(&mut self, now: Instant) {
        while let Some(id) = self.courier.alarms.expire(now) {
            match self.courier.jobs.get(&id).map(|job| &job.stage) {
                Some(&Stage::Opening {
                    path,
                    candidate,
                    give_up,
                }) if give_up <= now => {
                    self.flows.refuse(now, candidate.peer);
                    let others = self.waits_for(path.flow) > 1;
                    if !others {
                        self.flows.close(path.flow, &mut self.down);
                    }
                    self.not_opened(now, id, candidate, path, "it did not open in time");
                }
                Some(&Stage::Sent {
                    client,
                    path,
                    move_on: Some(at),
                }) if at <= now => {
                    self.by_client.remove(&client);
                    if let Some(sent) = self.courier.jobs.get(&id).map(|job| job.outgoing.clone()) {
                        self.leave_behind(now, client, sent);
                    }
                    self.next_after(now, id, path);
                }
                _ => {}
            }
        }
    }

    fn waits_for(&self, flow: FlowId) -> usize {
        self.courier
            .jobs
            .values()
            .filter(|job| matches!(job.stage, Stage::Opening { path, .. } if path.flow == flow))
            .count()
    }

    /// The peer at `path` is silent: the next address, or the end.
    fn next_after(&mut self, now: Instant, id: JobId, path: Path) {
        if let Some(job) = self.courier.jobs.get_mut(&id) {
            job.last = Some(Failure::NoReply {
                path,
                waited: now.duration_since(job.started),
            });
            if job.cancelled || job.heard {
                job.left.clear();
            }
        }
        self.try_next(now, id);
    }

    pub(super) fn no_reply(&mut self, now: Instant, client: ClientId) {
        self.behind.forget(client);
        let Some(id) = self.by_client.remove(&client) else {
            return;
        };
        match self.courier.jobs.get(&id).map(|job| &job.stage) {
            Some(&Stage::Sent { path, .. }) => self.next_after(now, id, path),
            _ => self.finish(id),
        }
    }

    pub(super) fn broken(&mut self, now: Instant, client: ClientId, reason: &str) {
        self.behind.forget(client);
        let Some(id) = self.by_client.remove(&client) else {
            return;
        };
        let Some(job) = self.courier.jobs.get_mut(&id) else {
            return;
        };
        let Stage::Sent { path, .. } = job.stage else {
            return self.finish(id);
        };
        job.last = Some(Failure::Broken {
            path,
            reason: reason.to_owned(),
        });
        if job.cancelled {
            job.left.clear();
        }
        self.try_next(now, id);
    }
}
