//! Calling out: from INVITE to its final answer (RFC 3261 §13.2, §8.1.3.4, §9.1).
//!
//! ```text
//!              180, 183 … told as they come
//!                    ┌──┐
//!   INVITE ─▶ Calling ◀─┘ ──2xx──▶ ACK, Session   (2xx of other forks: ACK and BYE)
//!               │  │ └──3xx──▶ INVITE to the next contact
//!               │  └────4xx–6xx, silence──▶ Over
//!               └─ hung up ─▶ CANCEL ─▶ 487 or 2 s ─▶ Over   (a 2xx that won the race: ACK and BYE)
//! ```

use std::time::{Duration, Instant};

use super::{
    call::{Call, Cx, Phase, Profile, description},
    cause,
    media::Media,
    session::Session,
};
use crate::{
    agent::{CallId, CallState},
    dialog::Dialog,
    flow::{Failure, JobId, Outgoing as Sending},
    sdp::LocalMedia,
    transaction::Path,
    wire::{
        Headers, Method, NameAddr, Request, Response, Uri,
        header::{CSeq, Contact},
    },
};

/// Contacts followed for one call.
const MAX_REDIRECTS: usize = 5;
/// How long the owner waits to hear what became of a CANCEL.
const CANCEL_ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// Header fields the owner cannot set.
const OURS: [&str; 18] = [
    "Via",
    "From",
    "To",
    "Call-ID",
    "CSeq",
    "Contact",
    "Max-Forwards",
    "Content-Length",
    "Content-Type",
    "Route",
    "Record-Route",
    "Authorization",
    "Proxy-Authorization",
    "Require",
    "Supported",
    "Allow",
    "User-Agent",
    "Expires",
];

#[derive(Debug)]
pub(super) struct Outgoing {
    job: JobId,
    invite: Request,
    /// Contacts of 3xx responses not tried yet, and all that were.
    to_try: Vec<Uri>,
    tried: Vec<Uri>,
    /// Something came back.
    heard: bool,
    /// The fork whose early media is played.
    early_tag: Option<String>,
    /// Set once hung up: when the owner is told even if nothing came back.
    leaving: Option<Instant>,
}

impl Outgoing {
    pub(super) fn job(&self) -> JobId {
        self.job
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.leaving
    }
}

impl Call {
    /// Starts a call.
    pub(crate) fn start(
        cx: &mut Cx<'_>,
        id: CallId,
        profile: Profile,
        to: &NameAddr,
        extra: &[(String, String)],
        local: LocalMedia,
    ) -> Self {
        let local_tag = cx.endpoint.ids().tag();
        let call_id = cx.endpoint.ids().call_id();
        let media = Media::new(local, cx.endpoint.ids().number());
        let mut call = Self {
            id,
            call_id,
            local_tag,
            media,
            profile,
            phase: Phase::Over(None),
            acked: Vec::new(),
            jobs: Default::default(),
            ended: false,
        };
        let invite = call.first_invite(cx, to, extra);
        call.tell_state(cx, CallState::Calling, None);
        call.invite(cx, invite, Vec::new(), Vec::new());
        call
    }

