//! What the contact centre sends: full state, events, the end of the sign-in.

use contact_api::{
    event::{Event, Snapshot},
    frame::{EventFrame, goaway},
    model::Offer,
};

use super::{Session, center::Station};
use crate::{CenterCommand, Output};

impl Session {
    pub(super) fn event(&mut self, frame: &EventFrame) {
        // A kind this version does not know is no error (acp/1 rule 6).
        let Some(event) = frame.decode() else { return };
        match event {
            Event::AgentState(state) => {
                if let Some(member) = self.center.member_mut() {
                    member.agent = Some(state);
                }
            }
            Event::AgentUcc { ucc, state } => self.set_membership(&ucc, state),
            Event::QueueAdded(row) | Event::QueueChanged(row) => {
                if let Some(member) = self.center.member_mut() {
                    member.queue.set(row);
                }
            }
            Event::QueueRemoved { conversation } => {
                if let Some(member) = self.center.member_mut() {
                    member.queue.remove(&conversation);
                }
            }
            Event::OfferStarted(offer) => self.offered_at(offer, frame.at),
            Event::OfferEnded {
                offer,
                result,
                reason,
            } => self.end_offer(&offer, result, &reason),
            Event::Conversation {
                conversation,
                state,
                participants,
            } => self.conversation(conversation, state, participants),
            Event::Takeover { .. } => self.taken_over(),
        }
    }

    pub(super) fn snapshot(&mut self, snapshot: Snapshot) {
        let Some(member) = self.center.member_mut() else {
            return;
        };
        member.uccs = snapshot.uccs;
        member.agent = Some(snapshot.agent);
        self.link_usable();
        self.keep_conversations(&snapshot.queue);
        if let Some(member) = self.center.member_mut() {
            member.queue.replace(snapshot.queue);
        }
        self.keep_offers(&snapshot.offers);
        let Some(clock) = self.center.member().and_then(|m| m.clock) else {
            return;
        };
        for offer in snapshot.offers {
            self.offered_at(offer, clock.reference());
        }
    }

    /// An offer as of a server time.
    fn offered_at(&mut self, offer: Offer, at: u64) {
        let Some(clock) = self.center.member().and_then(|m| m.clock) else {
            return;
        };
        let waited = clock.since(at.saturating_sub(offer.waited_ms));
        let deadline = clock.instant(offer.deadline);
        self.offer_started(offer, deadline, waited);
    }

    /// The contact centre does not want this station back.
    pub(super) fn dismissed(&mut self, reason: &str) {
        match reason {
            goaway::TAKEOVER => self.taken_over(),
            _ if !self.center.is_signed_in() => {}
            _ => {
                self.leave_center("The contact centre signed you out", Station::Gone);
                self.out.push(Output::Center(CenterCommand::SignOut));
            }
        }
    }

    fn taken_over(&mut self) {
        if !self.center.is_signed_in() {
            return;
        }
        self.leave_center("You signed in at another station", Station::Gone);
        self.out.push(Output::Center(CenterCommand::SignOut));
        let text = "You signed in at another station; this one is signed out";
        self.sign_in_problem(text.into(), None);
    }
}
