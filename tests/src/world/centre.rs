//! The contact centre as one machine: user agent, focus and queue, joined as the server's drivers join them.
//!
//! Voice is not simulated; who would hear whom is: see [`Centre::hears`].

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Duration, Instant},
};

use contact_api::model::{Caller, Intent};
use contact_center::{
    acd::{self, Acd, AgentId, Device, NewConversation, OfferId, Record, Roster, SkillId, StationId, UccId},
    focus::{self, Focus, OfferLeg, Setup, ToCenter},
};
use media::engine::{LegId, RoomId};
use sip_core::{
    Input, Machine, Output,
    agent::{self as sip, AccountId, UserAgent},
    testkit::sample_media,
};

/// What is asked of the centre from outside.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Set up its SIP account.
    Sip(sip::Command),
    /// An agent signs in at a phone, to a UCC.
    SignIn {
        /// The agent.
        agent: AgentId,
        /// The UCC.
        ucc: UccId,
        /// Address of record of the phone.
        station: String,
    },
    /// An agent is ready, or not.
    Intent(AgentId, Intent),
    /// The agent's phone registered, or is gone.
    Phone(AgentId, Device),
    /// The agent's phone registered from a place it was not at before.
    Moved(AgentId),
    /// An agent's phone registered through a new connection.
    Reconnected(AgentId),
    /// The agent presses Accept (the phone answers by itself).
    Accept(AgentId),
    /// The agent presses Ignore.
    Ignore(AgentId),
    /// The agent takes the conversation that waits longest.
    Take(AgentId),
    /// The agent signs out of every UCC, or of the whole app.
    SignOut {
        /// The agent.
        agent: AgentId,
        /// The app too.
        whole_app: bool,
    },
    /// The media engine has heard nothing on any leg for a while.
    Silence,
}

/// What a leg gets to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// Nobody.
    Nothing,
    /// Music on hold, or while waiting.
    Music,
    /// Everybody else in a room.
    Room(RoomId),
}

/// A contact centre with one number.
pub struct Centre {
    agent: UserAgent,
    focus: Focus,
    /// The queue.
    pub acd: Acd,
    number: String,
    skill: SkillId,
    start: Instant,
    out: VecDeque<Output<Record>>,
    music: BTreeSet<LegId>,
    rooms: BTreeMap<LegId, RoomId>,
    legs: BTreeSet<LegId>,
}

impl Centre {
    /// A centre whose `number` leads to `skill`; account `account` must be added to its user agent.
    pub fn new(
        agent: UserAgent,
        account: AccountId,
        roster: Roster,
        number: &str,
        skill: &str,
        now: Instant,
    ) -> Self {
        Self {
            agent,
            focus: Focus::new(Setup {
                account,
                numbers: vec![number.to_owned()],
                id_prefix: "c_".to_owned(),
                max_conversations: 100,
            }),
            acd: Acd::new(roster),
            number: number.to_owned(),
            skill: skill.into(),
            start: now,
            out: VecDeque::new(),
            music: BTreeSet::new(),
            rooms: BTreeMap::new(),
            legs: BTreeSet::new(),
        }
    }

    /// What each open leg hears, in the order they were opened.
    pub fn hears(&self) -> Vec<Hears> {
        let hears = |leg: &LegId| match (self.rooms.get(leg), self.music.contains(leg)) {
            (Some(room), false) => Hears::Room(*room),
            (None, true) => Hears::Music,
            (None, false) => Hears::Nothing,
            (Some(room), true) => panic!("{leg:?} has music in {room:?}"),
        };
        self.legs.iter().map(hears).collect()
    }

    /// The live offer of an agent.
    pub fn offer_of(&self, agent: &AgentId) -> Option<OfferId> {
        let offers = &self.acd.state().offers;
        offers
            .iter()
            .find(|(_, row)| row.agent == *agent)
            .map(|(id, _)| id.clone())
    }

    /// What is left: conversations here and in the queue, live offers, open legs, and the user agent's
    /// transactions, requests and calls. All zero when everything is over.
    pub fn left(&self) -> [usize; 7] {
        let (transactions, requests, _, calls) = self.agent.in_flight();
        let state = self.acd.state();
        [
            self.focus.conversations(),
            state.conversations.len(),
            state.offers.len(),
            self.legs.len(),
            transactions,
            requests,
            calls,
        ]
    }

    fn clock(&self, now: Instant) -> u64 {
        // The queue counts in Unix milliseconds; any start will do.
        1_000_000 + u64::try_from(now.duration_since(self.start).as_millis()).unwrap_or(u64::MAX)
    }

