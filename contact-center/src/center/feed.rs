//! The feed: what stations are told, numbered, kept for replay.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use crate::{
    acd::{AgentId, StationId, UccId},
    store::FeedRow,
};

/// Events are replayed for this long, in milliseconds.
pub(super) const WINDOW_MS: u64 = 24 * 3_600_000;
/// So many events are kept at most.
const WINDOW_EVENTS: usize = 100_000;
/// A station that missed more gets a snapshot: it is shorter.
const REPLAY_LIMIT: usize = 5_000;

/// Who sees an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Audience {
    /// One agent.
    Agent(AgentId),
    /// Every member of a UCC.
    Ucc(UccId),
    /// One station.
    Station(StationId),
}

/// One event, ready for the wire.
#[derive(Clone, Debug)]
struct Entry {
    seq: u64,
    at: u64,
    audience: Audience,
    text: Arc<str>,
}

/// Who a station belongs to: decides what it sees.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub(super) agent: AgentId,
    pub(super) station: StationId,
    pub(super) uccs: BTreeSet<UccId>,
}

/// The feed's tail.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) epoch: String,
    pub(super) seq: u64,
    entries: VecDeque<Entry>,
    /// Everything after this event is in `entries`.
    complete_after: u64,
}

impl Audience {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Agent(id) => format!("agent:{id}"),
            Self::Ucc(id) => format!("ucc:{id}"),
            Self::Station(id) => format!("station:{id}"),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        match kind {
            "agent" => Some(Self::Agent(id.into())),
            "ucc" => Some(Self::Ucc(id.into())),
            "station" => Some(Self::Station(id.into())),
            _ => None,
        }
    }
}

impl Reader {
    pub(super) fn sees(&self, audience: &Audience) -> bool {
        match audience {
            Audience::Agent(id) => *id == self.agent,
            Audience::Ucc(id) => self.uccs.contains(id),
            Audience::Station(id) => *id == self.station,
        }
    }
}

impl Feed {
    /// Go on from what the store holds, oldest first. An unreadable row is a gap: replay starts after it.
    pub(super) fn resume(epoch: String, rows: Vec<FeedRow>) -> Self {
        let seq = rows.last().map_or(0, |row| row.seq);
        let mut feed = Self {
            epoch,
            seq,
            entries: VecDeque::new(),
            complete_after: 0,
        };
        let mut next = 1;
        for row in rows {
            let audience = Audience::parse(&row.audience);
            if row.seq != next || audience.is_none() {
                feed.entries.clear();
                feed.complete_after = if audience.is_none() {
                    row.seq
                } else {
                    row.seq.saturating_sub(1)
                };
            }
            next = row.seq + 1;
            if let Some(audience) = audience {
                feed.entries.push_back(Entry {
                    seq: row.seq,
                    at: row.at,
                    audience,
                    text: row.body.into(),
                });
            }
        }
        feed
    }

    pub(super) fn push(&mut self, at: u64, audience: Audience, text: Arc<str>) {
        self.seq += 1;
        self.entries.push_back(Entry {
            seq: self.seq,
            at,
            audience,
            text,
        });
        while self.entries.len() > WINDOW_EVENTS
            || self
                .entries
                .front()
                .is_some_and(|entry| entry.at.saturating_add(WINDOW_MS) < at)
        {
            if let Some(gone) = self.entries.pop_front() {
                self.complete_after = gone.seq;
            }
        }
    }

    /// Everything the reader missed after `seq`; `None` when that is not known any more, or too much.
    pub(super) fn since(&self, reader: &Reader, seq: u64) -> Option<Vec<Arc<str>>> {
        if seq > self.seq || seq < self.complete_after {
            return None;
        }
        let start = self.entries.partition_point(|entry| entry.seq <= seq);
        let missed = self
            .entries
            .range(start..)
            .filter(|entry| reader.sees(&entry.audience));
        let missed: Vec<_> = missed
            .take(REPLAY_LIMIT + 1)
            .map(|entry| entry.text.clone())
            .collect();
        (missed.len() <= REPLAY_LIMIT).then_some(missed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader() -> Reader {
        Reader {
            agent: "a".into(),
            station: "s".into(),
            uccs: BTreeSet::from(["u".into()]),
        }
    }

    fn row(seq: u64, audience: &str) -> FeedRow {
        FeedRow {
            seq,
            at: seq,
            audience: audience.into(),
            body: seq.to_string(),
        }
    }

    #[test]
    fn c_007_replay_gives_exactly_what_the_station_may_see() {
        let rows = vec![
            row(1, "agent:a"),
            row(2, "agent:b"),
            row(3, "ucc:u"),
            row(4, "ucc:v"),
            row(5, "station:s"),
        ];
        let feed = Feed::resume("e".into(), rows);
        let missed = feed.since(&reader(), 1).unwrap();
        assert_eq!(missed.iter().map(|text| &**text).collect::<Vec<_>>(), ["3", "5"]);
        assert_eq!(feed.since(&reader(), 5).unwrap().len(), 0);
    }

    #[test]
    fn c_007_a_gap_or_the_future_means_a_snapshot() {
        let feed = Feed::resume(
            "e".into(),
            vec![row(1, "agent:a"), row(5, "agent:a"), row(6, "agent:a")],
        );
        assert!(feed.since(&reader(), 3).is_none(), "events 2 to 4 are lost");
        assert_eq!(feed.since(&reader(), 4).unwrap().len(), 2);
        assert!(feed.since(&reader(), 7).is_none());
    }

    #[test]
    fn c_007_old_events_leave_the_window() {
        let mut feed = Feed::resume("e".into(), vec![row(1, "agent:a")]);
        feed.push(WINDOW_MS + 2, Audience::Agent("a".into()), "2".into());
        assert!(feed.since(&reader(), 0).is_none());
        assert_eq!(feed.since(&reader(), 1).unwrap().len(), 1);
    }
}
