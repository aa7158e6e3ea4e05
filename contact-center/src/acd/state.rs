//! The queue's tables, and how each event changes them.
//!
//! ```text
//!  conversation   Waiting ⇄ (offers live) ──accepted──▶ Connected ──▶ ended (row removed)
//!                    ▲──────────── requeued ───────────────┘
//!  agent's voice  Idle ──▶ Offered ──accepted──▶ Talking ──▶ Wrapup ──▶ Idle
//!                   ▲─────────┘ every other end      └─ no wrap-up ──▶ Idle
//! ```
//!
//! A row holds its own deadlines, so there is no timer without a row, and a live offer, conversation or
//! wrap-up of an agent is one variant of [`Voice`], so there is never more than one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use contact_api::model::{Caller, Intent, OfferKind, OfferResult};
use serde::{Deserialize, Serialize};

use super::{AgentId, ConversationId, Device, Event, OfferId, Record, SkillId, StationId, UccId};

/// How many ended offers are remembered, to say why a late answer is too late.
const REMEMBERED_OFFERS: usize = 1024;
const DAY_MS: u64 = 86_400_000;

/// The queue's tables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The last event applied.
    pub seq: u64,
    /// Offers ever made; the next one's number.
    pub offers_made: u64,
    /// Agents that have done anything yet.
    pub agents: BTreeMap<AgentId, AgentRow>,
    /// Live conversations.
    pub conversations: BTreeMap<ConversationId, ConversationRow>,
    /// Live offers.
    pub offers: BTreeMap<OfferId, OfferRow>,
    /// The latest ended offers, oldest first.
    pub ended_offers: VecDeque<EndedOffer>,
}

/// One agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentRow {
    /// The active station, when signed in to the app.
    pub station: Option<StationRow>,
    /// Whether it can take a call.
    pub device: Device,
    /// The agent's will.
    pub intent: Intent,
    /// Why not ready, in the agent's words.
    pub intent_reason: Option<String>,
    /// UCCs signed in to (formal members).
    pub signed_in: BTreeSet<UccId>,
    /// What the voice channel does.
    pub voice: Voice,
    /// Since when intent, voice, station or device are as they are.
    pub since: u64,
    /// End of the last conversation or wrap-up, or first sign-in.
    pub idle_since: u64,
    /// When the agent last became ready.
    pub available_since: u64,
    /// When the agent was last offered something.
    pub offered_at: u64,
    /// Unanswered offers in a row.
    pub no_answers: u32,
    /// Not hunted before, unless presence changes.
    pub blocked_until: Option<u64>,
    /// This day's work.
    pub today: Day,
    /// Grows with every event about the agent.
    pub version: u64,
}

impl Default for AgentRow {
    fn default() -> Self {
        Self {
            station: None,
            device: Device::NoPhone,
            intent: Intent::Ready,
            intent_reason: None,
            signed_in: BTreeSet::new(),
            voice: Voice::Idle,
            since: 0,
            idle_since: 0,
            available_since: 0,
            offered_at: 0,
            no_answers: 0,
            blocked_until: None,
            today: Day::default(),
            version: 0,
        }
    }
}

/// A running phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StationRow {
    /// Its id.
    pub id: StationId,
    /// Its address of record.
    pub uri: String,
}

/// An agent's voice channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// Nothing.
    Idle,
    /// An offer rings.
    Offered {
        /// It.
        offer: OfferId,
    },
    /// In a conversation.
    Talking {
        /// It.
        conversation: ConversationId,
        /// Since.
        since: u64,
    },
    /// Writing up.
    Wrapup {
        /// What.
        conversation: ConversationId,
        /// Since.
        started: u64,
        /// Until.
        deadline: u64,
        /// The deadline at the start; limits extensions.
        planned: u64,
    },
}

/// Work of one UTC day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    day: u64,
    calls: u32,
    talk_ms: u64,
}

impl Day {
    /// Conversations on the day of `at`.
    pub const fn calls(&self, at: u64) -> u32 {
        if at / DAY_MS == self.day { self.calls } else { 0 }
    }

