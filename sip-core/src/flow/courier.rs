//! One request on its way: name to addresses, address to flow, the next address when one fails, the
//! credentials when one asks.
//!
//! ```text
//!            send                answer            open
//!   ───────────────▶ Resolving ─────────▶ (pick) ───────▶ Opening
//!                                         ▲    │ UDP, or       │ opened
//!                            next address │    ▼ connected     ▼
//!                                         └── Sent ◀───────────┘
//!                            silent 4 s, broken, │ ▲ 401, 407: again with credentials
//!                            503, connect failed │ └──┐
//!                                                ▼    │
//!                                            Answered ┘ ──▶ Done when the transaction is over
//! ```

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use super::{
    Down, Endpoint, Failure, JobId, Outgoing, Up,
    candidates::{Candidate, candidates},
    target::{Target, Unreachable},
};
use crate::{
    DnsAnswer, DnsQuestion, QueryId, Transport,
    alarms::Alarms,
    transaction::{ClientId, Path},
    wire::{Host, Method, Request, Response},
};

/// Silence after which the next address gets its turn, when there is one.
const MOVE_ON_AFTER: Duration = Duration::from_secs(4);
/// How long a connection may take to open when nothing else is left to try.
const OPEN_WITHIN: Duration = Duration::from_secs(20);
/// A datagram larger than this goes over TCP if it can (RFC 3261 §18.1.1).
const MAX_DATAGRAM: usize = 1300;

#[derive(Debug)]
pub(super) enum Stage {
    /// Nothing is under way (only while moving from one stage to another).
    Idle,
    Resolving(QueryId),
    Opening {
        path: Path,
        candidate: Candidate,
        give_up: Instant,
    },
    Sent {
        client: ClientId,
        path: Path,
        move_on: Option<Instant>,
    },
    Answered,
}

#[derive(Debug)]
pub(super) struct Job {
    pub(super) outgoing: Outgoing,
    pub(super) target: Target,
    /// Addresses still to try.
    pub(super) left: VecDeque<Candidate>,
    pub(super) stage: Stage,
    pub(super) started: Instant,
    pub(super) cancelled: bool,
    /// A provisional response came: the peer works on it, other addresses are out.
    pub(super) heard: bool,
    pub(super) answers: u8,
    pub(super) authorized: bool,
    /// Why the last address did not work.
    pub(super) last: Option<Failure>,
}

/// Every request on its way.
#[derive(Debug, Default)]
pub(super) struct Courier {
    pub(super) jobs: BTreeMap<JobId, Job>,
    /// When a job has waited long enough where it is.
    pub(super) alarms: Alarms<JobId>,
    next_id: u64,
}

impl Courier {
    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.alarms.next()
    }

    fn remove(&mut self, id: JobId) -> Option<Job> {
        self.alarms.set(id, None);
        self.jobs.remove(&id)
    }
}

impl Endpoint {
    /// Sends a request and follows it through addresses and challenges until its final response.
    ///
    /// An ACK is sent once and reports nothing.
    pub fn send(&mut self, now: Instant, outgoing: Outgoing) -> JobId {
        self.courier.next_id += 1;
        let id = JobId(self.courier.next_id);
        let target = match Target::of(&outgoing.next_hop) {
            Ok(target) => target,
            Err(why) => {
                let why = match why {
                    Unreachable::Scheme => format!("{} needs an outbound proxy", outgoing.next_hop),
                    Unreachable::Transport => {
                        format!("{} asks for a transport there is none of", outgoing.next_hop)
                    }
                };
                self.up.push_back(Up::Failed {
                    job: id,
                    failure: Failure::NoWay(why),
                });
                return id;
            }
        };
        let host = target.host.clone();
        self.courier.jobs.insert(
            id,
            Job {
                outgoing,
                target,
                left: VecDeque::new(),
                stage: Stage::Idle,
                started: now,
                cancelled: false,
                heard: false,
                answers: 0,
                authorized: false,
                last: None,
            },
        );
        match host {
            Host::Ip(ip) => self.plan(now, id, Ok(vec![ip])),
            Host::Name(name) => {
                let query = QueryId(id.0);
                if let Some(job) = self.courier.jobs.get_mut(&id) {
                    job.stage = Stage::Resolving(query);
                }
                self.down.push(Down::Query {
                    query,
                    question: DnsQuestion::Addresses(name),
                });
            }
        }
        self.pump(now);
        id
    }

