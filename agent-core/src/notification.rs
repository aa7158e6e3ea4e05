//! What happened, in the words of the JSON-RPC face (CONTRACTS §3).

use serde::Serialize;
use serde_json::{Map, Value};

/// One notification: `method` is the tag, `params` the fields.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "method", content = "params")]
pub enum Notification {
    /// A registration changed.
    #[serde(rename = "account.state")]
    AccountState {
        /// The account.
        account: String,
        /// `registering`, `registered`, `unregistered` or `failed`.
        state: &'static str,
        /// The response, if there was one.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// A plain sentence.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// When the next attempt comes.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_in_s: Option<u64>,
    },
    /// Somebody calls.
    #[serde(rename = "call.incoming")]
    CallIncoming {
        /// The call.
        call: String,
        /// Caller URI.
        from: String,
        /// Callee URI.
        to: String,
        /// Caller's display name.
        #[serde(skip_serializing_if = "Option::is_none")]
        display_name: Option<String>,
        /// Header fields; several lines of one name are joined by `, `.
        headers: Map<String, Value>,
        /// The call it asks to replace.
        #[serde(skip_serializing_if = "Option::is_none")]
        replaces: Option<String>,
    },
    /// A call moved on; `ended` exactly once.
    #[serde(rename = "call.state")]
    CallState {
        /// The call.
        call: String,
        /// `calling`, `ringing`, `early`, `confirmed` or `ended`.
        state: &'static str,
        /// The response that moved it.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// Its reason phrase.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// A plain sentence.
        #[serde(skip_serializing_if = "Option::is_none")]
        cause: Option<String>,
    },
    /// Voice was agreed (again).
    #[serde(rename = "call.media")]
    CallMedia {
        /// The call.
        call: String,
        /// Codec name.
        codec: String,
        /// `sendrecv`, `sendonly`, `recvonly` or `inactive`.
        direction: &'static str,
        /// We hold the peer.
        local_hold: bool,
        /// The peer holds us.
        remote_hold: bool,
        /// Whether voice is encrypted.
        srtp: bool,
        /// Where voice goes.
        remote: String,
    },
    /// A digit arrived.
    #[serde(rename = "call.dtmf")]
    CallDtmf {
        /// The call.
        call: String,
        /// The digit.
        digit: String,
        /// How long it was held.
        duration_ms: u32,
    },
    /// The agent's own state changed.
    #[serde(rename = "agent.state")]
    AgentState {
        /// `ready` or `not_ready`.
        intent: &'static str,
        /// Whether the queue may hunt the agent now.
        routable: bool,
        /// Why not.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// `idle`, `offered`, `talking` or `wrapup`.
        voice: &'static str,
    },
    /// A conversation is offered.
    #[serde(rename = "offer.started")]
    OfferStarted {
        /// The offer.
        offer: String,
        /// The conversation.
        conversation: String,
        /// `hunt` or `take`.
        kind: &'static str,
        /// Caller address.
        caller: String,
        /// Caller name.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// UCC name.
        ucc: String,
        /// Skill name.
        skill: String,
        /// How long the customer has waited.
        waited_ms: u64,
        /// Milliseconds left.
        deadline_ms: u64,
        /// The ringing call, when its INVITE is here.
        #[serde(skip_serializing_if = "Option::is_none")]
        call: Option<String>,
    },
    /// An offer ended.
    #[serde(rename = "offer.ended")]
    OfferEnded {
        /// The offer.
        offer: String,
        /// `accepted`, `ignored`, `timeout`, `cancelled`, `failed` or `lost_race`.
        result: &'static str,
        /// Why, in words.
        reason: String,
    },
    /// A conversation changed.
    #[serde(rename = "conversation.state")]
    ConversationState {
        /// The conversation.
        conversation: String,
        /// `waiting`, `offering`, `connected` or `ended`.
        state: &'static str,
        /// Who is in it.
        participants: Value,
        /// Recording state: `off`, `recording`, `paused` or `stopped`.
        recording: &'static str,
    },
    /// The queue lists changed; `queue.list` gives them.
    #[serde(rename = "queue.changed")]
    QueueChanged {
        /// Conversations waiting.
        waiting: usize,
        /// Conversations connected.
        connected: usize,
    },
}
