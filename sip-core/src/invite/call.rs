//! One call: identity, media state, and what every phase needs to send and to tell.
//!
//! ```text
//!   Outgoing ──2xx──▶ Session ──BYE, failure──▶ Over ──last request answered──▶ forgotten
//!   Incoming ──200──▶    │
//!      └── refused, cancelled ───────────────▶ Over
//! ```

use std::{
    collections::{BTreeSet, VecDeque},
    time::Instant,
};

use bytes::Bytes;

use super::{client::Outgoing as Inviting, media::Media, server::Incoming, session::Session};
use crate::{
    agent::{AccountId, AgentConfig, CallId, CallState, Event},
    dialog::{Dialog, DialogId},
    flow::{ContactSpec, Endpoint, Failure, JobId, Login, Outgoing},
    transaction::{Path, ServerId},
    wire::{Headers, Method, NameAddr, Request, Response, Uri},
};

/// Forks of one INVITE that are acknowledged: each costs an ACK and a BYE to an address the peer names.
const MAX_FORKS: usize = 16;

/// What a call may touch while it handles one input.
pub(crate) struct Cx<'a> {
    pub(crate) now: Instant,
    pub(crate) endpoint: &'a mut Endpoint,
    pub(crate) events: &'a mut VecDeque<Event>,
    pub(crate) config: &'a AgentConfig,
}

/// Who we are in a call.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) account: Option<AccountId>,
    /// From, without tag.
    pub(crate) identity: NameAddr,
    /// The user part of our Contact.
    pub(crate) contact_user: Option<String>,
    pub(crate) login: Option<Login>,
    /// The loose route of every request outside a dialog.
    pub(crate) proxy: Option<Uri>,
    /// The account's registrar and the domain it serves, the way to its other users.
    pub(crate) registrar: Option<(Uri, crate::wire::Host)>,
}

#[derive(Debug)]
pub(super) enum Phase {
    Outgoing(Inviting),
    Incoming(Incoming),
    Session(Session),
    /// Ended for the owner. The dialog answers what still comes.
    Over(Option<Dialog>),
}

/// A 2xx that was acknowledged: its repetitions get the same ACK.
#[derive(Debug)]
pub(super) struct Acked {
    pub(super) job: JobId,
    pub(super) remote_tag: Option<String>,
    pub(super) ack: Outgoing,
}

/// One call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(super) id: CallId,
    pub(super) profile: Profile,
    pub(super) call_id: String,
    pub(super) local_tag: String,
    pub(super) media: Media,
    pub(super) phase: Phase,
    pub(super) acked: Vec<Acked>,
    /// Requests of ours that are not over.
    pub(super) jobs: BTreeSet<JobId>,
    pub(super) ended: bool,
}

impl Call {
    pub(crate) fn id(&self) -> CallId {
        self.id
    }

