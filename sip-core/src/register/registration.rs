//! The registration of one account.
//!
//! ```text
//!          start            2xx                 80–90 % of the lifetime
//!   Idle ────────▶ Trying ───────▶ Bound ────────────────────────┐
//!                  ▲ ▲  │ 423: longer lifetime, at once          │
//!                  │ └──┴──────────────────────────────◀─────────┘
//!      wait is over│  │ no reply, 5xx, …     flow died: at once ─▲
//!                  └─ Waiting
//!                     │ 403, 404, wrong password
//!                     ▼
//!                  Refused (only the owner can help)
//!
//!   any ── stop ──▶ Leaving ── answer, or nothing to undo ──▶ Gone
//! ```

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::backoff::Backoff;
use crate::{
    FlowId,
    agent::{AccountConfig, RegistrationState},
    flow::{ContactSpec, Endpoint, Failure, JobId, Login, Outgoing, PING_EVERY},
    transaction::Path,
    wire::{
        Headers, Method, NameAddr, Request, Response, Uri,
        header::{CSeq, Contact, Expires, MinExpires},
    },
};

/// Servers that grant less than this are asked again no sooner than this.
const SHORTEST: Duration = Duration::from_secs(5);
/// A lifetime a server may ask for with 423.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug)]
enum State {
    Idle,
    Trying { job: JobId },
    Bound { refresh_at: Instant },
    Waiting { until: Instant },
    Refused,
    Leaving { job: JobId },
    Gone,
}

/// What the owner has to know after an input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing.
    Quiet,
    /// Tell this.
    Tell(RegistrationState),
    /// A new attempt has begun with this job; tell it.
    Trying(JobId),
    /// A new attempt follows a failure: tell the failure, then the attempt.
    FailedAndTrying(RegistrationState, JobId),
    /// A refresh has begun; nothing to tell.
    Refreshing(JobId),
    /// The un-REGISTER is out.
    Leaving(JobId),
}

/// One account's binding at its registrar.
#[derive(Debug)]
pub(crate) struct Registration {
    config: AccountConfig,
    login: Login,
    call_id: String,
    from_tag: String,
    seq: u32,
    expires: Duration,
    /// The registrar has raised our lifetime once in this attempt.
    raised: bool,
    /// A binding may exist at the registrar.
    bound: bool,
    state: State,
    backoff: Backoff,
    /// Where the last answer came from, and when its UDP keep-alive is due.
    path: Option<Path>,
    keep_alive_at: Option<Instant>,
    /// The User-Agent header.
    user_agent: String,
}

impl Registration {
    pub(crate) fn new(
        config: AccountConfig,
        login: Login,
        user_agent: &str,
        endpoint: &mut Endpoint,
    ) -> Self {
        let ids = endpoint.ids();
        Self {
            call_id: ids.call_id(),
            from_tag: ids.tag(),
            seq: ids.cseq(),
            expires: config.expires,
            config,
            login,
            raised: false,
            bound: false,
            state: State::Idle,
            backoff: Backoff::default(),
            path: None,
            keep_alive_at: None,
            user_agent: user_agent.to_owned(),
        }
    }

    /// Begins to register.
    pub(crate) fn start(&mut self, now: Instant, endpoint: &mut Endpoint) -> Next {
        Next::Trying(self.attempt(now, endpoint))
    }

    fn registrar(&self) -> Uri {
        match &self.config.registrar {
            Some(registrar) => registrar.clone(),
            None => {
                let mut uri = self.config.uri.clone();
                uri.user = None;
                uri
            }
        }
    }

    /// Sends REGISTER (§10.2); `expires` zero takes the binding away.
    fn send(&mut self, now: Instant, endpoint: &mut Endpoint, expires: Duration) -> JobId {
        self.seq += 1;
        let seconds = expires.as_secs();
        let mut identity = NameAddr::new(self.config.uri.clone());
        let mut headers = Headers::new();
        let proxy = self.config.outbound_proxy.clone().map(|mut proxy| {
            proxy.params.set("lr", None);
            proxy
        });
        if let Some(proxy) = &proxy {
            headers.push("Route", NameAddr::new(proxy.clone()).to_string());
        }
        headers.push("To", identity.to_string());
        identity.display_name = self.config.display_name.clone();
        identity.params.set("tag", Some(&self.from_tag));
        headers.push("From", identity.to_string());
        headers.push("Call-ID", self.call_id.clone());
        headers.push_typed(&CSeq::new(self.seq, Method::REGISTER));
        headers.push("Max-Forwards", "70");
        headers.push("Expires", seconds.to_string());
        headers.push("User-Agent", self.user_agent.clone());
        let mut uri = self.registrar();
        let next_hop = proxy.unwrap_or_else(|| uri.clone());
        // The Request-URI names the domain, nothing about the way to it (§10.2).
        uri.user = None;
        endpoint.send(
            now,
            Outgoing {
                request: Request {
                    method: Method::REGISTER,
                    uri,
                    headers,
                    body: Bytes::new(),
                },
                next_hop,
                contact: Some(ContactSpec {
                    user: self.config.uri.user.clone(),
                    params: vec![("expires".to_owned(), seconds.to_string())],
                }),
                prefer: self.path,
                login: Some(self.login),
            },
        )
    }

