//! The agent's standing as programs hear it (`agent.state`): the contact centre's word while the link is up,
//! "limited" while it is down. Told when the words change, never twice in a row, and not while a new link still
//! settles: the steps from "not registered" to routable are no news.

use contact_api::model::{AgentState, Intent, Voice};

use super::{
    Session,
    call::{Call, Phase},
    center::{Center, Link},
    offers::Offer,
};
use crate::{Notification, Output};

/// Why nobody is routed to an agent whose link is down (CONTRACTS §4).
const LIMITED: &str = "Limited: the contact centre cannot be reached; calls still work";

impl Session {
    /// Tells the standing when it has changed.
    pub(super) fn settle_standing(&mut self) {
        let Center::In(member) = &mut self.center else {
            return;
        };
        member.settled_at.take_if(|at| *at <= self.now);
        if member.settled_at.is_some() && member.link == Link::Up {
            return;
        }
        let standing = match (&member.link, &member.agent) {
            (Link::Up, Some(agent)) => standing(agent),
            (Link::Up, None) | (Link::Opening, _) => return,
            (Link::Down { .. }, agent) => {
                let (intent, voice) = agent
                    .as_ref()
                    .map_or((Intent::NotReady, Voice::Idle), |a| (a.intent, a.voice));
                Notification::AgentState {
                    intent: intent_name(intent),
                    routable: false,
                    reason: Some(LIMITED.into()),
                    voice: voice_name(self.voice_here(voice)),
                }
            }
        };
        self.tell_standing(standing);
    }

    /// The voice channel as this phone sees it, when the contact centre's last word may be old.
    fn voice_here(&self, last: Voice) -> Voice {
        let talks = |c: &Call| c.is_of_center() && matches!(c.phase, Phase::Answering | Phase::Confirmed);
        if self.calls.iter().any(talks) {
            Voice::Talking
        } else if self.offers.iter().any(Offer::rings) {
            Voice::Offered
        } else if last == Voice::Wrapup {
            last
        } else {
            Voice::Idle
        }
    }

    /// The agent is no longer in the contact centre, which may have said so itself in the same words. Who closes the
    /// app needs no word of it.
    pub(super) fn tell_agent_left(&mut self, last: Option<&AgentState>, reason: &str) {
        if !self.stop.is_begun() {
            self.tell_standing(Notification::AgentState {
                intent: last.map_or("not_ready", |a| intent_name(a.intent)),
                routable: false,
                reason: Some(reason.to_owned()),
                voice: "idle",
            });
        }
    }

    fn tell_standing(&mut self, standing: Notification) {
        if self.told_agent.as_ref() != Some(&standing) {
            self.told_agent = Some(standing.clone());
            self.out.push(Output::Notify(standing));
        }
    }
}

fn standing(agent: &AgentState) -> Notification {
    Notification::AgentState {
        intent: intent_name(agent.intent),
        routable: agent.routable,
        reason: agent.reason.clone(),
        voice: voice_name(agent.voice),
    }
}

const fn intent_name(intent: Intent) -> &'static str {
    match intent {
        Intent::Ready => "ready",
        Intent::NotReady => "not_ready",
    }
}

const fn voice_name(voice: Voice) -> &'static str {
    match voice {
        Voice::Idle => "idle",
        Voice::Offered => "offered",
        Voice::Talking => "talking",
        Voice::Wrapup => "wrapup",
    }
}
