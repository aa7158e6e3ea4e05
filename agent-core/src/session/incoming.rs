//! A call that arrives. Its leg opens at once, so that answering is one message away.

use std::{collections::BTreeMap, net::SocketAddr};

use serde_json::{Map, Value};
use sip_core::{
    agent::{self as sip, CallId, IncomingCall},
    wire::NameAddr,
};

use super::{
    Session,
    call::{Call, Phase, Wish},
    dial,
};
use crate::{CommandError, MediaCommand, Notification, Output, Token};

impl Session {
    pub(super) fn incoming(&mut self, arrived: IncomingCall) {
        if self.calls.iter().any(|c| c.id == arrived.call) || self.ended.contains(&arrived.call) {
            return;
        }
        let id = arrived.call;
        if self.stop.is_begun() {
            let status = 480;
            self.out
                .push(Output::Sip(sip::Command::Reject { call: id, status }));
            return;
        }
        let leg = self.next_leg();
        let account = arrived.account.and_then(|a| self.accounts.get(&a));
        let codecs = account.map(|a| a.codecs.clone()).filter(|c| !c.is_empty());
        let codecs = codecs.unwrap_or_else(|| self.config.codecs.clone());
        let toward = signalling_address(&arrived.headers);
        let mut call = Call::new(id, arrived.from.clone(), leg, Phase::Offered, self.now);
        call.account = arrived.account;
        call.auto = self
            .config
            .auto_answer
            .map(|auto| (self.now + auto.after, auto.status));
        call.ring_until = match self.config.auto_answer {
            None => self.config.direct_ring_limit.map(|limit| self.now + limit),
            Some(_) => None,
        };
        self.calls.push(call);
        self.out
            .push(Output::Media(MediaCommand::Open { leg, toward, codecs }));
        self.out.push(Output::Notify(Notification::CallIncoming {
            call: id.to_string(),
            from: arrived.from.uri.to_string(),
            to: arrived.to.uri.to_string(),
            display_name: arrived.from.display_name.clone(),
            headers: joined(&arrived.headers),
            replaces: arrived.replaces.map(|c| c.to_string()),
        }));
        match self.offer_in(&arrived) {
            Some(offer) => self.bind_offer(id, offer),
            None => self.announce_direct(id),
        }
    }

    fn announce_direct(&mut self, id: CallId) {
        let Some(call) = self.get(id) else { return };
        if call.auto.is_some_and(|(_, status)| status != 180) {
            return;
        }
        let (name, address) = (call.name(), call.address());
        let body = if name == address {
            name
        } else {
            format!("{name}, {address}")
        };
        self.out.push(Output::Alert {
            title: "Incoming call".into(),
            body,
        });
    }

    pub(super) fn ring(&mut self, token: Option<Token>, id: CallId, status: u16, early_media: bool) {
        if !(180..=189).contains(&status) {
            let error = CommandError::BadParams(format!("status: {status} is not between 180 and 189"));
            return self.refuse(token, error);
        }
        let call = match self.offered(id, "ring") {
            Ok(call) => call,
            Err(error) => return self.refuse(token, error),
        };
        // 183 says "session progress": it means early media (CONTRACTS §3).
        let early_media = early_media || status == 183;
        let media = match (early_media, call.local.clone()) {
            (true, None) => {
                call.wish = Some(Wish::EarlyMedia { status });
                return self.done(token);
            }
            (true, media) => media,
            (false, _) => None,
        };
        call.early |= media.is_some();
        self.out.push(Output::Sip(sip::Command::Ring {
            call: id,
            status,
            early_media: media,
        }));
        self.done(token);
    }

    pub(super) fn answer(&mut self, token: Option<Token>, id: CallId) {
        let offer = match self.offered(id, "answer") {
            Ok(call) => call.offer.clone(),
            Err(error) => return self.refuse(token, error),
        };
        if let Some(offer) = offer {
            self.offer_answered(&offer);
        }
        let precedence = self.next_precedence();
        let Ok(call) = self.find(id) else { return };
        call.auto = None;
        call.ring_until = None;
        call.precedence = precedence;
        if call.local.is_some() {
            self.send_answer(id);
            self.done(token);
        } else {
            call.wish = Some(Wish::Answer(token.into_iter().collect()));
        }
        self.hold_others(id);
    }

    fn send_answer(&mut self, id: CallId) {
        let Ok(call) = self.find(id) else { return };
        let Some(media) = call.local.clone() else { return };
        call.phase = Phase::Answering;
        self.out
            .push(Output::Sip(sip::Command::Answer { call: id, media }));
    }

    /// The leg of a call that arrived has its socket: do what waited for it.
    pub(super) fn leg_ready(&mut self, id: CallId) {
        let Ok(call) = self.find(id) else { return };
        match call.wish.take() {
            Some(Wish::Answer(tokens)) => {
                self.send_answer(id);
                for token in tokens {
                    self.done(Some(token));
                }
            }
            Some(Wish::EarlyMedia { status }) => self.ring(None, id, status, true),
            None => {}
        }
    }

