//! The queue's tables.
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

use super::{AgentId, ConversationId, Device, OfferId, SkillId, StationId, UccId};

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

    pub(super) const fn add(&mut self, at: u64, talk_ms: u64) {
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
