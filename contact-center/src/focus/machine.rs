//! The focus as a pure machine: which leg hears which, and what each end of a leg means.
//!
//! ```text
//!  customer INVITE ──► answered, music ──► arrived ──────────────► room with the agent ──► ended
//!                                             │  ▲                         │
//!                        StartOffer ──► agent leg rings ──► answered ──► Join
//!                                             └── refused, gone: OfferFailed
//! ```
//!
//! The customer leg is anchored here: it ends by the customer, by [`Input::EndConversation`], or by a
//! peer that vanished; never because an agent leg ended.

use std::collections::{HashMap, VecDeque};

use contact_api::OFFER_URN;
use media::engine::{LegId, LegParams, RoomId};
use sip_core::{
    agent::{self as sip, AccountId, CallId, CallState, IncomingCall},
    sdp::LocalMedia,
    wire::{NameAddr, Uri},
};

use crate::voice;

/// What happens to the focus.
#[derive(Debug)]
pub enum Input {
    /// The SIP user agent says something.
    Sip(sip::Event),
    /// A leg has its socket.
    Opened {
        /// The leg.
        leg: LegId,
        /// Where it receives; `None` when no port was free.
        local: Option<Box<LocalMedia>>,
    },
    /// The queue offers a conversation to an agent's station.
    StartOffer(OfferLeg),
    /// The queue takes an offer back.
    CancelOffer {
        /// The offer.
        offer: String,
        /// Why, in words; goes into the CANCEL's or BYE's Reason header.
        reason: String,
    },
    /// The queue has decided: this offer's agent gets the conversation.
    Join {
        /// The offer.
        offer: String,
    },
    /// The agent is out, the customer waits again.
    ReturnToQueue {
        /// The conversation.
        conversation: String,
    },
    /// End a conversation: everybody leaves.
    EndConversation {
        /// The conversation.
        conversation: String,
    },
}

/// An offer as the focus needs it.
#[derive(Clone, Debug)]
pub struct OfferLeg {
    /// The offer.
    pub offer: String,
    /// The conversation.
    pub conversation: String,
    /// The agent's station.
    pub station: Uri,
    /// Caller and queue, for the station's display (`Ada Lovelace`).
    pub caller_name: Option<String>,
}

/// What the focus wants.
#[derive(Debug)]
pub enum Output {
    /// To the SIP user agent.
    Sip(sip::Command),
    /// Bind a socket; answered by [`Input::Opened`].
    OpenLeg(LegId),
    /// What offer and answer agreed.
    UpdateLeg(LegId, LegParams),
    /// Close the socket.
    CloseLeg {
        /// The leg.
        leg: LegId,
        /// An agent was at its other end, not a customer.
        agent: bool,
    },
    /// Mix the leg with a room, or take it out.
    Room(LegId, Option<RoomId>),
    /// Play hold music to the leg, or stop.
    Music(LegId, bool),
    /// To the queue.
    Center(ToCenter),
}

/// What the queue must know.
#[derive(Clone, Debug, PartialEq)]
pub enum ToCenter {
    /// A customer is connected and waits.
    Arrived {
        /// The new conversation.
        conversation: String,
        /// The caller's address.
        address: String,
        /// The caller's name, when shown.
        name: Option<String>,
        /// The user part of the number called.
        number: String,
    },
    /// The agent's phone answered; [`Input::Join`] or [`Input::CancelOffer`] follows.
    OfferAnswered {
        /// The offer.
        offer: String,
    },
    /// The agent's phone refused, or could not be reached.
    OfferFailed {
        /// The offer.
        offer: String,
        /// The final response, if there was one.
        status: Option<u16>,
        /// A plain sentence.
        reason: String,
    },
    /// The customer is gone.
    CustomerLeft {
        /// The conversation.
        conversation: String,
    },
    /// The agent is gone; the customer is still there, with music.
    AgentLeft {
        /// The conversation.
        conversation: String,
        /// The phone vanished; otherwise the agent hung up.
        lost: bool,
    },
    /// The agent put the customer on hold, or took them back.
    Held {
        /// The conversation.
        conversation: String,
        /// On hold.
        held: bool,
    },
}

