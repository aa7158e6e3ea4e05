//! Sending copies of a request to their targets (RFC 3261 §16.6).

use std::{net::SocketAddr, time::Instant};

use super::{
    Server, alias,
    forward::ContextId,
    record::Beginner,
    route::{Hop, Target},
};
use crate::{
    DnsAnswer, DnsQuestion, Output, QueryId, Transport,
    transaction::{Path, ServerId},
    wire::{Host, Method, Request, Response},
};

/// What all copies of a request have in common.
#[derive(Clone, Debug)]
pub(super) struct Passing {
    /// Where it came from.
    pub(super) inbound: Path,
    /// By which it is known again ([`Recorder::loop_mark`](super::record::Recorder::loop_mark)).
    pub(super) mark: String,
    pub(super) beginner: Beginner,
}

/// A copy of a request that is ready but for its way.
#[derive(Debug)]
pub(super) struct Prepared {
    /// Without our Via and Record-Route.
    request: Request,
    passing: Passing,
}

/// Why a copy cannot be sent.
type Unsent = (u16, &'static str);

impl Server {
    /// Sends a request to all its targets and collects their answers.
    pub(super) fn forward(
        &mut self,
        now: Instant,
        server: ServerId,
        original: &Request,
        mut request: Request,
        targets: Vec<Target>,
        passing: Passing,
    ) {
        if request.headers.get("Record-Route").is_none() {
            alias::stamp(&mut request.headers, passing.inbound);
        }
        let context = self.forwards.start(server, original.clone());
        for target in targets {
            let prepared = Prepared {
                request: request.clone(),
                passing: passing.clone(),
            };
            if let Hop::Name(_, name, _) = &target.hop {
                self.next_query += 1;
                let query = QueryId(self.next_query);
                let question = DnsQuestion::Addresses(name.clone());
                self.out.push_back(Output::Query { query, question });
                self.prepared.insert(query, prepared);
                self.forwards.resolving(context, query, target);
            } else {
                self.send_branch(now, context, None, &target, &prepared);
            }
        }
        self.forwards.complete(&mut self.layer, now, context);
    }

    /// The resolver has answered.
    pub(super) fn resolved(&mut self, now: Instant, query: QueryId, answer: &DnsAnswer) {
        let Some(prepared) = self.prepared.remove(&query) else {
            return;
        };
        let Some((context, at, mut target)) = self.forwards.resolved(query) else {
            return;
        };
        let Hop::Name(transport, _, port) = target.hop else {
            return;
        };
        let usable = |ip: &&std::net::IpAddr| {
            transport.is_reliable()
                || self
                    .flows
                    .existing(transport, SocketAddr::new(**ip, port))
                    .is_some()
        };
        let found = match answer {
            DnsAnswer::Addresses(list) => list.iter().find(usable).copied(),
            DnsAnswer::Failed(why) => {
                tracing::debug!(%why, "next hop not found");
                None
            }
        };
        match found {
            Some(ip) => {
                target.hop = Hop::Address(transport, SocketAddr::new(ip, port));
                self.send_branch(now, context, Some(at), &target, &prepared);
            }
            None => self.forwards.failed(context, Some(at), 502, "Next Hop Not Found"),
        }
        self.forwards.complete(&mut self.layer, now, context);
    }

    fn send_branch(
        &mut self,
        now: Instant,
        context: ContextId,
        at: Option<usize>,
        target: &Target,
        prepared: &Prepared,
    ) {
        match self.way(&target.hop) {
            Ok(path) => {
                let mut request = addressed(&prepared.request, target);
                if makes_dialog(&request) {
                    self.record_route(&mut request, &prepared.passing, path);
                }
                // RFC 3261 §18.1.1 wants more than 1300 bytes on TCP. A phone that registered over UDP is
                // known to be there and nowhere else, and an attempt at TCP towards a silent address would
                // cost the caller seconds: such requests stay on UDP, in fragments if need be.
                let (sent_by, branch) = (self.sent_by(path), self.branch(&prepared.passing.mark));
                let client = self.layer.send(now, request, path, &sent_by, &branch);
                self.forwards.sent(now, context, at, client, target.whose);
            }
            Err((status, reason)) => self.forwards.failed(context, at, status, reason),
        }
    }

    /// Passes an ACK on.
    pub(super) fn send_ack(&mut self, request: &Request, targets: Vec<Target>, mark: &str) {
        for target in targets {
            if let Ok(path) = self.way(&target.hop) {
                let (sent_by, branch) = (self.sent_by(path), self.branch(mark));
                self.layer
                    .send_stateless(addressed(request, &target), path, &sent_by, &branch);
            }
        }
    }

    /// A flow to the next hop: one that is there, or a new connection.
    fn way(&mut self, hop: &Hop) -> Result<Path, Unsent> {
        let (transport, peer) = match hop {
            Hop::Path(path) => return Ok(*path),
            Hop::Address(transport, peer) => (*transport, *peer),
            Hop::Name(..) => return Err((502, "Next Hop Not Found")),
        };
        if self.domain.is_our_socket(peer) {
            return Err((482, "Would Come Back Here"));
        }
        if let Some(path) = self.flows.existing(transport, peer) {
            return Ok(path);
        }
        if transport == Transport::Udp {
            return Err((502, "No Way To That Address"));
        }
        let path = self
            .flows
            .open(transport, peer)
            .ok_or((503, "Too Many Connections"))?;
        let Path {
            flow,
            transport,
            peer: to,
        } = path;
        self.out.push_back(Output::OpenFlow { flow, transport, to });
        Ok(path)
    }

    fn sent_by(&self, path: Path) -> String {
        let local = self.flows.advertised(path);
        format!("{}:{}", Host::Ip(local.ip()), local.port())
    }

    fn branch(&mut self, mark: &str) -> String {
        format!("{}.{mark}", self.ids.branch())
    }

    /// One value when both sides reach us the same way, else one for each: the side that sends sees its own
    /// on top (RFC 5658).
    fn record_route(&self, request: &mut Request, passing: &Passing, outbound: Path) {
        let Passing {
            inbound, beginner, ..
        } = *passing;
        let call_id = request.headers.call_id().unwrap_or("").to_owned();
        let (from, to) = (self.flows.advertised(inbound), self.flows.advertised(outbound));
        if (inbound.transport, from) != (outbound.transport, to) {
            let value = self.recorder.value(inbound.transport, from, &call_id, beginner);
            request.headers.push_front("Record-Route", value);
        }
        let value = self.recorder.value(outbound.transport, to, &call_id, beginner);
        request.headers.push_front("Record-Route", value);
    }

    /// A response of a phone or next hop, on its way to the caller.
    pub(super) fn pass_response(
        &mut self,
        now: Instant,
        client: crate::transaction::ClientId,
        mut response: Response,
        path: Path,
    ) {
        response.headers.pop_first("Via");
        if response.headers.get("Via").is_none() {
            // It was for us alone, and we ask nothing.
            return;
        }
        let ours_is_first = response
            .headers
            .first::<crate::wire::header::RecordRoute>()
            .is_some_and(|first| self.domain.is_us(&first.0.uri));
        if ours_is_first {
            alias::stamp(&mut response.headers, path);
        }
        self.forwards.response(&mut self.layer, now, client, response);
    }
}

/// The copy for one target.
fn addressed(request: &Request, target: &Target) -> Request {
    let mut copy = request.clone();
    copy.uri = target.uri.clone();
    // Contacts and routes may have header fields, a Request-URI may not (§19.1.1).
    copy.uri.headers.clear();
    for route in target.routes.iter().rev() {
        copy.headers.push_front("Route", route.clone());
    }
    copy
}

/// Whether we want to see the rest of what begins with this request.
fn makes_dialog(request: &Request) -> bool {
    let method = &request.method;
    *method == Method::INVITE
        || matches!(
            method,
            Method::Known(rsip::Method::Subscribe | rsip::Method::Refer | rsip::Method::Notify)
        )
}
