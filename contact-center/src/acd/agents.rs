//! Agents sign in and out, become ready and not ready (F-010…F-019, F-022).

use contact_api::model::{Intent, OfferKind, OfferResult};

use super::{Acd, AgentId, Device, Event, FeedbackKind, Refusal, SkillId, StationId, UccId, Voice};

/// What became of a sign-out of a UCC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UccSignOut {
    /// The UCC.
    pub ucc: UccId,
    /// Whether the agent is signed out.
    pub done: bool,
    /// What the UCC said, with the skills left without enough agents.
    pub feedback: Option<(FeedbackKind, Vec<SkillId>)>,
}

/// What became of a sign-out of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOut {
    /// Whether the agent is signed out.
    pub done: bool,
    /// The UCCs that had something to say.
    pub uccs: Vec<UccSignOut>,
}

impl Acd {
    /// The agent's phone is now `station`, reachable at `uri`. Gives the station it replaces. The phone
    /// counts as unusable until [`Acd::device`] says otherwise.
    ///
    /// # Errors
    /// When there is no such agent.
    pub fn station_in(
        &mut self,
        now: u64,
        agent: &AgentId,
        station: StationId,
        uri: String,
    ) -> Result<Option<StationId>, Refusal> {
        self.known(agent)?;
        let before = self
            .row(agent)
            .station
            .map(|row| row.id)
            .filter(|id| *id != station);
        self.cancel_offer_of(now, agent, "the agent signed in again");
        self.emit(
            now,
            Event::StationIn {
                agent: agent.clone(),
                station,
                uri,
            },
        );
        self.presence_changed(now, agent);
        self.settle(now);
        Ok(before)
    }

    /// The agent's device became usable or not.
    pub fn device(&mut self, now: u64, agent: &AgentId, device: Device) {
        let row = self.row(agent);
        if row.station.is_none() || row.device == device {
            return;
        }
        if device != Device::Ok {
            self.cancel_offer_of(now, agent, "the agent's phone is gone");
        }
        self.emit(
            now,
            Event::DeviceChanged {
                agent: agent.clone(),
                device,
            },
        );
        self.settle(now);
    }

    /// The agent signs in to a UCC; nothing happens when already in.
    ///
    /// # Errors
    /// When the agent does not belong to the UCC, is an informal member, or is signed out of the app.
    pub fn ucc_in(&mut self, now: u64, agent: &AgentId, ucc: &UccId) -> Result<(), Refusal> {
        self.formal(agent, ucc)?;
        let row = self.row(agent);
        if row.station.is_none() {
            return Err(Refusal::WrongState("You are signed out".into()));
        }
        if !row.signed_in.contains(ucc) {
            self.emit(
                now,
                Event::UccIn {
                    agent: agent.clone(),
                    ucc: ucc.clone(),
                },
            );
            self.presence_changed(now, agent);
        }
        self.settle(now);
        Ok(())
    }

    /// The agent signs out of a UCC. Last in a skill, the UCC's setting decides: with confirmation nothing
    /// happens without `force`, with error nothing happens at all.
    ///
    /// # Errors
    /// When the agent does not belong to the UCC or is an informal member.
    pub fn ucc_out(
        &mut self,
        now: u64,
        agent: &AgentId,
        ucc: &UccId,
        force: bool,
    ) -> Result<UccSignOut, Refusal> {
        self.formal(agent, ucc)?;
        let outcome = self.weigh_sign_out(agent, ucc, force);
        if outcome.done {
            self.leave(now, agent, ucc);
        }
        self.settle(now);
        Ok(outcome)
    }

    /// The agent signs out of the app and of every UCC. Nothing happens when any UCC asks or refuses.
    ///
    /// # Errors
    /// When there is no such agent.
    pub fn sign_out(&mut self, now: u64, agent: &AgentId, force: bool) -> Result<SignOut, Refusal> {
        self.known(agent)?;
        let row = self.row(agent);
        let uccs: Vec<_> = row
            .signed_in
            .iter()
            .map(|ucc| self.weigh_sign_out(agent, ucc, force))
            .collect();
        let done = uccs.iter().all(|ucc| ucc.done);
        if done {
            self.cancel_offer_of(now, agent, "the agent signed out");
            for ucc in &row.signed_in {
                self.leave(now, agent, ucc);
            }
            if row.station.is_some() {
                self.emit(now, Event::StationOut { agent: agent.clone() });
            }
        }
        self.settle(now);
        Ok(SignOut {
            done,
            uccs: uccs.into_iter().filter(|ucc| ucc.feedback.is_some()).collect(),
        })
    }

