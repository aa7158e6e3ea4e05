//! Being called: from INVITE to our final answer (RFC 3261 §13.3, §9.2).
//!
//! ```text
//!   INVITE ─▶ Ringing ──answer──▶ 200, Session (repeated until ACK)
//!               │ ▲ └──reject, redirect──▶ 3xx–6xx, Over
//!               │ └─ 18x, repeated once a minute
//!               ├──CANCEL──▶ 200 to it, 487, Over
//!               └──Expires is over──▶ 487, Over
//! ```

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{
    call::{Call, Cx, Phase, Profile, description},
    cause,
    media::Media,
    session::Session,
};
use crate::{
    agent::{CallId, CallState, Event, IncomingCall},
    dialog::Dialog,
    sdp::LocalMedia,
    transaction::{Path, ServerId},
    wire::{Headers, Method, NameAddr, Request, Response, header::Expires},
};

/// When a caller refused with 503 may try again, in seconds.
const RETRY_AFTER_S: u32 = 30;

/// Provisional responses are repeated so that proxies do not give up (§13.3.1.1).
const RING_AGAIN: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Incoming {
    server: ServerId,
    invite: Request,
    dialog: Dialog,
    /// The last 18x, and when it is due again.
    ringing: Option<(Response, Instant)>,
    /// The answer that went out with early media; 200 repeats it.
    early_answer: Option<Bytes>,
    /// The caller's own limit (Expires).
    expires: Option<Instant>,
}

impl Incoming {
    pub(super) fn dialog(&self) -> &Dialog {
        &self.dialog
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        [self.ringing.as_ref().map(|(_, at)| *at), self.expires]
            .into_iter()
            .flatten()
            .min()
    }
}

/// An INVITE that starts a call.
pub(crate) struct Arrival {
    pub(crate) server: ServerId,
    pub(crate) request: Request,
    pub(crate) path: Path,
}

impl Call {
    /// Takes an INVITE outside any dialog.
    ///
    /// # Errors
    /// The status to refuse it with.
    pub(crate) fn arrive(
        cx: &mut Cx<'_>,
        id: CallId,
        profile: Profile,
        arrival: Arrival,
    ) -> Result<Self, u16> {
        let Arrival {
            server,
            request,
            path,
        } = arrival;
        let local_tag = cx.endpoint.ids().tag();
        let (Some(dialog), Some(from), Some(to)) = (
            Dialog::from_request(&request, &local_tag, path),
            request.headers.from(),
            request.headers.to(),
        ) else {
            return Err(400);
        };
        let offer = description(&request.headers, &request.body).map_err(|_| 415u16)?;
        let mut media = Media::unknown(cx.endpoint.ids().number());
        if let Some(offer) = offer {
            media.keep_offer(offer).map_err(|_| 488u16)?;
        }
        let expires = request
            .headers
            .first::<Expires>()
            .map(|e| cx.now + Duration::from_secs(u64::from(e.0.clamp(1, 24 * 3600))));
        let call = Self {
            id,
            call_id: dialog.id().call_id.clone(),
            local_tag,
            profile,
            acked: Vec::new(),
            jobs: Default::default(),
            ended: false,
            phase: Phase::Over(None),
            media,
        };
        cx.events.push_back(Event::Incoming(Box::new(IncomingCall {
            call: id,
            account: call.profile.account,
            from,
            to,
            request_uri: request.uri.clone(),
            headers: request
                .headers
                .iter()
                .map(|(n, v)| (n.as_str().to_owned(), v.to_owned()))
                .collect(),
            replaces: None,
            offered: call.media.offered(),
        })));
        let mut call = call;
        call.phase = Phase::Incoming(Incoming {
            server,
            invite: request,
            dialog,
            ringing: None,
            early_answer: None,
            expires,
        });
        if cx.config.auto_ring {
            call.ring(cx, 180, None);
        }
        Ok(call)
    }

    /// Sends 18x, with an answer when there is early media.
    pub(crate) fn ring(&mut self, cx: &mut Cx<'_>, status: u16, early: Option<LocalMedia>) {
        let Phase::Incoming(incoming) = &self.phase else {
            return;
        };
        let (server, path) = (incoming.server, incoming.dialog.path());
        let mut response = self.respond_with(cx, &incoming.invite, status.clamp(101, 199), path);
        let mut answer = incoming.early_answer.clone();
        if let Some(local) = early
            && answer.is_none()
        {
            self.media.set_local(local);
            match self.media.answer_kept() {
                Ok(Some(body)) => answer = Some(body),
                Ok(None) => {}
                Err(error) => {
                    tracing::debug!(%error, "no early media");
                }
            }
        }
        if let Some(body) = &answer {
            response.headers.push("Content-Type", "application/sdp");
            response.body = body.clone();
        }
        cx.endpoint.respond(cx.now, server, response.clone());
        let state = if answer.is_some() {
            CallState::Early
        } else {
            CallState::Ringing
        };
        self.tell_state(cx, state, Some(&response));
        let news = answer.is_some();
        if let Phase::Incoming(incoming) = &mut self.phase {
            incoming.early_answer = answer;
            incoming.ringing = Some((response, cx.now + RING_AGAIN));
        }
        if news {
            self.tell_media(cx);
        }
    }

