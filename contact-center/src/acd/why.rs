//! Why an agent is or is not hunted (B-002): one function decides, and its answer is the sentence.

use contact_api::model::{Intent, WhySkill};

use super::{Acd, AgentId, ConversationRow, Device, Hunt, Stage, UccId, Voice};

impl Acd {
    /// Why the agent is not hunted at all, or `None`. The first rule that fails.
    pub fn unroutable(&self, agent: &AgentId) -> Option<String> {
        let def = self.roster.agents.get(agent)?;
        self.cannot_take(agent).or_else(|| {
            if def.uccs.keys().any(|ucc| self.belongs(agent, ucc)) {
                self.unwilling(agent)
            } else {
                Some("You are not signed in to a contact centre".into())
            }
        })
    }

    /// Why the agent is not hunted for one UCC, or `None`.
    pub(super) fn unroutable_for(&self, agent: &AgentId, ucc: &UccId) -> Option<String> {
        if self.belongs(agent, ucc) {
            self.cannot_take(agent).or_else(|| self.unwilling(agent))
        } else {
            Some("You are not signed in to this contact centre".into())
        }
    }

    /// Why the agent cannot take a call even by their own wish, or `None`.
    pub(super) fn cannot_take(&self, agent: &AgentId) -> Option<String> {
        let Some(row) = self.state.agents.get(agent) else {
            return Some("You are signed out".into());
        };
        if row.station.is_none() {
            return Some("You are signed out".into());
        }
        match row.device {
            Device::Ok => {}
            Device::NoPhone => return Some("Your phone is not registered".into()),
            Device::NoMicrophone => return Some("Your microphone cannot be used".into()),
            Device::Asleep => return Some("Your computer sleeps".into()),
        }
        match row.voice {
            Voice::Idle => None,
            Voice::Offered { .. } => Some("A call is being offered to you".into()),
            Voice::Talking { .. } => Some("You are in a call".into()),
            Voice::Wrapup { .. } => Some("You are in wrap-up".into()),
        }
    }

    /// Why the agent is not hunted although a call could be taken, or `None`.
    fn unwilling(&self, agent: &AgentId) -> Option<String> {
        let row = self.state.agents.get(agent)?;
        if row.intent == Intent::NotReady {
            return Some(match &row.intent_reason {
                Some(reason) => format!("You are not ready: {reason}"),
                None => "You are not ready".into(),
            });
        }
        let blocked = row.blocked_until.is_some();
        blocked.then(|| {
            format!(
                "You did not answer {} times in a row; choose Ready to be hunted again",
                row.no_answers
            )
        })
    }

    /// One sentence per skill of the agent. Empty for an unknown agent.
    pub fn why(&self, now: u64, agent: &AgentId) -> Vec<WhySkill> {
        let Some(def) = self.roster.agents.get(agent) else {
            return Vec::new();
        };
        let skills = def
            .scores
            .keys()
            .filter_map(|id| self.roster.skills.get(id).map(|skill| (id, skill)));
        skills
            .filter_map(|(id, skill)| {
                let ucc = self.roster.uccs.get(&skill.ucc)?;
                let refusal = self.unroutable_for(agent, &skill.ucc);
                let because = match &refusal {
                    Some(reason) => self.with_time(now, agent, reason),
                    None => {
                        let probe = probe(id.clone(), skill.ucc.clone());
                        let own = self.rank(now, agent, &probe);
                        let before = self
                            .roster
                            .holders(id)
                            .filter(|(other, ..)| {
                                *other != agent
                                    && self.unroutable_for(other, &skill.ucc).is_none()
                                    && self.rank(now, other, &probe) < own
                            })
                            .count();
                        match before {
                            0 => "You are next".into(),
                            1 => "1 agent is asked before you".into(),
                            n => format!("{n} agents are asked before you"),
                        }
                    }
                };
                Some(WhySkill {
                    ucc: ucc.name.clone(),
                    skill: skill.name.clone(),
                    routable: refusal.is_none(),
                    because,
                })
            })
            .collect()
    }

    fn with_time(&self, now: u64, agent: &AgentId, reason: &str) -> String {
        let row = self.row(agent);
        let until = match row.voice {
            Voice::Wrapup { deadline, .. } => Some(deadline),
            Voice::Idle if row.intent == Intent::Ready => row.blocked_until,
            _ => None,
        };
        match until {
            Some(until) => {
                format!("{reason} ({} s more)", until.saturating_sub(now).div_ceil(1000))
            }
            None => reason.to_owned(),
        }
    }
}

/// A conversation that might arrive for a skill.
fn probe(skill: super::SkillId, ucc: UccId) -> ConversationRow {
    ConversationRow {
        caller: contact_api::model::Caller {
            address: String::new(),
            name: None,
        },
        number: String::new(),
        ucc,
        skill,
        priority: 0,
        enqueued_at: 0,
        answered_at: None,
        stage: Stage::Waiting(Hunt::default()),
        version: 0,
    }
}
