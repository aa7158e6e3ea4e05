//! What every screen gets to draw from: the session's view, the time to show, the colours.

use std::time::{Duration, Instant};

use agent_core::{CallView, ConnectionView, OfferView, View};
use contact_api::model::{Intent, Membership, Voice};
use sip_core::agent::CallId;

use super::tokens::Tokens;

/// Everything a screen may read.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The session's state.
    pub view: &'a View,
    /// The instant it is.
    pub clock: Instant,
    /// The instant all running times are shown for: the last [`Beat`].
    pub now: Instant,
    /// The colours.
    pub tokens: &'a Tokens,
}

impl<'a> Scene<'a> {
    /// The call that is open in the conversation pane: the chosen one, else the one that talks, else any.
    pub fn open_call(&self, chosen: Option<CallId>) -> Option<&'a CallView> {
        let calls = &self.view.calls;
        chosen
            .and_then(|id| calls.iter().find(|call| call.call == id))
            .or_else(|| calls.iter().find(|call| call.held.is_none()))
            .or_else(|| calls.first())
    }

    /// The offer that rings first.
    pub fn first_offer(&self) -> Option<&'a OfferView> {
        self.view.offers.first()
    }

    /// Why the agent cannot take somebody out of the queue now; `None` when nothing is in the way.
    pub fn take_refusal(&self) -> Option<&'static str> {
        let view = self.view;
        let voice = view.agent.as_ref().map(|agent| agent.voice);
        if !view.offers.is_empty() || voice == Some(Voice::Offered) {
            Some("A call rings: accept or ignore it first")
        } else if !view.calls.is_empty() || voice == Some(Voice::Talking) {
            Some("You are in a call: finish it first")
        } else if voice == Some(Voice::Wrapup) {
            Some("You are in wrap-up")
        } else {
            None
        }
    }

    /// Why the contact centre passes over an agent who wants calls and could take them: too many went
    /// unanswered. Choosing Ready ends it.
    pub fn passed_over(&self) -> Option<&'a str> {
        let agent = self.view.agent.as_ref()?;
        let member = agent.uccs.is_empty() || agent.uccs.iter().any(|ucc| ucc.state != Membership::SignedOut);
        let wants = agent.intent == Intent::Ready && agent.voice == Voice::Idle && !agent.routable;
        let reachable = self.view.connection == ConnectionView::Up && member;
        (wants && reachable).then(|| {
            agent
                .reason
                .as_deref()
                .unwrap_or("The queue passes you over; choose Ready to be hunted again")
        })
    }

    /// Whether any time runs on the screen, so that it must be drawn again every second.
    pub fn has_running_time(&self) -> bool {
        let view = self.view;
        view.agent.is_some()
            || !(view.offers.is_empty()
                && view.calls.is_empty()
                && view.waiting.is_empty()
                && view.connected.is_empty())
    }
}

/// Running times step together, once a second, on a grid that starts with the window: however often
/// something else is drawn in between, no time skips a second and none needs a frame of its own.
#[derive(Clone, Copy, Debug)]
pub struct Beat {
    origin: Instant,
}

impl Beat {
    /// A grid that starts at `origin`.
    pub const fn new(origin: Instant) -> Self {
        Self { origin }
    }

    /// The last step at or before `now`.
    pub fn shown(&self, now: Instant) -> Instant {
        self.origin + Duration::from_secs(now.saturating_duration_since(self.origin).as_secs())
    }

    /// How long until the next step.
    pub fn until_next(&self, now: Instant) -> Duration {
        let into = now.saturating_duration_since(self.origin).subsec_nanos();
        Duration::from_secs(1) - Duration::from_nanos(u64::from(into))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_step_on_whole_seconds_of_the_window() {
        let origin = Instant::now();
        let beat = Beat::new(origin);
        let at = origin + Duration::from_millis(2_400);
        assert_eq!(beat.shown(at), origin + Duration::from_secs(2));
        assert_eq!(beat.until_next(at), Duration::from_millis(600));
        assert_eq!(beat.until_next(origin), Duration::from_secs(1));
        assert_eq!(beat.shown(origin), origin);
    }
}
