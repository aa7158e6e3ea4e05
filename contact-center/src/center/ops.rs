//! Commands of acp/1, as inputs of the queue.

use contact_api::{
    frame::{Op, OpError},
    model::{Feedback, Intent, SignOutOutcome, UccFeedback, UccOutcome, Why},
};
use serde_json::Value;

use super::project;
use crate::acd::{Acd, AgentId, FeedbackKind, Refusal, SkillId, UccSignOut};

/// Longest reason an agent may give, in characters.
const MAX_REASON: usize = 200;

/// Do a command for an agent.
pub(super) fn perform(
    acd: &mut Acd,
    now: u64,
    agent: &AgentId,
    op: Op,
    if_version: Option<u64>,
) -> Result<Option<Value>, OpError> {
    check_version(acd, agent, &op, if_version)?;
    match op {
        Op::UccSignIn { ucc } => {
            acd.ucc_in(now, agent, &ucc.as_str().into())?;
            let state = project::membership(acd, agent, &ucc.into());
            body(&UccOutcome {
                state,
                feedback: None,
                skills: Vec::new(),
            })
        }
        Op::UccSignOut { ucc, force } => {
            let outcome = acd.ucc_out(now, agent, &ucc.as_str().into(), force)?;
            let said = feedback(acd, &outcome);
            body(&UccOutcome {
                state: project::membership(acd, agent, &ucc.into()),
                feedback: said.as_ref().map(|said| said.feedback),
                skills: said.map(|said| said.skills).unwrap_or_default(),
            })
        }
        Op::Ready {} => {
            acd.intent(now, agent, Intent::Ready, None)?;
            Ok(None)
        }
        Op::NotReady { reason } => {
            let reason = reason.map(|text| text.chars().take(MAX_REASON).collect());
            acd.intent(now, agent, Intent::NotReady, reason)?;
            Ok(None)
        }
        Op::OfferAccept { offer } => {
            acd.offer_accept(now, agent, &offer.into())?;
            Ok(None)
        }
        Op::OfferIgnore { offer } => {
            acd.offer_ignore(now, agent, &offer.into())?;
            Ok(None)
        }
        Op::QueueTake { conversation } => {
            let offer = acd.take(now, agent, &conversation.into())?;
            Ok(Some(serde_json::json!({ "offer": offer })))
        }
        Op::Why {} => body(&Why {
            uccs: acd.why(now, agent),
        }),
        Op::SignOut { force } => {
            let outcome = acd.sign_out(now, agent, force)?;
            let uccs = outcome.uccs.iter().filter_map(|ucc| feedback(acd, ucc)).collect();
            body(&SignOutOutcome {
                signed_out: outcome.done,
                uccs,
            })
        }
    }
}

/// Compare and swap: the command is for the subject as the client saw it.
fn check_version(acd: &Acd, agent: &AgentId, op: &Op, if_version: Option<u64>) -> Result<(), OpError> {
    let Some(wanted) = if_version else { return Ok(()) };
    let state = acd.state();
    let actual = match op {
        Op::OfferAccept { offer } | Op::OfferIgnore { offer } => {
            // An offer that lives has not changed since its start.
            state.offers.contains_key(offer.as_str()).then_some(1)
        }
        Op::QueueTake { conversation } => state
            .conversations
            .get(conversation.as_str())
            .map(|row| row.version),
        _ => state.agents.get(agent).map(|row| row.version),
    };
    match actual {
        Some(actual) if actual != wanted => Err(OpError {
            code: "conflict".into(),
            detail: format!("It has changed meanwhile (version {actual}, not {wanted})"),
        }),
        _ => Ok(()),
    }
}

fn feedback(acd: &Acd, outcome: &UccSignOut) -> Option<UccFeedback> {
    let (kind, skills) = outcome.feedback.as_ref()?;
    let feedback = match kind {
        FeedbackKind::Off => return None,
        FeedbackKind::Confirmation => Feedback::Confirmation,
        FeedbackKind::Warning => Feedback::Warning,
        FeedbackKind::Error => Feedback::Error,
    };
    let name = |id: &SkillId| {
        acd.roster()
            .skills
            .get(id)
            .map_or_else(|| id.to_string(), |def| def.name.clone())
    };
    Some(UccFeedback {
        ucc: outcome.ucc.to_string(),
        feedback,
        skills: skills.iter().map(name).collect(),
    })
}

fn body(value: &impl serde::Serialize) -> Result<Option<Value>, OpError> {
    serde_json::to_value(value).map(Some).map_err(|error| OpError {
        code: "internal".into(),
        detail: error.to_string(),
    })
}

impl From<Refusal> for OpError {
    fn from(refusal: Refusal) -> Self {
        let code = match &refusal {
            Refusal::NotFound(_) => "not_found",
            Refusal::WrongState(_) => "wrong_state",
            Refusal::LostRace(_) => "lost_race",
            Refusal::Forbidden(_) => "forbidden",
        };
        Self {
            code: code.into(),
            detail: refusal.to_string(),
        }
    }
}
