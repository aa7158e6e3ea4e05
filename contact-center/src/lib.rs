//! Ringside server: registrar, queue, conference focus, API, store and simulator.
//!
//! | module | holds |
//! |---|---|
//! | [`acd`] | the queue as a pure machine: who is offered which conversation, and why |
//! | [`center`] | the one task that owns the queue, its event feed and its clock; the boundary to the focus |
//! | [`store`] | the database: accounts, roster, journal, tokens |
//! | [`focus`] | the conference focus: who hears whom |
//! | [`serve`] | all of it in one process |
//! | [`simulate`] | customers and colleagues with real SIP, RTP and speech |
//! | [`registrar`] | registrar and proxy: `sip_core::server` on its sockets |
//! | [`cli`] | the command line, one subcommand a file |
//! | [`api`] | `acp/1` over HTTP and WebSocket |

// Everything but `acd` drives the world: clocks, sockets and files are its job (`acd` denies them again).
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod acd;
pub mod api;
pub mod center;
pub mod cli;
pub mod focus;
pub mod health;
pub mod registrar;
pub mod serve;
pub mod simulate;
pub mod store;
mod voice;
