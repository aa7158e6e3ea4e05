//! Membership of UCCs: in, out, and what the contact centre says when skills are left without agents
//! (F-012…F-019).

use contact_api::{
    frame::Op,
    model::{Feedback, Membership, UccOutcome},
};
use serde_json::{Value, json};

use super::{Session, call::Call, outbox::Purpose};
use crate::{CommandError, ConfirmView, Token};

impl Session {
    pub(super) fn ucc_sign_in(&mut self, token: Option<Token>, ucc: String) {
        if let Err(error) = self.known_ucc(&ucc) {
            return self.refuse(token, error);
        }
        let purpose = Purpose::UccSignIn { ucc: ucc.clone() };
        self.ask_center(token, Op::UccSignIn { ucc }, purpose);
    }

    pub(super) fn ucc_sign_out(&mut self, token: Option<Token>, ucc: String, force: bool) {
        if let Err(error) = self.known_ucc(&ucc) {
            return self.refuse(token, error);
        }
        self.confirm = None;
        let purpose = Purpose::UccSignOut { ucc: ucc.clone() };
        self.ask_center(token, Op::UccSignOut { ucc, force }, purpose);
    }

    pub(super) fn membership_changed(
        &mut self,
        token: Option<Token>,
        ucc: &str,
        body: Option<Value>,
        otherwise: Membership,
    ) {
        let outcome: UccOutcome = body
            .and_then(|b| serde_json::from_value(b).ok())
            .unwrap_or(UccOutcome {
                state: otherwise,
                feedback: None,
                skills: Vec::new(),
            });
        self.set_membership(ucc, outcome.state);
        self.give_feedback(Some(ucc), outcome.feedback, &outcome.skills);
        let mut reply = json!(outcome);
        if !outcome.skills.is_empty() {
            reply["skills"] = self.skills_named(ucc, &outcome.skills);
        }
        self.give(token, reply);
    }

    pub(super) fn set_membership(&mut self, ucc: &str, state: Membership) {
        let Some(member) = self.center.member_mut() else {
            return;
        };
        if let Some(info) = member.uccs.iter_mut().find(|u| u.ucc == ucc) {
            info.state = state;
        }
    }

    fn known_ucc(&self, ucc: &str) -> Result<(), CommandError> {
        match self.center.member() {
            None => Err(CommandError::WrongState(
                "you are not signed in to a contact centre".into(),
            )),
            Some(member) if member.uccs.iter().any(|u| u.ucc == ucc) => Ok(()),
            Some(_) => Err(CommandError::NotFound(format!(
                "you do not belong to a UCC {ucc}"
            ))),
        }
    }

    /// F-016…F-018: ask, warn or refuse.
    pub(super) fn give_feedback(&mut self, ucc: Option<&str>, feedback: Option<Feedback>, skills: &[String]) {
        let skills_named = match skills {
            [one] => format!("skill {one}"),
            many => format!("skills {}", many.join(", ")),
        };
        match feedback {
            None => {}
            Some(Feedback::Confirmation) => {
                let ends = ucc.is_none() && self.calls.iter().any(Call::is_of_center);
                let and = if ends { ", and your call ends" } else { "" };
                self.confirm = Some(ConfirmView {
                    text: format!("You are the last agent in {skills_named}{and}. Sign out?"),
                    ucc: ucc.map(str::to_owned),
                });
            }
            Some(Feedback::Warning) => {
                let text = format!("You were the last agent in {skills_named}: nobody is left to answer");
                self.toasts.warning(self.now, text);
            }
            Some(Feedback::Error) => {
                let text = format!("You are the last agent in {skills_named} and cannot sign out");
                self.toasts.error(self.now, text);
            }
        }
    }

    /// Skills as `agent.sign_in` gives them; the contact centre names them only.
    pub(super) fn skills_named(&self, ucc: &str, names: &[String]) -> Value {
        let member = self.center.member();
        let known = member.and_then(|m| m.uccs.iter().find(|u| u.ucc == ucc));
        let named = |name: &String| {
            let skill = known.and_then(|u| u.skills.iter().find(|s| s.name == *name));
            skill.map_or_else(|| json!({ "skill": name, "name": name }), |s| json!(s))
        };
        names.iter().map(named).collect()
    }
}
