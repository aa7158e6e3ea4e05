//! From the queue's tables to what agents see: the rows, states and events of acp/1.

use std::collections::{BTreeMap, BTreeSet};

use contact_api::{
    event::{Event as Wire, Snapshot},
    model::{
        AgentState, ConversationState, Membership, Offer, Participant, QueueRow, Role, SkillInfo, UccInfo,
        Voice as WireVoice,
    },
};

use super::feed::Audience;
use crate::acd::{
    Acd, AgentId, ConversationId, ConversationRow, Event, OfferId, Record, Stage, UccId, Voice,
};

/// One event for the feed.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) audience: Audience,
    pub(super) subject: String,
    pub(super) version: u64,
    pub(super) event: Wire,
}

/// What agents have been told last, to tell only changes.
#[derive(Debug, Default)]
pub(super) struct Views {
    rows: BTreeMap<ConversationId, (UccId, u64, QueueRow)>,
    agents: BTreeMap<AgentId, AgentState>,
}

impl Views {
    /// The views as they are, as if all had been told.
    pub(super) fn of(acd: &Acd) -> Self {
        let rows = acd.state().conversations.iter().filter_map(|(id, row)| {
            Some((
                id.clone(),
                (row.ucc.clone(), row.version, queue_row(acd, id, row)?),
            ))
        });
        let agents = acd
            .roster()
            .agents
            .keys()
            .map(|agent| (agent.clone(), agent_state(acd, agent)));
        Self {
            rows: rows.collect(),
            agents: agents.collect(),
        }
    }

    /// What to tell after these records.
    pub(super) fn tell(&mut self, acd: &Acd, records: &[Record]) -> Vec<Told> {
        let mut told = Vec::new();
        let mut agents = BTreeSet::new();
        let mut conversations = BTreeSet::new();
        for record in records {
            agents.extend(record.event.agent().cloned());
            conversations.extend(record.event.conversation().cloned());
            told.extend(direct(acd, record));
        }
        for id in conversations {
            told.extend(self.row_change(acd, &id));
        }
        for agent in agents {
            let state = agent_state(acd, &agent);
            if self.agents.get(&agent) != Some(&state) {
                self.agents.insert(agent.clone(), state.clone());
                told.push(about_agent(acd, &agent, Wire::AgentState(state)));
            }
        }
        told
    }

    fn row_change(&mut self, acd: &Acd, id: &ConversationId) -> Option<Told> {
        let row = acd.state().conversations.get(id);
        let now = row.and_then(|row| Some((row.ucc.clone(), row.version, queue_row(acd, id, row)?)));
        let before = match &now {
            Some(now) => self.rows.insert(id.clone(), now.clone()),
            None => self.rows.remove(id),
        };
        let (ucc, version, event) = match (before, now) {
            (Some((.., before)), Some((.., now))) if before == now => return None,
            (None, Some((ucc, version, now))) => (ucc, version, Wire::QueueAdded(now)),
            (Some(_), Some((ucc, version, now))) => (ucc, version, Wire::QueueChanged(now)),
            (Some((ucc, version, _)), None) => (
                ucc,
                version + 1,
                Wire::QueueRemoved {
                    conversation: id.to_string(),
                },
            ),
            (None, None) => return None,
        };
        Some(Told {
            audience: Audience::Ucc(ucc),
            subject: format!("conversation/{id}"),
            version,
            event,
        })
    }
}

/// Events that tell one record, whatever the tables are by now.
fn direct(acd: &Acd, record: &Record) -> Option<Told> {
    match &record.event {
        Event::UccIn { agent, ucc } | Event::UccOut { agent, ucc } => {
            let state = membership(acd, agent, ucc);
            Some(about_agent(
                acd,
                agent,
                Wire::AgentUcc {
                    ucc: ucc.to_string(),
                    state,
                },
            ))
        }
        Event::OfferStarted { offer, agent, .. } => Some(Told {
            audience: Audience::Agent(agent.clone()),
            subject: format!("offer/{offer}"),
            version: 1,
            event: Wire::OfferStarted(wire_offer(acd, offer)?),
        }),
        Event::OfferEnded {
            offer,
            agent,
            result,
            reason,
            ..
        } => Some(Told {
            audience: Audience::Agent(agent.clone()),
            subject: format!("offer/{offer}"),
            version: 2,
            event: Wire::OfferEnded {
                offer: offer.to_string(),
                result: *result,
                reason: reason.clone(),
            },
        }),
        Event::Connected { conversation, agent }
        | Event::HoldChanged {
            conversation, agent, ..
        }
        | Event::AgentOut { conversation, agent } => {
            let held = matches!(record.event, Event::HoldChanged { held: true, .. });
            let row = acd.state().conversations.get(conversation);
            let (state, participants) = match row {
                Some(row) if !matches!(record.event, Event::AgentOut { .. }) => {
                    (ConversationState::Connected, participants(acd, row, agent, held))
                }
                Some(_) => (ConversationState::Waiting, Vec::new()),
                None => (ConversationState::Ended, Vec::new()),
            };
            Some(Told {
                audience: Audience::Agent(agent.clone()),
                subject: format!("conversation/{conversation}"),
                version: row.map_or(0, |row| row.version),
                event: Wire::Conversation {
                    conversation: conversation.to_string(),
                    state,
                    participants,
                },
            })
        }
        _ => None,
    }
}