struct Conversation {
    customer: CallId,
    leg: LegId,
    room: RoomId,
    agent: Option<Agent>,
    /// The customer asked for it and the queue has been told.
    arrived: bool,
    display: NameAddr,
    number: String,
}

struct Agent {
    call: CallId,
    leg: LegId,
    held: bool,
}

struct Offer {
    conversation: String,
    call: CallId,
    leg: LegId,
    invite: OfferLeg,
    answered: bool,
}

#[derive(Clone)]
enum Role {
    Customer(String),
    Offered(String),
    Agent(String),
}

/// The conversations of one contact centre and the legs in them.
pub struct Focus {
    account: AccountId,
    id_prefix: String,
    numbers: Vec<String>,
    conversations: HashMap<String, Conversation>,
    offers: HashMap<String, Offer>,
    calls: HashMap<CallId, Role>,
    /// Legs whose socket has not come yet, and whom for.
    opening: HashMap<LegId, CallId>,
    outputs: VecDeque<Output>,
    next: u64,
}

impl Focus {
    /// A focus that answers for `numbers` (user parts) and calls stations through `account`.
    /// `id_prefix` makes conversation ids unique across restarts.
    pub fn new(account: AccountId, numbers: Vec<String>, id_prefix: String) -> Self {
        Self {
            account,
            id_prefix,
            numbers,
            conversations: HashMap::new(),
            offers: HashMap::new(),
            calls: HashMap::new(),
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
            Input::EndConversation { conversation } => self.end(&conversation),
        }
    }

    /// The next output, or `None`.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How many conversations are anchored here.
    pub fn conversations(&self) -> usize {
        self.conversations.len()
    }

    fn on_sip(&mut self, event: sip::Event) {
        match event {
            sip::Event::Incoming(incoming) => self.on_incoming(*incoming),
            sip::Event::State {
                call,
                state: CallState::Confirmed,
                ..
            } => self.on_confirmed(call),
            sip::Event::Media {
                call,
                media,
                remote_hold,
                ..
            } => {
                let Some(leg) = self.leg_of(call) else { return };
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
            } => self.on_ended(call, status, cause),
            _ => {}
        }
    }

    fn on_incoming(&mut self, incoming: IncomingCall) {
        let number = incoming.request_uri.user.clone().unwrap_or_default();
        if !self.numbers.contains(&number) {
            self.sip(sip::Command::Reject {
                call: incoming.call,
                status: 404,
            });
            return;
        }
        let leg = self.new_leg(incoming.call);
        let serial = self.next_id();
        let id = format!("{}{serial}", self.id_prefix);
        self.calls.insert(incoming.call, Role::Customer(id.clone()));
        let conversation = Conversation {
            customer: incoming.call,
            leg,
            room: RoomId(leg.0),
            agent: None,
            arrived: false,
            display: incoming.from,
            number,
        };
        self.conversations.insert(id, conversation);
    }

    fn on_opened(&mut self, leg: LegId, local: Option<Box<LocalMedia>>) {
        let Some(call) = self.opening.remove(&leg) else {
            self.outputs.push_back(Output::CloseLeg { leg, agent: false });
            return;
        };
        let Some(role) = self.calls.get(&call).cloned() else {
            return;
        };
        match (role, local) {
            (Role::Customer(_), Some(media)) => self.sip(sip::Command::Answer { call, media }),
            (Role::Customer(_), None) => self.sip(sip::Command::Reject { call, status: 503 }),
            (Role::Offered(id), local) => self.invite(&id, local),
            (Role::Agent(_), _) => {}
        }
    }

