//! Events of the live stream: `{"t":"ev","seq","at","kind","subject","version","body"}`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{
    AgentState, ConversationState, Membership, Offer, OfferResult, Participant, QueueRow, UccInfo,
};

/// What happened; `kind` and `body` of an event frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "body")]
pub enum Event {
    /// The agent's own state changed.
    #[serde(rename = "agent.state")]
    AgentState(AgentState),
    /// The agent's membership of a UCC changed.
    #[serde(rename = "agent.ucc")]
    AgentUcc {
        /// UCC id.
        ucc: String,
        /// The new membership.
        state: Membership,
    },
    /// A conversation entered a queue this agent can see.
    #[serde(rename = "queue.added")]
    QueueAdded(QueueRow),
    /// A row changed.
    #[serde(rename = "queue.changed")]
    QueueChanged(QueueRow),
    /// A row is gone.
    #[serde(rename = "queue.removed")]
    QueueRemoved {
        /// The conversation.
        conversation: String,
    },
    /// A conversation is offered to this agent.
    #[serde(rename = "offer.started")]
    OfferStarted(Offer),
    /// An offer to this agent ended.
    #[serde(rename = "offer.ended")]
    OfferEnded {
        /// The offer.
        offer: String,
        /// How.
        result: OfferResult,
        /// Why, in words.
        reason: String,
    },
    /// A conversation this agent is part of changed.
    #[serde(rename = "conversation.state")]
    Conversation {
        /// The conversation.
        conversation: String,
        /// Where it is.
        state: ConversationState,
        /// Who is in it.
        participants: Vec<Participant>,
    },
    /// Another station of the same agent took over; this one is signed out.
    #[serde(rename = "station.takeover")]
    Takeover {
        /// The other station's id.
        by: String,
    },
}

/// Full state, in place of replay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// The agent's own state.
    pub agent: AgentState,
    /// The UCCs and memberships.
    pub uccs: Vec<UccInfo>,
    /// Every conversation the agent can see, waiting and connected.
    pub queue: Vec<QueueRow>,
    /// Offers ringing at this agent now.
    pub offers: Vec<Offer>,
}
