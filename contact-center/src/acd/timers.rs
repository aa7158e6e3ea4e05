//! Deadlines. Each belongs to a row of the tables; the table of timers is the tables.

use contact_api::model::OfferResult;

use super::{Acd, Event, OfferRow, Stage, Voice, offers::Aftermath};

impl OfferRow {
    /// When it ends by itself.
    fn due(&self) -> u64 {
        // Accepting is a word from the agent's own hand: the phone is there.
        let reach_by = self.reach_by.filter(|_| !self.accepting);
        reach_by.map_or(self.deadline, |time| time.min(self.deadline))
    }
}

impl Acd {
    /// When [`Acd::tick`] is due, Unix milliseconds; `None` when nothing is.
    pub fn next_wake(&self) -> Option<u64> {
        let offers = self.state.offers.values().map(OfferRow::due);
        let agents = self.state.agents.values().flat_map(|row| {
            let wrapup = match &row.voice {
                Voice::Wrapup { deadline, .. } => Some(*deadline),
                _ => None,
            };
            wrapup.into_iter().chain(row.blocked_until)
        });
        let hunts = self
            .state
            .conversations
            .values()
            .flat_map(|row| match &row.stage {
                Stage::Waiting(hunt) if hunt.offers.is_empty() => {
                    // A time that has passed is not a timer: the agent is simply free to be asked.
                    let later = hunt
                        .not_before
                        .values()
                        .copied()
                        .filter(|time| *time > self.last_settled());
                    later.chain(hunt.retry_at).min()
                }
                _ => None,
            });
        offers.chain(agents).chain(hunts).min()
    }

    /// What is due at `now` happens.
    pub(super) fn fire_due(&mut self, now: u64) {
        self.note_time(now);
        let due: Vec<_> = self
            .state
            .offers
            .iter()
            .filter(|(_, row)| row.due() <= now)
            .collect();
        let due: Vec<_> = due
            .into_iter()
            .map(|(offer, row)| (offer.clone(), row.clone()))
            .collect();
        for (offer, row) in due {
            let (result, reason, aftermath) = if row.reach_by.is_some() && !row.accepting {
                // A 180 is sent once and may be lost: the phone may be ringing. Nothing is held against its
                // agent, somebody else is asked.
                let waited = now.saturating_sub(row.started).div_ceil(1000);
                let reason = format!("the phone could not be reached (it said nothing for {waited} s)");
                (OfferResult::Failed, reason, Aftermath::Tried)
            } else if row.accepting {
                let reason = "accepted, but the phone did not answer".to_owned();
                (OfferResult::Timeout, reason, Aftermath::NoAnswer)
            } else {
                let reason = "not answered in time".to_owned();
                (OfferResult::Timeout, reason, Aftermath::NoAnswer)
            };
            self.end_offer(now, &offer, result, &reason, aftermath);
        }

        let wrapups = self
            .state
            .agents
            .iter()
            .filter(|(_, row)| matches!(&row.voice, Voice::Wrapup { deadline, .. } if *deadline <= now));
        let wrapups: Vec<_> = wrapups.map(|(agent, _)| agent.clone()).collect();
        for agent in wrapups {
            self.emit(now, Event::WrapupEnded { agent });
        }

        let blocked = self
            .state
            .agents
            .iter()
            .filter(|(_, row)| row.blocked_until.is_some_and(|t| t <= now));
        let blocked: Vec<_> = blocked.map(|(agent, _)| agent.clone()).collect();
        for agent in blocked {
            self.emit(now, Event::Unblocked { agent });
        }

        let rounds = self.state.conversations.iter().filter(|(_, row)| {
            matches!(&row.stage, Stage::Waiting(hunt) if hunt.retry_at.is_some_and(|time| time <= now))
        });
        let rounds: Vec<_> = rounds.map(|(conversation, _)| conversation.clone()).collect();
        for conversation in rounds {
            self.emit(now, Event::RoundStarted { conversation });
        }
    }
}
