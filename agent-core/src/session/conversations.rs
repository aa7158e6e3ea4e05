//! `conversation.state`: what the contact centre says of our conversations, with what only this phone knows: our
//! own mute. Told when it has changed.

use std::collections::BTreeMap;

use contact_api::model::{ConversationState, Participant, Role};
use serde_json::json;
use sip_core::wire::Uri;

use super::Session;
use crate::{Notification, Output};

/// More conversations than an agent has at once.
const MOST: usize = 64;

/// The conversations we are in.
#[derive(Debug, Default)]
pub(super) struct Conversations(BTreeMap<String, Conversation>);

#[derive(Debug)]
struct Conversation {
    participants: Vec<Participant>,
    /// The participants last told.
    told: Vec<Participant>,
}

impl Session {
    /// The contact centre's word on a conversation.
    pub(super) fn conversation(
        &mut self,
        id: String,
        state: ConversationState,
        participants: Vec<Participant>,
    ) {
        let told = self.with_our_mute(&id, participants.clone());
        self.tell_conversation(&id, state, &told);
        let known = &mut self.conversations.0;
        if state != ConversationState::Connected {
            known.remove(&id);
        } else if known.len() < MOST || known.contains_key(&id) {
            known.insert(id, Conversation { participants, told });
        }
    }

    /// Tells what changed here.
    pub(super) fn settle_conversations(&mut self) {
        if !self.center.is_signed_in() {
            self.conversations.0.clear();
        }
        let ids: Vec<String> = self.conversations.0.keys().cloned().collect();
        for id in ids {
            let Some(known) = self.conversations.0.get(&id) else {
                continue;
            };
            let now = self.with_our_mute(&id, known.participants.clone());
            if now != known.told {
                self.tell_conversation(&id, ConversationState::Connected, &now);
                if let Some(known) = self.conversations.0.get_mut(&id) {
                    known.told = now;
                }
            }
        }
    }

    fn with_our_mute(&self, id: &str, mut participants: Vec<Participant>) -> Vec<Participant> {
        let station = self.center.station().and_then(|id| self.accounts.get(&id));
        let call = self.calls.iter().find(|c| c.conversation.as_deref() == Some(id));
        if let (Some(station), Some(call)) = (station, call) {
            let is_us = |p: &&mut Participant| {
                p.role == Role::Agent && p.uri.parse::<Uri>().is_ok_and(|uri| uri == station.config.uri)
            };
            if let Some(us) = participants.iter_mut().find(is_us) {
                us.muted |= call.muted;
            }
        }
        participants
    }

    fn tell_conversation(&mut self, id: &str, state: ConversationState, participants: &[Participant]) {
        self.out.push(Output::Notify(Notification::ConversationState {
            conversation: id.to_owned(),
            state: match state {
                ConversationState::Waiting => "waiting",
                ConversationState::Offering => "offering",
                ConversationState::Connected => "connected",
                ConversationState::Ended => "ended",
            },
            participants: json!(participants),
            recording: "off",
        }));
    }
}
