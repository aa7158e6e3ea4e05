//! The contact centre: signed out, signing in, signed in; readiness.
//!
//! ```text
//!  Out ──sign in──▶ Connecting ──SignedIn──▶ In { station registers by itself; link Opening ▸ Up ◂▸ Down }
//!   ▲                   │ failed                │ signed out, taken over, stopped
//!   └───────────────────┴───────────────────────┘
//! ```

use std::time::Instant;

use contact_api::{
    frame::Op,
    model::{AgentState, Membership, SignOutOutcome, UccInfo},
    rest::{Me, StationSip},
};
use serde_json::{Value, json};
use sip_core::{
    agent::{self as sip, AccountConfig, AccountId},
    wire::Uri,
};

use super::{
    Session,
    clock::ServerClock,
    outbox::{Outbox, Purpose},
    queue::Queue,
};
use crate::{
    CenterCommand, CenterInput, CommandError, LinkFault, Output, Secret, Setting, SignInField, Token,
};

/// Why the contact centre is left when the agent wants it; the contact centre says the same.
const SIGNED_OUT: &str = "You are signed out";
/// Asked-for lifetime of the station's binding.
const STATION_EXPIRES: std::time::Duration = std::time::Duration::from_secs(300);

#[derive(Debug, Default)]
pub(super) enum Center {
    #[default]
    Out,
    Connecting {
        token: Option<Token>,
        server: String,
        address: String,
    },
    In(Box<Member>),
}

/// A signed-in agent.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) me: Me,
    pub(super) station: AccountId,
    pub(super) link: Link,
    /// The link is new: programs hear of our standing from this instant on.
    pub(super) settled_at: Option<Instant>,
    pub(super) agent: Option<AgentState>,
    pub(super) uccs: Vec<UccInfo>,
    pub(super) queue: Queue,
    pub(super) clock: Option<ServerClock>,
    pub(super) outbox: Outbox,
}

/// What becomes of the station's SIP account when we leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Station {
    /// We take the binding away.
    Unregister,
    /// The contact centre has removed account and bindings; asking it would only be refused.
    Gone,
}

/// The WebSocket.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Link {
    Opening,
    Up,
    /// The last attempt was at `since`, the next is at `until`; the contact centre wants none before `earliest`.
    /// The reason is a sentence.
    Down {
        reason: String,
        since: Instant,
        until: Instant,
        earliest: Instant,
    },
}

impl Center {
    pub(super) const fn is_signed_in(&self) -> bool {
        matches!(self, Self::In(_))
    }

    pub(super) fn station(&self) -> Option<AccountId> {
        self.member().map(|m| m.station)
    }

    pub(super) fn member(&self) -> Option<&Member> {
        match self {
            Self::In(member) => Some(member),
            Self::Out | Self::Connecting { .. } => None,
        }
    }

    pub(super) fn member_mut(&mut self) -> Option<&mut Member> {
        match self {
            Self::In(member) => Some(member),
            Self::Out | Self::Connecting { .. } => None,
        }
    }

    /// Whether the contact centre can be told something now.
    pub(super) fn is_link_up(&self) -> bool {
        self.member().is_some_and(|m| m.link == Link::Up)
    }

    pub(super) fn outbox(&mut self) -> Option<&mut Outbox> {
        self.member_mut().map(|m| &mut m.outbox)
    }

