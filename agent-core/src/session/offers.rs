//! Offers: what the contact centre asks the agent to take, joined with the INVITE that carries its voice.
//!
//! Event and INVITE come in either order; either alone is enough to ring.
//!
//! ```text
//!            offer.started or INVITE
//!                     │
//!                  Ringing ──ignore──▶ Ignored ─────┐
//!        accept │      │ call gone ──▶ Withdrawn ───┤
//!    (no INVITE)│      │ deadline ──────────────────┤
//!        ┌──────┘      │ accept                     ├─▶ ended, once
//!     Accepting ─INVITE┴─▶ Answered ────────────────┤
//!        └─ deadline: failed ───────────────────────┘
//! ```
//!
//! The contact centre's word ends an offer. Without it (socket down, server gone) the deadline does:
//! a ring is owned by its offer and stops at the deadline, whatever else happens.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use contact_api::{
    OFFER_URN,
    frame::Op,
    model::{self, OfferKind, OfferResult},
};
use sip_core::{
    agent::{CallId, IncomingCall},
    wire::Uri,
};

use super::{Session, call::Phase, outbox::Purpose};
use crate::{CommandError, Notification, Output, Stopwatch, Token};

/// How many ended offers are remembered, so that a late INVITE of one does not ring.
const REMEMBERED: usize = 64;
/// How long the contact centre's word is awaited once an offer is decided here.
const WORD_LIMIT: Duration = Duration::from_secs(3);
/// How long `offer.started` waits for the INVITE, so that it can name the call. It rings meanwhile.
const INVITE_LIMIT: Duration = Duration::from_millis(500);
/// What the end of a call whose offer was ignored is put down to.
const IGNORED: &str = "you ignored the offer";
/// Longest offer id in an INVITE that is looked at.
const MAX_ID: usize = 128;

#[derive(Debug, Default)]
pub(super) struct Offers {
    live: Vec<Offer>,
    ended: VecDeque<String>,
}

#[derive(Debug)]
pub(super) struct Offer {
    pub(super) id: String,
    /// What the contact centre said; `None` while only the INVITE is here.
    pub(super) info: Option<model::Offer>,
    pub(super) waited: Stopwatch,
    pub(super) call: Option<CallId>,
    pub(super) started: Instant,
    /// When it ends by itself.
    pub(super) deadline: Option<Instant>,
    /// Not told to programs yet: told at this instant even without its call.
    tell_at: Option<Instant>,
    phase: OfferPhase,
}

#[derive(Debug)]
enum OfferPhase {
    Ringing,
    /// Accepted, but the INVITE is not here yet.
    Accepting(Vec<Token>),
    Answered,
    Ignored,
    /// The call is gone; the contact centre's word is awaited.
    Withdrawn,
}

impl Offer {
    pub(super) const fn rings(&self) -> bool {
        matches!(self.phase, OfferPhase::Ringing)
    }

    /// Whether a face shows it: ringing, or accepted and waiting for its call.
    pub(super) const fn is_shown(&self) -> bool {
        matches!(self.phase, OfferPhase::Ringing | OfferPhase::Accepting(_))
    }
}

impl Offers {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Offer> {
        self.live.iter()
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.live
            .iter()
            .flat_map(|o| [o.deadline, o.tell_at])
            .flatten()
            .min()
    }

    fn get(&mut self, id: &str) -> Option<&mut Offer> {
        self.live.iter_mut().find(|o| o.id == id)
    }
}