    /// Time talked on the day of `at`, in milliseconds.
    pub const fn talk_ms(&self, at: u64) -> u64 {
        if at / DAY_MS == self.day { self.talk_ms } else { 0 }
    }

    const fn add(&mut self, at: u64, talk_ms: u64) {
        *self = Self {
            day: at / DAY_MS,
            calls: self.calls(at).saturating_add(1),
            talk_ms: self.talk_ms(at).saturating_add(talk_ms),
        };
    }
}

/// One live conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConversationRow {
    /// Who calls.
    pub caller: Caller,
    /// The number called.
    pub number: String,
    /// The UCC.
    pub ucc: UccId,
    /// The queue.
    pub skill: SkillId,
    /// Higher is hunted first.
    pub priority: i64,
    /// When it entered the queue; kept when it goes back.
    pub enqueued_at: u64,
    /// When it was last answered.
    pub answered_at: Option<u64>,
    /// Where it is.
    pub stage: Stage,
    /// Grows with every event about the conversation.
    pub version: u64,
}

/// Where a conversation is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// In the queue.
    Waiting(Hunt),
    /// An agent talks with the customer.
    Connected {
        /// The agent.
        agent: AgentId,
        /// The customer is on hold.
        #[serde(default)]
        held: bool,
    },
}

/// The search for an agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hunt {
    /// Live offers.
    pub offers: BTreeSet<OfferId>,
    /// Agents asked in this round.
    pub tried: BTreeSet<AgentId>,
    /// Agents not to be asked before a time.
    pub not_before: BTreeMap<AgentId, u64>,
    /// Completed rounds.
    pub round: u32,
    /// When the next round starts.
    pub retry_at: Option<u64>,
}

/// One live offer: a lease with a deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferRow {
    /// The conversation.
    pub conversation: ConversationId,
    /// The agent.
    pub agent: AgentId,
    /// Hunted or taken.
    pub kind: OfferKind,
    /// Start.
    pub started: u64,
    /// End of the lease.
    pub deadline: u64,
    /// The agent pressed Accept.
    pub accepting: bool,
    /// Until then the phone must say that it rings; `None` once it has.
    #[serde(default)]
    pub reach_by: Option<u64>,
}

/// An offer that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedOffer {
    /// It.
    pub offer: OfferId,
    /// The agent.
    pub agent: AgentId,
    /// How it ended.
    pub result: OfferResult,
    /// Why.
    pub reason: String,
}

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

impl Event {
    /// The agent it is about.
    pub const fn agent(&self) -> Option<&AgentId> {
        match self {
            Self::StationIn { agent, .. }
            | Self::StationOut { agent }
            | Self::DeviceChanged { agent, .. }
            | Self::UccIn { agent, .. }
            | Self::UccOut { agent, .. }
            | Self::IntentSet { agent, .. }
            | Self::Blocked { agent, .. }
            | Self::Unblocked { agent }
            | Self::OfferStarted { agent, .. }
            | Self::OfferRinging { agent, .. }
            | Self::OfferAccepting { agent, .. }
            | Self::OfferEnded { agent, .. }
            | Self::Connected { agent, .. }
            | Self::HoldChanged { agent, .. }
            | Self::AgentOut { agent, .. }
            | Self::WrapupStarted { agent, .. }
            | Self::WrapupExtended { agent, .. }
            | Self::WrapupEnded { agent } => Some(agent),
            _ => None,
        }
    }

    /// The conversation it is about.
    pub const fn conversation(&self) -> Option<&ConversationId> {
        match self {
            Self::Queued { conversation, .. }
            | Self::OfferStarted { conversation, .. }
            | Self::OfferRinging { conversation, .. }
            | Self::OfferAccepting { conversation, .. }
            | Self::OfferEnded { conversation, .. }
            | Self::RoundScheduled { conversation, .. }
            | Self::RoundStarted { conversation }
            | Self::Connected { conversation, .. }
            | Self::HoldChanged { conversation, .. }
            | Self::AgentOut { conversation, .. }
            | Self::Requeued { conversation }
            | Self::Ended { conversation, .. }
            | Self::WrapupStarted { conversation, .. } => Some(conversation),
            _ => None,
        }
    }
}