    fn invite(&mut self, id: &str, local: Option<Box<LocalMedia>>) {
        let Some(offer) = self.offers.get(id) else { return };
        let Some(media) = local else {
            let (call, leg) = (offer.call, offer.leg);
            self.calls.remove(&call);
            self.offers.remove(id);
            self.outputs.push_back(Output::CloseLeg { leg, agent: true });
            self.fail(id, None, "The server has no free port for voice.");
            return;
        };
        let to = NameAddr {
            display_name: None,
            uri: offer.invite.station.clone(),
            params: Default::default(),
        };
        let mut headers = vec![("Alert-Info".to_owned(), format!("<{OFFER_URN}{id}>"))];
        if let Some(conversation) = self.conversations.get(&offer.conversation) {
            let mut caller = conversation.display.clone();
            caller.params = Default::default();
            headers.push(("P-Asserted-Identity".to_owned(), caller.to_string()));
        }
        let command = sip::Command::Call {
            call: offer.call,
            account: Some(self.account),
            to: Box::new(to),
            headers,
            media,
        };
        self.sip(command);
    }

    fn on_confirmed(&mut self, call: CallId) {
        match self.calls.get(&call).cloned() {
            Some(Role::Customer(id)) => {
                let Some(conversation) = self.conversations.get_mut(&id) else {
                    return;
                };
                if std::mem::replace(&mut conversation.arrived, true) {
                    return;
                }
                let arrived = ToCenter::Arrived {
                    address: conversation.display.uri.to_string(),
                    name: conversation.display.display_name.clone(),
                    number: conversation.number.clone(),
                    conversation: id,
                };
                let leg = conversation.leg;
                self.outputs.push_back(Output::Music(leg, true));
                self.outputs.push_back(Output::Center(arrived));
            }
            Some(Role::Offered(id)) => {
                let Some(offer) = self.offers.get_mut(&id) else {
                    return;
                };
                if !std::mem::replace(&mut offer.answered, true) {
                    self.outputs
                        .push_back(Output::Center(ToCenter::OfferAnswered { offer: id }));
                }
            }
            _ => {}
        }
    }

    fn on_start_offer(&mut self, invite: OfferLeg) {
        if !self.conversations.contains_key(&invite.conversation) {
            self.fail(&invite.offer, None, "The customer has hung up.");
            return;
        }
        let call = CallId::outgoing(self.next_id());
        let leg = self.new_leg(call);
        self.calls.insert(call, Role::Offered(invite.offer.clone()));
        let offer = Offer {
            conversation: invite.conversation.clone(),
            call,
            leg,
            answered: false,
            invite: invite.clone(),
        };
        self.offers.insert(invite.offer, offer);
    }

    fn on_cancel_offer(&mut self, id: &str, reason: &str) {
        let Some(offer) = self.offers.remove(id) else {
            return;
        };
        self.calls.remove(&offer.call);
        self.hangup(offer.call, Some(reason));
        self.close(offer.leg, true);
    }

    fn on_join(&mut self, id: &str) {
        let Some(offer) = self.offers.remove(id) else {
            return;
        };
        let Some(conversation) = self.conversations.get_mut(&offer.conversation) else {
            self.calls.remove(&offer.call);
            self.hangup(offer.call, Some("The customer has hung up."));
            self.close(offer.leg, true);
            return;
        };
        let (customer, room) = (conversation.leg, conversation.room);
        conversation.agent = Some(Agent {
            call: offer.call,
            leg: offer.leg,
            held: false,
        });
        self.calls.insert(offer.call, Role::Agent(offer.conversation));
        self.outputs.push_back(Output::Music(customer, false));
        self.outputs.push_back(Output::Room(customer, Some(room)));
        self.outputs.push_back(Output::Room(offer.leg, Some(room)));
    }

    fn on_return_to_queue(&mut self, id: &str) {
        let Some(conversation) = self.conversations.get_mut(id) else {
            return;
        };
        let customer = conversation.leg;
        let Some(agent) = conversation.agent.take() else {
            return;
        };
        self.calls.remove(&agent.call);
        self.hangup(agent.call, Some("The customer waits again."));
        self.close(agent.leg, true);
        self.keep_waiting(customer);
    }

    /// Out of the room, with music.
    fn keep_waiting(&mut self, customer: LegId) {
        self.outputs.push_back(Output::Room(customer, None));
        self.outputs.push_back(Output::Music(customer, true));
    }

