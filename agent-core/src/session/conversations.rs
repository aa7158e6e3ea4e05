//! `conversation.state`: what the contact centre says of our conversations, with what only this phone knows: our
//! own mute. Told when it has changed.

use std::collections::BTreeMap;

use contact_api::model::{ConversationState, Participant, QueueRow, Role};
use serde_json::json;
use sip_core::wire::Uri;

use super::{Session, call::Call};
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

    /// After full state: what the contact centre no longer has us in has ended meanwhile.
    pub(super) fn keep_conversations(&mut self, queue: &[QueueRow]) {
        let Some(me) = self.center.member().map(|m| m.me.address.clone()) else {
            return;
        };
        let ours = |id: &str| {
            queue.iter().any(|row| {
                row.conversation == id
                    && row.state == ConversationState::Connected
                    && row.agent_address.as_ref() == Some(&me)
            })
        };
        let (still, gone): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut self.conversations.0)
            .into_iter()
            .partition(|(id, _)| ours(id));
        self.conversations.0 = still;
        for (id, known) in gone {
            self.tell_conversation(&id, ConversationState::Ended, &known.participants);
        }
    }

    /// Tells what changed here.
    pub(super) fn settle_conversations(&mut self) {
        if !self.center.is_signed_in() {
            self.conversations.0.clear();
        }
        let ids: Vec<String> = self.conversations.0.keys().cloned().collect();
        for id in ids {
            // Its call is over: the contact centre says what became of it.
            if self.carrier(&id).is_none() {
                continue;
            }
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

    /// Our call in a conversation.
    fn carrier(&self, id: &str) -> Option<&Call> {
        self.calls.iter().find(|c| c.conversation.as_deref() == Some(id))
    }

    fn with_our_mute(&self, id: &str, mut participants: Vec<Participant>) -> Vec<Participant> {
        let station = self.center.station().and_then(|id| self.accounts.get(&id));
        if let (Some(station), Some(call)) = (station, self.carrier(id)) {
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
