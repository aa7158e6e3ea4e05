//! The established call: ACK, BYE from both sides, requests inside the dialog
//! (RFC 3261 §12.2, §13.3.1.4, §15).
//!
//! ```text
//!   answering ──ACK──▶ confirmed ──BYE either way──▶ Over
//!       └── 64·T1 without ACK: BYE ─────────────────▶ Over
//! ```
//!
//! A callee that hangs up before the ACK has to wait for it (§15): the owner is told at once, the BYE
//! follows the ACK.

use std::time::Instant;

use super::{
    call::{Call, Cx, Phase, description},
    cause,
    hold::Wish,
    unacked::{Fate, Unacked},
};
use crate::{
    agent::{CallState, INFO_BODIES, push_capabilities},
    dialog::{Dialog, OutOfOrder},
    flow::{Endpoint, Failure, JobId},
    transaction::{Path, ServerId},
    wire::{Method, Request, Response, header::ContentType},
};

/// Our own re-INVITE on its way.
#[derive(Debug)]
pub(super) struct Ours {
    pub(super) job: JobId,
    /// What it asks for; wished for again after glare.
    pub(super) wish: Wish,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) dialog: Dialog,
    /// Our 2xx that waits for its ACK.
    pub(super) unacked: Option<Unacked>,
    /// Our offer is in that 2xx: the ACK brings the answer.
    pub(super) awaiting_answer: bool,
    /// The owner knows that it is confirmed.
    confirmed: bool,
    pub(super) ours: Option<Ours>,
    /// When to offer again after 491.
    pub(super) retry_at: Option<Instant>,
    pub(super) wish: Wish,
    /// The Call-ID is ours, which decides who waits longer after glare (§14.1).
    pub(super) we_called: bool,
    /// We hung up and wait for the ACK to say so; holds the Reason header.
    leaving: Option<Option<String>>,
}

impl Session {
    /// The caller's side, after the 2xx was acknowledged.
    pub(super) fn established(dialog: Dialog, we_called: bool) -> Self {
        Self {
            dialog,
            unacked: None,
            awaiting_answer: false,
            confirmed: true,
            ours: None,
            retry_at: None,
            wish: Wish::default(),
            we_called,
            leaving: None,
        }
    }

    /// The callee's side: sends the 200.
    pub(super) fn answering(
        now: Instant,
        endpoint: &mut Endpoint,
        dialog: Dialog,
        server: ServerId,
        response: Response,
        awaiting_answer: bool,
    ) -> Self {
        Self {
            unacked: Some(Unacked::send(now, endpoint, server, response)),
            awaiting_answer,
            confirmed: false,
            ..Self::established(dialog, false)
        }
    }

    /// We hung up and only wait for the ACK.
    pub(super) fn is_leaving(&self) -> bool {
        self.leaving.is_some()
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let unacked = self.unacked.as_ref().map(Unacked::next_timeout);
        [unacked, self.retry_at].into_iter().flatten().min()
    }
}

impl Call {
    /// The session, while there is one.
    pub(super) fn session(&mut self) -> Option<&mut Session> {
        match &mut self.phase {
            Phase::Session(session) => Some(session),
            _ => None,
        }
    }

    /// An ACK for our 2xx.
    pub(crate) fn ack(&mut self, cx: &mut Cx<'_>, request: &Request, path: Path) {
        if !self.is_for_us(request) {
            return;
        }
        let seq = request.headers.cseq().map(|c| c.seq);
        let Some(session) = self.session() else { return };
        let Some(unacked) = &session.unacked else { return };
        if Some(unacked.seq()) != seq {
            return;
        }
        session.dialog.heard_from(path);
        session.unacked = None;
        let awaited = std::mem::take(&mut session.awaiting_answer);
        if let Some(reason) = session.leaving.take() {
            return self.say_bye(cx, reason.as_deref());
        }
        let first = !std::mem::replace(&mut session.confirmed, true);
        if awaited {
            let answer = match description(&request.headers, &request.body) {
                Ok(Some(body)) => self.media.take_answer(body).map_err(|e| e.to_string()),
                Ok(None) => Err("it holds no media description".to_owned()),
                Err(kind) => Err(format!("it is {kind}")),
            };
            if let Err(why) = answer {
                self.media.withdraw();
                if first {
                    self.say_bye(cx, Some("SIP;cause=488;text=\"Answer not understood\""));
                    let cause = format!("the caller's answer cannot be used: {why}");
                    return self.end(cx, None, None, cause);
                }
                return self.tell_refused(cx, None, format!("the peer's answer cannot be used: {why}"));
            }
        }
        if first {
            self.tell_state(cx, CallState::Confirmed, None);
        }
        if awaited {
            self.tell_media(cx);
        }
        self.pursue(cx);
    }

    /// The peer went on without an ACK we have seen.
    pub(super) fn confirm_without_ack(&mut self, cx: &mut Cx<'_>) {
        let Some(session) = self.session() else { return };
        if !std::mem::replace(&mut session.confirmed, true) {
            self.tell_state(cx, CallState::Confirmed, None);
        }
    }

