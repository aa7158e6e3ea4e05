//! What must always be true. Checked after every input in debug builds, and by the property tests.

use super::{Acd, Stage, Voice};

impl Acd {
    /// The invariants.
    ///
    /// # Errors
    /// The first one that does not hold, with its rows.
    pub fn check(&self) -> Result<(), String> {
        self.check_offers()?;
        self.check_conversations()?;
        self.check_agents()
    }

    /// An offer is live for exactly one idle-otherwise agent and one waiting conversation.
    fn check_offers(&self) -> Result<(), String> {
        for (offer, row) in &self.state.offers {
            let voice = self.state.agents.get(&row.agent).map(|agent| &agent.voice);
            if !matches!(voice, Some(Voice::Offered { offer: theirs }) if theirs == offer) {
                return Err(format!("offer {offer} is live, but {} is {voice:?}", row.agent));
            }
            let stage = self
                .state
                .conversations
                .get(&row.conversation)
                .map(|row| &row.stage);
            if !matches!(stage, Some(Stage::Waiting(hunt)) if hunt.offers.contains(offer)) {
                return Err(format!(
                    "offer {offer} outlived its conversation {}",
                    row.conversation
                ));
            }
            if self.state.ended_offers.iter().any(|ended| ended.offer == *offer) {
                return Err(format!("offer {offer} is live and has ended"));
            }
        }
        Ok(())
    }

    fn check_conversations(&self) -> Result<(), String> {
        for (id, row) in &self.state.conversations {
            match &row.stage {
                Stage::Waiting(hunt) => {
                    if let Some(offer) = hunt
                        .offers
                        .iter()
                        .find(|offer| !self.state.offers.contains_key(*offer))
                    {
                        return Err(format!("{id} waits for {offer}, which is over"));
                    }
                    if hunt.retry_at.is_some() && !hunt.offers.is_empty() {
                        return Err(format!("{id} waits for a round although somebody is asked"));
                    }
                }
                Stage::Connected { agent, .. } => {
                    let voice = self.state.agents.get(agent).map(|row| &row.voice);
                    if !matches!(voice, Some(Voice::Talking { conversation, .. }) if conversation == id) {
                        return Err(format!("{id} is with {agent}, who is {voice:?}"));
                    }
                }
            }
        }
        Ok(())
    }

    fn check_agents(&self) -> Result<(), String> {
        for (id, row) in &self.state.agents {
            match &row.voice {
                Voice::Offered { offer } if !self.state.offers.contains_key(offer) => {
                    return Err(format!("{id} is offered {offer}, which is over"));
                }
                Voice::Talking { conversation, .. } => {
                    let stage = self.state.conversations.get(conversation).map(|row| &row.stage);
                    if !matches!(stage, Some(Stage::Connected { agent, .. }) if agent == id) {
                        return Err(format!("{id} talks in {conversation}, which is {stage:?}"));
                    }
                }
                _ => {}
            }
            // Written out again on purpose, not through `why`.
            let belongs = self.roster.agents.get(id).is_some_and(|def| {
                def.uccs
                    .iter()
                    .any(|(ucc, member)| !member.formal || row.signed_in.contains(ucc))
            });
            let routable = row.station.is_some()
                && row.device == super::Device::Ok
                && row.intent == contact_api::model::Intent::Ready
                && row.voice == Voice::Idle
                && row.blocked_until.is_none()
                && belongs;
            if self.roster.agents.contains_key(id) && routable != self.unroutable(id).is_none() {
                return Err(format!(
                    "{id} routable: {routable}, but said {:?}",
                    self.unroutable(id)
                ));
            }
        }
        Ok(())
    }
}
