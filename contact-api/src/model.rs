//! The things acp/1 talks about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A UCC as an agent sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UccInfo {
    /// Its id.
    pub ucc: String,
    /// Its name.
    pub name: String,
    /// The agent's membership.
    pub state: Membership,
    /// The skills the agent has in it.
    pub skills: Vec<SkillInfo>,
}

/// An agent's membership of a UCC (F-012…F-014).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// Hunted.
    SignedIn,
    /// Not hunted.
    SignedOut,
    /// Always a member; cannot sign in or out.
    Informal,
}

/// A skill of an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SkillInfo {
    /// Its id.
    pub skill: String,
    /// Its name.
    pub name: String,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Caller {
    /// SIP URI or E.164 number.
    pub address: String,
    /// The name, when known.
    pub name: Option<String>,
}

/// One conversation in a queue list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QueueRow {
    /// The conversation.
    pub conversation: String,
    /// Waiting, connected or ended.
    pub state: ConversationState,
    /// Who calls.
    pub caller: Caller,
    /// UCC id.
    pub ucc: String,
    /// UCC name.
    pub ucc_name: String,
    /// Skill id.
    pub skill: String,
    /// Skill name.
    pub skill_name: String,
    /// When it entered the queue (kept when it goes back to the head).
    pub enqueued_at: u64,
    /// When it was answered.
    pub answered_at: Option<u64>,
    /// The agent talking (name), when connected.
    pub agent: Option<String>,
    /// The agent's sign-in address, when connected: equal to ours in the Personal list.
    pub agent_address: Option<String>,
}

/// Where a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationState {
    /// In the queue.
    Waiting,
    /// Being offered to an agent; still waiting for everybody else.
    Offering,
    /// An agent talks with the customer.
    Connected,
    /// Over.
    Ended,
}

/// An offer to this agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Offer {
    /// Its id; also in the INVITE's Alert-Info.
    pub offer: String,
    /// The conversation.
    pub conversation: String,
    /// Why it is offered.
    pub kind: OfferKind,
    /// Who calls.
    pub caller: Caller,
    /// UCC name.
    pub ucc: String,
    /// Skill name.
    pub skill: String,
    /// How long the customer has waited, at `at` of the event.
    pub waited_ms: u64,
    /// When the offer ends by itself.
    pub deadline: u64,
}

/// Why a conversation is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferKind {
    /// The queue hunts.
    Hunt,
    /// The agent took it from the queue.
    Take,
}

/// How an offer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferResult {
    /// The agent talks.
    Accepted,
    /// The agent pressed Ignore.
    Ignored,
    /// The deadline passed.
    Timeout,
    /// The customer or the queue took it back.
    Cancelled,
    /// The agent's phone could not be reached.
    Failed,
    /// Another agent was first.
    LostRace,
}

/// What the agent wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Hunt me.
    Ready,
    /// Do not.
    NotReady,
}

/// What the agent's voice channel does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// Nothing.
    Idle,
    /// An offer rings.
    Offered,
    /// In a conversation.
    Talking,
    /// After a conversation.
    Wrapup,
}

/// The agent's own state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgentState {
    /// What the agent wants.
    pub intent: Intent,
    /// Whether the queue may hunt the agent now.
    pub routable: bool,
    /// Why not, in words; `None` when routable.
    pub reason: Option<String>,
    /// The voice channel.
    pub voice: Voice,
    /// Since when.
    pub since: u64,
}

/// One participant of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Participant {
    /// `customer` or `agent`.
    pub role: Role,
    /// SIP URI.
    pub uri: String,
    /// On hold by an agent.
    pub held: bool,
    /// Muted at the server.
    pub muted: bool,
}

/// What a participant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The customer.
    Customer,
    /// An agent.
    Agent,
}

/// What `agent.ucc_sign_in` and `agent.ucc_sign_out` give.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UccOutcome {
    /// The membership after the command.
    pub state: Membership,
    /// Said when skills would be, or were, left without enough agents (F-015…F-019).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
    /// Names of those skills.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
}

/// What `agent.sign_out` gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignOutOutcome {
    /// Whether the agent is signed out; `false` when a UCC asks for confirmation or refuses.
    pub signed_out: bool,
    /// The UCCs that had something to say.
    pub uccs: Vec<UccFeedback>,
}

/// What one UCC says to a sign-out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UccFeedback {
    /// UCC id.
    pub ucc: String,
    /// The kind.
    pub feedback: Feedback,
    /// Names of the skills left without enough agents.
    pub skills: Vec<String>,
}

/// How a UCC reacts when its last agents leave a skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Feedback {
    /// Not signed out yet: ask, then repeat with `force` (F-016).
    Confirmation,
    /// Signed out, with a warning (F-017).
    Warning,
    /// Not signed out: refused (F-018).
    Error,
}

/// What `agent.why` gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Why {
    /// One entry per skill of the agent.
    pub uccs: Vec<WhySkill>,
}

/// Why the agent is or is not hunted for one skill (B-002).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WhySkill {
    /// UCC name.
    pub ucc: String,
    /// Skill name.
    pub skill: String,
    /// Whether the next conversation of the skill may be offered to the agent.
    pub routable: bool,
    /// The exact rule, as a sentence.
    pub because: String,
}
