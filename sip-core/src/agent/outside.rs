//! Requests outside any dialog (RFC 3261 §8.2, §11.2): new calls, OPTIONS, and refusals.

use std::time::Instant;

use super::{CallId, UserAgent, accounts::DIRECT_USER, push_capabilities};
use crate::{
    invite::{Arrival, Call, Cx},
    transaction::{Path, ServerId},
    wire::{Method, NameAddr, Request, Response},
};

impl UserAgent {
    fn prepare(&mut self, request: &Request, status: u16) -> Response {
        let mut response = request.response(status, "");
        response.set_to_tag(&self.endpoint.ids().tag());
        response.headers.push("Server", self.config.user_agent.clone());
        response
    }

    /// Answers with nothing but a status.
    pub(super) fn refuse(&mut self, now: Instant, server: ServerId, request: &Request, status: u16) {
        let response = self.prepare(request, status);
        self.endpoint.respond(now, server, response);
    }

    /// A request that is in no dialog.
    pub(super) fn outside(
        &mut self,
        now: Instant,
        server: ServerId,
        request: Request,
        path: Path,
        merged: bool,
    ) {
        if merged {
            return self.refuse(now, server, &request, 482);
        }
        match request.method {
            Method::INVITE => self.called(now, server, request, path),
            Method::OPTIONS => self.capabilities(now, server, &request, path),
            // BYE, UPDATE and INFO mean nothing outside a dialog.
            _ => self.refuse(now, server, &request, 481),
        }
    }

    /// Whether a request for no account is for us all the same: a direct call to our own address that names the
    /// phone as its Contact does, or nobody.
    fn is_direct(&self, request: &Request, path: Path) -> bool {
        let user = request.uri.user.as_deref();
        let itself = user.is_none_or(|user| user == DIRECT_USER);
        self.config.accept_any_user || (itself && self.endpoint.is_ours(path, &request.uri))
    }

    fn called(&mut self, now: Instant, server: ServerId, request: Request, path: Path) {
        let account = self.account_for(&request.uri);
        if account.is_none() && !self.is_direct(&request, path) {
            return self.refuse(now, server, &request, 404);
        }
        if self.stopping.is_some() {
            return self.refuse(now, server, &request, 480);
        }
        if self.live_calls() >= self.config.max_calls {
            return self.refuse(now, server, &request, 486);
        }
        let mut profile = self.profile(account);
        if account.is_none() {
            // Answer as whoever was called.
            profile.contact_user = request.uri.user.clone().or(profile.contact_user);
        }
        self.next_call += 1;
        let id = CallId::incoming(self.next_call);
        let refused = request.clone();
        let arrival = Arrival {
            server,
            request,
            path,
        };
        let mut cx = Cx {
            now,
            endpoint: &mut self.endpoint,
            events: &mut self.events,
            config: &self.config,
        };
        match Call::arrive(&mut cx, id, profile, arrival) {
            Ok(call) => {
                self.by_dialog.insert(call.key(), id);
                self.calls.insert(id, call);
                self.settle_call(id);
            }
            Err(415) => {
                let mut response = self.prepare(&refused, 415);
                response.headers.push("Accept", "application/sdp");
                self.endpoint.respond(now, server, response);
            }
            Err(status) => self.refuse(now, server, &refused, status),
        }
    }

    /// OPTIONS says what an INVITE would get (§11.2).
    pub(super) fn capabilities(&mut self, now: Instant, server: ServerId, request: &Request, path: Path) {
        let account = self.account_for(&request.uri);
        let known = account.is_some() || request.uri.user.is_none() || self.is_direct(request, path);
        let status = if !known {
            404
        } else if self.live_calls() >= self.config.max_calls {
            486
        } else {
            200
        };
        let mut response = self.prepare(request, status);
        if status == 200 {
            let uri = self.endpoint.contact(path, request.uri.user.as_deref());
            response.headers.push("Contact", NameAddr::new(uri).to_string());
        }
        push_capabilities(&mut response.headers);
        self.endpoint.respond(now, server, response);
    }
}
