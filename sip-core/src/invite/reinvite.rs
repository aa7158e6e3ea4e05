//! Offering anew inside a call, in both directions (RFC 3261 §14, RFC 3311, RFC 6337).
//!
//! ```text
//!            wish                 2xx: ACK, media changes
//!   Stable ───────▶ offer out ──────────────────────────▶ Stable
//!     ▲  ▲             │ │ 491: wait 2.1–4 s (we called) or 0–2 s
//!     │  └─────────────┘ │ 4xx–6xx: nothing changes, owner told
//!     │                  │ 408, 481, silence: BYE
//!     │ 200 with answer
//!     └── re-INVITE or UPDATE from the peer; 491 while our own offer is out
//! ```

use std::time::Duration;

use super::{
    call::{Call, Cx, description},
    cause,
    session::Ours,
    unacked::Unacked,
};
use crate::{
    flow::JobId,
    transaction::{Path, ServerId},
    wire::{Method, Request, Response},
};

impl Call {
    /// Sends the next re-INVITE when something is wished for and nothing is in the way.
    pub(super) fn pursue(&mut self, cx: &mut Cx<'_>) {
        let held = self.media.local_hold();
        let Some(session) = self.session() else { return };
        let busy = session.ours.is_some() || session.unacked.is_some() || session.retry_at.is_some();
        if busy || session.is_leaving() || session.wish.is_empty() {
            return;
        }
        let mut wish = std::mem::take(&mut session.wish);
        if wish.hold == Some(held) {
            // Wished for and back again, or granted by the offer before.
            wish.hold = None;
            if wish.is_empty() {
                return self.tell_media(cx);
            }
        }
        let hold = wish.hold.unwrap_or(held);
        let Ok(offer) = self.media.offer(hold, wish.local.clone()) else {
            return;
        };
        let Some(session) = self.session() else { return };
        let mut request = session.dialog.request(Method::INVITE);
        let dialog = session.dialog.clone();
        crate::agent::push_capabilities(&mut request.headers);
        request.headers.push("Content-Type", "application/sdp");
        request.body = offer;
        let outgoing = self.in_dialog(cx, &dialog, request);
        let job = self.send(cx, outgoing);
        if let Some(session) = self.session() {
            session.ours = Some(Ours { job, wish });
        }
    }

    pub(super) fn reinvite_response(
        &mut self,
        cx: &mut Cx<'_>,
        job: JobId,
        response: &Response,
        path: Path,
        note: Option<&str>,
    ) {
        let Some(session) = self.session() else { return };
        let we_called = session.we_called;
        match response.status {
            100..=199 => return,
            200..=299 => {
                session.ours = None;
                session.dialog.refresh_target(&response.headers);
                session.dialog.heard_from(path);
                let dialog = session.dialog.clone();
                self.acknowledge(cx, &dialog, job, response);
                let answer = match description(&response.headers, &response.body) {
                    Ok(Some(body)) => self.media.take_answer(body).map_err(|e| e.to_string()),
                    Ok(None) => Err("it holds no media description".to_owned()),
                    Err(kind) => Err(format!("it is {kind}")),
                };
                match answer {
                    Ok(()) => self.tell_media(cx),
                    Err(why) => {
                        self.media.withdraw();
                        self.tell_refused(cx, None, format!("the peer's answer cannot be used: {why}"));
                    }
                }
            }
            491 => {
                // §14.1: the owner of the Call-ID waits longer, so that the two do not meet again.
                let (low, high) = if we_called { (2_100, 4_000) } else { (0, 2_000) };
                let wait = cx
                    .endpoint
                    .ids()
                    .between(Duration::from_millis(low), Duration::from_millis(high));
                if let Some(ours) = session.ours.take() {
                    session.wish.also(ours.wish);
                }
                session.retry_at = Some(cx.now + wait);
                self.media.withdraw();
                return;
            }
            408 | 481 => {
                self.say_bye(cx, None);
                let cause = format!(
                    "the peer no longer knows this call ({} {})",
                    response.status, response.reason
                );
                return self.end(cx, Some(response.status), Some(response.reason.clone()), cause);
            }
            _ => {
                session.ours = None;
                self.media.withdraw();
                let cause = cause::of_refusal(response, note);
                self.tell_refused(cx, Some(response.status), cause);
            }
        }
        self.pursue(cx);
    }

    /// The peer offers anew, or asks us to.
    pub(super) fn reinvited(&mut self, cx: &mut Cx<'_>, server: ServerId, request: &Request, path: Path) {
        let Some(session) = self.session() else { return };
        if session.ours.is_some() || session.awaiting_answer {
            return self.plain(cx, server, request, 491);
        }
        // A new INVITE says that our last 2xx arrived, even if its ACK did not.
        if session.unacked.take().is_some() {
            self.confirm_without_ack(cx);
        }
        let body = match description(&request.headers, &request.body) {
            Ok(body) => body,
            Err(_) => return self.unsupported_body(cx, server, request),
        };
        let (body, complete) = match body {
            Some(offer) => match self.media.answer(offer) {
                Ok(body) => (body, true),
                Err(error) => {
                    tracing::debug!(%error, "offer refused");
                    return self.plain(cx, server, request, 488);
                }
            },
            None => match self.media.offer(self.media.local_hold(), None) {
                Ok(body) => (body, false),
                Err(_) => return self.plain(cx, server, request, 491),
            },
        };
        if let Some(session) = self.session() {
            session.dialog.refresh_target(&request.headers);
        }
        let mut response = self.respond_with(cx, request, 200, path);
        response.headers.push("Content-Type", "application/sdp");
        response.body = body;
        let unacked = Unacked::send(cx.now, cx.endpoint, server, response);
        if let Some(session) = self.session() {
            session.unacked = Some(unacked);
            session.awaiting_answer = !complete;
        }
        if complete {
            self.tell_media(cx);
        }
    }

    /// UPDATE: a target refresh, with or without an offer.
    pub(super) fn updated(&mut self, cx: &mut Cx<'_>, server: ServerId, request: &Request, path: Path) {
        let Some(session) = self.session() else { return };
        let offer_out = session.ours.is_some() || session.awaiting_answer;
        let body = match description(&request.headers, &request.body) {
            Ok(body) => body,
            Err(_) => return self.unsupported_body(cx, server, request),
        };
        if body.is_some() && offer_out {
            return self.plain(cx, server, request, 491);
        }
        let answer = match body.map(|offer| self.media.answer(offer)).transpose() {
            Ok(answer) => answer,
            Err(error) => {
                tracing::debug!(%error, "offer refused");
                return self.plain(cx, server, request, 488);
            }
        };
        if let Some(session) = self.session() {
            session.dialog.refresh_target(&request.headers);
        }
        let mut response = self.respond_with(cx, request, 200, path);
        let changed = answer.is_some();
        if let Some(body) = answer {
            response.headers.push("Content-Type", "application/sdp");
            response.body = body;
        }
        cx.endpoint.respond(cx.now, server, response);
        if changed {
            self.tell_media(cx);
        }
    }

    fn unsupported_body(&self, cx: &mut Cx<'_>, server: ServerId, request: &Request) {
        let mut response = request.response(415, "");
        response.set_to_tag(&self.local_tag);
        response.headers.push("Accept", "application/sdp");
        cx.endpoint.respond(cx.now, server, response);
    }
}
