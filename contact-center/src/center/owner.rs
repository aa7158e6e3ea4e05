//! The task: one message at a time into the queue, and everything that follows from it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use contact_api::frame::goaway;
use tokio::{sync::mpsc, time::sleep_until};

use super::{
    boundary::{AgentLeg, Arrival, NotPlaced, OfferLost, Placed, SipAccounts, ToFocus},
    clock::Clock,
    connections::Connection,
    counters::Counters,
    feed::{Feed, WINDOW_MS},
    handle::Message,
    idempotent::Answers,
    project::{self, Views},
};
use crate::{
    acd::{Acd, Device, NewConversation, OfferId, Output, SkillId, StationId},
    health::Health,
    store::{StationAccount, Store, Write},
};

/// A client sends something at least this often, or is pinged; in milliseconds.
pub(crate) const KEEPALIVE_MS: u64 = 10_000;
/// Journal lines between checkpoints.
const CHECKPOINT_EVERY: u64 = 1_000;
/// Longest caller address, name and number, in characters.
const MAX_TEXT: usize = 256;
const EXPIRE_EVERY_MS: u64 = 3_600_000;

pub(super) struct Owner {
    pub(super) acd: Acd,
    pub(super) endpoints: BTreeMap<String, SkillId>,
    pub(super) settings: super::Settings,
    pub(super) accounts: Arc<dyn SipAccounts>,
    pub(super) stations: HashMap<String, StationAccount>,
    pub(super) server_key: String,
    pub(super) store: Store,
    pub(super) health: Health,
    pub(super) feed: Feed,
    pub(super) views: Views,
    pub(super) answers: Answers,
    pub(super) counters: Counters,
    pub(super) connections: HashMap<StationId, Connection>,
    pub(super) connections_made: u64,
    pub(super) to_focus: mpsc::UnboundedSender<ToFocus>,
    pub(super) clock: Clock,
    pub(super) checkpoint_at: u64,
    pub(super) expire_at: u64,
}