    fn on_hold(&mut self, call: CallId, held: bool) {
        let Some(Role::Agent(id)) = self.calls.get(&call).cloned() else {
            return;
        };
        let Some(conversation) = self.conversations.get_mut(&id) else {
            return;
        };
        let (customer, room) = (conversation.leg, conversation.room);
        let Some(agent) = conversation.agent.as_mut().filter(|agent| agent.held != held) else {
            return;
        };
        agent.held = held;
        self.outputs
            .push_back(Output::Room(customer, (!held).then_some(room)));
        self.outputs.push_back(Output::Music(customer, held));
        self.outputs.push_back(Output::Center(ToCenter::Held {
            conversation: id,
            held,
        }));
    }

    fn on_ended(&mut self, call: CallId, status: Option<u16>, cause: String) {
        match self.calls.remove(&call) {
            Some(Role::Customer(id)) => {
                let Some(conversation) = self.conversations.remove(&id) else {
                    return;
                };
                self.close(conversation.leg, false);
                if let Some(agent) = conversation.agent {
                    self.calls.remove(&agent.call);
                    self.hangup(agent.call, Some("The customer hung up."));
                    self.close(agent.leg, true);
                }
                if conversation.arrived {
                    self.outputs
                        .push_back(Output::Center(ToCenter::CustomerLeft { conversation: id }));
                }
            }
            Some(Role::Offered(id)) => {
                let Some(offer) = self.offers.remove(&id) else {
                    return;
                };
                self.close(offer.leg, true);
                self.fail(&id, status, &cause);
            }
            Some(Role::Agent(id)) => {
                let Some(conversation) = self.conversations.get_mut(&id) else {
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
                self.outputs.push_back(Output::Center(ToCenter::AgentLeft {
                    conversation: id,
                    lost,
                }));
            }
            None => {}
        }
    }

    fn end(&mut self, id: &str) {
        let Some(conversation) = self.conversations.remove(id) else {
            return;
        };
        self.calls.remove(&conversation.customer);
        self.hangup(conversation.customer, None);
        self.close(conversation.leg, false);
        if let Some(agent) = conversation.agent {
            self.calls.remove(&agent.call);
            self.hangup(agent.call, None);
            self.close(agent.leg, true);
        }
        let offers: Vec<String> = self
            .offers
            .iter()
            .filter(|(_, offer)| offer.conversation == id)
            .map(|(id, _)| id.clone())
            .collect();
        for offer in offers {
            self.on_cancel_offer(&offer, "The conversation has ended.");
        }
    }

    fn leg_of(&self, call: CallId) -> Option<LegId> {
        match self.calls.get(&call)? {
            Role::Customer(id) => Some(self.conversations.get(id)?.leg),
            Role::Offered(id) => Some(self.offers.get(id)?.leg),
            Role::Agent(id) => Some(self.conversations.get(id)?.agent.as_ref()?.leg),
        }
    }

    fn new_leg(&mut self, call: CallId) -> LegId {
        let leg = LegId(self.next_id());
        self.opening.insert(leg, call);
        self.outputs.push_back(Output::OpenLeg(leg));
        leg
    }

    fn close(&mut self, leg: LegId, agent: bool) {
        self.outputs.push_back(Output::Music(leg, false));
        // A socket still on its way is closed when it comes.
        if self.opening.remove(&leg).is_none() {
            self.outputs.push_back(Output::CloseLeg { leg, agent });
        }
    }

    fn hangup(&mut self, call: CallId, why: Option<&str>) {
        let reason = why.map(|text| format!("SIP;cause=200;text=\"{}\"", text.replace(['"', '\\'], "'")));
        self.sip(sip::Command::Hangup { call, reason });
    }

    fn fail(&mut self, offer: &str, status: Option<u16>, reason: &str) {
        let failed = ToCenter::OfferFailed {
            offer: offer.to_owned(),
            status,
            reason: reason.to_owned(),
        };
        self.outputs.push_back(Output::Center(failed));
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
