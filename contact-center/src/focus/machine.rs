//! The focus as a pure machine: which leg hears which, and what each end of a leg means.
//!
//! ```text
//!  customer INVITE ──► answered, music ──► arrived ──────────────► room with the agent ──► ended
//!                                             │  ▲                         │
//!                        StartOffer ──► agent leg rings ──► answered ──► Join
//!                                             ├── refused, gone: OfferFailed
//!                                             └── no port, no customer: OfferNotPlaced
//! ```
//!
//! The customer leg is anchored here: it ends by the customer, by [`Input::EndConversation`], or by a
//! peer that vanished; never because an agent leg ended.

use std::collections::{HashMap, VecDeque};

use contact_api::OFFER_URN;
use media::engine::{LegId, RoomId};
use sip_core::{
    agent::{self as sip, AccountId, CallId, CallState, IncomingCall},
    sdp::LocalMedia,
    wire::NameAddr,
};

use super::{
    api::{Input, OfferLeg, Output, ToCenter},
    parties::{Agent, Conversation, Offer, Parties, Role},
};
use crate::voice;

/// What a focus answers for.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The account stations are called through.
    pub account: AccountId,
    /// User parts customers can call.
    pub numbers: Vec<String>,
    /// Makes conversation ids unique across restarts.
    pub id_prefix: String,
    /// Customers beyond this number get 503, which the proxy turns into 480 with its Retry-After.
    pub max_conversations: usize,
}

/// The conversations of one contact centre and the legs in them.
pub struct Focus {
    setup: Setup,
    parties: Parties,
    /// Legs whose socket has not come yet, and whom for.
    opening: HashMap<LegId, CallId>,
    outputs: VecDeque<Output>,
    next: u64,
}

