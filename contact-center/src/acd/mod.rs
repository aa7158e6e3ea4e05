//! The queue: skills, hunting, offers, wrap-up. Pure: no clock, socket, lock or random source.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod ids;

pub use ids::{AgentId, ConversationId, OfferId, SkillId, StationId, UccId};
