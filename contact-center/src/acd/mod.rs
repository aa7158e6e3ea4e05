//! The queue: skills, hunting, offers, wrap-up. Pure: no clock, socket, lock or random source.
//!
//! [`Acd`] is told what happened, with the time as Unix milliseconds, and says what to do through
//! [`Acd::poll`]. Whatever changes is an [`Event`] in a journal; [`State::apply`] of these events is the only
//! way the tables change, so replaying the journal gives the same tables.
//!
//! | file | holds |
//! |---|---|
//! | `roster` | what is configured: UCCs, skills, agents |
//! | `event` | the journal |
//! | `state`, `apply` | the tables, and how each event changes them |
//! | `machine` | the entry: outputs, journal writing, settling after each input |
//! | `agents` | signing in and out, ready and not ready, last agent in a skill |
//! | `conversations` | arrival, leaving, taking, wrap-up |
//! | `offers` | start, accept, answer, ignore, failure of an offer |
//! | `hunt` | who is asked next |
//! | `timers` | deadlines: what is due, when to wake |
//! | `why` | the rule that makes an agent routable or not, as a sentence |
//! | `check` | what must always be true |
//!
//! Historic bugs of other queues that cannot be written here: an agent left "reserved" by an offer that
//! ended elsewhere (an offer and the agent's voice are one row, and end in one event); two winners (the
//! conversation's stage changes before the second answer is looked at); a call stuck behind an
//! unavailable agent (agents are filtered before they are ordered); statistics counted twice (they are
//! derived from the journal).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod agents;
mod apply;
mod check;
mod conversations;
mod event;
mod hunt;
mod ids;
mod machine;
mod offers;
mod roster;
mod state;
#[cfg(test)]
mod tests;
mod timers;
mod why;

pub use agents::{SignOut, UccSignOut};
pub use apply::Misfit;
pub use conversations::NewConversation;
pub use event::{Device, Event, Record};
pub use ids::{AgentId, ConversationId, OfferId, SkillId, StationId, UccId};
pub use machine::{Acd, Output, Refusal};
pub use roster::{Agent, FeedbackKind, HuntMethod, Member, Roster, Skill, Ucc, UccSettings};
pub use state::{
    AgentRow, ConversationRow, Day, EndedOffer, Hunt, OfferRow, Stage, State, StationRow, Voice,
};