    pub(super) fn reject(&mut self, token: Option<Token>, id: CallId, status: u16) {
        if !(400..=699).contains(&status) {
            let error = CommandError::BadParams(format!("status: {status} is not between 400 and 699"));
            return self.refuse(token, error);
        }
        match self.offered(id, "reject") {
            Ok(_) => {
                self.send_reject(id, status);
                self.done(token);
            }
            Err(error) => self.refuse(token, error),
        }
    }

    /// Refuses a call that rings; does nothing for one that no longer does.
    pub(super) fn send_reject(&mut self, id: CallId, status: u16) {
        let Ok(call) = self.offered(id, "reject") else {
            return;
        };
        call.phase = Phase::Ending;
        call.ended_here = true;
        call.auto = None;
        call.ring_until = None;
        self.out
            .push(Output::Sip(sip::Command::Reject { call: id, status }));
    }

    /// As [`Self::send_reject`], but nobody decided so: the end of the call tells `cause`.
    pub(super) fn refuse_by_itself(&mut self, id: CallId, status: u16, cause: &str) {
        if self.offered(id, "reject").is_ok() {
            self.put_down_to(id, status, cause);
            self.send_reject(id, status);
        }
    }

    /// Why a call that rings here is about to be refused with that status: SIP takes every refusal for a person's.
    pub(super) fn put_down_to(&mut self, id: CallId, status: u16, cause: &str) {
        if let Ok(call) = self.find(id)
            && matches!(call.phase, Phase::Offered)
        {
            call.refusal = Some((status, cause.to_owned()));
        }
    }

    pub(super) fn redirect(&mut self, token: Option<Token>, id: CallId, to: &str) {
        let account = self
            .get(id)
            .and_then(|c| c.account)
            .and_then(|a| self.accounts.get(&a));
        let to = match dial::address(to, account.map(|a| &a.config.uri)) {
            Ok(to) => to,
            Err(error) => return self.refuse(token, error),
        };
        let call = match self.offered(id, "redirect") {
            Ok(call) => call,
            Err(error) => return self.refuse(token, error),
        };
        call.phase = Phase::Ending;
        call.ended_here = true;
        call.auto = None;
        call.ring_until = None;
        self.out.push(Output::Sip(sip::Command::Redirect {
            call: id,
            to: Box::new(to),
        }));
        self.done(token);
    }

    /// A call that rings here and has not been answered.
    fn offered(&mut self, id: CallId, verb: &str) -> Result<&mut Call, CommandError> {
        let call = self.find(id)?;
        if matches!(call.wish, Some(Wish::Answer(_))) {
            return Err(CommandError::WrongState(format!(
                "call {id} is being answered: cannot {verb} it"
            )));
        }
        match &call.phase {
            Phase::Offered => Ok(call),
            other => Err(CommandError::WrongState(format!(
                "call {id} is {}: cannot {verb} it",
                other.name()
            ))),
        }
    }

    /// Automatic answers and the end of patience.
    pub(super) fn expire_calls(&mut self) {
        let now = self.now;
        let due: Vec<(CallId, u16)> = self
            .calls
            .iter_mut()
            .filter_map(|c| {
                c.auto
                    .take_if(|(at, _)| *at <= now)
                    .map(|(_, status)| (c.id, status))
            })
            .collect();
        for (id, status) in due {
            match status {
                // Said by the user agent itself.
                180 => {}
                181..=189 => self.ring(None, id, status, false),
                200..=299 => self.answer(None, id),
                _ => {
                    let cause = format!("it was refused automatically with {status}");
                    self.refuse_by_itself(id, status, &cause);
                }
            }
        }
        let over: Vec<CallId> = self
            .calls
            .iter_mut()
            .filter_map(|c| c.ring_until.take_if(|at| *at <= now).map(|_| c.id))
            .collect();
        for id in over {
            self.refuse_by_itself(id, 480, "nobody answered while it could ring");
        }
    }
}

/// Meant for proxies and registrars, not for whoever reads along.
const SECRET: &[&str] = &["Authorization", "Proxy-Authorization"];

/// One string per header field name; several lines are joined by `, `. Credentials are left out.
fn joined(headers: &[(String, String)]) -> Map<String, Value> {
    let mut by_name: BTreeMap<&str, String> = BTreeMap::new();
    let secret = |name: &str| SECRET.iter().any(|s| s.eq_ignore_ascii_case(name));
    for (name, value) in headers.iter().filter(|(name, _)| !secret(name)) {
        by_name
            .entry(name)
            .and_modify(|all| {
                all.push_str(", ");
                all.push_str(value);
            })
            .or_insert_with(|| value.clone());
    }
    by_name
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::String(value)))
        .collect()
}

/// Where the caller's Contact points, when that is an address.
fn signalling_address(headers: &[(String, String)]) -> Option<SocketAddr> {
    let (_, contact) = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("Contact"))?;
    dial::literal_address(&NameAddr::parse(contact).ok()?.uri)
}
