//! Deadlines. Each belongs to a row of the tables; the table of timers is the tables.

use contact_api::model::OfferResult;

use super::{Acd, Event, Stage, Voice, offers::Aftermath};

impl Acd {
    /// When [`Acd::tick`] is due, Unix milliseconds; `None` when nothing is.
    pub fn next_wake(&self) -> Option<u64> {
        let offers = self.state.offers.values().map(|row| row.deadline);
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
            .filter(|(_, row)| row.deadline <= now)
            .collect();
        let due: Vec<_> = due
            .into_iter()
            .map(|(offer, row)| (offer.clone(), row.accepting))
            .collect();
        for (offer, accepting) in due {
            let reason = if accepting {
                "accepted, but the phone did not answer"
            } else {
                "not answered in time"
            };
            self.end_offer(now, &offer, OfferResult::Timeout, reason, Aftermath::NoAnswer);
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
