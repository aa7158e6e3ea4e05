//! The phone: accounts and calls behind one [`Machine`](crate::Machine).
//!
//! | looking for | open |
//! |---|---|
//! | commands and events | `api` |
//! | the machine itself | `user_agent` |
//! | what commands do | `command` |
//! | what arrives: requests, responses, failures | `incoming` |
//! | requests outside dialogs: OPTIONS and refusals | `outside` |
//! | accounts and who we are in a call | `accounts` |

mod accounts;
mod api;
mod command;
mod incoming;
mod outside;
mod user_agent;

pub use api::{
    AccountConfig, AccountId, AgentConfig, CallId, CallState, Command, Event, IncomingCall, RegistrationState,
};
pub use user_agent::UserAgent;

use crate::wire::{Headers, Method, Policy};

/// Methods we answer with more than a refusal.
const METHODS: [Method; 7] = [
    Method::INVITE,
    Method::ACK,
    Method::CANCEL,
    Method::BYE,
    Method::OPTIONS,
    Method::UPDATE,
    Method::INFO,
];

/// Bodies INFO may have: key presses and picture requests, answered 200 and otherwise ignored.
pub(crate) const INFO_BODIES: [&str; 3] = [
    "application/dtmf-relay",
    "application/dtmf",
    "application/media_control+xml",
];

/// What is refused before a call or account sees it.
const POLICY: Policy<'static> = Policy {
    methods: &METHODS,
    extensions: &[],
    bodies: &["application/sdp", INFO_BODIES[0], INFO_BODIES[1], INFO_BODIES[2]],
    proxy: false,
};

/// What every dialog-forming message and every OPTIONS answer says about us.
pub(crate) fn push_capabilities(headers: &mut Headers) {
    let allow: Vec<String> = METHODS.iter().map(Method::to_string).collect();
    headers.push("Allow", allow.join(", "));
    headers.push("Accept", "application/sdp");
    // Nothing optional yet; an empty list says that we know the header (§20.37).
    headers.push("Supported", "");
}
