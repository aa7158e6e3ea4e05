//! The phone: accounts and calls behind one [`Machine`](crate::Machine).

mod api;

pub use api::{
    AccountConfig, AccountId, AgentConfig, CallId, CallState, Command, Event, IncomingCall, RegistrationState,
};
