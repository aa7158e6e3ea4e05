//! An offer's life: a lease that ends exactly once, with the agent's voice in the same event.
//!
//! ```text
//!  started ──accept──▶ accepting (a little longer) ──200──▶ accepted ──▶ connected
//!     ├─ ignore / 486 / 600 / 603 ─▶ ignored     ├─ 200 of another ─▶ lost_race
//!     ├─ deadline ─▶ timeout                     ├─ customer left, agent's state ─▶ cancelled
//!     ├─ any other failure, no word ─▶ failed    └─ the phone moved ─▶ cancelled, offered anew
//!     └─ the server could not ring it ─▶ failed, not the agent's doing
//! ```

use contact_api::model::{OfferKind, OfferResult};

use super::{Acd, AgentId, ConversationId, Event, OfferId, OfferRow, Output, Refusal, UccSettings, Voice};

/// After Accept is pressed the phone has at least this long to answer, in milliseconds.
const ACCEPT_GRACE_MS: u64 = 5_000;

/// What an ended offer means for its agent and conversation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Aftermath {
    /// Asked in this round: somebody else is next.
    Tried,
    /// Asked in this round, and counts towards blocking.
    NoAnswer,
    /// Not asked again for a moment, then as if never asked.
    Later,
    /// As if never asked.
    AtOnce,
}

impl Acd {
    pub(super) fn start_offer(
        &mut self,
        now: u64,
        conversation: &ConversationId,
        agent: &AgentId,
        kind: OfferKind,
    ) -> OfferId {
        let rings_until = now.saturating_add(self.settings_of(conversation).ring_ms);
        self.start_offer_until(now, conversation, agent, kind, rings_until)
    }

    fn start_offer_until(
        &mut self,
        now: u64,
        conversation: &ConversationId,
        agent: &AgentId,
        kind: OfferKind,
        deadline: u64,
    ) -> OfferId {
        let offer = OfferId::from(format!("o_{}", self.state.offers_made + 1));
        let settings = self.settings_of(conversation);
        let reach_by = (settings.reach_ms > 0).then(|| now.saturating_add(settings.reach_ms));
        self.emit(
            now,
            Event::OfferStarted {
                offer: offer.clone(),
                conversation: conversation.clone(),
                agent: agent.clone(),
                kind,
                deadline,
                reach_by,
            },
        );
        self.output(Output::StartOffer { offer: offer.clone() });
        offer
    }

    /// The agent's phone rings. Repeating is harmless, unknown and ended offers are ignored.
    pub fn offer_ringing(&mut self, now: u64, offer: &OfferId) {
        if let Some(row) = self.state.offers.get(offer).filter(|row| row.reach_by.is_some()) {
            let (conversation, agent) = (row.conversation.clone(), row.agent.clone());
            self.emit(
                now,
                Event::OfferRinging {
                    offer: offer.clone(),
                    conversation,
                    agent,
                },
            );
        }
        self.settle(now);
    }

    /// The agent's phone is reached at another place now: what rings at the old one is offered anew,
    /// for what is left of its time: a phone that keeps moving must not keep the customer. An offer that the
    /// agent has accepted is left alone, its answer is on the way.
    pub fn phone_moved(&mut self, now: u64, agent: &AgentId) {
        if let Voice::Offered { offer } = self.row(agent).voice
            && let Some(row) = self
                .state
                .offers
                .get(&offer)
                .filter(|row| !row.accepting && row.deadline > now)
        {
            let (conversation, kind) = (row.conversation.clone(), row.kind);
            let rings_until = row
                .deadline
                .min(now.saturating_add(self.settings_of(&conversation).ring_ms));
            let reason = "the phone moved to another address";
            self.end_offer(now, &offer, OfferResult::Cancelled, reason, Aftermath::AtOnce);
            self.start_offer_until(now, &conversation, agent, kind, rings_until);
        }
        self.settle(now);
    }

    /// The agent's phone is where it was, through a new connection. An offer that it rings for has reached it
    /// and goes on; one that it has said nothing about may have been lost with the old connection.
    pub fn phone_reconnected(&mut self, now: u64, agent: &AgentId) {
        if let Voice::Offered { offer } = self.row(agent).voice
            && let Some(row) = self.state.offers.get(&offer)
            && row.reach_by.is_none()
            && self.settings_of(&row.conversation).reach_ms > 0
        {
            return self.settle(now);
        }
        self.phone_moved(now, agent);
    }

    /// The agent pressed Accept; the phone answers its INVITE by itself. Repeating is harmless.
    ///
    /// # Errors
    /// When the offer is over or another agent's.
    pub fn offer_accept(&mut self, now: u64, agent: &AgentId, offer: &OfferId) -> Result<(), Refusal> {
        let row = self.own_offer(agent, offer)?;
        if !row.accepting {
            let deadline = row.deadline.max(now.saturating_add(ACCEPT_GRACE_MS));
            self.emit(
                now,
                Event::OfferAccepting {
                    offer: offer.clone(),
                    conversation: row.conversation,
                    agent: row.agent,
                    deadline,
                },
            );
        }
        self.settle(now);
        Ok(())
    }

    /// The agent pressed Ignore: skipped for this round, but available (F-032).
    ///
    /// # Errors
    /// When the offer is over or another agent's.
    pub fn offer_ignore(&mut self, now: u64, agent: &AgentId, offer: &OfferId) -> Result<(), Refusal> {
        self.own_offer(agent, offer)?;
        self.end_offer(now, offer, OfferResult::Ignored, "ignored", Aftermath::Tried);
        self.settle(now);
        Ok(())
    }

