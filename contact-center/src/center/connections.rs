//! Live connections of stations: what they get first, what they ask for, and every event they may see.

use std::sync::{Arc, OnceLock};

use contact_api::frame::{EventFrame, Mode, Op, OpError, Resume, ServerFrame, goaway};
use tokio::sync::mpsc;

use super::{
    feed::Reader,
    handle::Attachment,
    ops,
    owner::{KEEPALIVE_MS, Owner},
    project::{self, Told},
};
use crate::{
    acd::{AgentId, StationId},
    store::{FeedRow, Write},
};

/// One station's end of the feed.
pub(super) struct Connection {
    number: u64,
    reader: Reader,
    live: mpsc::Sender<Arc<str>>,
    goaway: Arc<OnceLock<&'static str>>,
}

impl Owner {
    pub(super) fn attach(
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

    pub(super) fn detach(&mut self, number: u64) {
        self.connections
            .retain(|_, connection| connection.number != number);
    }

    /// Close a station's connection after what is queued for it.
    pub(super) fn let_go(&mut self, station: &StationId, reason: &'static str) {
        if let Some(connection) = self.connections.remove(station) {
            let _ = connection.goaway.set(reason);
        }
    }

    pub(super) fn command(&mut self, now: u64, number: u64, id: String, op: Op, if_version: Option<u64>) {
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

    /// Number an event, keep it, and send it to every station that may see it.
    pub(super) fn publish(&mut self, now: u64, told: Told) {
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