fn about_agent(acd: &Acd, agent: &AgentId, event: Wire) -> Told {
    Told {
        audience: Audience::Agent(agent.clone()),
        subject: format!("agent/{agent}"),
        version: acd.state().agents.get(agent).map_or(0, |row| row.version),
        event,
    }
}

/// Who is in a conversation; `held`: the customer is on hold.
fn participants(acd: &Acd, row: &ConversationRow, agent: &AgentId, held: bool) -> Vec<Participant> {
    let station = acd.state().agents.get(agent).and_then(|row| row.station.as_ref());
    let person = |role, uri: &str, held| Participant {
        role,
        uri: uri.to_owned(),
        held,
        muted: false,
    };
    let mut all = vec![person(Role::Customer, &row.caller.address, held)];
    all.extend(station.map(|station| person(Role::Agent, &station.uri, false)));
    all
}

/// One row of the queue lists; `None` when its skill is not configured any more.
pub(super) fn queue_row(acd: &Acd, id: &ConversationId, row: &ConversationRow) -> Option<QueueRow> {
    let roster = acd.roster();
    let (state, agent) = match &row.stage {
        Stage::Waiting(hunt) if hunt.offers.is_empty() => (ConversationState::Waiting, None),
        Stage::Waiting(_) => (ConversationState::Offering, None),
        Stage::Connected { agent, .. } => (ConversationState::Connected, roster.agents.get(agent)),
    };
    Some(QueueRow {
        conversation: id.to_string(),
        state,
        caller: row.caller.clone(),
        ucc: row.ucc.to_string(),
        ucc_name: roster.uccs.get(&row.ucc)?.name.clone(),
        skill: row.skill.to_string(),
        skill_name: roster.skills.get(&row.skill)?.name.clone(),
        enqueued_at: row.enqueued_at,
        answered_at: row.answered_at,
        agent: agent.map(|agent| agent.name.clone()),
        agent_address: agent.map(|agent| agent.address.clone()),
    })
}

/// A live offer as its agent sees it.
pub(super) fn wire_offer(acd: &Acd, id: &OfferId) -> Option<Offer> {
    let offer = acd.state().offers.get(id)?;
    let row = acd.state().conversations.get(&offer.conversation)?;
    Some(Offer {
        offer: id.to_string(),
        conversation: offer.conversation.to_string(),
        kind: offer.kind,
        caller: row.caller.clone(),
        ucc: acd.roster().uccs.get(&row.ucc)?.name.clone(),
        skill: acd.roster().skills.get(&row.skill)?.name.clone(),
        waited_ms: offer.started.saturating_sub(row.enqueued_at),
        deadline: offer.deadline,
    })
}

pub(super) fn agent_state(acd: &Acd, agent: &AgentId) -> AgentState {
    let row = acd.state().agents.get(agent).cloned().unwrap_or_default();
    let reason = acd.unroutable(agent);
    AgentState {
        intent: row.intent,
        routable: reason.is_none(),
        reason,
        voice: match row.voice {
            Voice::Idle => WireVoice::Idle,
            Voice::Offered { .. } => WireVoice::Offered,
            Voice::Talking { .. } => WireVoice::Talking,
            Voice::Wrapup { .. } => WireVoice::Wrapup,
        },
        since: row.since,
    }
}

pub(super) fn membership(acd: &Acd, agent: &AgentId, ucc: &UccId) -> Membership {
    let formal = acd
        .roster()
        .agents
        .get(agent)
        .and_then(|def| def.uccs.get(ucc))
        .is_none_or(|member| member.formal);
    let signed_in = acd
        .state()
        .agents
        .get(agent)
        .is_some_and(|row| row.signed_in.contains(ucc));
    match (formal, signed_in) {
        (false, _) => Membership::Informal,
        (true, true) => Membership::SignedIn,
        (true, false) => Membership::SignedOut,
    }
}

pub(super) fn uccs(acd: &Acd, agent: &AgentId) -> Vec<UccInfo> {
    let Some(def) = acd.roster().agents.get(agent) else {
        return Vec::new();
    };
    let info = def.uccs.keys().filter_map(|ucc| {
        let skills = acd
            .roster()
            .skills
            .iter()
            .filter(|(id, skill)| skill.ucc == *ucc && def.scores.contains_key(*id));
        Some(UccInfo {
            ucc: ucc.to_string(),
            name: acd.roster().uccs.get(ucc)?.name.clone(),
            state: membership(acd, agent, ucc),
            skills: skills
                .map(|(id, skill)| SkillInfo {
                    skill: id.to_string(),
                    name: skill.name.clone(),
                })
                .collect(),
        })
    });
    info.collect()
}

pub(super) fn snapshot(acd: &Acd, agent: &AgentId) -> Snapshot {
    let own = |ucc: &UccId| {
        acd.roster()
            .agents
            .get(agent)
            .is_some_and(|def| def.uccs.contains_key(ucc))
    };
    let rows = acd.state().conversations.iter().filter(|(_, row)| own(&row.ucc));
    let offers = acd.state().offers.iter().filter(|(_, row)| row.agent == *agent);
    Snapshot {
        agent: agent_state(acd, agent),
        uccs: uccs(acd, agent),
        queue: rows.filter_map(|(id, row)| queue_row(acd, id, row)).collect(),
        offers: offers.filter_map(|(id, _)| wire_offer(acd, id)).collect(),
    }
}