    /// The agent's phone answered. The first answer wins; every other live offer of the conversation ends.
    ///
    /// # Errors
    /// When the offer is over; the refusal says why, for the Reason header of the BYE.
    pub fn offer_answered(&mut self, now: u64, offer: &OfferId) -> Result<ConversationId, Refusal> {
        let row = self.live_offer(offer)?;
        let (conversation, agent) = (row.conversation, row.agent);
        self.emit(
            now,
            Event::OfferEnded {
                offer: offer.clone(),
                conversation: conversation.clone(),
                agent: agent.clone(),
                result: OfferResult::Accepted,
                reason: "answered".into(),
                not_before: None,
                no_answer: false,
            },
        );
        let name = self
            .roster
            .agents
            .get(&agent)
            .map_or_else(|| agent.to_string(), |def| def.name.clone());
        for other in self.offers_of(&conversation) {
            let reason = format!("answered by {name}");
            self.end_offer(now, &other, OfferResult::LostRace, &reason, Aftermath::Tried);
        }
        self.emit(
            now,
            Event::Connected {
                conversation: conversation.clone(),
                agent: agent.clone(),
            },
        );
        self.output(Output::Join {
            conversation: conversation.clone(),
            agent,
            offer: offer.clone(),
        });
        self.settle(now);
        Ok(conversation)
    }

    /// The agent's phone refused or could not be reached. Unknown and ended offers are ignored: a CANCEL
    /// always ends in a 487.
    pub fn offer_failed(&mut self, now: u64, offer: &OfferId, status: u16, reason: &str) {
        if self.state.offers.contains_key(offer) {
            let (result, words, aftermath) = match status {
                486 | 600 | 603 => (
                    OfferResult::Ignored,
                    format!("declined on the phone ({status} {reason})"),
                    Aftermath::Tried,
                ),
                _ => (
                    OfferResult::Failed,
                    format!("the phone could not be reached ({status} {reason})"),
                    Aftermath::NoAnswer,
                ),
            };
            self.close_offer(now, offer, result, &words, aftermath);
        }
        self.settle(now);
    }

    /// The server itself could not ring the agent's phone: that says nothing about the agent, who is asked
    /// again in a moment. Unknown and ended offers are ignored.
    pub fn offer_not_placed(&mut self, now: u64, offer: &OfferId, reason: &str) {
        self.close_offer(now, offer, OfferResult::Failed, reason, Aftermath::Later);
        self.settle(now);
    }

    /// End an offer and stop the ringing.
    pub(super) fn end_offer(
        &mut self,
        now: u64,
        offer: &OfferId,
        result: OfferResult,
        reason: &str,
        aftermath: Aftermath,
    ) {
        self.close_offer(now, offer, result, reason, aftermath);
        self.output(Output::CancelOffer {
            offer: offer.clone(),
            reason: reason.to_owned(),
        });
    }

    /// End an offer whose phone has stopped by itself.
    fn close_offer(
        &mut self,
        now: u64,
        offer: &OfferId,
        result: OfferResult,
        reason: &str,
        aftermath: Aftermath,
    ) {
        let Some(row) = self.state.offers.get(offer).cloned() else {
            return;
        };
        let settings = self.settings_of(&row.conversation);
        self.emit(
            now,
            Event::OfferEnded {
                offer: offer.clone(),
                conversation: row.conversation,
                agent: row.agent.clone(),
                result,
                reason: reason.to_owned(),
                not_before: match aftermath {
                    Aftermath::Later => Some(now.saturating_add(settings.not_before_ms)),
                    Aftermath::AtOnce => Some(now),
                    Aftermath::Tried | Aftermath::NoAnswer => None,
                },
                no_answer: aftermath == Aftermath::NoAnswer,
            },
        );
        let no_answers = self.row(&row.agent).no_answers;
        if aftermath == Aftermath::NoAnswer
            && settings.max_no_answers > 0
            && no_answers >= settings.max_no_answers
        {
            let until = now.saturating_add(settings.unblock_ms);
            self.emit(
                now,
                Event::Blocked {
                    agent: row.agent,
                    until,
                },
            );
        }
    }

    pub(super) fn offers_of(&self, conversation: &ConversationId) -> Vec<OfferId> {
        let row = self.state.conversations.get(conversation);
        match row.map(|row| &row.stage) {
            Some(super::Stage::Waiting(hunt)) => hunt.offers.iter().cloned().collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn settings_of(&self, conversation: &ConversationId) -> UccSettings {
        let row = self.state.conversations.get(conversation);
        row.and_then(|row| self.roster.uccs.get(&row.ucc))
            .map(|ucc| ucc.settings.clone())
            .unwrap_or_default()
    }

    fn live_offer(&self, offer: &OfferId) -> Result<OfferRow, Refusal> {
        if let Some(row) = self.state.offers.get(offer) {
            return Ok(row.clone());
        }
        match self
            .state
            .ended_offers
            .iter()
            .rev()
            .find(|ended| ended.offer == *offer)
        {
            Some(ended) => Err(Refusal::LostRace(ended.reason.clone())),
            None => Err(Refusal::NotFound(format!("offer {offer}"))),
        }
    }

    fn own_offer(&self, agent: &AgentId, offer: &OfferId) -> Result<OfferRow, Refusal> {
        let mine = |owner: &AgentId| {
            // Another agent's offer does not exist for this one.
            if owner == agent {
                Ok(())
            } else {
                Err(Refusal::NotFound(format!("offer {offer}")))
            }
        };
        if let Some(ended) = self.state.ended_offers.iter().find(|ended| ended.offer == *offer) {
            mine(&ended.agent)?;
        }
        let row = self.live_offer(offer)?;
        mine(&row.agent)?;
        Ok(row)
    }
}
