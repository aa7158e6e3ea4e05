//! The view: rebuilt after every input from small state; the queue lists only when they change.

use contact_api::model::{Intent, Voice};
use sip_core::agent::RegistrationState;

use super::{
    Session,
    call::{Call, Phase, readable_address},
    center::{Center, Link, Member},
    offers::Offer,
};
use crate::{AgentView, CallPhase, CallView, ConnectionView, OfferView, SignInView, Stopwatch, UccView};

impl Session {
    /// Brings [`Session::view`] up to date.
    pub(super) fn project(&mut self) {
        let sign_in = SignInView {
            busy: matches!(self.center, Center::Connecting { .. }),
            ..self.view.sign_in.clone()
        };
        let agent = self.center.member().map(|m| self.agent_view(m));
        let connection = self.connection_view();
        let offers = self.offer_views();
        let calls = self
            .calls
            .iter()
            .filter_map(|c| self.call_view(c))
            .collect::<Vec<_>>();
        let toasts = self.toasts.view();
        let confirm = self.confirm.clone();

        let mut changed = false;
        macro_rules! show {
            ($($field:ident),+) => { $(if self.view.$field != $field {
                self.view.$field = $field;
                changed = true;
            })+ };
        }
        show!(sign_in, agent, connection, offers, calls, toasts, confirm);
        self.revision += u64::from(changed);
    }

    fn agent_view(&self, member: &Member) -> AgentView {
        let agent = member.agent.as_ref();
        let since = agent.and_then(|a| member.clock.map(|c| c.since(a.since)));
        AgentView {
            name: member.me.name.clone(),
            address: member.me.address.clone(),
            intent: agent.map_or(Intent::NotReady, |a| a.intent),
            voice: agent.map_or(Voice::Idle, |a| a.voice),
            routable: agent.is_some_and(|a| a.routable),
            reason: agent.and_then(|a| a.reason.clone()),
            // Before the first word of the contact centre nothing has lasted: keep one start, so that the
            // view does not change with every input.
            since: since
                .or_else(|| self.view.agent.as_ref().map(|a| a.since))
                .unwrap_or(Stopwatch::starting(self.now)),
            uccs: member
                .uccs
                .iter()
                .map(|u| UccView {
                    ucc: u.ucc.clone(),
                    name: u.name.clone(),
                    state: u.state,
                    skills: u.skills.iter().map(|s| s.name.clone()).collect(),
                })
                .collect(),
        }
    }

    fn connection_view(&self) -> ConnectionView {
        let member = match &self.center {
            Center::Out => return ConnectionView::Offline,
            Center::Connecting { .. } => return ConnectionView::Connecting,
            Center::In(member) => member,
        };
        let registration = self.accounts.get(&member.station).map(|a| &a.state);
        match (registration, &member.link) {
            (Some(RegistrationState::Failed { reason, .. }), _) => ConnectionView::Phoneless {
                reason: reason.clone(),
            },
            (_, Link::Down { reason, .. }) => ConnectionView::Limited {
                reason: reason.clone(),
            },
            (Some(RegistrationState::Registered { .. }), Link::Up) => ConnectionView::Up,
            _ => ConnectionView::Connecting,
        }
    }

    fn offer_views(&self) -> Vec<OfferView> {
        let offered = self
            .offers
            .iter()
            .filter(|o| o.is_shown())
            .map(|o| self.offer_view(o));
        let direct = self
            .calls
            .iter()
            .filter(|c| c.offer.is_none() && c.rings())
            .map(|c| OfferView {
                offer: None,
                call: Some(c.id),
                caller: c.name(),
                address: c.address(),
                source: "Direct call".into(),
                waited: Stopwatch::starting(c.started),
                started: c.started,
                deadline: c.ring_until,
            });
        let mut all: Vec<OfferView> = offered.chain(direct).collect();
        all.sort_by_key(|o| o.started);
        all
    }

    fn offer_view(&self, offer: &Offer) -> OfferView {
        let call = offer.call.and_then(|id| self.get(id));
        let (caller, address, source) = match (&offer.info, call) {
            (Some(info), _) => (
                info.caller
                    .name
                    .clone()
                    .unwrap_or_else(|| address(&info.caller.address)),
                address(&info.caller.address),
                format!("{} · {}", info.skill, info.ucc),
            ),
            (None, Some(call)) => (call.name(), call.address(), String::new()),
            (None, None) => Default::default(),
        };
        OfferView {
            offer: Some(offer.id.clone()),
            call: offer.call,
            caller,
            address,
            source,
            waited: offer.waited,
            started: offer.started,
            deadline: offer.deadline,
        }
    }

    fn call_view(&self, call: &Call) -> Option<CallView> {
        let phase = match &call.phase {
            Phase::Offered if call.rings() => return None,
            Phase::Offered | Phase::Answering => CallPhase::Connecting,
            Phase::Opening { .. } | Phase::Calling => CallPhase::Calling,
            Phase::Ringing | Phase::Early => CallPhase::Ringing,
            Phase::Confirmed => CallPhase::Connected,
            // A refused call was never on the screen.
            Phase::Ending if call.answered.is_none() && !call.outgoing => return None,
            Phase::Ending => CallPhase::Ending,
        };
        let held = call.hold_pending.unwrap_or(call.local_hold);
        Some(CallView {
            call: call.id,
            conversation: call.conversation.clone(),
            peer: call.name(),
            address: call.address(),
            source: call.source.clone(),
            phase,
            since: Stopwatch::starting(call.answered.unwrap_or(call.started)),
            held: call.held_since.filter(|_| held).map(Stopwatch::starting),
            remote_held: call.remote_hold,
            muted: call.muted,
            levels: call.levels,
            codec: call.media.as_ref().map(|m| codec_label(&m.codec.name)),
            trouble: call.trouble.clone(),
        })
    }
}

/// An address as the contact centre writes it, for people.
fn address(text: &str) -> String {
    text.parse()
        .map_or_else(|_| text.to_owned(), |uri| readable_address(&uri))
}

/// What a codec is to a person.
fn codec_label(name: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        "opus" => "HD voice (Opus)".into(),
        "g722" => "HD voice (G.722)".into(),
        _ => name.to_owned(),
    }
}