    /// What incoming requests of this call are found by: Call-ID and our tag.
    pub(crate) fn key(&self) -> (String, String) {
        (self.call_id.clone(), self.local_tag.clone())
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether nothing more can come for it.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.phase, Phase::Over(_)) && self.jobs.is_empty()
    }

    /// Requests of ours that are not over.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = JobId> {
        self.jobs.iter().copied()
    }

    /// Whether it has ended and no answer to a request of ours is awaited any more.
    pub(crate) fn is_settled(&self, endpoint: &Endpoint) -> bool {
        matches!(self.phase, Phase::Over(_)) && !self.jobs.iter().any(|job| endpoint.is_waiting(*job))
    }

    /// Sends a request of this call and remembers it.
    pub(super) fn send(&mut self, cx: &mut Cx<'_>, outgoing: Outgoing) -> JobId {
        let job = cx.endpoint.send(cx.now, outgoing);
        self.jobs.insert(job);
        job
    }

    /// Makes a request of a dialog ready to leave.
    pub(super) fn in_dialog(&self, cx: &Cx<'_>, dialog: &Dialog, mut request: Request) -> Outgoing {
        request.headers.push("User-Agent", cx.config.user_agent.clone());
        let contact = matches!(request.method, Method::INVITE | Method::UPDATE).then(|| self.contact_spec());
        Outgoing {
            request,
            next_hop: dialog.next_hop(),
            contact,
            prefer: Some(dialog.path()),
            login: self.profile.login,
        }
    }

    pub(super) fn contact_spec(&self) -> ContactSpec {
        ContactSpec {
            user: self.profile.contact_user.clone(),
            params: Vec::new(),
        }
    }

    /// A response of ours with everything a dialog needs.
    pub(super) fn respond_with(&self, cx: &Cx<'_>, request: &Request, status: u16, path: Path) -> Response {
        let mut response = request.response(status, "");
        if status > 100 {
            response.set_to_tag(&self.local_tag);
        }
        response.headers.push("Server", cx.config.user_agent.clone());
        if (101..300).contains(&status) {
            let uri = cx.endpoint.contact(path, self.profile.contact_user.as_deref());
            response.headers.push("Contact", NameAddr::new(uri).to_string());
            crate::agent::push_capabilities(&mut response.headers);
        }
        response
    }

    /// Answers a request with nothing but a status.
    pub(super) fn plain(&self, cx: &mut Cx<'_>, server: ServerId, request: &Request, status: u16) {
        let mut response = request.response(status, "");
        response.set_to_tag(&self.local_tag);
        response.headers.push("Server", cx.config.user_agent.clone());
        cx.endpoint.respond(cx.now, server, response);
    }

    /// Acknowledges a 2xx to an INVITE of ours, and every repetition of it from now on.
    pub(super) fn acknowledge(&mut self, cx: &mut Cx<'_>, dialog: &Dialog, job: JobId, response: &Response) {
        let mut ack = dialog.ack(super::cause::seq_of(response));
        if let Some(invite) = cx.endpoint.request_of(job) {
            ack.headers.copy_credentials(&invite.headers);
        }
        let ack = self.in_dialog(cx, dialog, ack);
        cx.endpoint.send(cx.now, ack.clone());
        self.acked.push(Acked {
            job,
            remote_tag: response.headers.to_tag(),
            ack,
        });
    }

    /// Repeats the ACK of a repeated 2xx; `false` when this 2xx is new.
    pub(super) fn acknowledge_again(&mut self, cx: &mut Cx<'_>, job: JobId, response: &Response) -> bool {
        let tag = response.headers.to_tag();
        let Some(known) = self.acked.iter().find(|a| a.job == job && a.remote_tag == tag) else {
            return false;
        };
        cx.endpoint.send(cx.now, known.ack.clone());
        true
    }

    /// Sends BYE in a dialog.
    pub(super) fn bye(&mut self, cx: &mut Cx<'_>, dialog: &mut Dialog, reason: Option<&str>) {
        let mut bye = dialog.request(Method::BYE);
        if let Some(reason) = reason {
            bye.headers.push("Reason", reason);
        }
        let outgoing = self.in_dialog(cx, dialog, bye);
        self.send(cx, outgoing);
    }

    pub(super) fn tell_state(&self, cx: &mut Cx<'_>, state: CallState, response: Option<&Response>) {
        cx.events.push_back(Event::State {
            call: self.id,
            state,
            status: response.map(|r| r.status),
            reason: response.map(|r| r.reason.clone()),
        });
    }

    pub(super) fn tell_media(&self, cx: &mut Cx<'_>) {
        if let Some(media) = self.media.agreed() {
            cx.events.push_back(Event::Media {
                call: self.id,
                media: Box::new(media.clone()),
                local_hold: self.media.local_hold(),
                remote_hold: self.media.remote_hold(),
            });
        }
    }

    /// The call is over for its owner. Says so once, however often it is called.
    pub(super) fn end(
        &mut self,
        cx: &mut Cx<'_>,
        status: Option<u16>,
        reason: Option<String>,
        cause: String,
    ) {
        if !std::mem::replace(&mut self.ended, true) {
            cx.events.push_back(Event::Ended {
                call: self.id,
                status,
                reason,
                cause,
            });
        }
    }

    /// A response to one of this call's requests.
    pub(crate) fn response(
        &mut self,
        cx: &mut Cx<'_>,
        job: JobId,
        response: &Response,
        path: Path,
        note: Option<&str>,
    ) {
        let is_invite = response
            .headers
            .cseq()
            .is_some_and(|c| c.method == Method::INVITE);
        if is_invite && (200..300).contains(&response.status) && self.acknowledge_again(cx, job, response) {
            return;
        }
        match &self.phase {
            Phase::Outgoing(outgoing) if outgoing.job() == job => {
                self.invite_response(cx, job, response, path, note);
            }
            Phase::Session(_) => self.session_response(cx, job, response, path, note),
            _ if is_invite && (200..300).contains(&response.status) => {
                self.late_accept(cx, job, response, path);
            }
            _ => {}
        }
    }

    /// A 2xx nobody waits for: another fork, or the answer to an INVITE that was hung up on. Acknowledged
    /// and, when it made a dialog of its own, ended.
    pub(super) fn late_accept(&mut self, cx: &mut Cx<'_>, job: JobId, response: &Response, path: Path) {
        let Some(invite) = cx.endpoint.request_of(job).cloned() else {
            return;
        };
        if self.acked.iter().filter(|a| a.job == job).count() >= MAX_FORKS {
            return;
        }
        let is_reinvite = invite.headers.to_tag().is_some();
        let Some(mut dialog) = Dialog::from_response(&invite, response, path) else {
            return;
        };
        self.acknowledge(cx, &dialog, job, response);
        if !is_reinvite {
            self.bye(cx, &mut dialog, None);
        }
    }

    /// One of this call's requests got no answer.
    pub(crate) fn unanswered(&mut self, cx: &mut Cx<'_>, job: JobId, failure: &Failure) {
        self.jobs.remove(&job);
        match &self.phase {
            Phase::Outgoing(outgoing) if outgoing.job() == job => self.invite_unanswered(cx, failure),
            Phase::Session(_) => self.session_unanswered(cx, job, failure),
            _ => {}
        }
    }

    /// Nothing more comes for a request of this call.
    pub(crate) fn done(&mut self, job: JobId) {
        self.jobs.remove(&job);
        self.acked.retain(|a| a.job != job);
    }

    /// Whether a request belongs to the dialog of this call. Other forks of our INVITE have the same Call-ID and
    /// the same tag of ours, and must not end the one that was kept (§12.2.2).
    pub(super) fn is_for_us(&self, request: &Request) -> bool {
        let dialog = match &self.phase {
            Phase::Outgoing(_) | Phase::Over(None) => None,
            Phase::Incoming(incoming) => Some(incoming.dialog()),
            Phase::Session(session) => Some(&session.dialog),
            Phase::Over(Some(dialog)) => Some(dialog),
        };
        dialog.is_none_or(|d| DialogId::of_request(request).as_ref() == Some(d.id()))
    }

    /// A request with the Call-ID and our tag of this call.
    pub(crate) fn request(&mut self, cx: &mut Cx<'_>, server: ServerId, request: &Request, path: Path) {
        if !self.is_for_us(request) {
            return self.plain(cx, server, request, 481);
        }
        match &self.phase {
            Phase::Session(_) => self.session_request(cx, server, request, path),
            Phase::Incoming(_) => self.early_request(cx, server, request),
            Phase::Outgoing(_) => self.plain(cx, server, request, 481),
            // Both sides hung up at once: the peer's BYE is as right as ours.
            Phase::Over(Some(_)) if request.method == Method::BYE => self.plain(cx, server, request, 200),
            Phase::Over(_) => self.plain(cx, server, request, 481),
        }
    }

    /// Ends the call from our side, whatever its state.
    pub(crate) fn hang_up(&mut self, cx: &mut Cx<'_>, reason: Option<&str>) {
        match &self.phase {
            Phase::Outgoing(_) => self.give_up_invite(cx, reason),
            Phase::Incoming(_) => self.reject(cx, 603),
            Phase::Session(_) => self.leave(cx, reason),
            Phase::Over(_) => {}
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Outgoing(outgoing) => outgoing.next_timeout(),
            Phase::Incoming(incoming) => incoming.next_timeout(),
            Phase::Session(session) => session.next_timeout(),
            Phase::Over(_) => None,
        }
    }

    pub(crate) fn handle_timeout(&mut self, cx: &mut Cx<'_>) {
        match &self.phase {
            Phase::Outgoing(_) => self.invite_timeout(cx),
            Phase::Incoming(_) => self.ringing_timeout(cx),
            Phase::Session(_) => self.session_timeout(cx),
            Phase::Over(_) => {}
        }
    }
}

/// The body when it is a session description; `Err` names the type we cannot read.
pub(super) fn description<'a>(headers: &'a Headers, body: &'a Bytes) -> Result<Option<&'a Bytes>, &'a str> {
    if body.is_empty() {
        return Ok(None);
    }
    match headers.get("Content-Type") {
        // Bodies without a type are descriptions in practice.
        None => Ok(Some(body)),
        Some(kind)
            if kind
                .trim_start()
                .to_ascii_lowercase()
                .starts_with("application/sdp") =>
        {
            Ok(Some(body))
        }
        Some(kind) => Err(kind),
    }
}
