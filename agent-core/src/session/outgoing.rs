//! Starting a call: leg first, INVITE when it has its socket.

use sip_core::{
    agent::{self as sip, AccountId, CallId},
    sdp::LocalMedia,
};

use super::{
    Session,
    accounts::no_account,
    call::{Call, Phase},
    dial,
};
use crate::{CommandError, MediaCommand, Output, Token};

/// Calls a session keeps at once (DESIGN §9).
pub(super) const MOST_CALLS: usize = 8;
const MOST_HEADERS: usize = 32;

impl Session {
    pub(super) fn start_call(
        &mut self,
        token: Option<Token>,
        to: &str,
        account: Option<AccountId>,
        headers: Vec<(String, String)>,
    ) {
        match self.try_start_call(to, account, headers) {
            Ok(call) => self.give(token, serde_json::json!({ "call": call.to_string() })),
            Err(error) => self.refuse(token, error),
        }
    }

    fn try_start_call(
        &mut self,
        to: &str,
        account: Option<AccountId>,
        headers: Vec<(String, String)>,
    ) -> Result<CallId, CommandError> {
        check_headers(&headers)?;
        if self.calls.len() >= MOST_CALLS {
            return Err(CommandError::WrongState(format!(
                "there are already {MOST_CALLS} calls"
            )));
        }
        // A bare number or name belongs to somebody's domain, and goes through that account: the given one, the
        // station's, or the first.
        let account = match account {
            None if dial::is_incomplete(to) => {
                let station = self.center.station().filter(|id| self.accounts.contains_key(id));
                station.or_else(|| self.accounts.keys().next().copied())
            }
            given => given,
        };
        let chosen = match account {
            Some(id) => Some(self.accounts.get(&id).ok_or_else(|| no_account(id))?),
            None => None,
        };
        let to = dial::target(to, chosen.map(|a| &a.config.uri))?;
        let codecs = chosen.map(|a| a.codecs.clone()).filter(|c| !c.is_empty());
        let codecs = codecs.unwrap_or_else(|| self.config.codecs.clone());
        let first_hop = chosen
            .and_then(|a| a.config.outbound_proxy.as_ref())
            .unwrap_or(&to.uri);
        let toward = dial::literal_address(first_hop);

        self.counters.call += 1;
        let id = CallId::outgoing(self.counters.call);
        let leg = self.next_leg();
        let phase = Phase::Opening {
            to: Box::new(to.clone()),
            headers,
        };
        let mut call = Call::new(id, to, leg, phase, self.now);
        call.account = account;
        call.precedence = self.next_precedence();
        self.calls.push(call);
        self.hold_others(id);
        self.out
            .push(Output::Media(MediaCommand::Open { leg, toward, codecs }));
        Ok(id)
    }

    /// The leg of a call we start has its socket: INVITE.
    pub(super) fn dial_out(&mut self, id: CallId, media: Box<LocalMedia>) {
        let Ok(call) = self.find(id) else { return };
        let account = call.account;
        let (to, headers) = match std::mem::replace(&mut call.phase, Phase::Calling) {
            Phase::Opening { to, headers } => (to, headers),
            other => {
                call.phase = other;
                return;
            }
        };
        self.out.push(Output::Sip(sip::Command::Call {
            call: id,
            account,
            to,
            headers,
            media,
        }));
        self.tell(id, "calling", None, None);
    }
}

/// Extra header fields may not break the message or replace what the stack writes.
fn check_headers(headers: &[(String, String)]) -> Result<(), CommandError> {
    const OURS: &[&str] = &[
        "via",
        "from",
        "to",
        "call-id",
        "cseq",
        "contact",
        "max-forwards",
        "content-length",
        "content-type",
        "route",
        "record-route",
        "authorization",
        "proxy-authorization",
        "v",
        "f",
        "t",
        "i",
        "m",
        "l",
        "c",
    ];
    let bad = |problem: String| Err(CommandError::BadParams(format!("headers: {problem}")));
    if headers.len() > MOST_HEADERS {
        return bad(format!("more than {MOST_HEADERS} fields"));
    }
    for (name, value) in headers {
        let token = |c: char| c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c);
        if name.is_empty() || !name.chars().all(token) {
            return bad(format!("`{name}` is not a field name"));
        }
        if OURS.contains(&name.to_ascii_lowercase().as_str()) {
            return bad(format!("`{name}` is written by the phone itself"));
        }
        if value.len() > 4096 || value.chars().any(char::is_control) {
            return bad(format!(
                "the value of `{name}` is too long or holds control characters"
            ));
        }
    }
    Ok(())
}
