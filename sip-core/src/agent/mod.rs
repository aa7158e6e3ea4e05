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

use crate::wire::Headers;

/// Methods we answer with more than a refusal.
pub(crate) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO";

/// What every dialog-forming message and every OPTIONS answer says about us.
pub(crate) fn push_capabilities(headers: &mut Headers) {
    headers.push("Allow", ALLOW);
    headers.push("Accept", "application/sdp");
    // Nothing optional yet; an empty list says that we know the header (§20.37).
    headers.push("Supported", "");
}
