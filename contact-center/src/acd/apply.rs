//! How each event changes the tables. There is no other way they change.

use contact_api::model::{Intent, OfferResult};

use super::{
    AgentId, AgentRow, ConversationId, ConversationRow, Device, EndedOffer, Event, Hunt, OfferId, OfferRow,
    Record, Stage, State, StationRow, Voice,
};

/// How many ended offers are remembered, to say why a late answer is too late.
const REMEMBERED_OFFERS: usize = 1024;

/// The journal contradicts the tables: it is damaged, or there is a bug.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {seq} does not fit: {what}")]
pub struct Misfit {
    /// The event.
    pub seq: u64,
    /// What is wrong.
    pub what: String,
}

impl State {
    /// Apply one event. The only way the tables change.
    ///
    /// # Errors
    /// When the event does not fit: the tables are then not to be trusted any more.
    pub fn apply(&mut self, record: &Record) -> Result<(), Misfit> {
        let misfit = |what: String| Misfit {
            seq: record.seq,
            what,
        };
        if record.seq != self.seq + 1 {
            return Err(misfit(format!("the one before was {}", self.seq)));
        }
        self.seq = record.seq;
        self.apply_event(record.at, &record.event).map_err(misfit)
    }

    fn apply_event(&mut self, at: u64, event: &Event) -> Result<(), String> {
        match event {
            Event::StationIn { agent, station, uri } => {
                let row = self.agent_mut(agent);
                if row.station.is_none() {
                    row.idle_since = at;
                    row.available_since = at;
                }
                row.station = Some(StationRow {
                    id: station.clone(),
                    uri: uri.clone(),
                });
                row.device = Device::NoPhone;
                row.since = at;
            }
            Event::StationOut { agent } => {
                let row = self.agent_mut(agent);
                row.station = None;
                row.device = Device::NoPhone;
                row.since = at;
            }
            Event::DeviceChanged { agent, device } => {
                let row = self.agent_mut(agent);
                row.device = *device;
                row.since = at;
            }
            Event::UccIn { agent, ucc } => {
                self.agent_mut(agent).signed_in.insert(ucc.clone());
            }
            Event::UccOut { agent, ucc } => {
                self.agent_mut(agent).signed_in.remove(ucc);
            }
            Event::IntentSet {
                agent,
                intent,
                reason,
            } => {
                let row = self.agent_mut(agent);
                if row.intent != *intent {
                    row.since = at;
                    if *intent == Intent::Ready {
                        row.available_since = at;
                    }
                }
                row.intent = *intent;
                row.intent_reason.clone_from(reason);
            }
            Event::Blocked { agent, until } => self.agent_mut(agent).blocked_until = Some(*until),
            Event::Unblocked { agent } => {
                let row = self.agent_mut(agent);
                row.blocked_until = None;
                row.no_answers = 0;
            }
            Event::Queued {
                conversation,
                caller,
                number,
                ucc,
                skill,
                priority,
            } => {
                if self.conversations.contains_key(conversation) {
                    return Err(format!("{conversation} exists"));
                }
                self.conversations.insert(
                    conversation.clone(),
                    ConversationRow {
                        caller: caller.clone(),
                        number: number.clone(),
                        ucc: ucc.clone(),
                        skill: skill.clone(),
                        priority: *priority,
                        enqueued_at: at,
                        answered_at: None,
                        stage: Stage::Waiting(Hunt::default()),
                        version: 1,
                    },
                );
            }
            Event::OfferStarted {
                offer,
                conversation,
                agent,
                kind,
                deadline,
                reach_by,
            } => {
                if self.agent_mut(agent).voice != Voice::Idle {
                    return Err(format!("{agent} is not idle"));
                }
                let hunt = self.hunt_mut(conversation)?;
                hunt.offers.insert(offer.clone());
                hunt.tried.insert(agent.clone());
                hunt.not_before.remove(agent);
                hunt.retry_at = None;
                self.set_voice(agent, at, Voice::Offered { offer: offer.clone() });
                self.agent_mut(agent).offered_at = at;
                self.offers_made += 1;
                self.offers.insert(
                    offer.clone(),
                    OfferRow {
                        conversation: conversation.clone(),
                        agent: agent.clone(),
                        kind: *kind,
                        started: at,
                        deadline: *deadline,
                        accepting: false,
                        reach_by: *reach_by,
                    },
                );
            }
            Event::OfferRinging { offer, .. } => self.offer_mut(offer)?.reach_by = None,
            Event::OfferAccepting { offer, deadline, .. } => {
                let row = self.offer_mut(offer)?;
                row.accepting = true;
                row.deadline = *deadline;
            }
            Event::OfferEnded {
                offer,
                result,
                reason,
                not_before,
                no_answer,
                ..
            } => {
                let row = self
                    .offers
                    .remove(offer)
                    .ok_or_else(|| format!("{offer} is not live"))?;
                let hunt = self.hunt_mut(&row.conversation)?;
                hunt.offers.remove(offer);
                if let Some(time) = not_before {
                    hunt.tried.remove(&row.agent);
                    hunt.not_before.insert(row.agent.clone(), *time);
                }
                self.set_voice(&row.agent, at, Voice::Idle);
                let agent = self.agent_mut(&row.agent);
                if *no_answer {
                    agent.no_answers += 1;
                } else if *result == OfferResult::Accepted {
                    agent.no_answers = 0;
                }
                self.ended_offers.push_back(EndedOffer {
                    offer: offer.clone(),
                    agent: row.agent,
                    result: *result,
                    reason: reason.clone(),
                });
                if self.ended_offers.len() > REMEMBERED_OFFERS {
                    self.ended_offers.pop_front();
                }
            }
            Event::RoundScheduled {
                conversation,
                retry_at,
            } => {
                self.hunt_mut(conversation)?.retry_at = Some(*retry_at);
            }
            Event::RoundStarted { conversation } => {
                let hunt = self.hunt_mut(conversation)?;
                hunt.retry_at = None;
                hunt.tried.clear();
                hunt.round += 1;
            }
            Event::Connected { conversation, agent } => {
                if self.agent_mut(agent).voice != Voice::Idle {
                    return Err(format!("{agent} is not idle"));
                }
                let row = self.conversation_mut(conversation)?;
                if !matches!(&row.stage, Stage::Waiting(hunt) if hunt.offers.is_empty()) {
                    return Err(format!("{conversation} is not free"));
                }
                row.stage = Stage::Connected {
                    agent: agent.clone(),
                    held: false,
                };
                row.answered_at = Some(at);
                self.set_voice(
                    agent,
                    at,
                    Voice::Talking {
                        conversation: conversation.clone(),
                        since: at,
                    },
                );
            }
            Event::HoldChanged {
                conversation,
                agent,
                held: now,
            } => match &mut self.conversation_mut(conversation)?.stage {
                Stage::Connected { agent: talking, held } if talking == agent => *held = *now,
                other => return Err(format!("{conversation} is {other:?}")),
            },
            Event::AgentOut { conversation, agent } => {
                let row = self.agent_mut(agent);
                match &row.voice {
                    Voice::Talking {
                        conversation: talking,
                        since,
                    } if talking == conversation => {
                        row.today.add(at, at.saturating_sub(*since));
                        row.idle_since = at;
                        self.set_voice(agent, at, Voice::Idle);
                    }
                    other => return Err(format!("{agent} is {other:?}")),
                }
            }
            Event::Requeued { conversation } => {
                let row = self.conversation_mut(conversation)?;
                row.stage = Stage::Waiting(Hunt::default());
                row.answered_at = None;
            }
            Event::Ended { conversation, .. } => {
                self.conversations
                    .remove(conversation)
                    .ok_or_else(|| format!("there is no {conversation}"))?;
            }
            Event::WrapupStarted {
                agent,
                conversation,
                deadline,
            } => {
                self.set_voice(
                    agent,
                    at,
                    Voice::Wrapup {
                        conversation: conversation.clone(),
                        started: at,
                        deadline: *deadline,
                        planned: *deadline,
                    },
                );
            }
            Event::WrapupExtended {
                agent,
                deadline: later,
            } => match &mut self.agent_mut(agent).voice {
                Voice::Wrapup { deadline, .. } => *deadline = *later,
                other => return Err(format!("{agent} is {other:?}")),
            },
            Event::WrapupEnded { agent } => {
                self.agent_mut(agent).idle_since = at;
                self.set_voice(agent, at, Voice::Idle);
            }
        }
        self.count(event);
        Ok(())
    }

