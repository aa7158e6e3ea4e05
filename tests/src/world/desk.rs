//! A contact centre in its house: customers outside, agents at registered phones.

use std::{collections::BTreeMap, time::Duration};

use contact_api::model::Intent;
use contact_center::acd::{Agent, AgentId, Device, Event, Member, Record, Roster, Skill, Ucc, UccSettings};
use sip_core::{
    Transport,
    agent::{AccountConfig, AccountId, CallId, Command, UserAgent},
    server::{self, Moved, Server},
    testkit::{NodeId, Phone},
    wire::Uri,
};

use super::{Ask, Centre, House};

const CENTRE: &str = "192.0.2.200:5060";
/// The number customers call.
const NUMBER: &str = "sales";

/// A contact centre with one skill and its agents, every one signed in and ready.
pub struct Desk {
    /// Registrar, wires and clock.
    pub house: House,
    /// The contact centre.
    pub centre: NodeId,
    /// Agents with their phones.
    pub agents: Vec<(AgentId, Phone)>,
    /// The registrar's news that the centre has heard.
    told: usize,
    customers: u8,
}

impl Desk {
    /// A desk with these agents, in the order they became free. `wrapup_ms` follows each conversation.
    pub fn new(seed: u64, agents: &[&str], wrapup_ms: u64) -> Self {
        let mut house = House::new(seed);
        let config = Phone::config(222);
        let mut agent = sip_core::agent::AgentConfig {
            auto_ring: false,
            ..config
        };
        agent.max_calls = 100;
        let now = house.world.now();
        let machine = Centre::new(
            UserAgent::new(agent),
            AccountId(1),
            roster(agents, wrapup_ms),
            NUMBER,
            "skill",
            now,
        );
        let centre = house
            .world
            .add(machine, CENTRE, &[Transport::Udp, Transport::Tcp]);
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        let account = AccountConfig {
            uri: uri("sip:centre@house.test"),
            display_name: None,
            registrar: None,
            outbound_proxy: Some(uri("sip:house.test;transport=udp;lr")),
            username: None,
            password: None,
            register: false,
            expires: Duration::from_secs(600),
        };
        let add = Command::AddAccount {
            account: AccountId(1),
            config: Box::new(account),
        };
        house.world.command::<Centre>(centre, Ask::Sip(add));
        let route = server::Command::SetRoute {
            user: NUMBER.to_owned(),
            target: Box::new(uri("sip:192.0.2.200:5060")),
        };
        for command in [route, server::Command::Trust(CENTRE.parse().unwrap())] {
            house.world.command::<Server>(house.registrar, command);
        }
        let mut desk = Self {
            house,
            centre,
            agents: Vec::new(),
            told: 0,
            customers: 0,
        };
        for name in agents {
            desk.agent_comes(name);
        }
        desk
    }

    fn agent_comes(&mut self, name: &str) {
        let phone = self.house.moves_in(name, Transport::Udp);
        let agent = AgentId::from(name);
        self.agents.push((agent.clone(), phone));
        self.ask(Ask::SignIn {
            agent: agent.clone(),
            ucc: "ucc".into(),
            station: format!("sip:{name}@house.test"),
        });
        self.run(1);
        self.ask(Ask::Intent(agent, Intent::Ready));
    }

    /// A phone outside, without an account.
    pub fn customer(&mut self) -> Phone {
        self.customers += 1;
        let at = format!("198.51.100.{}:5060", self.customers);
        Phone::add(&mut self.house.world, &at, 100 + self.customers)
    }

    /// A customer's `n`th call to the contact centre.
    pub fn calls(&mut self, customer: Phone, n: u64) -> CallId {
        customer.calls(&mut self.house.world, n, &format!("sip:{NUMBER}@house.test"))
    }

    /// Asks something of the centre.
    pub fn ask(&mut self, ask: Ask) {
        self.house.world.command::<Centre>(self.centre, ask);
    }

    /// The contact centre.
    pub fn centre(&mut self) -> &mut Centre {
        &mut self.house.world.seat::<Centre>(self.centre).machine
    }

    /// Lets milliseconds pass; the centre hears within 100 ms who has registered and who is gone.
    pub fn run_ms(&mut self, mut ms: u64) {
        while ms > 0 {
            let step = ms.min(100);
            ms -= step;
            self.house.world.run(Duration::from_millis(step));
            self.tell_registrations();
        }
    }

