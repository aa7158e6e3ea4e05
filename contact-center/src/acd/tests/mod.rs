//! The queue's behaviours, in virtual time.

mod agents;
mod hunting;
mod offers;
mod random;
mod wrapup;

use std::collections::BTreeMap;

use contact_api::model::{Caller, OfferResult};

use super::*;

/// A queue with a clock and everything it said.
pub(super) struct World {
    pub(super) acd: Acd,
    pub(super) now: u64,
    pub(super) said: Vec<Output>,
    pub(super) journal: Vec<Record>,
    /// Phones say that they ring.
    pub(super) phones_ring: bool,
}

pub(super) const UCC: &str = "u";
pub(super) const SALES: &str = "sales";
pub(super) const RING: u64 = 20_000;

/// `anna`, `bram` and `chloe`, formal members with equal scores in Sales.
pub(super) fn roster() -> Roster {
    let agent = |name: &str, order| Agent {
        name: name.to_uppercase(),
        address: format!("{name}@demo"),
        uccs: BTreeMap::from([(UCC.into(), Member { formal: true, order })]),
        scores: BTreeMap::from([(SALES.into(), 50)]),
    };
    let agents = ["anna", "bram", "chloe"]
        .into_iter()
        .zip(0..)
        .map(|(name, order)| (name.into(), agent(name, order)));
    Roster {
        uccs: BTreeMap::from([(
            UCC.into(),
            Ucc {
                name: "Demo".into(),
                settings: UccSettings::default(),
            },
        )]),
        skills: BTreeMap::from([(
            SALES.into(),
            Skill {
                ucc: UCC.into(),
                name: "Sales".into(),
                priority: 0,
                wrapup_ms: 0,
            },
        )]),
        agents: agents.collect(),
    }
}

impl World {
    pub(super) fn new(roster: Roster) -> Self {
        Self {
            acd: Acd::new(roster),
            now: 1_000_000,
            said: Vec::new(),
            journal: Vec::new(),
            phones_ring: true,
        }
    }

    /// With these agents signed in a second apart, phones ready.
    pub(super) fn with(agents: &[&str]) -> Self {
        let mut world = Self::new(roster());
        for agent in agents {
            world.sign_in(agent);
            world.pass(1_000);
        }
        world
    }

    pub(super) fn sign_in(&mut self, agent: &str) {
        let now = self.now;
        let uri = format!("sip:{agent}@demo");
        self.acd
            .station_in(now, &agent.into(), format!("st-{agent}").into(), uri)
            .unwrap();
        self.acd.ucc_in(now, &agent.into(), &UCC.into()).unwrap();
        self.acd.device(now, &agent.into(), Device::Ok);
        self.collect();
    }

    pub(super) fn call(&mut self, id: &str) {
        let new = NewConversation {
            conversation: id.into(),
            caller: Caller {
                address: "sip:customer@example".into(),
                name: None,
            },
            number: "sip:sales@demo".into(),
            skill: SALES.into(),
            priority: 0,
        };
        self.acd.arrived(self.now, new).unwrap();
        self.collect();
    }

    /// Do something and note what was said.
    pub(super) fn act<T>(&mut self, what: impl FnOnce(&mut Acd, u64) -> T) -> T {
        let result = what(&mut self.acd, self.now);
        self.collect();
        result
    }

    fn collect(&mut self) {
        self.acd.check().unwrap();
        while let Some(output) = self.acd.poll() {
            if let (Output::StartOffer { offer }, true) = (&output, self.phones_ring) {
                self.acd.offer_ringing(self.now, offer);
            }
            if let Output::Record(record) = &output {
                self.journal.push(record.clone());
            }
            self.said.push(output);
        }
    }

    /// Let time pass, waking whenever the queue asks for it.
    pub(super) fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(wake) = self.acd.next_wake().filter(|wake| *wake <= end) {
            assert!(
                wake > self.now,
                "the queue wants to wake in the past: it would spin"
            );
            self.now = wake;
            self.act(Acd::tick);
        }
        self.now = end;
    }

    /// The one live offer of an agent.
    pub(super) fn offer_of(&self, agent: &str) -> OfferId {
        let mut offers = self
            .acd
            .state()
            .offers
            .iter()
            .filter(|(_, row)| row.agent.as_str() == agent);
        offers
            .next()
            .unwrap_or_else(|| panic!("{agent} is offered nothing"))
            .0
            .clone()
    }

    /// Who is being asked now.
    pub(super) fn ringing(&self) -> Vec<&str> {
        self.acd
            .state()
            .offers
            .values()
            .map(|row| row.agent.as_str())
            .collect()
    }

    pub(super) fn answer(&mut self, agent: &str) -> Result<ConversationId, Refusal> {
        let offer = self.offer_of(agent);
        self.act(|acd, now| acd.offer_answered(now, &offer))
    }

    /// How every ended offer ended, in order.
    pub(super) fn results(&self) -> Vec<(&str, OfferResult)> {
        let ended = self.journal.iter().filter_map(|record| match &record.event {
            Event::OfferEnded { agent, result, .. } => Some((agent.as_str(), *result)),
            _ => None,
        });
        ended.collect()
    }

    pub(super) fn voice(&self, agent: &str) -> Voice {
        self.acd.state().agents[agent].voice.clone()
    }
}
