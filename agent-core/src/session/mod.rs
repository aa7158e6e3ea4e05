//! The session: one person's phone and place in the contact centre, as a pure machine.
//!
//! | looking for | open |
//! |---|---|
//! | which input goes where | this file |
//! | accounts and registration | `accounts` |
//! | starting a call | `outgoing`; what may be dialled: `dial` |
//! | a call that arrives: answer, refuse, redirect | `incoming` |
//! | hold, resume, mute, digits, figures, hang up | `control` |
//! | what SIP and media say about a call | `progress` |
//! | who has microphone and ear | `audio` |
//! | what rings | `ringing` |
//! | offers of the contact centre | `offers` |
//! | sign-in, readiness | `center`; its frames: `frames`; unanswered commands: `outbox` |
//! | UCCs: in, out, the last agent of a skill | `membership` |
//! | the link's breaks | `link`; what `agent.state` says: `standing` |
//! | the queue lists | `queue`; our conversations: `conversations` |
//! | what faces show | `project` |

mod accounts;
mod audio;
mod call;
mod center;
mod clock;
mod config;
mod control;
mod conversations;
mod dial;
mod frames;
mod incoming;
mod link;
mod membership;
mod offers;
mod outbox;
mod outgoing;
mod progress;
mod project;
mod queue;
mod ringing;
mod standing;
mod stop;
mod toasts;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Instant,
};

use sip_core::agent::{AccountId, CallId};

pub use self::config::{AutoAnswer, SessionConfig};
use self::{
    accounts::Account, call::Call, center::Center, conversations::Conversations, offers::Offers,
    toasts::Toasts,
};
use crate::{
    Command, CommandError, ConfirmView, Input, LegId, Notification, Output, Reply, RingKind, Setting, Token,
    View,
};

/// How many ended calls are remembered, so that a late command hears "has ended" and not "no such call".
const REMEMBERED_CALLS: usize = 64;

/// One person's session.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    now: Instant,
    out: Vec<Output>,
    accounts: BTreeMap<AccountId, Account>,
    /// Oldest first.
    calls: Vec<Call>,
    ended: VecDeque<CallId>,
    counters: Counters,
    offers: Offers,
    center: Center,
    conversations: Conversations,
    /// The `agent.state` told last.
    told_agent: Option<Notification>,
    ringing: Option<RingKind>,
    toasts: Toasts,
    confirm: Option<ConfirmView>,
    stop: stop::Stop,
    view: View,
    revision: u64,
}

#[derive(Debug, Default)]
struct Counters {
    account: u64,
    call: u64,
    leg: u64,
    precedence: u64,
}

impl Session {
    /// A session with nothing going on at `now`.
    pub fn new(now: Instant, config: SessionConfig) -> Self {
        let mut view = View {
            theme: config.theme,
            ..View::default()
        };
        (view.sign_in.server, view.sign_in.address) = config.last_sign_in.clone();
        let mut session = Self {
            now,
            out: Vec::new(),
            accounts: BTreeMap::new(),
            calls: Vec::new(),
            ended: VecDeque::new(),
            counters: Counters::default(),
            offers: Offers::default(),
            center: Center::default(),
            conversations: Conversations::default(),
            told_agent: None,
            ringing: None,
            toasts: Toasts::default(),
            confirm: None,
            stop: stop::Stop::default(),
            view,
            revision: 0,
            config,
        };
        for warning in std::mem::take(&mut session.config.warnings) {
            session.toasts.warning(now, warning);
        }
        session.project();
        session
    }

    /// Takes one input; what follows from it, in order. Never fails: what cannot be done is answered with
    /// an error, or shown as a toast when nobody asked for an answer.
    pub fn handle(&mut self, now: Instant, input: Input) -> Vec<Output> {
        self.now = self.now.max(now);
        match input {
            Input::Tick => {}
            Input::Command { token, command } => self.command(token, command),
            Input::Sip(event) => self.sip(event),
            Input::Center(input) => self.center_input(input),
            Input::Media(input) => self.media(input),
            Input::Notice { kind, text } => self.toasts.say(now, kind, text),
            Input::Stop => self.begin_stop(),
        }
        self.expire();
        self.settle_audio();
        self.settle_ringing();
        self.settle_standing();
        self.settle_conversations();
        self.settle_queue();
        self.project();
        std::mem::take(&mut self.out)
    }

    /// When the session next needs [`Input::Tick`]; `None` when it waits for nothing.
    pub fn next_wake(&self) -> Option<Instant> {
        let calls = self
            .calls
            .iter()
            .flat_map(|c| [c.auto.map(|(at, _)| at), c.ring_until])
            .flatten();
        calls
            .chain(self.offers.next_wake())
            .chain(self.center.next_wake())
            .chain(self.toasts.next_wake())
            .chain(self.stop.next_wake())
            .min()
    }