    /// Lets seconds pass.
    pub fn run(&mut self, seconds: u64) {
        self.run_ms(seconds * 1000);
    }

    fn tell_registrations(&mut self) {
        let news = &self.house.world.seat::<Server>(self.house.registrar).events;
        let news: Vec<_> = news
            .iter()
            .skip(self.told)
            .map(|(_, event)| event.clone())
            .collect();
        self.told += news.len();
        for event in news {
            let (user, device, moved) = match event {
                server::Event::Registered { user, moved, .. } => (user, Device::Ok, moved),
                server::Event::Unregistered {
                    user, bindings: 0, ..
                } => (user, Device::NoPhone, Moved::No),
                _ => continue,
            };
            self.ask(Ask::Phone(user.as_str().into(), device));
            match moved {
                Moved::No => {}
                Moved::Connection => self.ask(Ask::Reconnected(user.into())),
                Moved::Elsewhere => self.ask(Ask::Moved(user.into())),
            }
        }
    }

    /// The agent accepts: the window says so and the phone answers the call that rings.
    pub fn accepts(&mut self, at: usize) -> CallId {
        let (agent, phone) = self.agents[at].clone();
        let call = phone.incoming(&mut self.house.world).expect("no phone rings");
        self.ask(Ask::Accept(agent));
        phone.answers(&mut self.house.world, call);
        call
    }

    /// The agent ignores the offer.
    pub fn ignores(&mut self, at: usize) {
        let agent = self.agents[at].0.clone();
        self.ask(Ask::Ignore(agent));
    }

    /// Which agents have an offer.
    pub fn ringing(&mut self) -> Vec<usize> {
        let agents: Vec<AgentId> = self.agents.iter().map(|(id, _)| id.clone()).collect();
        let centre = self.centre();
        (0..agents.len())
            .filter(|at| centre.offer_of(&agents[*at]).is_some())
            .collect()
    }

    /// Everything the queue has written.
    pub fn journal(&mut self) -> Vec<Record> {
        let seat = self.house.world.seat::<Centre>(self.centre);
        seat.events.iter().map(|(_, record)| record.clone()).collect()
    }

    /// Every offer of the journal ended exactly once, every conversation too, the tables are what the
    /// journal says, and nothing is left anywhere.
    ///
    /// # Panics
    ///
    /// When that is not so; `what` goes into the sentence.
    pub fn assert_all_over(&mut self, phones: &[Phone], what: &str) {
        let (mut offers, mut conversations) = (BTreeMap::new(), BTreeMap::new());
        for record in self.journal() {
            match record.event {
                Event::OfferStarted { offer, .. } => assert_eq!(offers.insert(offer, 0), None),
                Event::OfferEnded { offer, .. } => *offers.entry(offer).or_insert(7) += 1,
                Event::Queued { conversation, .. } => assert_eq!(conversations.insert(conversation, 0), None),
                Event::Ended { conversation, .. } => *conversations.entry(conversation).or_insert(7) += 1,
                _ => {}
            }
        }
        for (offer, ends) in offers {
            assert_eq!(ends, 1, "{what}: ends of offer {offer}");
        }
        for (conversation, ends) in conversations {
            assert_eq!(ends, 1, "{what}: ends of conversation {conversation}");
        }
        assert_eq!(self.centre().left(), [0; 7], "{what}: left at the centre");
        self.centre()
            .acd
            .check()
            .unwrap_or_else(|wrong| panic!("{what}: {wrong}"));
        self.house.assert_all_over(phones, what);
    }
}

fn roster(agents: &[&str], wrapup_ms: u64) -> Roster {
    let mut roster = Roster::default();
    let ucc = Ucc {
        name: "Sales".to_owned(),
        settings: UccSettings::default(),
    };
    roster.uccs.insert("ucc".into(), ucc);
    let skill = Skill {
        ucc: "ucc".into(),
        name: "English".to_owned(),
        priority: 0,
        wrapup_ms,
    };
    roster.skills.insert("skill".into(), skill);
    for (order, name) in (0..).zip(agents) {
        let agent = Agent {
            name: (*name).to_owned(),
            address: format!("{name}@house.test"),
            uccs: [("ucc".into(), Member { formal: true, order })].into(),
            scores: [("skill".into(), 50)].into(),
        };
        roster.agents.insert((*name).into(), agent);
    }
    roster
}
