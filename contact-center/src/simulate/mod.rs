//! Customers and colleagues with real SIP, RTP and speech (C-011).
//!
//! The demo, training and load tests are the same code: `plan` decides who calls when and for how long,
//! `driver` gives each of them a call and a voice, `config` says who takes part, `running` what came of it.

mod config;
mod driver;
mod plan;
mod running;

pub use config::{Colleague, SimulateError, SimulatorConfig, Voice};
pub use driver::start;
pub use plan::{Customer, Plan, Script};
pub use running::{Report, Running};
