//! What comes up from the network, handed to whom it concerns.

use std::time::Instant;

use super::{Event, UserAgent, user_agent::Owner};
use crate::{
    dialog::DialogId,
    flow::{Failure, JobId, Up},
    transaction::{Path, ServerId},
    wire::{Method, Request, Response},
};

impl UserAgent {
    /// Sorts everything the endpoint has brought up.
    pub(super) fn sort_up(&mut self, now: Instant) {
        while let Some(up) = self.endpoint.poll_up() {
            match up {
                Up::Request {
                    server,
                    request,
                    path,
                    merged,
                } => self.request(now, server, *request, path, merged),
                Up::Cancel {
                    server,
                    request,
                    invite,
                    pending,
                } => self.cancel(
                    now,
                    server,
                    &request,
                    invite.filter(|_| pending),
                    invite.is_some(),
                ),
                Up::Ack { request, path } => {
                    if let Some(call) = self.call_of(&request) {
                        self.with_call(now, call, |call, cx| call.ack(cx, &request, path));
                    }
                }
                Up::Response {
                    job,
                    response,
                    path,
                    note,
                } => self.response(now, job, &response, path, note),
                Up::Failed { job, failure } => self.failed(now, job, &failure),
                Up::Done(job) => {
                    if let Some(Owner::Call(call)) = self.owners.remove(&job) {
                        self.with_call(now, call, |call, _| call.done(job));
                    }
                }
                Up::Unacknowledged(_) => {}
                Up::FlowClosed { flow, reason } => {
                    tracing::debug!(?flow, %reason, "connection closed");
                    self.accounts_flow_closed(now, flow);
                }
                Up::Trouble(what) => self.events.push_back(Event::Trouble { what }),
            }
        }
    }

    fn call_of(&self, request: &Request) -> Option<super::CallId> {
        let id = DialogId::of_request(request)?;
        self.by_dialog.get(&(id.call_id, id.local_tag)).copied()
    }

    fn request(&mut self, now: Instant, server: ServerId, request: Request, path: Path, merged: bool) {
        if request.headers.to_tag().is_none() {
            return self.outside(now, server, request, path, merged);
        }
        match self.call_of(&request) {
            Some(call) => {
                self.with_call(now, call, |call, cx| call.request(cx, server, &request, path));
            }
            None if request.method == Method::OPTIONS => self.capabilities(now, server, &request, path),
            None => self.refuse(now, server, &request, 481),
        }
    }

    fn cancel(
        &mut self,
        now: Instant,
        server: ServerId,
        request: &Request,
        pending: Option<ServerId>,
        known: bool,
    ) {
        // §9.2: the CANCEL itself succeeds whenever its INVITE is known, even when that was answered.
        self.refuse(now, server, request, if known { 200 } else { 481 });
        let Some(invite) = pending else { return };
        let ringing = self.calls.values().find(|c| c.rings_as(invite)).map(|c| c.id());
        if let Some(call) = ringing {
            self.with_call(now, call, |call, cx| call.cancelled(cx, &request.headers));
        }
    }

    fn response(&mut self, now: Instant, job: JobId, response: &Response, path: Path, note: Option<String>) {
        match self.owners.get(&job) {
            Some(&Owner::Call(call)) => {
                self.with_call(now, call, |call, cx| {
                    call.response(cx, job, response, path, note.as_deref());
                });
            }
            Some(&Owner::Account(account)) => self.account_response(now, account, job, response, path, note),
            Some(Owner::Ping(to)) if response.status >= 200 => {
                let to = to.clone();
                self.events.push_back(Event::Pong {
                    to,
                    status: Some(response.status),
                });
            }
            Some(Owner::Ping(_)) | None => {}
        }
    }

    fn failed(&mut self, now: Instant, job: JobId, failure: &Failure) {
        match self.owners.remove(&job) {
            Some(Owner::Call(call)) => {
                self.with_call(now, call, |call, cx| call.unanswered(cx, job, failure));
            }
            Some(Owner::Account(account)) => self.account_unanswered(now, account, job, failure),
            Some(Owner::Ping(to)) => self.events.push_back(Event::Pong { to, status: None }),
            None => {}
        }
    }
}