    fn attempt(&mut self, now: Instant, endpoint: &mut Endpoint) -> JobId {
        self.raised = false;
        let job = self.send(now, endpoint, self.expires);
        self.state = State::Trying { job };
        job
    }

    /// Whether this job is ours and current.
    pub(crate) fn owns(&self, id: JobId) -> bool {
        matches!(self.state, State::Trying { job } | State::Leaving { job } if job == id)
    }

    /// A response to our REGISTER.
    pub(crate) fn response(
        &mut self,
        now: Instant,
        endpoint: &mut Endpoint,
        response: &Response,
        path: Path,
        note: Option<String>,
    ) -> Next {
        if let Some(cseq) = response.headers.cseq() {
            self.seq = self.seq.max(cseq.seq);
        }
        if response.status < 200 {
            return Next::Quiet;
        }
        if matches!(self.state, State::Leaving { .. }) {
            self.state = State::Gone;
            return Next::Tell(RegistrationState::Unregistered);
        }
        self.path = Some(path);
        match response.status {
            200..=299 => self.bound_until(now, endpoint, response, path),
            423 if !self.raised => {
                let Some(MinExpires(least)) = response.headers.first() else {
                    return self.failed(
                        now,
                        endpoint,
                        Some(response),
                        "423 without Min-Expires".to_owned(),
                    );
                };
                self.expires = Duration::from_secs(u64::from(least))
                    .min(LONGEST)
                    .max(self.expires);
                let job = self.send(now, endpoint, self.expires);
                self.raised = true;
                self.state = State::Trying { job };
                Next::Refreshing(job)
            }
            401 | 407 => {
                let reason = note.unwrap_or_else(|| "wrong user name or password".to_owned());
                self.refused(response, reason)
            }
            403 => self.refused(response, said("the server forbids this registration", response)),
            404 | 604 => self.refused(response, said("the server does not know this address", response)),
            _ => {
                let reason = said("the server refused", response);
                self.failed(now, endpoint, Some(response), reason)
            }
        }
    }

    fn bound_until(
        &mut self,
        now: Instant,
        endpoint: &mut Endpoint,
        response: &Response,
        path: Path,
    ) -> Next {
        let ours = endpoint.contact(path, self.config.uri.user.as_deref());
        let contacts = response.headers.all::<Contact>().unwrap_or_default();
        let granted = contacts
            .iter()
            .find(|c| c.address().is_some_and(|a| a.uri.equivalent(&ours)))
            .and_then(Contact::expires)
            .or_else(|| response.headers.first::<Expires>().map(|e| e.0))
            .map_or(self.expires, |s| Duration::from_secs(u64::from(s)));
        let granted = granted.max(SHORTEST);
        let refresh = endpoint.ids().between(granted * 80 / 100, granted * 90 / 100);
        self.backoff.reset();
        self.bound = true;
        self.state = State::Bound {
            refresh_at: now + refresh,
        };
        self.keep_alive_at = (!path.transport.is_reliable()).then_some(now + PING_EVERY);
        Next::Tell(RegistrationState::Registered { expires: granted })
    }

    fn refused(&mut self, response: &Response, reason: String) -> Next {
        self.bound = false;
        self.keep_alive_at = None;
        self.state = State::Refused;
        Next::Tell(RegistrationState::Failed {
            status: Some(response.status),
            reason,
            retry_in: None,
        })
    }

    /// Nobody answered.
    pub(crate) fn unanswered(&mut self, now: Instant, endpoint: &mut Endpoint, failure: &Failure) -> Next {
        if matches!(self.state, State::Leaving { .. }) {
            self.state = State::Gone;
            return Next::Tell(RegistrationState::Unregistered);
        }
        self.path = None;
        self.failed(now, endpoint, None, failure.to_string())
    }

