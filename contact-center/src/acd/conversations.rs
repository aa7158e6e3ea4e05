//! A conversation's life at the queue: arrival, take, leaving, wrap-up.

use contact_api::model::{Caller, OfferKind, OfferResult};

use super::{
    Acd, AgentId, ConversationId, Event, OfferId, Output, Refusal, SkillId, Stage, Voice, offers::Aftermath,
};

/// Wrap-up may be extended by this much in all, in milliseconds.
const MAX_EXTENSION_MS: u64 = 300_000;

/// An arriving conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct NewConversation {
    /// Its id, never used before.
    pub conversation: ConversationId,
    /// Who calls.
    pub caller: Caller,
    /// The number called.
    pub number: String,
    /// The queue it goes to.
    pub skill: SkillId,
    /// Added to the skill's priority.
    pub priority: i64,
}

impl Acd {
    /// A conversation enters a queue. Gives its place, from 1.
    ///
    /// # Errors
    /// When there is no such skill or the conversation exists already.
    pub fn arrived(&mut self, now: u64, new: NewConversation) -> Result<usize, Refusal> {
        let skill = self.roster.skills.get(&new.skill);
        let skill = skill.ok_or_else(|| Refusal::NotFound(format!("skill {}", new.skill)))?;
        if self.state.conversations.contains_key(&new.conversation) {
            return Err(Refusal::WrongState(format!(
                "conversation {} exists already",
                new.conversation
            )));
        }
        let (ucc, priority) = (skill.ucc.clone(), skill.priority.saturating_add(new.priority));
        let waiting = |row: &super::ConversationRow| matches!(row.stage, Stage::Waiting(_));
        let ahead = self
            .state
            .conversations
            .values()
            .filter(|row| row.skill == new.skill && waiting(row) && row.priority >= priority)
            .count();
        self.emit(
            now,
            Event::Queued {
                conversation: new.conversation,
                caller: new.caller,
                number: new.number,
                ucc,
                skill: new.skill,
                priority,
            },
        );
        self.settle(now);
        Ok(ahead + 1)
    }

    /// The customer is gone. Unknown conversations are ignored.
    pub fn customer_left(&mut self, now: u64, conversation: &ConversationId) {
        self.end_conversation(now, conversation, "the caller hung up");
        self.settle(now);
    }

    /// The agent hung up: the conversation is over.
    pub fn agent_hung_up(&mut self, now: u64, conversation: &ConversationId) {
        if self.talker(conversation).is_some() {
            self.end_conversation(now, conversation, "the agent hung up");
        }
        self.settle(now);
    }

    /// The agent put the customer on hold, or took them back. Nothing happens when nobody talks.
    pub fn customer_held(&mut self, now: u64, conversation: &ConversationId, held: bool) {
        let stage = self.state.conversations.get(conversation).map(|row| &row.stage);
        if let Some(Stage::Connected { agent, held: before }) = stage
            && *before != held
        {
            let (conversation, agent) = (conversation.clone(), agent.clone());
            self.emit(
                now,
                Event::HoldChanged {
                    conversation,
                    agent,
                    held,
                },
            );
        }
        self.settle(now);
    }

    /// The agent's phone is gone: the customer waits again, at its old place.
    pub fn agent_lost(&mut self, now: u64, conversation: &ConversationId) {
        if let Some(agent) = self.talker(conversation) {
            self.emit(
                now,
                Event::AgentOut {
                    conversation: conversation.clone(),
                    agent,
                },
            );
            self.emit(
                now,
                Event::Requeued {
                    conversation: conversation.clone(),
                },
            );
            self.output(Output::ReturnToQueue {
                conversation: conversation.clone(),
            });
        }
        self.settle(now);
    }

