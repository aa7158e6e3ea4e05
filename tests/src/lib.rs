//! The world simulation, end-to-end and interop tests.
//!
//! | module | holds |
//! |---|---|
//! | [`world`] | a house of phones, a registrar and a contact centre in virtual time, on `sip_core::testkit` |
//! | [`programs`] | the built programs as processes: registrar, headless phones, their JSON-RPC |
//! | [`sound`] | how loud a tone is in a recording |
//! | [`skip`] | the sentence of a test whose tool is missing |
//!
//! Tests in real time say so in their names (`realtime_…`, `sipp_…`, `baresip_…`): they take turns.

// Everything here is a test or serves one.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "tests touch the world")]

pub mod programs;
pub mod skip;
pub mod sound;
pub mod world;
