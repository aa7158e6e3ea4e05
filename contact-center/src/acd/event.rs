//! What happened: the journal. [`State::apply`](super::State::apply) of these is the only way state changes.

use contact_api::model::{Caller, Intent, OfferKind, OfferResult};
use serde::{Deserialize, Serialize};

use super::{AgentId, ConversationId, OfferId, SkillId, StationId, UccId};

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Place in the journal, from 1, without gaps.
    pub seq: u64,
    /// When, Unix milliseconds.
    pub at: u64,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Event {
    /// An agent's phone is now this station; the one before, if any, is out.
    StationIn {
        /// The agent.
        agent: AgentId,
        /// The station.
        station: StationId,
        /// Its address of record.
        uri: String,
    },
    /// The agent signed out of the app.
    StationOut {
        /// The agent.
        agent: AgentId,
    },
    /// The agent's device became usable or not.
    DeviceChanged {
        /// The agent.
        agent: AgentId,
        /// Its state.
        device: Device,
    },
    /// The agent signed in to a UCC.
    UccIn {
        /// The agent.
        agent: AgentId,
        /// The UCC.
        ucc: UccId,
    },
    /// The agent signed out of a UCC.
    UccOut {
        /// The agent.
        agent: AgentId,
        /// The UCC.
        ucc: UccId,
    },
    /// The agent said ready or not ready.
    IntentSet {
        /// The agent.
        agent: AgentId,
        /// The will.
        intent: Intent,
        /// Why, in the agent's words.
        reason: Option<String>,
    },
    /// Too many offers without an answer.
    Blocked {
        /// The agent.
        agent: AgentId,
        /// Until then, or a change of presence.
        until: u64,
    },
    /// Hunted again.
    Unblocked {
        /// The agent.
        agent: AgentId,
    },
    /// A conversation entered a queue.
    Queued {
        /// The conversation.
        conversation: ConversationId,
        /// Who calls.
        caller: Caller,
        /// The number called.
        number: String,
        /// The UCC.
        ucc: UccId,
        /// The queue.
        skill: SkillId,
        /// Higher is hunted first.
        priority: i64,
    },
    /// An agent is asked.
    OfferStarted {
        /// The offer.
        offer: OfferId,
        /// The conversation.
        conversation: ConversationId,
        /// The agent.
        agent: AgentId,
        /// Hunted or taken.
        kind: OfferKind,
        /// When it ends by itself.
        deadline: u64,
        /// When it ends unless the phone has said that it rings.
        #[serde(default)]
        reach_by: Option<u64>,
    },
    /// The agent's phone rings.
    OfferRinging {
        /// The offer.
        offer: OfferId,
        /// The conversation.
        conversation: ConversationId,
        /// The agent.
        agent: AgentId,
    },
    /// The agent pressed Accept; the phone has a little longer to answer.
    OfferAccepting {
        /// The offer.
        offer: OfferId,
        /// The conversation.
        conversation: ConversationId,
        /// The agent.
        agent: AgentId,
        /// The new deadline.
        deadline: u64,
    },
    /// An offer is over.
    OfferEnded {
        /// The offer.
        offer: OfferId,
        /// The conversation.
        conversation: ConversationId,
        /// The agent.
        agent: AgentId,
        /// How.
        result: OfferResult,
        /// Why, in words.
        reason: String,
        /// The same agent is not asked for this conversation before; `None` leaves the agent tried for
        /// this round.
        not_before: Option<u64>,
        /// Counts towards blocking the agent.
        no_answer: bool,
    },
    /// All agents were tried; again at that time.
    RoundScheduled {
        /// The conversation.
        conversation: ConversationId,
        /// When.
        retry_at: u64,
    },
    /// Everybody may be tried again.
    RoundStarted {
        /// The conversation.
        conversation: ConversationId,
    },
    /// An agent and the customer are joined. Follows the `OfferEnded` with `accepted`.
    Connected {
        /// The conversation.
        conversation: ConversationId,
        /// The agent.
        agent: AgentId,
    },
    /// The agent put the customer on hold, or took them back.
    HoldChanged {
        /// The conversation.
        conversation: ConversationId,
        /// The agent.
        agent: AgentId,
        /// On hold now.
        held: bool,
    },
    /// The agent's part in a conversation is over.
    AgentOut {
        /// The conversation.
        conversation: ConversationId,
        /// The agent.
        agent: AgentId,
    },
    /// A connected conversation waits again, with its old place.
    Requeued {
        /// The conversation.
        conversation: ConversationId,
    },
    /// A conversation is over.
    Ended {
        /// The conversation.
        conversation: ConversationId,
        /// Why, in words.
        reason: String,
    },
    /// The agent writes up a conversation.
    WrapupStarted {
        /// The agent.
        agent: AgentId,
        /// The conversation.
        conversation: ConversationId,
        /// When it ends by itself.
        deadline: u64,
    },
    /// The agent asked for more time.
    WrapupExtended {
        /// The agent.
        agent: AgentId,
        /// The new deadline.
        deadline: u64,
    },
    /// The wrap-up is over.
    WrapupEnded {
        /// The agent.
        agent: AgentId,
    },
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

/// Whether an agent's device can take a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// It can.
    Ok,
    /// The station is not registered.
    #[default]
    NoPhone,
    /// The microphone is absent or refused by the system.
    NoMicrophone,
    /// The computer sleeps.
    Asleep,
}
