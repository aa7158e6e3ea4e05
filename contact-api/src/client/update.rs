//! What the link tells its owner.

use crate::{
    event::Snapshot,
    frame::{EventFrame, OpError},
};

/// What a `welcome` told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// The server's clock minus the `now` given, in milliseconds; deadlines are in the server's time.
    pub clock_offset_ms: i64,
    /// Send something at least this often.
    pub keepalive_ms: u64,
}

/// What a frame means to the owner.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// The link is up; from now on what is missed comes.
    Up(Greeting),
    /// Replace everything by this.
    Snapshot(Box<Snapshot>),
    /// Apply this; newer than everything before.
    Event(EventFrame),
    /// A command was done or refused.
    Answer {
        /// From [`Client::command`].
        command: u64,
        /// What it gave.
        result: Result<Option<serde_json::Value>, OpError>,
    },
    /// A command sent long ago was never answered, and is not safe to send again: look at the state.
    Unknown {
        /// From [`Client::command`].
        command: u64,
    },
    /// The server breaks its promises (order, snapshot). The driver closes and connects again.
    Broken(&'static str),
    /// The server said goodbye, and the driver closes; what to do next is in [`Goodbye`].
    Goodbye(Goodbye),
}

/// What to do after `goaway`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goodbye {
    /// Connect again; [`Client::lost`] says when.
    Again,
    /// Refresh the token first.
    Refresh,
    /// Do not come back: another station took over, or we signed out.
    Final {
        /// One of [`goaway`].
        reason: String,
    },
}

/// When to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Connect after so many milliseconds.
    After(u64),
    /// Never.
    Never,
}