    /// Versions grow with every event about a row.
    fn count(&mut self, event: &Event) {
        if let Some(agent) = event.agent() {
            self.agent_mut(agent).version += 1;
        }
        if let Some(row) = event.conversation().and_then(|id| self.conversations.get_mut(id)) {
            row.version += 1;
        }
    }

    fn agent_mut(&mut self, agent: &AgentId) -> &mut AgentRow {
        self.agents.entry(agent.clone()).or_default()
    }

    fn set_voice(&mut self, agent: &AgentId, at: u64, voice: Voice) {
        let row = self.agent_mut(agent);
        row.voice = voice;
        row.since = at;
    }

    fn conversation_mut(&mut self, id: &ConversationId) -> Result<&mut ConversationRow, String> {
        let row = self.conversations.get_mut(id);
        row.ok_or_else(|| format!("there is no {id}"))
    }

    fn offer_mut(&mut self, id: &OfferId) -> Result<&mut OfferRow, String> {
        self.offers.get_mut(id).ok_or_else(|| format!("{id} is not live"))
    }

    fn hunt_mut(&mut self, id: &ConversationId) -> Result<&mut Hunt, String> {
        match &mut self.conversation_mut(id)?.stage {
            Stage::Waiting(hunt) => Ok(hunt),
            Stage::Connected { .. } => Err(format!("{id} does not wait")),
        }
    }
}
