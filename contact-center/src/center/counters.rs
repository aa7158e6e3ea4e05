//! Figures for `/metrics`, counted from the journal.

use std::{collections::BTreeMap, fmt::Write as _};

use contact_api::model::OfferResult;

use crate::acd::{Acd, Event, Record, Stage};

#[derive(Debug, Default)]
pub(super) struct Counters {
    arrived: u64,
    connected: u64,
    ended: u64,
    offers: BTreeMap<&'static str, u64>,
}

impl Counters {
    pub(super) fn count(&mut self, record: &Record) {
        match &record.event {
            Event::Queued { .. } => self.arrived += 1,
            Event::Connected { .. } => self.connected += 1,
            Event::Ended { .. } => self.ended += 1,
            Event::OfferEnded { result, .. } => {
                let name = match result {
                    OfferResult::Accepted => "accepted",
                    OfferResult::Ignored => "ignored",
                    OfferResult::Timeout => "timeout",
                    OfferResult::Cancelled => "cancelled",
                    OfferResult::Failed => "failed",
                    OfferResult::LostRace => "lost_race",
                };
                *self.offers.entry(name).or_default() += 1;
            }
            _ => {}
        }
    }

    /// Prometheus text, version 0.0.4.
    pub(super) fn text(&self, acd: &Acd, connections: usize) -> String {
        let mut text = String::new();
        let mut metric = |name: &str, kind: &str, help: &str, values: &[(String, u64)]| {
            let _ = writeln!(
                text,
                "# HELP ringside_{name} {help}\n# TYPE ringside_{name} {kind}"
            );
            for (labels, value) in values {
                let _ = writeln!(text, "ringside_{name}{labels} {value}");
            }
        };
        let one = |value: u64| [(String::new(), value)];
        let size = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        metric(
            "conversations_total",
            "counter",
            "Conversations that entered a queue.",
            &one(self.arrived),
        );
        metric(
            "conversations_connected_total",
            "counter",
            "Conversations joined with an agent.",
            &one(self.connected),
        );
        metric(
            "conversations_ended_total",
            "counter",
            "Conversations that are over.",
            &one(self.ended),
        );
        let offers: Vec<_> = self
            .offers
            .iter()
            .map(|(name, count)| (format!("{{result=\"{name}\"}}"), *count))
            .collect();
        metric(
            "offers_ended_total",
            "counter",
            "Offers that are over, by result.",
            &offers,
        );
        let rows = &acd.state().conversations;
        let waiting = rows
            .values()
            .filter(|row| matches!(row.stage, Stage::Waiting(_)))
            .count();
        metric(
            "conversations_waiting",
            "gauge",
            "Conversations in a queue now.",
            &one(size(waiting)),
        );
        metric(
            "conversations_talking",
            "gauge",
            "Conversations with an agent now.",
            &one(size(rows.len() - waiting)),
        );
        metric(
            "offers_live",
            "gauge",
            "Offers ringing now.",
            &one(size(acd.state().offers.len())),
        );
        let routable = acd
            .roster()
            .agents
            .keys()
            .filter(|agent| acd.unroutable(agent).is_none())
            .count();
        metric(
            "agents_routable",
            "gauge",
            "Agents the queue may hunt now.",
            &one(size(routable)),
        );
        metric(
            "stations_connected",
            "gauge",
            "Open acp/1 connections.",
            &one(size(connections)),
        );
        text
    }
}
