//! The world in virtual time: machines on a simulated network (for tests, here and in other crates).
//!
//! Nothing sleeps: [`World::run`] jumps from one event to the next. Every choice of the network (loss,
//! delay, duplication, order) comes from a seed, so a seed replays a failure.

mod faults;
mod links;
mod network;
mod phone;
mod raw;
mod station;
mod world;

pub use faults::Faults;
use links::Links;
pub use phone::Phone;
pub use raw::Raw;
pub use station::{Seat, Station};
pub use world::{Filter, NodeId, World, sample_media};
