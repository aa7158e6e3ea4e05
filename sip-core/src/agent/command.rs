//! What the owner's commands do.

use std::time::Instant;

use bytes::Bytes;

use super::{AccountId, CallId, Command, Event, UserAgent, user_agent::Owner};
use crate::{
    flow::{ContactSpec, Outgoing},
    invite::{Call, Cx},
    wire::{Headers, Method, NameAddr, Request, header::CSeq},
};

impl UserAgent {
    pub(super) fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::AddAccount { account, config } => self.add_account(now, account, *config),
            Command::RemoveAccount(account) => self.remove_account(now, account),
            Command::ForgetAccount(account) => self.forget_account(now, account),
            Command::Reregister(account) => self.reregister(now, account),
            Command::Call {
                call,
                account,
                to,
                headers,
                media,
            } => {
                if self.calls.contains_key(&call) {
                    tracing::warn!(%call, "a call with this id exists");
                    return;
                }
                if account.is_some_and(|id| !self.accounts.contains_key(&id)) {
                    return self.stillborn(call, "the account of this call does not exist");
                }
                if self.stopping.is_some() {
                    return self.stillborn(call, "the phone is shutting down");
                }
                let profile = self.profile(account);
                let mut cx = Cx {
                    now,
                    endpoint: &mut self.endpoint,
                    events: &mut self.events,
                    config: &self.config,
                };
                let started = Call::start(&mut cx, call, profile, &to, &headers, *media);
                self.by_dialog.insert(started.key(), call);
                self.calls.insert(call, started);
                self.settle_call(call);
            }
            Command::Ring {
                call,
                status,
                early_media,
            } => self.on(now, call, |c, cx| c.ring(cx, status, early_media.map(|m| *m))),
            Command::Answer { call, media } => self.on(now, call, |c, cx| c.answer(cx, *media)),
            Command::Reject { call, status } => self.on(now, call, |c, cx| c.reject(cx, status)),
            Command::Redirect { call, to } => self.on(now, call, |c, cx| c.redirect(cx, &to)),
            Command::Hangup { call, reason } => self.on(now, call, |c, cx| c.hang_up(cx, reason.as_deref())),
            Command::Hold(call) => self.on(now, call, |c, cx| c.hold(cx, true)),
            Command::Resume(call) => self.on(now, call, |c, cx| c.hold(cx, false)),
            Command::Reinvite { call, media } => {
                self.on(now, call, |c, cx| c.offer_again(cx, media.map(|m| *m)));
            }
            Command::Ping { account, to } => self.ping(now, account, *to),
            Command::Stop => self.begin_stop(now),
        }
    }

    fn on(&mut self, now: Instant, call: CallId, f: impl FnOnce(&mut Call, &mut Cx<'_>)) {
        if self.with_call(now, call, f).is_none() {
            tracing::debug!(%call, "command for a call that is over");
        }
    }

    /// A call that ends before anything was sent.
    fn stillborn(&mut self, call: CallId, cause: &str) {
        self.events.push_back(Event::Ended {
            call,
            status: None,
            reason: None,
            cause: cause.to_owned(),
        });
    }

    /// Asks for a sign of life with OPTIONS (§11.1).
    fn ping(&mut self, now: Instant, account: Option<AccountId>, to: NameAddr) {
        let profile = self.profile(account);
        let mut uri = to.uri.clone();
        uri.headers.clear();
        let ids = self.endpoint.ids();
        let mut from = profile.identity.clone();
        from.params.set("tag", Some(&ids.tag()));
        let mut headers = Headers::new();
        if let Some(proxy) = &profile.proxy {
            headers.push("Route", NameAddr::new(proxy.clone()).to_string());
        }
        headers.push("From", from.to_string());
        headers.push("To", NameAddr::new(uri.clone()).to_string());
        headers.push("Call-ID", ids.call_id());
        headers.push_typed(&CSeq::new(ids.cseq(), Method::OPTIONS));
        headers.push("Max-Forwards", "70");
        headers.push("Accept", "application/sdp");
        headers.push("User-Agent", self.config.user_agent.clone());
        let job = self.endpoint.send(
            now,
            Outgoing {
                next_hop: profile.proxy.clone().unwrap_or_else(|| uri.clone()),
                request: Request {
                    method: Method::OPTIONS,
                    uri,
                    headers,
                    body: Bytes::new(),
                },
                contact: Some(ContactSpec {
                    user: profile.contact_user,
                    params: Vec::new(),
                }),
                prefer: None,
                login: profile.login,
            },
        );
        self.owners.insert(job, Owner::Ping(Box::new(to)));
    }
}
