//! A house in virtual time: phones at a registrar, and a contact centre, on [`sip_core::testkit`].
//!
//! Everything is the product's own machines; only clock, wires and resolver are simulated. A seed decides all
//! that is random, so the seed of a failed test replays it.
//!
//! | file | holds |
//! |---|---|
//! | `house` | a registrar and phones that know it |
//! | `centre` | user agent, focus and queue as one machine |
//! | `desk` | a house with a contact centre, agents and customers |

mod centre;
mod desk;
mod house;

pub use centre::{Ask, Centre, Hears};
pub use desk::Desk;
pub use house::{ACCOUNT, House};
