//! Who is asked next (F-035, F-037, F-261): a pure choice over the tables. Unavailable agents are filtered
//! before anybody is ordered.

use std::cmp::Reverse;

use contact_api::model::OfferKind;

use super::{Acd, AgentId, ConversationId, ConversationRow, Event, HuntMethod, Stage};

impl Acd {
    /// Ask one agent for every conversation that waits with nobody asked, longest waiting first.
    pub(super) fn hunt(&mut self, now: u64) {
        for conversation in self.queue() {
            if let Some(agent) = self.choose(now, &conversation) {
                self.start_offer(now, &conversation, &agent, OfferKind::Hunt);
            } else if self.exhausted(now, &conversation) {
                let retry_at = now.saturating_add(self.settings_of(&conversation).retry_ms);
                self.emit(
                    now,
                    Event::RoundScheduled {
                        conversation,
                        retry_at,
                    },
                );
            }
        }
    }

    /// Conversations to hunt for, in order: priority, then time of entry.
    fn queue(&self) -> Vec<ConversationId> {
        let free =
            |row: &ConversationRow| matches!(&row.stage, Stage::Waiting(hunt) if hunt.offers.is_empty());
        let mut queue: Vec<_> = self
            .state
            .conversations
            .iter()
            .filter(|(_, row)| free(row))
            .collect();
        queue.sort_by_key(|(id, row)| (Reverse(row.priority), row.enqueued_at, *id));
        queue.into_iter().map(|(id, _)| id.clone()).collect()
    }

    fn choose(&self, now: u64, conversation: &ConversationId) -> Option<AgentId> {
        let row = self.state.conversations.get(conversation)?;
        let Stage::Waiting(hunt) = &row.stage else {
            return None;
        };
        let candidates = self.roster.holders(&row.skill).filter(|(agent, ..)| {
            !hunt.tried.contains(*agent)
                && hunt.not_before.get(*agent).is_none_or(|time| *time <= now)
                && self.unroutable_for(agent, &row.ucc).is_none()
        });
        candidates
            .min_by_key(|(agent, ..)| self.rank(now, agent, row))
            .map(|(agent, ..)| agent.clone())
    }

    /// Everybody who could be asked has been, and the next round is not set.
    fn exhausted(&self, now: u64, conversation: &ConversationId) -> bool {
        let Some(row) = self.state.conversations.get(conversation) else {
            return false;
        };
        let Stage::Waiting(hunt) = &row.stage else {
            return false;
        };
        let mut routable = self
            .roster
            .holders(&row.skill)
            .filter(|(agent, ..)| self.unroutable_for(agent, &row.ucc).is_none());
        let waits = |agent: &AgentId| hunt.not_before.get(agent).is_some_and(|time| *time > now);
        hunt.retry_at.is_none() && routable.any(|(agent, ..)| hunt.tried.contains(agent) && !waits(agent))
    }

    /// Lower is asked first. The last member makes the order total, so a replay chooses the same.
    pub(super) fn rank<'a>(
        &self,
        now: u64,
        agent: &'a AgentId,
        conversation: &ConversationRow,
    ) -> (Reverse<u8>, u64, i64, &'a AgentId) {
        let row = self.row(agent);
        let def = self.roster.agents.get(agent);
        let score = def
            .and_then(|def| def.scores.get(&conversation.skill))
            .copied()
            .unwrap_or(0);
        let order = def
            .and_then(|def| def.uccs.get(&conversation.ucc))
            .map_or(0, |member| member.order);
        let method = self
            .roster
            .uccs
            .get(&conversation.ucc)
            .map(|ucc| ucc.settings.hunting)
            .unwrap_or_default();
        match method {
            HuntMethod::LongestIdle => (Reverse(score), row.idle_since, order, agent),
            HuntMethod::LongestAvailable => (Reverse(score), row.available_since, order, agent),
            HuntMethod::LeastCalls => (Reverse(score), u64::from(row.today.calls(now)), order, agent),
            HuntMethod::LeastOccupied => (Reverse(score), row.today.talk_ms(now), order, agent),
            HuntMethod::RoundRobin => (Reverse(0), row.offered_at, order, agent),
            HuntMethod::Serial => (Reverse(0), 0, order, agent),
        }
    }
}