impl Focus {
    /// A focus with nobody in it.
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            parties: Parties::default(),
            opening: HashMap::new(),
            outputs: VecDeque::new(),
            next: 1,
        }
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input) {
        match input {
            Input::Sip(event) => self.on_sip(event),
            Input::Opened { leg, local } => self.on_opened(leg, local),
            Input::StartOffer(offer) => self.on_start_offer(offer),
            Input::CancelOffer { offer, reason } => self.on_cancel_offer(&offer, &reason),
            Input::Join { offer } => self.on_join(&offer),
            Input::ReturnToQueue { conversation } => self.on_return_to_queue(&conversation),
            Input::EndConversation { conversation, reason } => self.end(&conversation, &reason),
            Input::Silent(leg) => self.on_silent(leg),
        }
    }

    /// The next output, or `None`.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How many conversations are anchored here.
    pub fn conversations(&self) -> usize {
        self.parties.conversations.len()
    }

    fn on_sip(&mut self, event: sip::Event) {
        match event {
            sip::Event::Incoming(incoming) => self.on_incoming(*incoming),
            sip::Event::State {
                call,
                state: CallState::Confirmed,
                ..
            } => self.on_confirmed(call),
            sip::Event::State {
                call,
                status: Some(101..=199),
                ..
            } => self.on_ringing(call),
            sip::Event::Media {
                call,
                media,
                remote_hold,
                ..
            } => {
                let Some(leg) = self.parties.leg_of(call) else {
                    return;
                };
                match voice::leg_params(&media) {
                    Some(params) => self.outputs.push_back(Output::UpdateLeg(leg, params)),
                    None => {
                        tracing::warn!(%call, codec = media.codec.name, "agreed on a codec we do not have")
                    }
                }
                self.on_hold(call, remote_hold);
            }
            sip::Event::Ended {
                call, status, cause, ..
            } => self.on_ended(call, status, &cause),
            _ => {}
        }
    }

    fn on_incoming(&mut self, incoming: IncomingCall) {
        let call = incoming.call;
        let number = incoming.request_uri.user.clone().unwrap_or_default();
        if !self.setup.numbers.contains(&number) {
            return self.sip(sip::Command::Reject { call, status: 404 });
        }
        if self.parties.conversations.len() >= self.setup.max_conversations {
            tracing::warn!(
                limit = self.setup.max_conversations,
                "no room for another customer"
            );
            return self.sip(sip::Command::Reject { call, status: 503 });
        }
        let leg = self.new_leg(call);
        let serial = self.next_id();
        let id = format!("{}{serial}", self.setup.id_prefix);
        self.parties.calls.insert(call, Role::Customer(id.clone()));
        let conversation = Conversation {
            customer: call,
            leg,
            room: RoomId(leg.0),
            agent: None,
            arrived: false,
            display: incoming.from,
            number,
        };
        self.parties.conversations.insert(id, conversation);
    }

    fn on_opened(&mut self, leg: LegId, local: Option<Box<LocalMedia>>) {
        // Whoever it was for may be gone by now.
        let call = self.opening.remove(&leg);
        let role = call.and_then(|call| self.parties.calls.get(&call).cloned());
        match (call, role, local) {
            (Some(call), Some(Role::Customer(_)), Some(media)) => {
                self.sip(sip::Command::Answer { call, media });
            }
            (Some(call), Some(Role::Customer(id)), None) => {
                self.parties.calls.remove(&call);
                self.parties.conversations.remove(&id);
                self.sip(sip::Command::Reject { call, status: 503 });
            }
            (_, Some(Role::Offered(id)), Some(media)) => self.invite(&id, media),
            (Some(call), Some(Role::Offered(id)), None) => {
                self.parties.calls.remove(&call);
                self.parties.offers.remove(&id);
                self.not_placed(&id, "The server has no free port for voice.");
            }
            (.., Some(_)) => self.outputs.push_back(Output::CloseLeg { leg, agent: false }),
            (.., None) => {}
        }
    }

    fn invite(&mut self, id: &str, media: Box<LocalMedia>) {
        let Some(offer) = self.parties.offers.get(id) else {
            return;
        };
        let to = NameAddr {
            display_name: None,
            uri: offer.invite.station.clone(),
            params: Default::default(),
        };
        let mut headers = vec![("Alert-Info".to_owned(), format!("<{OFFER_URN}{id}>"))];
        if let Some(conversation) = self.parties.conversations.get(&offer.invite.conversation) {
            let mut caller = conversation.display.clone();
            caller.params = Default::default();
            headers.push(("P-Asserted-Identity".to_owned(), caller.to_string()));
        }
        let command = sip::Command::Call {
            call: offer.call,
            account: Some(self.setup.account),
            to: Box::new(to),
            headers,
            media,
        };
        self.sip(command);
    }

    fn on_confirmed(&mut self, call: CallId) {
        match self.parties.calls.get(&call).cloned() {
            Some(Role::Customer(id)) => self.on_customer_there(id),
            Some(Role::Offered(id)) => {
                let Some(offer) = self.parties.offers.get_mut(&id) else {
                    return;
                };
                if !std::mem::replace(&mut offer.answered, true) {
                    self.tell(ToCenter::OfferAnswered { offer: id });
                }
            }
            _ => {}
        }
    }

    fn on_ringing(&mut self, call: CallId) {
        if let Some(Role::Offered(id)) = self.parties.calls.get(&call).cloned()
            && let Some(offer) = self.parties.offers.get_mut(&id)
            && !std::mem::replace(&mut offer.rang, true)
        {
            self.tell(ToCenter::OfferRinging { offer: id });
        }
    }

    fn on_customer_there(&mut self, id: String) {
        let Some(conversation) = self.parties.conversations.get_mut(&id) else {
            return;
        };
        if std::mem::replace(&mut conversation.arrived, true) {
            return;
        }
        let leg = conversation.leg;
        let arrived = ToCenter::Arrived {
            address: conversation.display.uri.to_string(),
            name: conversation.display.display_name.clone(),
            number: conversation.number.clone(),
            conversation: id,
        };
        self.outputs.push_back(Output::Music(leg, true));
        self.tell(arrived);
    }

    fn on_start_offer(&mut self, invite: OfferLeg) {
        let id = invite.offer.clone();
        if self.parties.offers.contains_key(&id) {
            return;
        }
        let waits = self.parties.conversations.get(&invite.conversation);
        if waits.is_none_or(|conversation| !conversation.arrived || conversation.agent.is_some()) {
            return self.not_placed(&id, "The customer does not wait any more.");
        }
        let call = CallId::outgoing(self.next_id());
        let leg = self.new_leg(call);
        self.parties.calls.insert(call, Role::Offered(id.clone()));
        let offer = Offer {
            invite,
            call,
            leg,
            rang: false,
            answered: false,
            held: false,
        };
        self.parties.offers.insert(id, offer);
    }

    fn on_cancel_offer(&mut self, id: &str, reason: &str) {
        if let Some(offer) = self.parties.offers.remove(id) {
            self.dismiss(offer.call, offer.leg, reason);
        }
    }

    fn on_join(&mut self, id: &str) {
        let Some(offer) = self.parties.offers.remove(id) else {
            return;
        };
        let conversation = self.parties.conversations.get_mut(&offer.invite.conversation);
        let Some(conversation) = conversation.filter(|c| offer.answered && c.agent.is_none()) else {
            return self.dismiss(offer.call, offer.leg, "The customer does not wait any more.");
        };
        let (customer, room) = (conversation.leg, conversation.room);
        conversation.agent = Some(Agent {
            call: offer.call,
            leg: offer.leg,
            held: false,
        });
        let role = Role::Agent(offer.invite.conversation);
        self.parties.calls.insert(offer.call, role);
        self.outputs.push_back(Output::Room(offer.leg, Some(room)));
        self.outputs.push_back(Output::Music(customer, false));
        self.outputs.push_back(Output::Room(customer, Some(room)));
        self.on_hold(offer.call, offer.held);
    }

    fn on_return_to_queue(&mut self, id: &str) {
        let Some(conversation) = self.parties.conversations.get_mut(id) else {
            return;
        };
        let customer = conversation.leg;
        if let Some(agent) = conversation.agent.take() {
            self.dismiss(agent.call, agent.leg, "The customer waits again.");
            self.keep_waiting(customer);
        }
    }

    /// Out of the room, with music.
    fn keep_waiting(&mut self, customer: LegId) {
        self.outputs.push_back(Output::Room(customer, None));
        self.outputs.push_back(Output::Music(customer, true));
    }

    fn on_hold(&mut self, call: CallId, held: bool) {
        if let Some(Role::Offered(id)) = self.parties.calls.get(&call)
            && let Some(offer) = self.parties.offers.get_mut(id)
        {
            // Counts once they are joined.
            offer.held = held;
        }
        let Some((id, conversation)) = self.parties.with_agent(call) else {
            return;
        };
        let (customer, room) = (conversation.leg, conversation.room);
        let Some(agent) = conversation.agent.as_mut().filter(|agent| agent.held != held) else {
            return;
        };
        agent.held = held;
        if held {
            self.keep_waiting(customer);
        } else {
            self.outputs.push_back(Output::Music(customer, false));
            self.outputs.push_back(Output::Room(customer, Some(room)));
        }
        self.tell(ToCenter::Held {
            conversation: id,
            held,
        });
    }

    /// A phone that is there answers a re-INVITE; one that is not ends its call by not answering.
    fn on_silent(&mut self, leg: LegId) {
        if let Some(call) = self.parties.talking_on(leg) {
            self.sip(sip::Command::Reinvite { call, media: None });
        }
    }

    fn on_ended(&mut self, call: CallId, status: Option<u16>, cause: &str) {
        match self.parties.calls.remove(&call) {
            Some(Role::Customer(id)) => self.on_customer_gone(id),
            Some(Role::Offered(id)) => {
                if let Some(offer) = self.parties.offers.remove(&id) {
                    self.close(offer.leg, true);
                    self.tell(ToCenter::OfferFailed {
                        offer: id,
                        status,
                        reason: cause.to_owned(),
                    });
                }
            }
            Some(Role::Agent(id)) => {
                let Some(conversation) = self.parties.conversations.get_mut(&id) else {
                    return;
                };
                let customer = conversation.leg;
                let Some(agent) = conversation.agent.take() else {
                    return;
                };
                self.close(agent.leg, true);
                self.keep_waiting(customer);
                // A BYE has no status; a dialog that failed has one.
                let lost = status.is_some();
                self.tell(ToCenter::AgentLeft {
                    conversation: id,
                    lost,
                });
            }
            None => {}
        }
    }

    fn on_customer_gone(&mut self, id: String) {
        let Some(conversation) = self.parties.conversations.remove(&id) else {
            return;
        };
        self.close(conversation.leg, false);
        self.dismiss_agents(&id, conversation.agent, "The customer hung up.");
        if conversation.arrived {
            self.tell(ToCenter::CustomerLeft { conversation: id });
        }
    }

    fn end(&mut self, id: &str, reason: &str) {
        let Some(conversation) = self.parties.conversations.remove(id) else {
            return;
        };
        self.parties.calls.remove(&conversation.customer);
        self.hangup(conversation.customer, reason);
        self.close(conversation.leg, false);
        self.dismiss_agents(id, conversation.agent, reason);
    }

    /// The customer is gone: nobody talks and nothing rings any more.
    fn dismiss_agents(&mut self, conversation: &str, agent: Option<Agent>, reason: &str) {
        if let Some(agent) = agent {
            self.dismiss(agent.call, agent.leg, reason);
        }
        for offer in self.parties.offers_of(conversation) {
            self.on_cancel_offer(&offer, reason);
        }
    }

    fn new_leg(&mut self, call: CallId) -> LegId {
        let leg = LegId(self.next_id());
        self.opening.insert(leg, call);
        self.outputs.push_back(Output::OpenLeg(leg));
        leg
    }

    /// Ends an agent's call.
    fn dismiss(&mut self, call: CallId, leg: LegId, reason: &str) {
        self.parties.calls.remove(&call);
        // Before its socket is there, nobody has been called.
        if !self.opening.contains_key(&leg) {
            self.hangup(call, reason);
        }
        self.close(leg, true);
    }

    fn close(&mut self, leg: LegId, agent: bool) {
        // A socket still on its way is closed when it comes.
        if self.opening.remove(&leg).is_none() {
            self.outputs.push_back(Output::CloseLeg { leg, agent });
        }
    }

    fn hangup(&mut self, call: CallId, reason: &str) {
        let text = reason.replace(|c: char| c.is_control() || matches!(c, '"' | '\\'), "'");
        let reason = Some(format!("SIP;cause=200;text=\"{text}\""));
        self.sip(sip::Command::Hangup { call, reason });
    }

    fn not_placed(&mut self, offer: &str, reason: &str) {
        self.tell(ToCenter::OfferNotPlaced {
            offer: offer.to_owned(),
            reason: reason.to_owned(),
        });
    }

    fn tell(&mut self, news: ToCenter) {
        self.outputs.push_back(Output::Center(news));
    }

    fn sip(&mut self, command: sip::Command) {
        self.outputs.push_back(Output::Sip(command));
    }

    fn next_id(&mut self) -> u64 {
        let id = self.next;
        self.next += 1;
        id
    }
}
