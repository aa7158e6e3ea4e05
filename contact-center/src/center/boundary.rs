//! What the focus and the registrar tell the center, and what it tells them.

use contact_api::model::Caller;

use crate::acd::{AgentId, ConversationId, OfferId};

/// A customer's call has reached one of our numbers.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Chosen by the focus with [`super::new_conversation`]; never used twice.
    pub conversation: ConversationId,
    /// Who calls.
    pub caller: Caller,
    /// The number called, as in the Request-URI: `sip:sales@demo.ringside`. Port, parameters and the
    /// host are ignored when only one UCC has a number with that user part.
    pub number: String,
}

/// Where an arrival was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// UCC name.
    pub ucc: String,
    /// Skill name.
    pub skill: String,
    /// Place in the skill's queue, from 1.
    pub position: usize,
}

/// Why an arrival was not put in a queue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPlaced {
    /// None of our numbers; answer 404.
    #[error("{0} is not a number of this contact centre")]
    UnknownNumber(String),
    /// The conversation id is taken; answer 500.
    #[error("conversation {0} exists already")]
    Duplicate(ConversationId),
    /// Too many conversations wait; answer 503.
    #[error("the queue is full ({0} conversations)")]
    Full(usize),
    /// The center has stopped; answer 503.
    #[error(transparent)]
    Gone(#[from] Gone),
}

/// Why an answered offer does not get its conversation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferLost {
    /// Somebody was first, the customer left, or the time was up: end the agent's leg with BYE and this
    /// sentence as the text of its Reason header (`SIP ;cause=200 ;text="…"`).
    #[error("{0}")]
    Ended(String),
    /// The center has stopped.
    #[error(transparent)]
    Gone(#[from] Gone),
}

/// The center has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the contact centre is shutting down")]
pub struct Gone;

/// How an agent's leg of a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentLeg {
    /// The agent hung up: the conversation is over.
    HungUp,
    /// The phone is gone (no RTP and no answer to OPTIONS, transport failure, 481): the customer is kept.
    Lost,
}

/// What the focus must do.
#[derive(Clone, Debug, PartialEq)]
pub enum ToFocus {
    /// Ring a station: INVITE with `Alert-Info: <urn:acp:offer:OFFER>`. Then report
    /// [`offer_ringing`](super::CenterHandle::offer_ringing), and then
    /// [`offer_answered`](super::CenterHandle::offer_answered),
    /// [`offer_failed`](super::CenterHandle::offer_failed) or
    /// [`offer_not_placed`](super::CenterHandle::offer_not_placed), unless [`ToFocus::CancelOffer`] comes first.
    StartOffer {
        /// The offer.
        offer: OfferId,
        /// The conversation.
        conversation: ConversationId,
        /// The agent.
        agent: AgentId,
        /// Address of record to ring, `sip:st-4f2a@demo.ringside`.
        station_uri: String,
        /// Who calls.
        caller: Caller,
        /// UCC name.
        ucc: String,
        /// Skill name.
        skill: String,
        /// How long the customer has waited.
        waited_ms: u64,
        /// When the center will cancel by itself, Unix milliseconds. The focus needs no timer of its own.
        deadline: u64,
    },
    /// Stop ringing: CANCEL (or BYE when the 200 was already on its way).
    CancelOffer {
        /// The offer.
        offer: OfferId,
        /// For the Reason header, `answered by Anna`.
        reason: String,
    },
    /// The conversation is over: end every leg that is left. Also comes after the focus itself reported
    /// the last leg; unknown ids are to be ignored.
    EndConversation {
        /// The conversation.
        conversation: ConversationId,
        /// In words.
        reason: String,
    },
    /// The agent is out of the conversation, the customer is not (it waits again): music for the customer,
    /// end the agent's leg if it is still there.
    ReturnToQueue {
        /// The conversation.
        conversation: ConversationId,
    },
}

/// A SIP account of one station.
#[derive(Clone, PartialEq, Eq)]
pub struct SipAccount {
    /// Digest user name, also the user part of `uri`.
    pub username: String,
    /// Digest password; never logged.
    pub password: String,
    /// Address of record, `sip:st-4f2a@demo.ringside`.
    pub uri: String,
    /// The agent's name.
    pub display_name: String,
}

impl std::fmt::Debug for SipAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SipAccount")
            .field("uri", &self.uri)
            .finish_non_exhaustive()
    }
}

/// The SIP server's account list. Called from async code: must not block.
pub trait SipAccounts: Send + Sync + 'static {
    /// Add the account, or replace the one with the same user name.
    fn issue(&self, account: SipAccount);
    /// Remove the account and its bindings; calls in progress go on.
    fn revoke(&self, username: &str);
}
