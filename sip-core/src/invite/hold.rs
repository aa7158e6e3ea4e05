//! Hold and resume as a wish: what the owner wants is kept until an offer that says so was answered.
//!
//! We holding the peer and the peer holding us are two independent booleans; only ours is wished for
//! here. One offer is out at a time, so wishes that come meanwhile are merged into the next one.

use super::call::{Call, Cx, Phase};
use crate::{agent::Event, sdp::LocalMedia};

/// What the owner wants changed.
#[derive(Debug, Default)]
pub(super) struct Wish {
    /// Hold (`true`) or resume.
    pub(super) hold: Option<bool>,
    /// Another local description.
    pub(super) local: Option<LocalMedia>,
    /// The same again: session and target refresh.
    pub(super) again: bool,
}

impl Wish {
    pub(super) fn is_empty(&self) -> bool {
        self.hold.is_none() && self.local.is_none() && !self.again
    }

    /// An older wish that was not granted: what has been wished for since goes before it.
    pub(super) fn also(&mut self, older: Self) {
        self.hold = self.hold.or(older.hold);
        self.local = self.local.take().or(older.local);
        self.again |= older.again;
    }
}

impl Call {
    /// Puts the peer on hold, or takes it off.
    pub(crate) fn hold(&mut self, cx: &mut Cx<'_>, on: bool) {
        let held = self.media.local_hold();
        let Some(session) = self.session().filter(|s| !s.is_leaving()) else {
            return self.not_now(cx);
        };
        if held == on && session.ours.is_none() && session.retry_at.is_none() {
            session.wish.hold = None;
            return self.tell_media(cx);
        }
        session.wish.hold = Some(on);
        self.pursue(cx);
    }

    /// Offers anew, with another description or the same.
    pub(crate) fn offer_again(&mut self, cx: &mut Cx<'_>, local: Option<LocalMedia>) {
        let Some(session) = self.session().filter(|s| !s.is_leaving()) else {
            return self.not_now(cx);
        };
        session.wish.again = true;
        if local.is_some() {
            session.wish.local = local;
        }
        self.pursue(cx);
    }

    fn not_now(&self, cx: &mut Cx<'_>) {
        let cause = match self.phase {
            Phase::Outgoing(_) | Phase::Incoming(_) => "the call is not answered yet",
            Phase::Session(_) | Phase::Over(_) => "the call has ended",
        };
        self.tell_refused(cx, None, cause.to_owned());
    }

    pub(super) fn tell_refused(&self, cx: &mut Cx<'_>, status: Option<u16>, cause: String) {
        cx.events.push_back(Event::MediaRefused {
            call: self.id,
            status,
            cause,
        });
    }
}