    fn failed(
        &mut self,
        now: Instant,
        endpoint: &mut Endpoint,
        response: Option<&Response>,
        reason: String,
    ) -> Next {
        let asked = response
            .and_then(|r| r.headers.get("Retry-After"))
            .and_then(|v| v.split([';', '(', ' ']).next()?.trim().parse::<u64>().ok())
            .map(|s| Duration::from_secs(s.min(3600)));
        let planned = self.backoff.next(endpoint.ids());
        let wait = asked.map_or(planned, |asked| asked.max(planned));
        self.keep_alive_at = None;
        let told = RegistrationState::Failed {
            status: response.map(|r| r.status),
            reason,
            retry_in: Some(wait),
        };
        if wait.is_zero() {
            let job = self.attempt(now, endpoint);
            return Next::FailedAndTrying(told, job);
        }
        self.state = State::Waiting { until: now + wait };
        Next::Tell(told)
    }

    /// A connection is gone; when it was ours, register again at once.
    pub(crate) fn flow_closed(&mut self, now: Instant, endpoint: &mut Endpoint, flow: FlowId) -> Next {
        if self.path.is_none_or(|path| path.flow != flow) {
            return Next::Quiet;
        }
        self.path = None;
        match self.state {
            State::Bound { .. } | State::Waiting { .. } => Next::Trying(self.attempt(now, endpoint)),
            _ => Next::Quiet,
        }
    }

    /// The computer's addresses changed: bindings made before may lead nowhere.
    pub(crate) fn network_changed(&mut self, now: Instant, endpoint: &mut Endpoint) -> Next {
        match self.state {
            State::Bound { .. } | State::Waiting { .. } => {
                self.backoff.reset();
                Next::Trying(self.attempt(now, endpoint))
            }
            _ => Next::Quiet,
        }
    }

    /// The registrar may have forgotten us.
    pub(crate) fn again(&mut self, now: Instant, endpoint: &mut Endpoint) -> Next {
        self.backoff.reset();
        match self.state {
            State::Bound { .. } => Next::Refreshing(self.attempt(now, endpoint)),
            State::Waiting { .. } => Next::Trying(self.attempt(now, endpoint)),
            _ => Next::Quiet,
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Bound { refresh_at } => Some(self.keep_alive_at.map_or(refresh_at, |k| k.min(refresh_at))),
            State::Waiting { until } => Some(until),
            _ => None,
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, endpoint: &mut Endpoint) -> Next {
        match self.state {
            State::Waiting { until } if until <= now => Next::Trying(self.attempt(now, endpoint)),
            State::Bound { refresh_at } => {
                if self.keep_alive_at.is_some_and(|at| at <= now)
                    && let Some(path) = self.path
                {
                    endpoint.keep_alive(path);
                    self.keep_alive_at = Some(now + PING_EVERY);
                }
                if refresh_at <= now {
                    Next::Refreshing(self.attempt(now, endpoint))
                } else {
                    Next::Quiet
                }
            }
            _ => Next::Quiet,
        }
    }

    /// Takes the binding away.
    pub(crate) fn stop(&mut self, now: Instant, endpoint: &mut Endpoint) -> Next {
        if let State::Trying { job } = self.state {
            // Its answer is of no interest any more, but a binding may come of it.
            self.bound = true;
            endpoint.cancel(now, job);
        }
        match self.state {
            State::Leaving { .. } | State::Gone => Next::Quiet,
            _ if self.bound => {
                let job = self.send(now, endpoint, Duration::ZERO);
                self.bound = false;
                self.keep_alive_at = None;
                self.state = State::Leaving { job };
                Next::Leaving(job)
            }
            State::Idle => {
                self.state = State::Gone;
                Next::Quiet
            }
            _ => {
                self.state = State::Gone;
                Next::Tell(RegistrationState::Unregistered)
            }
        }
    }

    /// The registrar has taken the binding away itself.
    pub(crate) fn forget(&mut self, now: Instant, endpoint: &mut Endpoint) -> Next {
        if let State::Trying { job } = self.state {
            endpoint.cancel(now, job);
        }
        if matches!(self.state, State::Gone) {
            return Next::Quiet;
        }
        self.bound = false;
        self.keep_alive_at = None;
        self.state = State::Gone;
        Next::Tell(RegistrationState::Unregistered)
    }

    /// Whether nothing more is to be done.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.state, State::Gone)
    }
}

fn said(what: &str, response: &Response) -> String {
    format!("{what}: {} {}", response.status, response.reason)
}
