//! What the focus is told and what it wants.

use media::engine::{LegId, LegParams, RoomId};
use sip_core::{agent as sip, sdp::LocalMedia, wire::Uri};

/// What happens to the focus.
#[derive(Debug)]
pub enum Input {
    /// The SIP user agent says something.
    Sip(sip::Event),
    /// A leg has its socket.
    Opened {
        /// The leg.
        leg: LegId,
        /// Where it receives; `None` when no port was free.
        local: Option<Box<LocalMedia>>,
    },
    /// The queue offers a conversation to an agent's station.
    StartOffer(OfferLeg),
    /// The queue takes an offer back.
    CancelOffer {
        /// The offer.
        offer: String,
        /// Why, in words; goes into the CANCEL's or BYE's Reason header.
        reason: String,
    },
    /// The queue has decided: this offer's agent gets the conversation.
    Join {
        /// The offer.
        offer: String,
    },
    /// The agent is out, the customer waits again.
    ReturnToQueue {
        /// The conversation.
        conversation: String,
    },
    /// End a conversation: everybody leaves.
    EndConversation {
        /// The conversation.
        conversation: String,
        /// Why, in words; goes into the Reason header of each BYE.
        reason: String,
    },
    /// Nothing has come from a leg's peer for a while although it should.
    Silent(LegId),
}

/// An offer as the focus needs it.
#[derive(Clone, Debug)]
pub struct OfferLeg {
    /// The offer.
    pub offer: String,
    /// The conversation.
    pub conversation: String,
    /// The agent's station.
    pub station: Uri,
}

/// What the focus wants.
#[derive(Debug)]
pub enum Output {
    /// To the SIP user agent.
    Sip(sip::Command),
    /// Bind a socket; answered by [`Input::Opened`].
    OpenLeg(LegId),
    /// What offer and answer agreed.
    UpdateLeg(LegId, LegParams),
    /// Close the socket.
    CloseLeg {
        /// The leg.
        leg: LegId,
        /// An agent was at its other end, not a customer.
        agent: bool,
    },
    /// Mix the leg with a room, or take it out.
    Room(LegId, Option<RoomId>),
    /// Play hold music to the leg, or stop.
    Music(LegId, bool),
    /// To the queue.
    Center(ToCenter),
}

/// What the queue must know.
#[derive(Clone, Debug, PartialEq)]
pub enum ToCenter {
    /// A customer is connected and waits.
    Arrived {
        /// The new conversation.
        conversation: String,
        /// The caller's address.
        address: String,
        /// The caller's name, when shown.
        name: Option<String>,
        /// The user part of the number called.
        number: String,
    },
    /// The agent's phone rings. Once per offer.
    OfferRinging {
        /// The offer.
        offer: String,
    },
    /// The agent's phone answered; [`Input::Join`] or [`Input::CancelOffer`] follows.
    OfferAnswered {
        /// The offer.
        offer: String,
    },
    /// The agent's phone refused, or could not be reached.
    OfferFailed {
        /// The offer.
        offer: String,
        /// The final response, if there was one.
        status: Option<u16>,
        /// A plain sentence.
        reason: String,
    },
    /// The agent's phone was not called at all, for a reason that is not the agent's.
    OfferNotPlaced {
        /// The offer.
        offer: String,
        /// A plain sentence.
        reason: String,
    },
    /// The customer is gone.
    CustomerLeft {
        /// The conversation.
        conversation: String,
    },
    /// The agent is gone; the customer is still there, with music.
    AgentLeft {
        /// The conversation.
        conversation: String,
        /// The phone vanished; otherwise the agent hung up.
        lost: bool,
    },
    /// The agent put the customer on hold, or took them back.
    Held {
        /// The conversation.
        conversation: String,
        /// On hold.
        held: bool,
    },
}