    /// The agent says ready or not ready; the last word counts. Not ready ends a hunted offer once.
    ///
    /// # Errors
    /// When there is no such agent.
    pub fn intent(
        &mut self,
        now: u64,
        agent: &AgentId,
        intent: Intent,
        reason: Option<String>,
    ) -> Result<(), Refusal> {
        self.known(agent)?;
        if intent == Intent::NotReady
            && let Voice::Offered { offer } = self.row(agent).voice
            && self
                .state
                .offers
                .get(&offer)
                .is_some_and(|row| row.kind == OfferKind::Hunt && !row.accepting)
        {
            self.cancel_offer_of(now, agent, "the agent is not ready any more");
        }
        self.emit(
            now,
            Event::IntentSet {
                agent: agent.clone(),
                intent,
                reason,
            },
        );
        self.presence_changed(now, agent);
        self.settle(now);
        Ok(())
    }

    fn leave(&mut self, now: u64, agent: &AgentId, ucc: &UccId) {
        if !self.row(agent).signed_in.contains(ucc) {
            return;
        }
        let offered_here = match self.row(agent).voice {
            Voice::Offered { offer } => self
                .state
                .offers
                .get(&offer)
                .and_then(|row| self.state.conversations.get(&row.conversation))
                .is_some_and(|row| row.ucc == *ucc),
            _ => false,
        };
        if offered_here {
            self.cancel_offer_of(now, agent, "the agent signed out");
        }
        self.emit(
            now,
            Event::UccOut {
                agent: agent.clone(),
                ucc: ucc.clone(),
            },
        );
        self.presence_changed(now, agent);
    }

    /// What the UCC's setting says to this agent leaving; evaluated together with the leaving itself, so
    /// two agents cannot both believe the other stays.
    fn weigh_sign_out(&self, agent: &AgentId, ucc: &UccId, force: bool) -> UccSignOut {
        let free = UccSignOut {
            ucc: ucc.clone(),
            done: true,
            feedback: None,
        };
        let Some(settings) = self.roster.uccs.get(ucc).map(|ucc| &ucc.settings) else {
            return free;
        };
        if settings.feedback_agents_left == FeedbackKind::Off || !self.row(agent).signed_in.contains(ucc) {
            return free;
        }
        let skills: Vec<_> = self
            .roster
            .skills
            .iter()
            .filter(|(skill, def)| {
                def.ucc == *ucc
                    && self
                        .roster
                        .agents
                        .get(agent)
                        .is_some_and(|own| own.scores.contains_key(*skill))
                    && self
                        .roster
                        .holders(skill)
                        .filter(|(other, ..)| *other != agent && self.belongs(other, ucc))
                        .count()
                        <= settings.agents_left
            })
            .map(|(skill, _)| skill.clone())
            .collect();
        if skills.is_empty() {
            return free;
        }
        let kind = settings.feedback_agents_left;
        let (done, said) = match kind {
            FeedbackKind::Off => (true, false),
            FeedbackKind::Warning => (true, true),
            FeedbackKind::Confirmation => (force, !force),
            FeedbackKind::Error => (false, true),
        };
        UccSignOut {
            ucc: ucc.clone(),
            done,
            feedback: said.then_some((kind, skills)),
        }
    }

    /// Signed in to the UCC, or an informal member of it.
    pub(super) fn belongs(&self, agent: &AgentId, ucc: &UccId) -> bool {
        let member = self.roster.agents.get(agent).and_then(|def| def.uccs.get(ucc));
        member.is_some_and(|member| {
            !member.formal
                || self
                    .state
                    .agents
                    .get(agent)
                    .is_some_and(|row| row.signed_in.contains(ucc))
        })
    }

    /// A change of presence lifts a block (F-262).
    fn presence_changed(&mut self, now: u64, agent: &AgentId) {
        let row = self.row(agent);
        if row.blocked_until.is_some() || row.no_answers > 0 {
            self.emit(now, Event::Unblocked { agent: agent.clone() });
        }
    }

    fn cancel_offer_of(&mut self, now: u64, agent: &AgentId, reason: &str) {
        if let Voice::Offered { offer } = self.row(agent).voice {
            self.end_offer(
                now,
                &offer,
                OfferResult::Cancelled,
                reason,
                super::offers::Aftermath::Later,
            );
        }
    }

    pub(super) fn row(&self, agent: &AgentId) -> super::AgentRow {
        self.state.agents.get(agent).cloned().unwrap_or_default()
    }

    pub(super) fn known(&self, agent: &AgentId) -> Result<(), Refusal> {
        if self.roster.agents.contains_key(agent) {
            Ok(())
        } else {
            Err(Refusal::NotFound(format!("agent {agent}")))
        }
    }

    fn formal(&self, agent: &AgentId, ucc: &UccId) -> Result<(), Refusal> {
        self.known(agent)?;
        match self.roster.agents.get(agent).and_then(|def| def.uccs.get(ucc)) {
            None => Err(Refusal::NotFound(format!("contact centre {ucc} among yours"))),
            Some(member) if !member.formal => Err(Refusal::Forbidden(
                "You always belong to this contact centre (informal member)".into(),
            )),
            Some(_) => Ok(()),
        }
    }
}