    /// The agent takes a waiting conversation (F-036, F-202): it is offered to this agent at once, beside
    /// any offer that rings elsewhere; the first to answer wins. A repeated take gives the same offer.
    ///
    /// # Errors
    /// When the conversation does not wait any more, or the agent cannot take a call now.
    pub fn take(
        &mut self,
        now: u64,
        agent: &AgentId,
        conversation: &ConversationId,
    ) -> Result<OfferId, Refusal> {
        self.known(agent)?;
        let row = self.state.conversations.get(conversation);
        let row = row.ok_or_else(|| Refusal::NotFound("such conversation any more".into()))?;
        if !self.belongs(agent, &row.ucc) {
            return Err(Refusal::Forbidden(
                "You are not signed in to this contact centre".into(),
            ));
        }
        if let Stage::Connected { agent: by, .. } = &row.stage {
            let name = self
                .roster
                .agents
                .get(by)
                .map_or(by.as_str(), |def| def.name.as_str());
            return Err(Refusal::LostRace(format!("answered by {name}")));
        }
        if let Voice::Offered { offer } = self.row(agent).voice
            && self
                .state
                .offers
                .get(&offer)
                .is_some_and(|live| live.conversation == *conversation)
        {
            return Ok(offer);
        }
        if let Some(reason) = self.cannot_take(agent) {
            return Err(Refusal::WrongState(reason));
        }
        let offer = self.start_offer(now, conversation, agent, OfferKind::Take);
        self.settle(now);
        Ok(offer)
    }

    /// More time to write up (F-182). Gives the new deadline, Unix milliseconds.
    ///
    /// # Errors
    /// When the agent does not write up.
    pub fn wrapup_extend(&mut self, now: u64, agent: &AgentId, by_ms: u64) -> Result<u64, Refusal> {
        let Voice::Wrapup {
            deadline, planned, ..
        } = self.row(agent).voice
        else {
            return Err(Refusal::WrongState("There is no wrap-up".into()));
        };
        let limit = planned.saturating_add(MAX_EXTENSION_MS);
        let later = deadline.saturating_add(by_ms).min(limit);
        self.emit(
            now,
            Event::WrapupExtended {
                agent: agent.clone(),
                deadline: later,
            },
        );
        self.settle(now);
        Ok(later)
    }

    /// The agent is done writing up (F-183).
    ///
    /// # Errors
    /// When the agent does not write up.
    pub fn wrapup_end(&mut self, now: u64, agent: &AgentId) -> Result<(), Refusal> {
        if !matches!(self.row(agent).voice, Voice::Wrapup { .. }) {
            return Err(Refusal::WrongState("There is no wrap-up".into()));
        }
        self.emit(now, Event::WrapupEnded { agent: agent.clone() });
        self.settle(now);
        Ok(())
    }

    /// The server started again: the legs of every conversation are gone and no phone is registered yet.
    pub fn restarted(&mut self, now: u64) {
        let conversations: Vec<_> = self.state.conversations.keys().cloned().collect();
        for conversation in &conversations {
            self.end_conversation(now, conversation, "the contact centre restarted");
        }
        let phones = self
            .state
            .agents
            .iter()
            .filter(|(_, row)| row.device != super::Device::NoPhone);
        let agents: Vec<_> = phones.map(|(agent, _)| agent.clone()).collect();
        for agent in agents {
            self.emit(
                now,
                Event::DeviceChanged {
                    agent,
                    device: super::Device::NoPhone,
                },
            );
        }
        self.settle(now);
    }

    fn end_conversation(&mut self, now: u64, conversation: &ConversationId, reason: &str) {
        let Some(row) = self.state.conversations.get(conversation) else {
            return;
        };
        let skill = row.skill.clone();
        for offer in self.offers_of(conversation) {
            self.end_offer(now, &offer, OfferResult::Cancelled, reason, Aftermath::Tried);
        }
        let talker = self.talker(conversation);
        if let Some(agent) = &talker {
            self.emit(
                now,
                Event::AgentOut {
                    conversation: conversation.clone(),
                    agent: agent.clone(),
                },
            );
        }
        self.emit(
            now,
            Event::Ended {
                conversation: conversation.clone(),
                reason: reason.to_owned(),
            },
        );
        self.output(Output::EndConversation {
            conversation: conversation.clone(),
            reason: reason.to_owned(),
        });
        let wrapup_ms = self.roster.skills.get(&skill).map_or(0, |skill| skill.wrapup_ms);
        if let Some(agent) = talker
            && wrapup_ms > 0
        {
            let deadline = now.saturating_add(wrapup_ms);
            self.emit(
                now,
                Event::WrapupStarted {
                    agent,
                    conversation: conversation.clone(),
                    deadline,
                },
            );
        }
    }

    fn talker(&self, conversation: &ConversationId) -> Option<AgentId> {
        match &self.state.conversations.get(conversation)?.stage {
            Stage::Connected { agent, .. } => Some(agent.clone()),
            Stage::Waiting(_) => None,
        }
    }
}
