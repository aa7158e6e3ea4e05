//! What rings: any offer or direct call nobody has decided on. A ring cannot outlive its reason, because it
//! is worked out anew after every input.

use super::Session;
use crate::{Output, RingKind};

impl Session {
    /// Starts, changes or stops the ring.
    pub(super) fn settle_ringing(&mut self) {
        let offers = self.offers.iter().any(|o| o.rings());
        let direct = self.calls.iter().any(|c| c.offer.is_none() && c.rings());
        let wanted = match (offers || direct) && !self.stop.is_begun() {
            false => None,
            true if self.calls.iter().any(|c| c.occupies()) => Some(RingKind::CallWaiting),
            true => Some(RingKind::RingTone),
        };
        if self.ringing != wanted {
            self.ringing = wanted;
            self.out.push(Output::Ring(wanted));
        }
    }
}
