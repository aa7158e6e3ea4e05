//! Customers and colleagues with real SIP, RTP and speech (C-011).
//!
//! The demo, training and load tests are the same code: `plan` decides who calls when and for how long,
//! `driver` gives each of them a call and a voice.

mod driver;
mod plan;

pub use driver::{Colleague, Report, Running, SimulateError, SimulatorConfig, Voice, start};
pub use plan::{Customer, Plan, Script};