    /// Accepts with 200: the answer to the caller's offer, or our offer when there was none.
    pub(crate) fn answer(&mut self, cx: &mut Cx<'_>, local: LocalMedia) {
        let Phase::Incoming(incoming) = &self.phase else {
            return;
        };
        let early = incoming.early_answer.clone();
        let body = match early {
            Some(body) => Ok((body, true)),
            None => {
                self.media.set_local(local);
                match self.media.answer_kept() {
                    Ok(Some(body)) => Ok((body, true)),
                    Ok(None) => Ok((self.media.offer(false, None).unwrap_or_default(), false)),
                    Err(error) => Err(error),
                }
            }
        };
        let (body, complete) = match body {
            Ok(body) => body,
            Err(error) => {
                self.refuse(cx, 488, &[]);
                let cause = format!("the caller's offer cannot be answered: {error}");
                return self.end(cx, Some(488), None, cause);
            }
        };
        let Phase::Incoming(incoming) = std::mem::replace(&mut self.phase, Phase::Over(None)) else {
            return;
        };
        let mut response = self.respond_with(cx, &incoming.invite, 200, incoming.dialog.path());
        response.headers.push("Content-Type", "application/sdp");
        response.body = body;
        self.phase = Phase::Session(Session::answering(
            cx.now,
            cx.endpoint,
            incoming.dialog,
            incoming.server,
            response,
            !complete,
        ));
        if complete {
            self.tell_media(cx);
        }
    }

    /// Refuses the call.
    pub(crate) fn reject(&mut self, cx: &mut Cx<'_>, status: u16) {
        if !matches!(self.phase, Phase::Incoming(_)) {
            return;
        }
        let status = if (400..700).contains(&status) { status } else { 486 };
        // Who has no room now has it later (§21.5.4).
        let later = [("Retry-After", RETRY_AFTER_S.to_string())];
        let more: &[(&str, String)] = if status == 503 { &later } else { &[] };
        self.refuse(cx, status, more);
        let reason = crate::wire::reason_phrase(status).to_owned();
        self.end(cx, Some(status), Some(reason), "you rejected the call".to_owned());
    }

    /// Sends the caller elsewhere.
    pub(crate) fn redirect(&mut self, cx: &mut Cx<'_>, to: &NameAddr) {
        if !matches!(self.phase, Phase::Incoming(_)) {
            return;
        }
        self.refuse(cx, 302, &[("Contact", to.to_string())]);
        let reason = crate::wire::reason_phrase(302).to_owned();
        let cause = format!("you sent the caller to {}", to.uri);
        self.end(cx, Some(302), Some(reason), cause);
    }

    fn refuse(&mut self, cx: &mut Cx<'_>, status: u16, headers: &[(&str, String)]) {
        let Phase::Incoming(incoming) = std::mem::replace(&mut self.phase, Phase::Over(None)) else {
            return;
        };
        let mut response = self.respond_with(cx, &incoming.invite, status, incoming.dialog.path());
        for (name, value) in headers {
            response.headers.push(name, value.clone());
        }
        cx.endpoint.respond(cx.now, incoming.server, response);
    }

    /// Whether this call is the ringing INVITE of that transaction.
    pub(crate) fn rings_as(&self, id: ServerId) -> bool {
        matches!(&self.phase, Phase::Incoming(incoming) if incoming.server == id)
    }

    /// The caller cancelled before we answered.
    pub(crate) fn cancelled(&mut self, cx: &mut Cx<'_>, headers: &Headers) {
        self.refuse(cx, 487, &[]);
        let text = cause::reason_text(headers);
        let cause = match cause::reason_code(headers) {
            Some(200) => "the call was answered elsewhere",
            _ => "the caller hung up before you answered",
        };
        self.end(cx, Some(487), text, cause.to_owned());
    }

    /// A request in a dialog we have not accepted yet.
    pub(super) fn early_request(&mut self, cx: &mut Cx<'_>, server: ServerId, request: &Request) {
        if request.method == Method::BYE {
            // The caller may end an early dialog with BYE (§15).
            self.plain(cx, server, request, 200);
            self.cancelled(cx, &request.headers);
        } else if request.method == Method::INVITE {
            // A second INVITE before the first is answered (§14.2).
            let wait = cx.endpoint.ids().number() % 11;
            let mut response = request.response(500, "");
            response.set_to_tag(&self.local_tag);
            response.headers.push("Retry-After", wait.to_string());
            cx.endpoint.respond(cx.now, server, response);
        } else {
            self.plain_in_dialog(cx, server, request);
        }
    }

    pub(super) fn ringing_timeout(&mut self, cx: &mut Cx<'_>) {
        let Phase::Incoming(incoming) = &mut self.phase else {
            return;
        };
        if incoming.expires.is_some_and(|at| at <= cx.now) {
            self.refuse(cx, 487, &[]);
            return self.end(
                cx,
                Some(487),
                None,
                "nobody answered in the time the caller gave".to_owned(),
            );
        }
        let server = incoming.server;
        if let Some((response, at)) = &mut incoming.ringing
            && *at <= cx.now
        {
            *at = cx.now + RING_AGAIN;
            cx.endpoint.respond(cx.now, server, response.clone());
        }
    }
}