    /// Calls a request back. An INVITE that is out is cancelled (RFC 3261 §9.1) and still gets its final
    /// response; one that is not out yet fails with [`Failure::Cancelled`].
    pub fn cancel(&mut self, now: Instant, id: JobId) {
        let Some(job) = self.courier.jobs.get_mut(&id) else {
            return;
        };
        job.cancelled = true;
        match job.stage {
            Stage::Sent { client, .. } => self.layer.cancel(now, client),
            Stage::Resolving(_) | Stage::Opening { .. } | Stage::Idle => self.fail(id, Failure::Cancelled),
            Stage::Answered => {}
        }
        self.pump(now);
    }

    pub(super) fn dns_answer(&mut self, now: Instant, query: QueryId, answer: DnsAnswer) {
        let id = JobId(query.0);
        let asked = |job: &&Job| matches!(job.stage, Stage::Resolving(q) if q == query);
        let Some(job) = self.courier.jobs.get(&id).filter(asked) else {
            return;
        };
        let host = job.target.host.to_string();
        let addresses = match answer {
            DnsAnswer::Addresses(list) if list.is_empty() => Err(Failure::UnknownHost(host)),
            DnsAnswer::Addresses(list) => Ok(list),
            DnsAnswer::Failed(reason) => Err(Failure::Resolver { host, reason }),
        };
        self.plan(now, id, addresses);
    }

    /// The addresses are known: line up the places to try.
    fn plan(&mut self, now: Instant, id: JobId, addresses: Result<Vec<std::net::IpAddr>, Failure>) {
        let Some(job) = self.courier.jobs.get_mut(&id) else {
            return;
        };
        job.stage = Stage::Idle;
        let planned = addresses.and_then(|a| candidates(&job.target, &a, &self.flows));
        let mut left = match planned {
            Ok(left) => left,
            Err(failure) => return self.fail(id, failure),
        };
        // The connection the dialog lives on: first when it leads there, last when it is all there is
        // (a Contact behind NAT that nobody can connect to).
        if let Some(prefer) = job.outgoing.prefer
            && prefer.transport.is_reliable()
            && self.flows.is_usable(prefer)
        {
            let on_it = Candidate {
                transport: prefer.transport,
                peer: prefer.peer,
                instead_of_udp: false,
            };
            let leads_there = left.iter().any(|c| c.peer.ip() == prefer.peer.ip())
                && job.target.transport != Some(Transport::Udp);
            left.retain(|c| *c != on_it);
            if leads_there {
                left.push_front(on_it);
            } else {
                left.push_back(on_it);
            }
        }
        job.left = left;
        self.try_next(now, id);
    }

    pub(super) fn try_next(&mut self, now: Instant, id: JobId) {
        let Some(job) = self.courier.jobs.get_mut(&id) else {
            return;
        };
        job.stage = Stage::Idle;
        let Some(candidate) = job.left.pop_front() else {
            let failure = job.last.take();
            return self.fail(id, failure.unwrap_or(Failure::Cancelled));
        };
        let path = if candidate.transport.is_reliable() {
            match self.flows.connection(candidate.transport, candidate.peer) {
                Some(path) => path,
                None => self
                    .flows
                    .open(candidate.transport, candidate.peer, &mut self.down),
            }
        } else {
            match self.flows.datagram(candidate.peer) {
                Some(path) => path,
                None => return self.try_next(now, id),
            }
        };
        if self.flows.is_usable(path) {
            self.transmit(now, id, candidate, path);
        } else {
            let patience = if job.left.is_empty() {
                OPEN_WITHIN
            } else {
                MOVE_ON_AFTER
            };
            let give_up = now + patience;
            job.stage = Stage::Opening {
                path,
                candidate,
                give_up,
            };
            self.courier.alarms.set(id, Some(give_up));
        }
    }