    fn ask(&mut self, now: Instant, ask: Ask) {
        let at = self.clock(now);
        let done = match ask {
            Ask::Sip(command) => {
                self.agent.handle(now, Input::Command(command));
                Ok(())
            }
            Ask::SignIn { agent, ucc, station } => {
                let id = StationId::from(station.clone());
                self.acd
                    .station_in(at, &agent, id, station)
                    .and_then(|_| self.acd.ucc_in(at, &agent, &ucc))
            }
            Ask::Intent(agent, intent) => self.acd.intent(at, &agent, intent, None),
            Ask::Phone(agent, device) => {
                self.acd.device(at, &agent, device);
                Ok(())
            }
            Ask::Reconnected(agent) => {
                self.acd.phone_reconnected(at, &agent);
                Ok(())
            }
            Ask::Moved(agent) => {
                self.acd.phone_moved(at, &agent);
                Ok(())
            }
            // Too late is no error: the offer may have ended while the finger was on its way.
            Ask::Accept(agent) => {
                let offer = self.offer_of(&agent);
                offer.map_or(Ok(()), |offer| self.acd.offer_accept(at, &agent, &offer))
            }
            Ask::Ignore(agent) => {
                let offer = self.offer_of(&agent);
                offer.map_or(Ok(()), |offer| self.acd.offer_ignore(at, &agent, &offer))
            }
            Ask::Take(agent) => {
                let conversations = &self.acd.state().conversations;
                let oldest = conversations.iter().min_by_key(|(_, row)| row.enqueued_at);
                let id = oldest.map(|(id, _)| id.clone()).expect("nobody waits");
                self.acd.take(at, &agent, &id).map(drop)
            }
            Ask::SignOut {
                agent,
                whole_app: true,
            } => self.acd.sign_out(at, &agent, true).map(drop),
            Ask::SignOut { agent, .. } => {
                let uccs = self
                    .acd
                    .state()
                    .agents
                    .get(&agent)
                    .map(|row| row.signed_in.clone());
                uccs.into_iter()
                    .flatten()
                    .try_for_each(|ucc| self.acd.ucc_out(at, &agent, &ucc, true).map(drop))
            }
            Ask::Silence => {
                for leg in self.legs.clone() {
                    self.focus.handle(focus::Input::Silent(leg));
                }
                Ok(())
            }
        };
        done.unwrap_or_else(|refusal| panic!("refused: {refusal}"));
    }

    /// Passes on what each part says to the others until all are quiet.
    fn settle(&mut self, now: Instant) {
        let at = self.clock(now);
        loop {
            if let Some(output) = self.acd.poll() {
                self.on_queue(output);
            } else if let Some(output) = self.focus.poll() {
                self.on_focus(now, at, output);
            } else if let Some(output) = self.agent.poll() {
                match output {
                    Output::Event(event) => self.focus.handle(focus::Input::Sip(event)),
                    Output::Transmit { flow, to, bytes } => {
                        self.out.push_back(Output::Transmit { flow, to, bytes });
                    }
                    Output::OpenFlow { flow, transport, to } => {
                        self.out.push_back(Output::OpenFlow { flow, transport, to });
                    }
                    Output::CloseFlow(flow) => self.out.push_back(Output::CloseFlow(flow)),
                    Output::Query { query, question } => {
                        self.out.push_back(Output::Query { query, question });
                    }
                }
            } else {
                return;
            }
        }
    }

    fn on_queue(&mut self, output: acd::Output) {
        let order = match output {
            acd::Output::Record(record) => return self.out.push_back(Output::Event(record)),
            acd::Output::StartOffer { offer } => {
                let state = self.acd.state();
                // It may be over already, in the same breath.
                let Some(row) = state.offers.get(&offer) else {
                    return;
                };
                let station = state
                    .agents
                    .get(&row.agent)
                    .and_then(|agent| agent.station.as_ref());
                let uri = &station.expect("an offer for an agent without a phone").uri;
                focus::Input::StartOffer(OfferLeg {
                    offer: offer.to_string(),
                    conversation: row.conversation.to_string(),
                    station: uri.parse().unwrap(),
                })
            }
            acd::Output::CancelOffer { offer, reason } => focus::Input::CancelOffer {
                offer: offer.to_string(),
                reason,
            },
            // Told by the answer to OfferAnswered.
            acd::Output::Join { .. } => return,
            acd::Output::EndConversation { conversation, reason } => focus::Input::EndConversation {
                conversation: conversation.to_string(),
                reason,
            },
            acd::Output::ReturnToQueue { conversation } => focus::Input::ReturnToQueue {
                conversation: conversation.to_string(),
            },
            acd::Output::Fault(fault) => panic!("the queue found a bug in itself: {fault}"),
        };
        self.focus.handle(order);
    }