    /// The queue, our address, the server's clock, and whether the link is up.
    pub(super) fn queue(&mut self) -> Option<(&mut Queue, &str, Option<ServerClock>, bool)> {
        let member = self.member_mut()?;
        let up = member.link == Link::Up;
        Some((&mut member.queue, &member.me.address, member.clock, up))
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        let member = self.member()?;
        [member.outbox.next_wake(), member.settled_at]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Session {
    pub(super) fn sign_in(
        &mut self,
        token: Option<Token>,
        server: String,
        address: String,
        password: Secret,
    ) {
        let (server, address) = (server.trim().to_owned(), address.trim().to_owned());
        let problem = match &self.center {
            Center::Connecting { .. } => Some(CommandError::WrongState("a sign-in is under way".into())),
            Center::In(member) => Some(CommandError::WrongState(format!(
                "you are signed in as {}; sign out first",
                member.me.address
            ))),
            Center::Out => [
                ("server", &server),
                ("address", &address),
                ("password", &password.0),
            ]
            .iter()
            .find(|(_, value)| value.is_empty())
            .map(|(field, _)| CommandError::BadParams(format!("{field}: is empty"))),
        };
        if let Some(problem) = problem {
            if token.is_none() {
                self.sign_in_problem(super::sentence(&problem.to_string()), None);
            }
            return self.refuse(token, problem);
        }
        self.view.sign_in.error = None;
        self.view.sign_in.wrong = None;
        self.out.push(Output::Center(CenterCommand::SignIn {
            server: server.clone(),
            address: address.clone(),
            password: password.0,
        }));
        self.center = Center::Connecting {
            token,
            server,
            address,
        };
    }

    pub(super) fn center_input(&mut self, input: CenterInput) {
        match input {
            // Who is leaving takes no new work.
            CenterInput::Snapshot(_) | CenterInput::Event(_) if self.stop.is_begun() => {}
            CenterInput::SignedIn { me, sip } => self.signed_in(*me, *sip),
            CenterInput::SignInFailed(fault) => self.sign_in_failed(&fault),
            CenterInput::Up {
                server_time,
                snapshot,
            } => self.link_up(server_time, snapshot),
            CenterInput::Snapshot(snapshot) => self.snapshot(*snapshot),
            CenterInput::Event(event) => self.event(&event),
            CenterInput::Answer { id, result } => self.answered(id, result),
            CenterInput::Dismissed { reason } => self.dismissed(&reason),
            CenterInput::Down {
                reason,
                retry_in,
                at_least,
            } => self.link_down(reason, retry_in, at_least),
        }
    }

    fn signed_in(&mut self, me: Me, station: StationSip) {
        let (token, server, address) = match std::mem::take(&mut self.center) {
            Center::Connecting {
                token,
                server,
                address,
            } => (token, server, address),
            // Signed out or stopped meanwhile.
            other => {
                self.center = other;
                self.out.push(Output::Center(CenterCommand::SignOut));
                return;
            }
        };
        let config = match station_account(&me, &station) {
            Ok(config) => config,
            Err(problem) => {
                self.out.push(Output::Center(CenterCommand::SignOut));
                self.sign_in_problem(problem.clone(), Some(SignInField::Server));
                return self.refuse(token, CommandError::Network(problem));
            }
        };
        let account = self.insert_account(config, Vec::new());
        let uccs: Vec<Value> = me.uccs.iter().map(|u| json!(u)).collect();
        let reply = json!({ "agent": me.agent, "name": me.name, "uccs": uccs });
        self.center = Center::In(Box::new(Member {
            uccs: me.uccs.clone(),
            me,
            station: account,
            link: Link::Opening,
            settled_at: None,
            agent: None,
            queue: Queue::default(),
            clock: None,
            outbox: Outbox::default(),
        }));
        self.told_agent = None;
        (self.view.sign_in.server, self.view.sign_in.address) = (server.clone(), address.clone());
        self.out
            .push(Output::Persist(Setting::LastSignIn { server, address }));
        self.give(token, reply);
    }

    /// For the sign-in page: what is wrong, and in which field.
    pub(super) fn sign_in_problem(&mut self, problem: String, field: Option<SignInField>) {
        self.view.sign_in.error = Some(problem);
        self.view.sign_in.wrong = field;
        self.view.sign_in.failures += 1;
        self.revision += 1;
    }

    fn sign_in_failed(&mut self, fault: &LinkFault) {
        match self.center {
            Center::Connecting { token, .. } => {
                self.center = Center::Out;
                self.sign_in_problem(fault.to_string(), Some(fault.field()));
                // The sign-in page shows it; a toast on top would say it twice.
                if token.is_some() {
                    self.refuse(token, fault_error(fault));
                }
            }
            Center::In(_) => {
                let reason = "The contact centre no longer accepts this sign-in";
                self.leave_center(reason, Station::Unregister);
                self.sign_in_problem(fault.to_string(), Some(fault.field()));
            }
            Center::Out => {}
        }
    }

    pub(super) fn sign_out(&mut self, token: Option<Token>, force: bool) {
        self.confirm = None;
        match &self.center {
            Center::Out => {
                let problem = "you are not signed in to a contact centre";
                self.refuse(token, CommandError::WrongState(problem.into()));
            }
            Center::Connecting { .. } => {
                self.leave_center(SIGNED_OUT, Station::Gone);
                self.out.push(Output::Center(CenterCommand::SignOut));
                self.done(token);
            }
            Center::In(member) if member.link != Link::Up => {
                // Nobody to ask; the server notices that the station is gone.
                if force {
                    self.end_conversations();
                }
                self.leave_center(SIGNED_OUT, Station::Unregister);
                self.out.push(Output::Center(CenterCommand::SignOut));
                let outcome = SignOutOutcome {
                    signed_out: true,
                    uccs: Vec::new(),
                };
                self.give(token, json!(outcome));
            }
            Center::In(_) => self.send_op(token, Op::SignOut { force }, Purpose::SignOut { force }),
        }
    }

    pub(super) fn ready(&mut self, token: Option<Token>) {
        self.ask_center(token, Op::Ready {}, Purpose::Nothing);
    }

    pub(super) fn not_ready(&mut self, token: Option<Token>, reason: Option<String>) {
        self.ask_center(token, Op::NotReady { reason }, Purpose::Nothing);
    }

    pub(super) fn why(&mut self, token: Option<Token>) {
        self.ask_center(token, Op::Why {}, Purpose::Nothing);
    }

    /// The contact centre did what a command asked.
    pub(super) fn op_done(&mut self, token: Option<Token>, purpose: Purpose, body: Option<Value>) {
        match purpose {
            Purpose::UccSignIn { ucc } => self.membership_changed(token, &ucc, body, Membership::SignedIn),
            Purpose::UccSignOut { ucc } => self.membership_changed(token, &ucc, body, Membership::SignedOut),
            Purpose::SignOut { force } => self.signed_out(token, body, force),
            Purpose::Nothing | Purpose::Accept { .. } | Purpose::Ignore => {
                self.give(token, body.unwrap_or_else(|| json!({})))
            }
        }
    }

    fn signed_out(&mut self, token: Option<Token>, body: Option<Value>, force: bool) {
        let outcome = body.and_then(|b| serde_json::from_value::<SignOutOutcome>(b).ok());
        let outcome = outcome.unwrap_or(SignOutOutcome {
            signed_out: true,
            uccs: Vec::new(),
        });
        for said in &outcome.uccs {
            // One question for the whole sign-out, not one a UCC.
            self.give_feedback(None, Some(said.feedback), &said.skills);
        }
        let mut reply = json!(outcome);
        for (said, told) in outcome
            .uccs
            .iter()
            .zip(reply["uccs"].as_array_mut().into_iter().flatten())
        {
            told["skills"] = self.skills_named(&said.ucc, &said.skills);
        }
        if outcome.signed_out {
            self.confirm = None;
            if force {
                self.end_conversations();
            }
            self.leave_center(SIGNED_OUT, Station::Gone);
            self.out.push(Output::Center(CenterCommand::SignOut));
        }
        self.give(token, reply);
    }

    /// Hangs up what the contact centre has given us; other calls go on.
    fn end_conversations(&mut self) {
        let theirs: Vec<_> = self
            .calls
            .iter()
            .filter(|c| c.is_of_center())
            .map(|c| c.id)
            .collect();
        for call in theirs {
            self.put_down_to(call, 603, "you signed out");
            self.hang_up(None, call);
        }
    }

    /// Forgets the contact centre. Calls in progress go on: no customer is dropped by a sign-out that was not forced.
    pub(super) fn leave_center(&mut self, reason: &str, station: Station) {
        self.drop_ops(reason);
        match std::mem::take(&mut self.center) {
            Center::In(member) => {
                self.drop_offers(reason);
                self.tell_agent_left(member.agent.as_ref(), reason);
                self.accounts.remove(&member.station);
                self.out.push(Output::Sip(match station {
                    Station::Unregister => sip::Command::RemoveAccount(member.station),
                    Station::Gone => sip::Command::ForgetAccount(member.station),
                }));
            }
            Center::Connecting {
                token: Some(token), ..
            } => {
                self.refuse(Some(token), CommandError::WrongState(reason.to_owned()));
            }
            Center::Connecting { token: None, .. } | Center::Out => {}
        }
    }
}

fn fault_error(fault: &LinkFault) -> CommandError {
    let status = match fault {
        LinkFault::BadCredentials | LinkFault::Expired => 401,
        LinkFault::TooManyAttempts { .. } => 429,
        LinkFault::Unreachable { .. } | LinkFault::NotRingside { .. } => {
            return CommandError::Network(fault.to_string());
        }
        LinkFault::BadAddress { .. } => return CommandError::BadParams(format!("server: {fault}")),
    };
    CommandError::Refused {
        status,
        reason: fault.to_string(),
    }
}

fn station_account(me: &Me, station: &StationSip) -> Result<AccountConfig, String> {
    let parse = |what: &str, text: &str| {
        Uri::parse(text).map_err(|e| format!("The contact centre gave an unusable {what}: {e}"))
    };
    let registrar = parse("registrar", &station.registrar)?;
    Ok(AccountConfig {
        uri: parse("SIP address", &station.uri)?,
        display_name: Some(me.name.clone()),
        outbound_proxy: Some(registrar.clone()),
        registrar: Some(registrar),
        username: Some(station.username.clone()),
        password: Some(station.password.clone()),
        register: true,
        expires: STATION_EXPIRES,
    })
}
