//! Async access to the center; cheap to clone.

use tokio::sync::{mpsc, oneshot};

use super::boundary::{AgentLeg, Arrival, Gone, NotPlaced, OfferLost, Placed};
use crate::acd::{ConversationId, OfferId};

/// Talks to the center's task. Every method waits for room in its inbox, the ones that give something also
/// for the answer; after the center has stopped they return at once.
#[derive(Clone, Debug)]
pub struct CenterHandle {
    pub(super) inbox: mpsc::Sender<Message>,
}

/// What the center's task receives.
#[derive(Debug)]
pub(super) enum Message {
    Arrived(Arrival, oneshot::Sender<Result<Placed, NotPlaced>>),
    CustomerLeft(ConversationId),
    OfferAnswered(OfferId, oneshot::Sender<Result<(), OfferLost>>),
    OfferFailed(OfferId, u16, String),
    AgentLeft(ConversationId, AgentLeg),
    Registered(String, bool),
}

impl CenterHandle {
    /// A customer's call arrived and was answered or is ringing at the focus. Offers follow as
    /// [`ToFocus::StartOffer`](super::ToFocus::StartOffer).
    ///
    /// # Errors
    /// When the number is unknown, the queue is full or the center has stopped.
    pub async fn customer_arrived(&self, arrival: Arrival) -> Result<Placed, NotPlaced> {
        let (tx, rx) = oneshot::channel();
        self.send(Message::Arrived(arrival, tx)).await?;
        rx.await.map_err(|_| Gone)?
    }

    /// The customer's leg is gone (BYE, CANCEL, failure), waiting or connected.
    pub async fn customer_left(&self, conversation: ConversationId) {
        let _ = self.send(Message::CustomerLeft(conversation)).await;
    }

    /// The agent's phone answered 200. On `Ok` join the two legs; the center has chosen this winner.
    ///
    /// # Errors
    /// When the offer has ended meanwhile: end the agent's leg with the given sentence.
    pub async fn offer_answered(&self, offer: OfferId) -> Result<(), OfferLost> {
        let (tx, rx) = oneshot::channel();
        self.send(Message::OfferAnswered(offer, tx)).await?;
        rx.await.map_err(|_| Gone)?
    }

    /// The agent's phone gave a final response of 300 or more, or none (then `status` 408).
    pub async fn offer_failed(&self, offer: OfferId, status: u16, reason: impl Into<String>) {
        let _ = self
            .send(Message::OfferFailed(offer, status, reason.into()))
            .await;
    }

    /// The agent's leg of a connected conversation ended. The center answers with
    /// [`ToFocus::EndConversation`](super::ToFocus::EndConversation) or
    /// [`ToFocus::ReturnToQueue`](super::ToFocus::ReturnToQueue).
    pub async fn agent_left(&self, conversation: ConversationId, how: AgentLeg) {
        let _ = self.send(Message::AgentLeft(conversation, how)).await;
    }

    /// A station's registration came (`true`) or ended (`false`). `aor` is the address of record of the
    /// [`SipAccount`](super::SipAccount). An agent whose station is not registered is not hunted.
    pub async fn station_registered(&self, aor: impl Into<String>, registered: bool) {
        let _ = self.send(Message::Registered(aor.into(), registered)).await;
    }

    async fn send(&self, message: Message) -> Result<(), Gone> {
        self.inbox.send(message).await.map_err(|_| Gone)
    }
}