    /// Hangs up from our side.
    pub(super) fn leave(&mut self, cx: &mut Cx<'_>, reason: Option<&str>) {
        let Some(session) = self.session() else { return };
        if session.leaving.is_some() {
            return;
        }
        if session.confirmed {
            self.say_bye(cx, reason);
        } else {
            session.leaving = Some(reason.map(str::to_owned));
        }
        self.end(cx, None, None, "you hung up".to_owned());
    }

    /// Sends BYE and leaves the dialog to what still comes.
    pub(super) fn say_bye(&mut self, cx: &mut Cx<'_>, reason: Option<&str>) {
        if let Phase::Session(mut session) = std::mem::replace(&mut self.phase, Phase::Over(None)) {
            self.bye(cx, &mut session.dialog, reason);
            self.phase = Phase::Over(Some(session.dialog));
        }
    }

    pub(super) fn session_response(
        &mut self,
        cx: &mut Cx<'_>,
        job: JobId,
        response: &Response,
        path: Path,
        note: Option<&str>,
    ) {
        let Some(session) = self.session() else { return };
        if session.ours.as_ref().is_some_and(|ours| ours.job == job) {
            session.dialog.sent_as(cause::seq_of(response));
            return self.reinvite_response(cx, job, response, path, note);
        }
        let of_invite = response
            .headers
            .cseq()
            .is_some_and(|c| c.method == Method::INVITE);
        if of_invite && (200..300).contains(&response.status) {
            // Another fork of the first INVITE answered as well.
            return self.late_accept(cx, job, response, path);
        }
        session.dialog.sent_as(cause::seq_of(response));
    }

    pub(super) fn session_unanswered(&mut self, cx: &mut Cx<'_>, job: JobId, failure: &Failure) {
        let Some(session) = self.session() else { return };
        if session.ours.as_ref().is_some_and(|ours| ours.job == job) {
            // §12.2.1.2: a dialog whose peer does not answer is over.
            self.say_bye(cx, Some("SIP;cause=408;text=\"No reply to re-INVITE\""));
            let cause = format!("the call was lost: {failure}");
            self.end(cx, Some(failure.status()), None, cause);
        }
    }

    /// A request in the established dialog.
    pub(super) fn session_request(
        &mut self,
        cx: &mut Cx<'_>,
        server: ServerId,
        request: &Request,
        path: Path,
    ) {
        let Some(session) = self.session() else { return };
        let seq = request.headers.cseq().map_or(0, |c| c.seq);
        if session.dialog.accept(seq) == Err(OutOfOrder) {
            return self.plain(cx, server, request, 500);
        }
        session.dialog.heard_from(path);
        match request.method {
            Method::BYE => self.peer_hung_up(cx, server, request),
            _ if self.ended => self.plain(cx, server, request, 481),
            Method::INVITE => self.reinvited(cx, server, request, path),
            Method::UPDATE => self.updated(cx, server, request, path),
            _ => self.plain_in_dialog(cx, server, request),
        }
    }

    fn peer_hung_up(&mut self, cx: &mut Cx<'_>, server: ServerId, request: &Request) {
        self.plain(cx, server, request, 200);
        if let Phase::Session(session) = std::mem::replace(&mut self.phase, Phase::Over(None)) {
            self.phase = Phase::Over(Some(session.dialog));
        }
        let text = cause::reason_text(&request.headers);
        self.end(cx, None, text, "the peer hung up".to_owned());
    }

    /// Requests that change nothing in the session (RFC 6086, RFC 3261 §11, §21.4.6).
    pub(super) fn plain_in_dialog(&self, cx: &mut Cx<'_>, server: ServerId, request: &Request) {
        let kind = request.headers.first::<ContentType>().map(|c| c.media_type);
        let known = request.body.is_empty() || kind.is_some_and(|k| INFO_BODIES.contains(&k.as_str()));
        let status = match request.method {
            Method::OPTIONS => 200,
            Method::INFO if known => 200,
            Method::INFO => 415,
            _ => 405,
        };
        let mut response = request.response(status, "");
        response.set_to_tag(&self.local_tag);
        response.headers.push("Server", cx.config.user_agent.clone());
        match status {
            415 => response.headers.push("Accept", INFO_BODIES.join(", ")),
            200 if request.method == Method::INFO => {}
            _ => push_capabilities(&mut response.headers),
        }
        cx.endpoint.respond(cx.now, server, response);
    }

    pub(super) fn session_timeout(&mut self, cx: &mut Cx<'_>) {
        let Some(session) = self.session() else { return };
        if let Some(unacked) = &mut session.unacked
            && unacked.handle_timeout(cx.now, cx.endpoint) == Fate::Lost
        {
            session.unacked = None;
            let path = session.dialog.path();
            let seconds = cx.endpoint.timing().patience().as_secs();
            self.say_bye(cx, Some("SIP;cause=408;text=\"No ACK\""));
            let cause = format!("no acknowledgement in {seconds} s from {path}");
            return self.end(cx, None, None, cause);
        }
        let Some(session) = self.session() else { return };
        if session.retry_at.is_some_and(|at| at <= cx.now) {
            session.retry_at = None;
            self.pursue(cx);
        }
    }
}