    pub(super) fn transmit(&mut self, now: Instant, id: JobId, candidate: Candidate, path: Path) {
        let sent_by = self.flows.advertised(path).to_string();
        let branch = self.ids.branch();
        let Some(job) = self.courier.jobs.get_mut(&id) else {
            return;
        };
        if !std::mem::replace(&mut job.authorized, true) {
            self.logins
                .authorize_unasked(job.outgoing.login, &mut job.outgoing.request, &mut self.ids);
        }
        let mut request = job.outgoing.request.clone();
        if let Some(contact) = &job.outgoing.contact {
            let uri = self.flows.contact(path, contact.user.as_deref());
            let params: String = contact.params.iter().map(|(n, v)| format!(";{n}={v}")).collect();
            request.headers.set("Contact", format!("<{uri}>{params}"));
        }
        if candidate.transport == Transport::Udp
            && !self.flows.was_refused(now, candidate.peer)
            && job.last.is_none()
            && size_on_wire(&request, &sent_by, &branch) > MAX_DATAGRAM
        {
            job.left.push_front(candidate);
            job.left.push_front(Candidate {
                transport: Transport::Tcp,
                instead_of_udp: true,
                ..candidate
            });
            return self.try_next(now, id);
        }
        if request.method == Method::ACK {
            self.courier.remove(id);
            self.layer.send_stateless(request, path, &sent_by, &branch);
            return;
        }
        let client = self.layer.send(now, request, path, &sent_by, &branch);
        let move_on = (!job.left.is_empty()).then_some(now + MOVE_ON_AFTER);
        job.stage = Stage::Sent {
            client,
            path,
            move_on,
        };
        self.courier.alarms.set(id, move_on);
        self.by_client.insert(client, id);
    }

    pub(super) fn over(&mut self, client: ClientId) {
        self.behind.forget(client);
        if let Some(id) = self.by_client.remove(&client) {
            self.finish(id);
        }
    }

    pub(super) fn response(&mut self, now: Instant, client: ClientId, response: Box<Response>, path: Path) {
        let Some(&id) = self.by_client.get(&client) else {
            return self.late_response(now, client, &response, path);
        };
        let Some(job) = self.courier.jobs.get_mut(&id) else {
            return;
        };
        if let Stage::Sent { move_on, .. } = &mut job.stage {
            *move_on = None;
        }
        let mut note = None;
        match response.status {
            100..=199 => job.heard = true,
            401 | 407 if !job.cancelled => {
                let answered = self.logins.answer(
                    job.outgoing.login,
                    &mut job.outgoing.request,
                    &response,
                    &mut job.answers,
                    &mut self.ids,
                );
                match answered {
                    Ok(()) => return self.send_again(now, id, client, path),
                    Err(why) => {
                        note = Some(why);
                        job.stage = Stage::Answered;
                    }
                }
            }
            503 if !job.left.is_empty() && !job.heard && !job.cancelled => {
                self.by_client.remove(&client);
                return self.try_next(now, id);
            }
            _ => job.stage = Stage::Answered,
        }
        self.up.push_back(Up::Response {
            job: id,
            response,
            path,
            note,
        });
    }

    /// The request has credentials now: the same way again.
    fn send_again(&mut self, now: Instant, id: JobId, client: ClientId, path: Path) {
        self.by_client.remove(&client);
        let candidate = Candidate {
            transport: path.transport,
            peer: path.peer,
            instead_of_udp: false,
        };
        let sent_on = match self.courier.jobs.get(&id).map(|job| &job.stage) {
            Some(Stage::Sent { path, .. }) => *path,
            _ => path,
        };
        self.transmit(now, id, candidate, sent_on);
    }

    /// Whether a job has no final response yet.
    pub fn is_waiting(&self, id: JobId) -> bool {
        self.courier
            .jobs
            .get(&id)
            .is_some_and(|job| !matches!(job.stage, Stage::Answered))
    }

    /// The request of a job as it was last sent, without Via and Contact.
    pub fn request_of(&self, id: JobId) -> Option<&Request> {
        self.courier.jobs.get(&id).map(|job| &job.outgoing.request)
    }

    /// Where a job is being sent to right now.
    pub fn path_of(&self, id: JobId) -> Option<Path> {
        match self.courier.jobs.get(&id)?.stage {
            Stage::Sent { path, .. } | Stage::Opening { path, .. } => Some(path),
            _ => None,
        }
    }

    pub(super) fn fail(&mut self, id: JobId, failure: Failure) {
        if let Some(job) = self.courier.remove(id)
            && job.outgoing.request.method != Method::ACK
        {
            self.up.push_back(Up::Failed { job: id, failure });
        }
    }

    pub(super) fn finish(&mut self, id: JobId) {
        if self.courier.remove(id).is_some() {
            self.up.push_back(Up::Done(id));
        }
    }
}

fn size_on_wire(request: &Request, sent_by: &str, branch: &str) -> usize {
    const VIA_WORDS: usize = "Via: SIP/2.0/UDP ;branch=;rport\r\n".len();
    let rest = request.to_bytes().map_or(0, |b| b.len());
    rest + VIA_WORDS + sent_by.len() + branch.len()
}
