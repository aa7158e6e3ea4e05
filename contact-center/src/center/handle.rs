//! Async access to the center; cheap to clone.

use std::sync::{Arc, OnceLock};

use contact_api::{
    frame::{Op, Resume},
    rest::{Me, StationSip},
};
use tokio::sync::{mpsc, oneshot};

use super::boundary::{AgentLeg, Arrival, Gone, NotPlaced, OfferLost, Placed};
use crate::acd::{AgentId, ConversationId, OfferId, Refusal, StationId};

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
    OfferRinging(OfferId),
    OfferFailed(OfferId, u16, String),
    OfferNotPlaced(OfferId, String),
    AgentLeft(ConversationId, AgentLeg),
    Held(ConversationId, bool),
    Registered(String, bool),
    Moved(String),
    Reconnected(String),
    StationIn(AgentId, StationId, oneshot::Sender<Result<Moved, Refusal>>),
    Me(AgentId, oneshot::Sender<Option<Me>>),
    Attach(
        AgentId,
        StationId,
        Option<Resume>,
        oneshot::Sender<Result<Attachment, &'static str>>,
    ),
    Command {
        connection: u64,
        id: String,
        op: Op,
        if_version: Option<u64>,
    },
    Detach(u64),
    Metrics(oneshot::Sender<String>),
    Stop(oneshot::Sender<()>),
}

/// A station that has become its agent's phone.
#[derive(Debug)]
pub(crate) struct Moved {
    /// Its SIP account.
    pub(crate) sip: StationSip,
    /// The station it replaces.
    pub(crate) from: Option<StationId>,
}

/// A connected station's end of the feed.
#[derive(Debug)]
pub(crate) struct Attachment {
    /// Names the connection in commands.
    pub(crate) connection: u64,
    /// To be sent first: `welcome`, then what was missed or a snapshot.
    pub(crate) first: Vec<Arc<str>>,
    /// Frames as they come. Ends when the center lets go of the connection.
    pub(crate) live: mpsc::Receiver<Arc<str>>,
    /// Why it let go, for `goaway`.
    pub(crate) goaway: Arc<OnceLock<&'static str>>,
}

impl CenterHandle {
    /// A customer's call arrived and was answered or is ringing at the focus. Offers follow as
    /// [`ToFocus::StartOffer`](super::ToFocus::StartOffer).
    ///
    /// # Errors
    /// When the number is unknown, the queue is full or the center has stopped.
    pub async fn customer_arrived(&self, arrival: Arrival) -> Result<Placed, NotPlaced> {
        self.ask(|tx| Message::Arrived(arrival, tx)).await?
    }

    /// The customer's leg is gone (BYE, CANCEL, failure), waiting or connected.
    pub async fn customer_left(&self, conversation: ConversationId) {
        self.tell(Message::CustomerLeft(conversation)).await;
    }

    /// The agent's phone answered 200. On `Ok` join the two legs; the center has chosen this winner.
    ///
    /// # Errors
    /// When the offer has ended meanwhile: end the agent's leg with the given sentence.
    pub async fn offer_answered(&self, offer: OfferId) -> Result<(), OfferLost> {
        self.ask(|tx| Message::OfferAnswered(offer, tx)).await?
    }

    /// The agent's phone rings.
    pub async fn offer_ringing(&self, offer: OfferId) {
        self.tell(Message::OfferRinging(offer)).await;
    }

    /// The server itself could not ring the agent's phone (no port for voice, the customer is gone).
    pub async fn offer_not_placed(&self, offer: OfferId, reason: impl Into<String>) {
        self.tell(Message::OfferNotPlaced(offer, reason.into())).await;
    }

    /// The agent's phone gave a final response of 300 or more, or none (then `status` 408).
    pub async fn offer_failed(&self, offer: OfferId, status: u16, reason: impl Into<String>) {
        self.tell(Message::OfferFailed(offer, status, reason.into()))
            .await;
    }

    /// The agent's leg of a connected conversation ended. The center answers with
    /// [`ToFocus::EndConversation`](super::ToFocus::EndConversation) or
    /// [`ToFocus::ReturnToQueue`](super::ToFocus::ReturnToQueue).
    pub async fn agent_left(&self, conversation: ConversationId, how: AgentLeg) {
        self.tell(Message::AgentLeft(conversation, how)).await;
    }

    /// The agent put the customer on hold, or took them back; goes to the agent as `conversation.state`.
    pub async fn customer_held(&self, conversation: ConversationId, held: bool) {
        self.tell(Message::Held(conversation, held)).await;
    }

    /// A station's registration came (`true`) or ended (`false`). `aor` is the address of record of the
    /// [`SipAccount`](super::SipAccount). An agent whose station is not registered is not hunted.
    pub async fn station_registered(&self, aor: impl Into<String>, registered: bool) {
        self.tell(Message::Registered(aor.into(), registered)).await;
    }

    /// A station has registered from a place it was not at before. An offer that rings there is made anew.
    pub async fn station_moved(&self, aor: impl Into<String>) {
        self.tell(Message::Moved(aor.into())).await;
    }

    /// A station has registered from where it was before, through a new connection. An offer that it has not
    /// said to ring for is made anew.
    pub async fn station_reconnected(&self, aor: impl Into<String>) {
        self.tell(Message::Reconnected(aor.into())).await;
    }

    /// Tell every station to come back later, write everything down and end the task.
    pub async fn stop(&self) {
        let _ = self.ask(Message::Stop).await;
    }

    /// Prometheus text.
    pub(crate) async fn metrics(&self) -> Result<String, Gone> {
        self.ask(Message::Metrics).await
    }

    pub(crate) async fn me(&self, agent: AgentId) -> Result<Option<Me>, Gone> {
        self.ask(|tx| Message::Me(agent, tx)).await
    }

    pub(crate) async fn station_in(
        &self,
        agent: AgentId,
        station: StationId,
    ) -> Result<Result<Moved, Refusal>, Gone> {
        self.ask(|tx| Message::StationIn(agent, station, tx)).await
    }

    pub(crate) async fn attach(
        &self,
        agent: AgentId,
        station: StationId,
        resume: Option<Resume>,
    ) -> Result<Result<Attachment, &'static str>, Gone> {
        self.ask(|tx| Message::Attach(agent, station, resume, tx)).await
    }

    pub(crate) async fn command(&self, connection: u64, id: String, op: Op, if_version: Option<u64>) {
        self.tell(Message::Command {
            connection,
            id,
            op,
            if_version,
        })
        .await;
    }

    pub(crate) async fn detach(&self, connection: u64) {
        self.tell(Message::Detach(connection)).await;
    }

    async fn ask<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Result<T, Gone> {
        let (tx, rx) = oneshot::channel();
        self.inbox.send(message(tx)).await.map_err(|_| Gone)?;
        rx.await.map_err(|_| Gone)
    }

    async fn tell(&self, message: Message) {
        // Only fails when the center has stopped; there is nobody left to tell.
        let _ = self.inbox.send(message).await;
    }
}