impl Owner {
    /// Runs until stopped or until nobody can send any more.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Message>) {
        let now = self.clock.now();
        self.acd.restarted(now);
        self.reissue_accounts();
        self.drain(now);
        loop {
            let wake = self.acd.next_wake().unwrap_or(u64::MAX).min(self.expire_at);
            tokio::select! {
                message = inbox.recv() => match message {
                    Some(Message::Stop(done)) => {
                        self.stop().await;
                        let _ = done.send(());
                        return;
                    }
                    Some(message) => self.handle(message),
                    None => return self.stop().await,
                },
                () = sleep_until(self.clock.instant(wake)) => self.tick(),
            }
        }
    }

    fn tick(&mut self) {
        let now = self.clock.now();
        self.acd.tick(now);
        self.drain(now);
        if now >= self.expire_at {
            self.expire_at = now + EXPIRE_EVERY_MS;
            self.store.write(Write::Expire {
                feed_before: now.saturating_sub(WINDOW_MS),
                tokens_before: now,
            });
        }
    }

    fn handle(&mut self, message: Message) {
        let now = self.clock.now();
        match message {
            Message::Arrived(arrival, reply) => {
                let placed = self.arrived(now, arrival);
                // The focus knows its conversation before it hears of offers for it.
                let _ = reply.send(placed);
            }
            Message::CustomerLeft(conversation) => self.acd.customer_left(now, &conversation),
            Message::OfferAnswered(offer, reply) => {
                let outcome = self.acd.offer_answered(now, &offer);
                let outcome = outcome
                    .map(|_| ())
                    .map_err(|refusal| OfferLost::Ended(refusal.to_string()));
                let _ = reply.send(outcome);
            }
            Message::OfferRinging(offer) => self.acd.offer_ringing(now, &offer),
            Message::OfferNotPlaced(offer, reason) => self.acd.offer_not_placed(now, &offer, &reason),
            Message::OfferFailed(offer, status, reason) => {
                self.acd.offer_failed(now, &offer, status, &reason)
            }
            Message::AgentLeft(conversation, AgentLeg::HungUp) => self.acd.agent_hung_up(now, &conversation),
            Message::AgentLeft(conversation, AgentLeg::Lost) => self.acd.agent_lost(now, &conversation),
            Message::Held(conversation, held) => self.acd.customer_held(now, &conversation, held),
            Message::Registered(aor, registered) => {
                if let Some(agent) = self.agent_at(&aor) {
                    let device = if registered { Device::Ok } else { Device::NoPhone };
                    self.acd.device(now, &agent, device);
                }
            }
            Message::Moved(aor) => {
                if let Some(agent) = self.agent_at(&aor) {
                    self.acd.phone_moved(now, &agent);
                }
            }
            Message::Reconnected(aor) => {
                if let Some(agent) = self.agent_at(&aor) {
                    self.acd.phone_reconnected(now, &agent);
                }
            }
            Message::StationIn(agent, station, reply) => {
                let moved = self.station_in(now, &agent, station);
                self.drain(now);
                let _ = reply.send(moved);
            }
            Message::Me(agent, reply) => {
                let _ = reply.send(self.me(&agent));
            }
            Message::Attach(agent, station, resume, reply) => {
                let attached = self.attach(now, &agent, station, resume.as_ref());
                let connection = attached.as_ref().ok().map(|attached| attached.connection);
                if let (Err(_), Some(connection)) = (reply.send(attached), connection) {
                    self.detach(connection);
                }
            }
            Message::Command {
                connection,
                id,
                op,
                if_version,
            } => {
                self.command(now, connection, id, op, if_version);
            }
            Message::Detach(connection) => self.detach(connection),
            Message::Metrics(reply) => {
                let _ = reply.send(self.counters.text(&self.acd, self.connections.len()));
            }
            // Taken by `run`.
            Message::Stop(_) => {}
        }
        self.drain(now);
    }

    fn arrived(&mut self, now: u64, mut arrival: Arrival) -> Result<Placed, NotPlaced> {
        // These come from the far end and go to every agent.
        shorten(&mut arrival.caller.address);
        arrival.caller.name.iter_mut().for_each(shorten);
        shorten(&mut arrival.number);
        let limit = self.settings.max_conversations;
        if self.acd.state().conversations.len() >= limit {
            return Err(NotPlaced::Full(limit));
        }
        let unknown = || NotPlaced::UnknownNumber(arrival.number.clone());
        let skill = super::number::find(&self.endpoints, &arrival.number)
            .ok_or_else(unknown)?
            .clone();
        let def = self.acd.roster().skills.get(&skill).ok_or_else(unknown)?;
        let (name, ucc) = (def.name.clone(), self.acd.roster().uccs.get(&def.ucc));
        let ucc = ucc.map(|ucc| ucc.name.clone()).unwrap_or_default();
        let conversation = arrival.conversation.clone();
        let new = NewConversation {
            conversation: arrival.conversation,
            caller: arrival.caller,
            number: arrival.number,
            skill,
            priority: 0,
        };
        match self.acd.arrived(now, new) {
            Ok(position) => Ok(Placed {
                ucc,
                skill: name,
                position,
            }),
            Err(_) => Err(NotPlaced::Duplicate(conversation)),
        }
    }

    /// Do what the queue wants, then tell whom it concerns.
    pub(super) fn drain(&mut self, now: u64) {
        let mut records = Vec::new();
        while let Some(output) = self.acd.poll() {
            match output {
                Output::Record(record) => {
                    self.counters.count(&record);
                    self.store.write(Write::Journal(record.clone()));
                    records.push(record);
                }
                Output::StartOffer { offer } => self.start_offer(offer),
                Output::CancelOffer { offer, reason } => self.focus(ToFocus::CancelOffer { offer, reason }),
                // The focus joins on the answer to `offer_answered`.
                Output::Join { .. } => {}
                Output::EndConversation { conversation, reason } => {
                    self.focus(ToFocus::EndConversation { conversation, reason });
                }
                Output::ReturnToQueue { conversation } => self.focus(ToFocus::ReturnToQueue { conversation }),
                Output::Fault(what) => {
                    self.health
                        .raise("queue", format!("A bug in the queue: {what}. Please report it."));
                }
            }
        }
        for told in self.views.tell(&self.acd, &records) {
            self.publish(now, told);
        }
        if self.acd.state().seq >= self.checkpoint_at {
            self.checkpoint();
        }
    }

    fn checkpoint(&mut self) {
        self.checkpoint_at = self.acd.state().seq + CHECKPOINT_EVERY;
        self.store
            .write(Write::Checkpoint(Box::new(self.acd.state().clone())));
    }

    fn start_offer(&self, id: OfferId) {
        let state = self.acd.state();
        let Some(offer) = state.offers.get(&id) else {
            return;
        };
        let station = state
            .agents
            .get(&offer.agent)
            .and_then(|row| row.station.as_ref());
        let (Some(station), Some(wire)) = (station, project::wire_offer(&self.acd, &id)) else {
            return;
        };
        self.focus(ToFocus::StartOffer {
            offer: id,
            conversation: offer.conversation.clone(),
            agent: offer.agent.clone(),
            station_uri: station.uri.clone(),
            caller: wire.caller,
            ucc: wire.ucc,
            skill: wire.skill,
            waited_ms: wire.waited_ms,
            deadline: wire.deadline,
        });
    }

    fn focus(&self, what: ToFocus) {
        if self.to_focus.send(what).is_err() {
            self.health
                .raise("focus", "The conference focus has stopped; restart the server.");
        }
    }

    async fn stop(&mut self) {
        let stations: Vec<_> = self.connections.keys().cloned().collect();
        for station in stations {
            self.let_go(&station, goaway::RESTART);
        }
        self.checkpoint();
        self.store.flush().await;
    }
}

/// At most [`MAX_TEXT`] characters.
fn shorten(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
        text.truncate(end);
    }
}
