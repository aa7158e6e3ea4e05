//! The task: one message at a time into the queue, and everything that follows from it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use contact_api::{
    event::Event as Wire,
    frame::{EventFrame, Mode, Op, OpError, Resume, ServerFrame, goaway},
    rest::{Me, StationSip},
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{
    accounts,
    boundary::{AgentLeg, Arrival, NotPlaced, OfferLost, Placed, SipAccounts, ToFocus},
    counters::Counters,
    feed::{Audience, Feed, Reader, WINDOW_MS},
    handle::{Attachment, Message, Moved},
    hex,
    idempotent::Answers,
    ops,
    project::{self, Told, Views},
};
use crate::{
    acd::{Acd, AgentId, Device, NewConversation, OfferId, Output, Refusal, SkillId, StationId},
    health::Health,
    store::{FeedRow, StationAccount, Store, Write},
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

/// Unix time that never jumps: read once, then advanced by the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    unix_ms: u64,
    read_at: Instant,
}

pub(super) struct Connection {
    number: u64,
    reader: Reader,
    live: mpsc::Sender<Arc<str>>,
    goaway: Arc<OnceLock<&'static str>>,
}

impl Clock {
    pub(super) fn read() -> Self {
        let unix = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            unix_ms: millis(unix),
            read_at: Instant::now(),
        }
    }

    fn now(&self) -> u64 {
        self.unix_ms + millis(self.read_at.elapsed())
    }

    fn instant(&self, at: u64) -> Instant {
        self.read_at + Duration::from_millis(at.saturating_sub(self.unix_ms))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
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

    /// The agent whose station has this address of record.
    fn agent_at(&self, aor: &str) -> Option<AgentId> {
        let mut agents = self.acd.state().agents.iter();
        let agent = agents.find(|(_, row)| row.station.as_ref().is_some_and(|own| own.uri == aor));
        agent.map(|(agent, _)| agent.clone())
    }

    fn station_in(&mut self, now: u64, agent: &AgentId, station: StationId) -> Result<Moved, Refusal> {
        let name = self
            .acd
            .roster()
            .agents
            .get(agent)
            .map(|def| def.name.clone())
            .unwrap_or_default();
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce)
            .map_err(|error| Refusal::WrongState(format!("The server has no randomness: {error}")))?;
        let account = StationAccount {
            username: accounts::username(agent, &station),
            station: station.to_string(),
            user: agent.to_string(),
            nonce: hex(&nonce),
        };
        let uri = accounts::aor(&self.settings.domain, &account.username);
        let from = self.acd.station_in(now, agent, station.clone(), uri)?;
        if let Some(old) = &from {
            self.revoke_account(agent, old);
            let event = Wire::Takeover {
                by: station.to_string(),
            };
            let told = Told {
                audience: Audience::Station(old.clone()),
                subject: format!("agent/{agent}"),
                version: self.acd.state().agents.get(agent).map_or(0, |row| row.version),
                event,
            };
            self.publish(now, told);
            self.let_go(old, goaway::TAKEOVER);
        }
        let sip = accounts::sip_account(&self.server_key, &self.settings.domain, &account, &name);
        self.store.write(Write::Station {
            username: account.username.clone(),
            station: account.station.clone(),
            user: account.user.clone(),
            nonce: account.nonce.clone(),
            at: now,
        });
        self.stations.insert(account.username.clone(), account);
        self.accounts.issue(sip.clone());
        let sip = StationSip {
            uri: sip.uri,
            username: sip.username,
            password: sip.password,
            registrar: self.settings.registrar.clone(),
        };
        Ok(Moved { sip, from })
    }

    fn reissue_accounts(&self) {
        for account in self.stations.values() {
            let name = self
                .acd
                .roster()
                .agents
                .get(account.user.as_str())
                .map(|def| def.name.clone());
            if let Some(name) = name {
                let domain = &self.settings.domain;
                self.accounts
                    .issue(accounts::sip_account(&self.server_key, domain, account, &name));
            }
        }
    }

    fn revoke_account(&mut self, agent: &AgentId, station: &StationId) {
        let username = accounts::username(agent, station);
        self.accounts.revoke(&username);
        self.stations.remove(&username);
        self.store.write(Write::ForgetStation { username });
    }

    fn me(&self, agent: &AgentId) -> Option<Me> {
        let def = self.acd.roster().agents.get(agent)?;
        Some(Me {
            agent: agent.to_string(),
            name: def.name.clone(),
            address: def.address.clone(),
            uccs: project::uccs(&self.acd, agent),
        })
    }

    fn attach(
        &mut self,
        now: u64,
        agent: &AgentId,
        station: StationId,
        resume: Option<&Resume>,
    ) -> Result<Attachment, &'static str> {
        let row = self.acd.state().agents.get(agent);
        match row.and_then(|row| row.station.as_ref()) {
            Some(active) if active.id == station => {}
            Some(_) => return Err(goaway::TAKEOVER),
            None => return Err(goaway::SIGNED_OUT),
        }
        self.let_go(&station, goaway::REPLACED);
        let uccs = self
            .acd
            .roster()
            .agents
            .get(agent)
            .map(|def| def.uccs.keys().cloned().collect());
        let reader = Reader {
            agent: agent.clone(),
            station: station.clone(),
            uccs: uccs.unwrap_or_default(),
        };
        let missed = resume
            .filter(|resume| resume.epoch == self.feed.epoch)
            .and_then(|resume| self.feed.since(&reader, resume.seq));
        let mode = if missed.is_some() {
            Mode::Replay
        } else {
            Mode::Snapshot
        };
        let mut first = vec![text(&ServerFrame::Welcome {
            epoch: self.feed.epoch.clone(),
            seq: self.feed.seq,
            server_time: now,
            keepalive_ms: KEEPALIVE_MS,
            mode,
        })];
        match missed {
            Some(missed) => first.extend(missed),
            None => first.push(text(&ServerFrame::Snap {
                seq: self.feed.seq,
                body: Box::new(project::snapshot(&self.acd, agent)),
            })),
        }
        let (tx, live) = mpsc::channel(self.settings.send_queue);
        let goaway = Arc::new(OnceLock::new());
        self.connections_made += 1;
        let number = self.connections_made;
        let connection = Connection {
            number,
            reader,
            live: tx,
            goaway: goaway.clone(),
        };
        self.connections.insert(station, connection);
        Ok(Attachment {
            connection: number,
            first,
            live,
            goaway,
        })
    }

    fn detach(&mut self, number: u64) {
        self.connections
            .retain(|_, connection| connection.number != number);
    }

    /// Close a station's connection after what is queued for it.
    fn let_go(&mut self, station: &StationId, reason: &'static str) {
        if let Some(connection) = self.connections.remove(station) {
            let _ = connection.goaway.set(reason);
        }
    }

    fn command(&mut self, now: u64, number: u64, id: String, op: Op, if_version: Option<u64>) {
        let connection = self
            .connections
            .values()
            .find(|connection| connection.number == number);
        let Some(reader) = connection.map(|connection| connection.reader.clone()) else {
            return;
        };
        let (agent, station) = (reader.agent, reader.station);
        if let Some(answer) = self.answers.get(now, &station, &id) {
            return self.send(&station, answer);
        }
        let leaving = matches!(op, Op::SignOut { .. });
        let outcome = ops::perform(&mut self.acd, now, &agent, op, if_version);
        self.drain(now);
        let answer = text(&res(id.clone(), self.feed.seq, outcome));
        self.answers.keep(now, station.clone(), id, answer.clone());
        self.send(&station, answer);
        if leaving
            && self
                .acd
                .state()
                .agents
                .get(&agent)
                .is_none_or(|row| row.station.is_none())
        {
            self.revoke_account(&agent, &station);
            self.let_go(&station, goaway::SIGNED_OUT);
        }
    }

    fn send(&mut self, station: &StationId, frame: Arc<str>) {
        let Some(connection) = self.connections.get(station) else {
            return;
        };
        match connection.live.try_send(frame) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => self.let_go(station, goaway::SLOW),
            Err(mpsc::error::TrySendError::Closed(_)) => {
                self.connections.remove(station);
            }
        }
    }

    /// Do what the queue wants, then tell whom it concerns.
    fn drain(&mut self, now: u64) {
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

    /// Number an event, keep it, and send it to every station that may see it.
    fn publish(&mut self, now: u64, told: Told) {
        let Ok(serde_json::Value::Object(mut tagged)) = serde_json::to_value(&told.event) else {
            return;
        };
        let frame = ServerFrame::Ev(EventFrame {
            seq: self.feed.seq + 1,
            at: now,
            kind: tagged
                .get("kind")
                .and_then(|kind| kind.as_str())
                .unwrap_or_default()
                .to_owned(),
            subject: told.subject,
            version: told.version,
            body: tagged.remove("body").unwrap_or_default(),
        });
        let frame = text(&frame);
        self.feed.push(now, told.audience.clone(), frame.clone());
        self.store.write(Write::Feed(FeedRow {
            seq: self.feed.seq,
            at: now,
            audience: told.audience.text(),
            body: frame.to_string(),
        }));
        let readers = self
            .connections
            .iter()
            .filter(|(_, own)| own.reader.sees(&told.audience));
        let readers: Vec<_> = readers.map(|(station, _)| station.clone()).collect();
        for station in readers {
            self.send(&station, frame.clone());
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

fn res(id: String, seq: u64, outcome: Result<Option<serde_json::Value>, OpError>) -> ServerFrame {
    match outcome {
        Ok(body) => ServerFrame::Res {
            id,
            ok: true,
            seq: Some(seq),
            body,
            err: None,
        },
        Err(err) => ServerFrame::Res {
            id,
            ok: false,
            seq: None,
            body: None,
            err: Some(err),
        },
    }
}

fn text(frame: &ServerFrame) -> Arc<str> {
    // Frames are plain data with text keys; there is nothing in them that can fail.
    serde_json::to_string(frame).unwrap_or_default().into()
}
