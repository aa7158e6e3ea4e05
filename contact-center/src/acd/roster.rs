//! Who could take what: UCCs, skills and agents as configured. Data; changes only by administration.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AgentId, SkillId, UccId};

/// Everything configured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roster {
    /// Contact centres.
    pub uccs: BTreeMap<UccId, Ucc>,
    /// Queues.
    pub skills: BTreeMap<SkillId, Skill>,
    /// Agents.
    pub agents: BTreeMap<AgentId, Agent>,
}

/// A contact centre.
#[derive(Clone, Debug, PartialEq)]
pub struct Ucc {
    /// Shown to agents.
    pub name: String,
    /// Its rules.
    pub settings: UccSettings,
}

/// The rules of one UCC (F-260…F-262). Missing fields take these defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UccSettings {
    /// What happens when the last agents leave a skill.
    pub feedback_agents_left: FeedbackKind,
    /// Feedback is given when this many agents, or fewer, would be left.
    pub agents_left: usize,
    /// Who is hunted first.
    pub hunting: HuntMethod,
    /// How long an offer rings, in milliseconds.
    pub ring_ms: u64,
    /// How long the agent's phone may take to say that it rings, in milliseconds; of a phone that
    /// says nothing it is not known that it is there, and the next agent is asked; towards blocking it does
    /// not count, the word may have been lost. 0 waits for as long as an offer rings.
    pub reach_ms: u64,
    /// Pause before agents who did not answer are tried again, in milliseconds.
    pub retry_ms: u64,
    /// An agent whose own change of state ended an offer does not get that conversation again sooner, in
    /// milliseconds (a phone that flaps must not cause a storm of INVITEs).
    pub not_before_ms: u64,
    /// So many unanswered offers in a row block an agent; 0 never blocks.
    pub max_no_answers: u32,
    /// A blocked agent is hunted again after this, or after a change of presence, in milliseconds.
    pub unblock_ms: u64,
}

impl Default for UccSettings {
    fn default() -> Self {
        Self {
            feedback_agents_left: FeedbackKind::Off,
            agents_left: 0,
            hunting: HuntMethod::LongestIdle,
            ring_ms: 20_000,
            reach_ms: 4_000,
            retry_ms: 2_000,
            not_before_ms: 3_000,
            max_no_answers: 3,
            unblock_ms: 300_000,
        }
    }
}

/// `FeedbackAgentsLeftInSkill` (F-015…F-019).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackKind {
    /// Nothing is said.
    #[default]
    Off,
    /// Asked first; goes on with force.
    Confirmation,
    /// Goes on, with a warning.
    Warning,
    /// Refused.
    Error,
}

/// Who is hunted first (F-261). All but the last two order by skill score first, highest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HuntMethod {
    /// Longest since the last conversation or wrap-up.
    #[default]
    LongestIdle,
    /// Longest since the agent became ready.
    LongestAvailable,
    /// Fewest conversations this day (UTC).
    LeastCalls,
    /// Least time in conversations this day (UTC).
    LeastOccupied,
    /// In turn, by `order`; scores are ignored.
    RoundRobin,
    /// Always the lowest `order` first; scores are ignored.
    Serial,
}

/// A queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Skill {
    /// Its UCC.
    pub ucc: UccId,
    /// Shown to agents.
    pub name: String,
    /// Conversations of a higher priority are hunted first.
    pub priority: i64,
    /// Discharge duration in milliseconds; 0 is no wrap-up (F-180).
    pub wrapup_ms: u64,
}

/// An agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// Shown to others.
    pub name: String,
    /// Sign-in address, `pat@demo.ringside`.
    pub address: String,
    /// The UCCs the agent belongs to.
    pub uccs: BTreeMap<UccId, Member>,
    /// Score per skill, 0 to 100.
    pub scores: BTreeMap<SkillId, u8>,
}

/// How an agent belongs to a UCC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Formal members sign in and out; informal ones always belong (F-014).
    pub formal: bool,
    /// Place in round robin and serial hunting.
    pub order: i64,
}

impl Roster {
    /// Agents who have `skill` with their scores.
    pub fn holders<'a>(&'a self, skill: &'a SkillId) -> impl Iterator<Item = (&'a AgentId, &'a Agent, u8)> {
        self.agents
            .iter()
            .filter_map(|(id, agent)| agent.scores.get(skill).map(|score| (id, agent, *score)))
    }
}