    fn on_focus(&mut self, now: Instant, at: u64, output: focus::Output) {
        match output {
            focus::Output::Sip(command) => self.agent.handle(now, Input::Command(command)),
            focus::Output::OpenLeg(leg) => {
                self.legs.insert(leg);
                let port = u16::try_from(20_000 + 2 * (leg.0 % 20_000)).unwrap();
                let local = Some(Box::new(sample_media([192, 0, 2, 200].into(), port)));
                self.focus.handle(focus::Input::Opened { leg, local });
            }
            focus::Output::UpdateLeg(..) => {}
            focus::Output::CloseLeg { leg, .. } => {
                self.legs.remove(&leg);
                self.rooms.remove(&leg);
                self.music.remove(&leg);
            }
            focus::Output::Room(leg, Some(room)) => {
                self.rooms.insert(leg, room);
            }
            focus::Output::Room(leg, None) => {
                self.rooms.remove(&leg);
            }
            focus::Output::Music(leg, true) => {
                self.music.insert(leg);
            }
            focus::Output::Music(leg, false) => {
                self.music.remove(&leg);
            }
            focus::Output::Center(news) => self.on_news(at, news),
        }
    }

    fn on_news(&mut self, at: u64, news: ToCenter) {
        match news {
            ToCenter::Arrived {
                conversation,
                address,
                name,
                number,
            } => {
                assert_eq!(number, self.number);
                let new = NewConversation {
                    conversation: conversation.into(),
                    caller: Caller { address, name },
                    number,
                    skill: self.skill.clone(),
                    priority: 0,
                };
                self.acd.arrived(at, new).unwrap();
            }
            ToCenter::OfferAnswered { offer } => {
                let input = match self.acd.offer_answered(at, &OfferId::from(offer.clone())) {
                    Ok(_) => focus::Input::Join { offer },
                    Err(lost) => focus::Input::CancelOffer {
                        offer,
                        reason: lost.to_string(),
                    },
                };
                self.focus.handle(input);
            }
            ToCenter::OfferRinging { offer } => self.acd.offer_ringing(at, &offer.into()),
            ToCenter::OfferNotPlaced { offer, reason } => {
                self.acd.offer_not_placed(at, &offer.into(), &reason)
            }
            ToCenter::OfferFailed {
                offer,
                status,
                reason,
            } => self
                .acd
                .offer_failed(at, &offer.into(), status.unwrap_or(408), &reason),
            ToCenter::CustomerLeft { conversation } => self.acd.customer_left(at, &conversation.into()),
            ToCenter::AgentLeft {
                conversation,
                lost: true,
            } => self.acd.agent_lost(at, &conversation.into()),
            ToCenter::AgentLeft { conversation, .. } => self.acd.agent_hung_up(at, &conversation.into()),
            ToCenter::Held { conversation, held } => self.acd.customer_held(at, &conversation.into(), held),
        }
    }
}

impl Machine for Centre {
    type Command = Ask;
    type Event = Record;

    fn handle(&mut self, now: Instant, input: Input<'_, Ask>) {
        match input {
            Input::Command(ask) => self.ask(now, ask),
            Input::Tick => {
                let at = self.clock(now);
                self.acd.tick(at);
                self.agent.handle(now, Input::Tick);
            }
            Input::Received { flow, from, data } => {
                self.agent.handle(now, Input::Received { flow, from, data });
            }
            Input::NotSent {
                flow,
                to,
                data,
                reason,
            } => {
                let input = Input::NotSent {
                    flow,
                    to,
                    data,
                    reason,
                };
                self.agent.handle(now, input);
            }
            Input::Flow { flow, change } => self.agent.handle(now, Input::Flow { flow, change }),
            Input::Dns { query, answer } => self.agent.handle(now, Input::Dns { query, answer }),
            Input::Network(network) => self.agent.handle(now, Input::Network(network)),
        }
        self.settle(now);
    }

    fn poll(&mut self) -> Option<Output<Record>> {
        self.out.pop_front()
    }

    fn next_wake(&self) -> Option<Instant> {
        let queue = self.acd.next_wake();
        let queue = queue.map(|at| self.start + Duration::from_millis(at.saturating_sub(1_000_000)));
        [queue, self.agent.next_wake()].into_iter().flatten().min()
    }
}