impl Session {
    /// The offer an INVITE of our station carries in its Alert-Info.
    pub(super) fn offer_in(&self, arrived: &IncomingCall) -> Option<String> {
        let station = self.center.station()?;
        if arrived.account.is_some_and(|a| a != station) {
            // Only our own contact centre may speak of offers.
            return None;
        }
        let alert = arrived
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("Alert-Info"));
        alert
            .filter_map(|(_, value)| value.split(OFFER_URN).nth(1)?.split(['>', ';', ',']).next())
            .find(|id| !id.is_empty() && id.len() <= MAX_ID && id.bytes().all(|b| b.is_ascii_graphic()))
            .map(str::to_owned)
    }

    /// The INVITE of an offer is here.
    pub(super) fn bind_offer(&mut self, call: CallId, id: String) {
        if self.offers.ended.contains(&id) {
            if let Ok(call) = self.find(call) {
                call.offer = Some(id);
            }
            self.refuse_by_itself(call, 480, "its offer had ended before the call arrived");
            return;
        }
        let started = self.now;
        if self.offers.get(&id).is_none() {
            let deadline = self.config.direct_ring_limit.map(|limit| started + limit);
            self.offers.live.push(Offer {
                id: id.clone(),
                info: None,
                waited: Stopwatch::starting(started),
                call: None,
                started,
                deadline,
                tell_at: None,
                phase: OfferPhase::Ringing,
            });
            self.announce_offer_call(call);
        }
        if let Ok(call) = self.find(call) {
            call.offer = Some(id.clone());
            // The offer's deadline rules.
            call.ring_until = None;
        }
        let Some(offer) = self.offers.get(&id) else { return };
        offer.call = Some(call);
        self.tell_offer(&id);
        let Some(offer) = self.offers.get(&id) else { return };
        match std::mem::replace(&mut offer.phase, OfferPhase::Ringing) {
            OfferPhase::Accepting(tokens) => {
                offer.phase = OfferPhase::Answered;
                self.label_call(&id);
                self.answer(None, call);
                for token in tokens {
                    self.give(Some(token), serde_json::json!({ "call": call.to_string() }));
                }
            }
            OfferPhase::Ignored => {
                offer.phase = OfferPhase::Ignored;
                self.refuse_by_itself(call, 480, IGNORED);
            }
            _ => self.label_call(&id),
        }
    }

    /// `offer.started` from the contact centre.
    pub(super) fn offer_started(&mut self, info: model::Offer, deadline: Instant, waited: Stopwatch) {
        let id = info.offer.clone();
        if self.offers.ended.contains(&id) {
            return;
        }
        let now = self.now;
        match self.offers.get(&id) {
            // Told again after a reconnect.
            Some(offer) if offer.info.is_some() => return,
            Some(offer) => {
                offer.info = Some(info.clone());
                offer.deadline = Some(deadline);
                offer.waited = waited;
                offer.tell_at = Some(now);
            }
            None => {
                self.offers.live.push(Offer {
                    id: id.clone(),
                    info: Some(info.clone()),
                    waited,
                    call: None,
                    started: now,
                    deadline: Some(deadline),
                    tell_at: Some(now + INVITE_LIMIT),
                    phase: OfferPhase::Ringing,
                });
                let who = info.caller.name.as_deref().unwrap_or(&info.caller.address);
                self.out.push(Output::Alert {
                    title: "Incoming call".into(),
                    body: format!("{who}, {} · {}", info.skill, info.ucc),
                });
            }
        }
        self.label_call(&id);
    }

    /// `offer.started`, once.
    fn tell_offer(&mut self, id: &str) {
        let now = self.now;
        let Some(offer) = self.offers.get(id) else { return };
        let (Some(info), Some(_)) = (offer.info.clone(), offer.tell_at.take()) else {
            return;
        };
        let left = offer.deadline.map(|at| at.saturating_duration_since(now));
        let started = Notification::OfferStarted {
            offer: info.offer,
            conversation: info.conversation,
            kind: match info.kind {
                OfferKind::Hunt => "hunt",
                OfferKind::Take => "take",
            },
            caller: info.caller.address,
            name: info.caller.name,
            ucc: info.ucc,
            skill: info.skill,
            waited_ms: milliseconds(offer.waited.elapsed(now)),
            deadline_ms: milliseconds(left.unwrap_or_default()),
            call: offer.call.map(|c| c.to_string()),
        };
        self.out.push(Output::Notify(started));
    }

    pub(super) fn accept_offer(&mut self, token: Option<Token>, id: &str) {
        let Some(offer) = self.offers.get(id) else {
            return self.refuse(token, self.no_offer(id));
        };
        let problem = match (&mut offer.phase, offer.call) {
            (OfferPhase::Ringing, Some(call)) => {
                self.answer(None, call);
                return self.give(token, serde_json::json!({ "call": call.to_string() }));
            }
            (OfferPhase::Ringing, None) => {
                offer.phase = OfferPhase::Accepting(token.into_iter().collect());
                let op = Op::OfferAccept { offer: id.to_owned() };
                return self.send_op(None, op, Purpose::Accept { offer: id.to_owned() });
            }
            (OfferPhase::Accepting(tokens), _) => {
                tokens.extend(token);
                return;
            }
            (OfferPhase::Answered, _) => "is accepted already",
            (OfferPhase::Ignored, _) => "was ignored",
            (OfferPhase::Withdrawn, _) => "is over: the call is gone",
        };
        self.refuse(token, CommandError::WrongState(format!("offer {id} {problem}")));
    }

    /// The call of an offer is being answered, by whatever command.
    pub(super) fn offer_answered(&mut self, id: &str) {
        let Some(offer) = self.offers.get(id) else { return };
        if !matches!(offer.phase, OfferPhase::Ringing) {
            return;
        }
        offer.phase = OfferPhase::Answered;
        let op = Op::OfferAccept { offer: id.to_owned() };
        self.send_op(None, op, Purpose::Accept { offer: id.to_owned() });
    }

    /// The contact centre did not grant an acceptance.
    pub(super) fn accept_refused(&mut self, id: &str, detail: &str) {
        let Some(offer) = self.offers.get(id) else { return };
        if let OfferPhase::Accepting(tokens) = &mut offer.phase {
            let tokens = std::mem::take(tokens);
            offer.phase = OfferPhase::Withdrawn;
            offer.deadline = Some(self.now + WORD_LIMIT);
            for token in tokens {
                self.refuse(Some(token), CommandError::WrongState(detail.to_owned()));
            }
        }
        self.toasts.warning(self.now, detail);
    }

    pub(super) fn ignore_offer(&mut self, token: Option<Token>, id: &str) {
        let limit = self.now + WORD_LIMIT;
        let Some(offer) = self.offers.get(id) else {
            return self.refuse(token, self.no_offer(id));
        };
        let tokens = match &mut offer.phase {
            OfferPhase::Ringing => Vec::new(),
            OfferPhase::Accepting(tokens) => std::mem::take(tokens),
            OfferPhase::Ignored => return self.done(token),
            OfferPhase::Answered => {
                let problem = format!("offer {id} is accepted already: hang up instead");
                return self.refuse(token, CommandError::WrongState(problem));
            }
            OfferPhase::Withdrawn => return self.done(token),
        };
        offer.phase = OfferPhase::Ignored;
        offer.deadline = Some(offer.deadline.map_or(limit, |d| d.min(limit)));
        let call = offer.call;
        for waiting in tokens {
            let problem = format!("offer {id} was ignored");
            self.refuse(Some(waiting), CommandError::WrongState(problem));
        }
        let op = Op::OfferIgnore { offer: id.to_owned() };
        self.send_op(None, op, Purpose::Ignore);
        if let Some(call) = call {
            self.refuse_by_itself(call, 480, IGNORED);
        }
        self.done(token);
    }

    /// The call of an offer ended. The contact centre says what became of the offer.
    pub(super) fn offered_call_ended(&mut self, id: &str, call: CallId) {
        let limit = self.now + WORD_LIMIT;
        let Some(offer) = self.offers.get(id).filter(|o| o.call == Some(call)) else {
            return;
        };
        offer.call = None;
        if !matches!(offer.phase, OfferPhase::Ignored) {
            offer.phase = OfferPhase::Withdrawn;
        }
        offer.deadline = Some(limit);
        if offer.info.is_none() {
            self.close_offer(id, OfferResult::Cancelled, "The call is gone", "the call is gone");
        }
    }

    /// The contact centre says that an offer is over.
    pub(super) fn end_offer(&mut self, id: &str, result: OfferResult, reason: &str) {
        let cause = match result {
            OfferResult::Timeout => format!("it rang until its deadline: {}", clause(reason)),
            OfferResult::Ignored => IGNORED.to_owned(),
            _ => format!("the contact centre took the offer back: {}", clause(reason)),
        };
        self.close_offer(id, result, reason, &cause);
    }

    /// An offer is over; told once. `cause` is for its call, when that still rings.
    fn close_offer(&mut self, id: &str, result: OfferResult, reason: &str, cause: &str) {
        let Some(at) = self.offers.live.iter().position(|o| o.id == id) else {
            return;
        };
        self.tell_offer(id);
        let offer = self.offers.live.remove(at);
        if self.offers.ended.len() == REMEMBERED {
            self.offers.ended.pop_front();
        }
        self.offers.ended.push_back(offer.id.clone());
        if let OfferPhase::Accepting(tokens) = offer.phase {
            for token in tokens {
                let problem = format!("offer {id} has ended: {reason}");
                self.refuse(Some(token), CommandError::WrongState(problem));
            }
            self.toasts
                .warning(self.now, format!("The call could not be taken: {reason}"));
        }
        if offer.info.is_some() {
            self.out.push(Output::Notify(Notification::OfferEnded {
                offer: offer.id,
                result: result_name(result),
                reason: reason.to_owned(),
            }));
        }
        // Nothing rings without an offer: a call still unanswered is refused (a CANCEL may cross; both agree).
        if let Some(call) = offer.call {
            self.refuse_by_itself(call, 480, cause);
        }
    }

    /// Deadlines: the hard stop of every ring.
    pub(super) fn expire_offers(&mut self) {
        let now = self.now;
        let untold: Vec<String> = self
            .offers
            .live
            .iter()
            .filter(|o| o.tell_at.is_some_and(|at| at <= now))
            .map(|o| o.id.clone())
            .collect();
        for id in untold {
            self.tell_offer(&id);
        }
        let due: Vec<(String, OfferResult, &str)> = self
            .offers
            .live
            .iter()
            .filter(|o| o.deadline.is_some_and(|d| d <= now))
            .map(|o| match &o.phase {
                OfferPhase::Ringing => (o.id.clone(), OfferResult::Timeout, "It rang until its deadline"),
                OfferPhase::Accepting(_) => (
                    o.id.clone(),
                    OfferResult::Failed,
                    "The call did not reach this phone in time",
                ),
                OfferPhase::Answered => (o.id.clone(), OfferResult::Accepted, "You answered"),
                OfferPhase::Ignored => (o.id.clone(), OfferResult::Ignored, "You pressed Ignore"),
                OfferPhase::Withdrawn => (o.id.clone(), OfferResult::Cancelled, "The call is gone"),
            })
            .collect();
        for (id, result, reason) in due {
            self.close_offer(&id, result, reason, &clause(reason));
        }
    }

    /// After a snapshot: offers the contact centre no longer knows are over.
    pub(super) fn keep_offers(&mut self, still: &[model::Offer]) {
        let gone: Vec<(String, OfferResult)> = self
            .offers
            .live
            .iter()
            .filter(|o| o.info.is_some() && !still.iter().any(|s| s.offer == o.id))
            .map(|o| match o.phase {
                OfferPhase::Answered => (o.id.clone(), OfferResult::Accepted),
                OfferPhase::Ignored => (o.id.clone(), OfferResult::Ignored),
                _ => (o.id.clone(), OfferResult::Cancelled),
            })
            .collect();
        for (id, result) in gone {
            let reason = "It ended while the connection was down";
            self.close_offer(&id, result, reason, &clause(reason));
        }
    }

    /// The session leaves the contact centre: nothing of it rings on.
    pub(super) fn drop_offers(&mut self, reason: &str) {
        let ids: Vec<String> = self.offers.live.iter().map(|o| o.id.clone()).collect();
        for id in ids {
            self.close_offer(&id, OfferResult::Cancelled, reason, &clause(reason));
        }
    }

    /// The call learns what it is about.
    fn label_call(&mut self, id: &str) {
        let Some(offer) = self.offers.get(id) else { return };
        let (Some(info), Some(call)) = (offer.info.clone(), offer.call) else {
            return;
        };
        let Ok(call) = self.find(call) else { return };
        call.source = format!("{} · {}", info.skill, info.ucc);
        call.conversation = Some(info.conversation);
        // The INVITE comes from the queue; the conversation is with the caller.
        match info.caller.address.parse::<Uri>() {
            Ok(uri) => call.peer.uri = uri,
            Err(error) => tracing::debug!(%error, "the caller's address is not a URI"),
        }
        if info.caller.name.is_some() {
            call.peer.display_name = info.caller.name;
        }
    }

    fn announce_offer_call(&mut self, id: CallId) {
        let Some(call) = self.get(id) else { return };
        let body = match matches!(call.phase, Phase::Offered) {
            true => call.name(),
            false => return,
        };
        self.out.push(Output::Alert {
            title: "Incoming call".into(),
            body,
        });
    }

    fn no_offer(&self, id: &str) -> CommandError {
        match self.offers.ended.iter().any(|e| e == id) {
            true => CommandError::WrongState(format!("offer {id} has ended")),
            false => CommandError::NotFound(format!("there is no offer {id}")),
        }
    }
}

/// A sentence as part of another: `You are signed out` is `you are signed out`, `ACD stopped` stays.
fn clause(sentence: &str) -> String {
    let mut letters = sentence.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => sentence.to_owned(),
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

const fn result_name(result: OfferResult) -> &'static str {
    match result {
        OfferResult::Accepted => "accepted",
        OfferResult::Ignored => "ignored",
        OfferResult::Timeout => "timeout",
        OfferResult::Cancelled => "cancelled",
        OfferResult::Failed => "failed",
        OfferResult::LostRace => "lost_race",
    }
}