    /// What to show.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Grows with every change of [`view`](Self::view): a cheap "did anything change?".
    pub fn revision(&self) -> u64 {
        self.revision
    }

    fn command(&mut self, token: Option<Token>, command: Command) {
        if self.stop.is_begun() {
            return self.refuse(token, CommandError::WrongState("the session is stopping".into()));
        }
        match command {
            Command::AddAccount(account) => self.add_account(token, *account),
            Command::RemoveAccount(account) => self.remove_account(token, account),
            Command::StartCall { to, account, headers } => self.start_call(token, &to, account, headers),
            Command::Ring {
                call,
                status,
                early_media,
            } => self.ring(token, call, status, early_media),
            Command::Answer(call) => self.answer(token, call),
            Command::Reject { call, status } => self.reject(token, call, status),
            Command::Redirect { call, to } => self.redirect(token, call, &to),
            Command::Hangup(call) => self.hang_up(token, call),
            Command::Hold(call) => self.hold(token, call),
            Command::Resume(call) => self.resume(token, call),
            Command::Mute(call) => self.mute(token, call, true),
            Command::Unmute(call) => self.mute(token, call, false),
            Command::Dtmf { call, digits } => self.dtmf(token, call, &digits.0),
            Command::Stats(call) => self.stats(token, call),
            Command::Reinvite(call) => self.reinvite(token, call),
            Command::SignIn {
                server,
                address,
                password,
            } => self.sign_in(token, server, address, password),
            Command::SignOut { force } => self.sign_out(token, force),
            Command::UccSignIn(ucc) => self.ucc_sign_in(token, ucc),
            Command::UccSignOut { ucc, force } => self.ucc_sign_out(token, ucc, force),
            Command::Ready => self.ready(token),
            Command::NotReady { reason } => self.not_ready(token, reason),
            Command::Why => self.why(token),
            Command::Reconnect => self.reconnect(token),
            Command::AcceptOffer(offer) => self.accept_offer(token, &offer),
            Command::IgnoreOffer(offer) => self.ignore_offer(token, &offer),
            Command::TakeFromQueue(conversation) => self.take_from_queue(token, conversation),
            Command::ListQueue => self.list_queue(token),
            Command::EndConversation(conversation) => self.end_conversation(token, &conversation),
            Command::SetTheme(theme) => {
                self.view.theme = theme;
                self.revision += 1;
                self.out.push(Output::Persist(Setting::Theme(theme)));
                self.done(token);
            }
            Command::DismissToast(id) => {
                self.toasts.dismiss(id);
                self.done(token);
            }
            Command::DismissConfirm => {
                self.confirm = None;
                self.done(token);
            }
        }
    }

    /// What time brings.
    fn expire(&mut self) {
        self.toasts.expire(self.now);
        self.expire_calls();
        self.expire_offers();
        self.expire_commands();
        self.expire_stop();
    }

    fn find(&mut self, id: CallId) -> Result<&mut Call, CommandError> {
        if self.ended.contains(&id) {
            return Err(CommandError::WrongState(format!("call {id} has ended")));
        }
        self.calls
            .iter_mut()
            .find(|c| c.id == id)
            .ok_or_else(|| CommandError::NotFound(format!("there is no call {id}")))
    }

    fn get(&self, id: CallId) -> Option<&Call> {
        self.calls.iter().find(|c| c.id == id)
    }

    fn by_leg(&mut self, leg: LegId) -> Option<&mut Call> {
        self.calls.iter_mut().find(|c| c.leg == leg)
    }

    fn next_leg(&mut self) -> LegId {
        self.counters.leg += 1;
        LegId(self.counters.leg)
    }

    fn next_precedence(&mut self) -> u64 {
        self.counters.precedence += 1;
        self.counters.precedence
    }

    fn done(&mut self, token: Option<Token>) {
        self.give(token, serde_json::json!({}));
    }

    fn give(&mut self, token: Option<Token>, value: serde_json::Value) {
        if let Some(token) = token {
            let result = Ok(Reply(value));
            self.out.push(Output::Reply { token, result });
        }
    }

    /// Answers with an error, or shows it when nobody asked for an answer.
    fn refuse(&mut self, token: Option<Token>, error: CommandError) {
        match token {
            Some(token) => self.out.push(Output::Reply {
                token,
                result: Err(error),
            }),
            None => self.toasts.error(self.now, sentence(&error.to_string())),
        }
    }
}

/// First letter upper case: error messages read as sentences on the screen.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
