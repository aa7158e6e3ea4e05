//! A house in virtual time: phones at a registrar, and a contact centre, on [`sip_core::testkit`].
//!
//! Everything is the product's own machines; only clock, wires and resolver are simulated. A seed decides all
//! that is random, so the seed of a failed test replays it.

mod house;

pub use house::{ACCOUNT, House};