    fn first_invite(&mut self, cx: &mut Cx<'_>, to: &NameAddr, extra: &[(String, String)]) -> Request {
        let mut uri = to.uri.clone();
        uri.headers.clear();
        let mut callee = to.clone();
        callee.uri = uri.clone();
        callee.params = Default::default();
        let mut caller = self.profile.identity.clone();
        caller.params.set("tag", Some(&self.local_tag));
        let mut headers = Headers::new();
        if let Some(proxy) = &self.profile.proxy {
            headers.push("Route", NameAddr::new(proxy.clone()).to_string());
        }
        headers.push("From", caller.to_string());
        headers.push("To", callee.to_string());
        headers.push("Call-ID", self.call_id.clone());
        headers.push_typed(&CSeq::new(cx.endpoint.ids().cseq(), Method::INVITE));
        headers.push("Max-Forwards", "70");
        headers.push("User-Agent", cx.config.user_agent.clone());
        crate::agent::push_capabilities(&mut headers);
        for (name, value) in extra {
            if OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name)) {
                tracing::debug!(%name, "header field of the owner left out");
            } else {
                headers.push(name, value.clone());
            }
        }
        headers.push("Content-Type", "application/sdp");
        // The first offer is always in turn.
        let body = self.media.offer(false, None).unwrap_or_default();
        Request {
            method: Method::INVITE,
            uri,
            headers,
            body,
        }
    }

    fn invite(&mut self, cx: &mut Cx<'_>, invite: Request, to_try: Vec<Uri>, mut tried: Vec<Uri>) {
        let next_hop = match (&self.profile.proxy, &self.profile.registrar) {
            (Some(proxy), _) => proxy.clone(),
            // Users of our own domain are where we are registered.
            (None, Some((registrar, domain))) if invite.uri.host == *domain => registrar.clone(),
            _ => invite.uri.clone(),
        };
        tried.push(invite.uri.clone());
        let contact = Some(self.contact_spec());
        let job = self.send(
            cx,
            Sending {
                request: invite.clone(),
                next_hop,
                contact,
                prefer: None,
                login: self.profile.login,
            },
        );
        self.phase = Phase::Outgoing(Outgoing {
            job,
            invite,
            to_try,
            tried,
            heard: false,
            early_tag: None,
            leaving: None,
        });
    }

    pub(super) fn invite_response(
        &mut self,
        cx: &mut Cx<'_>,
        job: JobId,
        response: &Response,
        path: Path,
        note: Option<&str>,
    ) {
        let Phase::Outgoing(outgoing) = &mut self.phase else {
            return;
        };
        outgoing.heard = true;
        let leaving = outgoing.leaving.is_some();
        match response.status {
            100 => {}
            101..=199 if leaving => {}
            101..=199 => self.provisional(cx, response),
            200..=299 if leaving => {
                self.late_accept(cx, job, response, path);
                self.phase = Phase::Over(None);
                let cause = "you hung up just as the peer answered".to_owned();
                self.end(cx, Some(response.status), Some(response.reason.clone()), cause);
            }
            200..=299 => self.accepted(cx, job, response, path),
            300..=399 if !leaving && self.redirected(cx, response) => {}
            _ => {
                self.phase = Phase::Over(None);
                let cause = if leaving {
                    "you hung up before the peer answered".to_owned()
                } else {
                    cause::of_refusal(response, note)
                };
                self.end(cx, Some(response.status), Some(response.reason.clone()), cause);
            }
        }
    }

    fn provisional(&mut self, cx: &mut Cx<'_>, response: &Response) {
        let Phase::Outgoing(outgoing) = &mut self.phase else {
            return;
        };
        let tag = response.headers.to_tag();
        let early = description(&response.headers, &response.body).ok().flatten();
        if let Some(body) = early {
            // Several forks may ring with media; the first one is heard.
            let first = outgoing
                .early_tag
                .get_or_insert_with(|| tag.clone().unwrap_or_default());
            if Some(first.as_str()) == tag.as_deref() {
                match self.media.early_answer(body) {
                    Ok(()) => {
                        self.tell_state(cx, CallState::Early, Some(response));
                        self.tell_media(cx);
                        return;
                    }
                    Err(error) => tracing::debug!(%error, "early media not understood"),
                }
            }
        }
        let state = match response.status {
            183 => CallState::Calling,
            _ => CallState::Ringing,
        };
        self.tell_state(cx, state, Some(response));
    }

    fn accepted(&mut self, cx: &mut Cx<'_>, job: JobId, response: &Response, path: Path) {
        let Phase::Outgoing(outgoing) = &self.phase else {
            return;
        };
        let Some(mut dialog) = Dialog::from_response(&outgoing.invite, response, path) else {
            return self.end(cx, None, None, "the peer's answer was malformed".to_owned());
        };
        let early = outgoing.early_tag.is_some() && outgoing.early_tag == response.headers.to_tag();
        self.acknowledge(cx, &dialog, job, response);
        let answer = match description(&response.headers, &response.body) {
            Ok(Some(body)) => self.media.take_answer(body).map_err(|e| e.to_string()),
            Ok(None) if early => {
                self.media.settle();
                Ok(())
            }
            Ok(None) => Err("it holds no media description".to_owned()),
            Err(kind) => Err(format!("it is {kind}")),
        };
        if let Err(why) = answer {
            self.bye(
                cx,
                &mut dialog,
                Some("SIP;cause=488;text=\"Answer not understood\""),
            );
            self.phase = Phase::Over(Some(dialog));
            return self.end(cx, None, None, format!("the peer's answer cannot be used: {why}"));
        }
        self.phase = Phase::Session(Session::established(dialog, true));
        self.tell_state(cx, CallState::Confirmed, Some(response));
        self.tell_media(cx);
    }

    /// Follows a 3xx; `false` when there is nothing (more) to follow.
    fn redirected(&mut self, cx: &mut Cx<'_>, response: &Response) -> bool {
        let Phase::Outgoing(outgoing) = &mut self.phase else {
            return false;
        };
        let mut contacts = response.headers.all::<Contact>().unwrap_or_default();
        contacts.sort_by_key(|c| std::cmp::Reverse(c.q()));
        let known = |uri: &Uri, list: &[Uri]| list.iter().any(|u| u.equivalent(uri));
        for uri in contacts
            .into_iter()
            .filter_map(|c| c.address().map(|a| a.uri.clone()))
        {
            // No more will be followed, and a response has room for thousands.
            if outgoing.to_try.len() >= MAX_REDIRECTS {
                break;
            }
            if !known(&uri, &outgoing.tried) && !known(&uri, &outgoing.to_try) {
                outgoing.to_try.push(uri);
            }
        }
        if outgoing.tried.len() > MAX_REDIRECTS || outgoing.to_try.is_empty() {
            return false;
        }
        let mut to_try = std::mem::take(&mut outgoing.to_try);
        let mut next = to_try.remove(0);
        next.headers.clear();
        let tried = std::mem::take(&mut outgoing.tried);
        let mut invite = outgoing.invite.clone();
        invite.uri = next;
        invite
            .headers
            .set_typed(&CSeq::new(cause::seq_of(response) + 1, Method::INVITE));
        self.invite(cx, invite, to_try, tried);
        true
    }

    pub(super) fn invite_unanswered(&mut self, cx: &mut Cx<'_>, failure: &Failure) {
        let leaving = matches!(&self.phase, Phase::Outgoing(o) if o.leaving.is_some());
        self.phase = Phase::Over(None);
        let cause = if leaving {
            "you hung up before the peer answered".to_owned()
        } else {
            failure.to_string()
        };
        self.end(cx, None, None, cause);
    }

    pub(super) fn give_up_invite(&mut self, cx: &mut Cx<'_>, _reason: Option<&str>) {
        let Phase::Outgoing(outgoing) = &mut self.phase else {
            return;
        };
        if outgoing.leaving.is_some() {
            return;
        }
        outgoing.leaving = Some(cx.now + CANCEL_ANSWER_WITHIN);
        let (job, heard) = (outgoing.job, outgoing.heard);
        cx.endpoint.cancel(cx.now, job);
        if !heard {
            // Nobody has answered at all: nothing to wait for.
            self.phase = Phase::Over(None);
            self.end(cx, None, None, "you hung up before the peer answered".to_owned());
        }
    }

    pub(super) fn invite_timeout(&mut self, cx: &mut Cx<'_>) {
        if matches!(&self.phase, Phase::Outgoing(o) if o.leaving.is_some_and(|at| at <= cx.now)) {
            self.phase = Phase::Over(None);
            self.end(cx, None, None, "you hung up before the peer answered".to_owned());
        }
    }
}
