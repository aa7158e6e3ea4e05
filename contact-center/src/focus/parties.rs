//! Who is on which leg: the calls, offers and conversations of the focus, found by any of their names.

use std::collections::HashMap;

use media::engine::{LegId, RoomId};
use sip_core::{agent::CallId, wire::NameAddr};

use super::api::OfferLeg;

/// A customer, and the agent they talk with.
pub(super) struct Conversation {
    pub(super) customer: CallId,
    pub(super) leg: LegId,
    pub(super) room: RoomId,
    pub(super) agent: Option<Agent>,
    /// The customer's call is acknowledged and the queue has been told.
    pub(super) arrived: bool,
    /// The caller, as their phone wrote it.
    pub(super) display: NameAddr,
    pub(super) number: String,
}

/// The agent in a conversation.
pub(super) struct Agent {
    pub(super) call: CallId,
    pub(super) leg: LegId,
    pub(super) held: bool,
}

/// An agent's phone that rings, or has answered and waits for the queue's word.
pub(super) struct Offer {
    pub(super) invite: OfferLeg,
    pub(super) call: CallId,
    pub(super) leg: LegId,
    pub(super) rang: bool,
    pub(super) answered: bool,
    pub(super) held: bool,
}

/// What a call is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The customer of this conversation.
    Customer(String),
    /// The phone this offer rings.
    Offered(String),
    /// The agent of this conversation.
    Agent(String),
}

/// Everybody.
#[derive(Default)]
pub(super) struct Parties {
    pub(super) conversations: HashMap<String, Conversation>,
    pub(super) offers: HashMap<String, Offer>,
    pub(super) calls: HashMap<CallId, Role>,
}

impl Parties {
    /// The leg of a call.
    pub(super) fn leg_of(&self, call: CallId) -> Option<LegId> {
        match self.calls.get(&call)? {
            Role::Customer(id) => Some(self.conversations.get(id)?.leg),
            Role::Offered(id) => Some(self.offers.get(id)?.leg),
            Role::Agent(id) => Some(self.conversations.get(id)?.agent.as_ref()?.leg),
        }
    }

    /// The conversation a call's agent is in.
    pub(super) fn with_agent(&mut self, call: CallId) -> Option<(String, &mut Conversation)> {
        match self.calls.get(&call)? {
            Role::Agent(id) => Some((id.clone(), self.conversations.get_mut(id)?)),
            _ => None,
        }
    }

    /// The call of the agent whose leg this is, unless the customer is on hold.
    pub(super) fn talking_on(&self, leg: LegId) -> Option<CallId> {
        self.conversations
            .values()
            .filter_map(|conversation| conversation.agent.as_ref())
            .find(|agent| agent.leg == leg && !agent.held)
            .map(|agent| agent.call)
    }

    /// The offers of a conversation.
    pub(super) fn offers_of(&self, conversation: &str) -> Vec<String> {
        self.offers
            .iter()
            .filter(|(_, offer)| offer.invite.conversation == conversation)
            .map(|(id, _)| id.clone())
            .collect()
    }
}
