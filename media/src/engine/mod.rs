//! The media thread and the handle the rest of the program holds.
//!
//! | file | what it is |
//! |---|---|
//! | `api` | what the engine is told and what it tells |
//! | `handle` | [`Engine`]: commands to the thread, figures back |
//! | `thread` | the media thread |
//! | `driver` | one step of it at a given moment |
//! | `pacer` | when a tick is due |
//! | `core/` | what happens in a tick: legs, rooms, sounds; pure |
//! | `network` | the network thread: sockets to ring |
//! | `ports` | sockets for RTP |

mod api;
mod command;
#[deny(clippy::disallowed_methods, clippy::disallowed_types)]
mod core;
mod driver;
mod handle;
mod network;
mod pacer;
mod ports;
mod priority;
mod sine;
mod thread;
#[cfg(test)]
mod virtual_calls;
#[cfg(test)]
mod virtual_line;
#[cfg(test)]
mod virtual_pauses;

pub use api::{
    Backend, CodecKind, DeviceRole, EngineConfig, EngineEvent, EventFormat, FeedId, FeedTarget, FileInput,
    LegConfig, LegDirection, LegId, LegParams, LegStats, Levels, PHONE_COMPLEXITY, RoomId, SERVER_COMPLEXITY,
    Sound,
};
pub use handle::Engine;
pub use ports::bind_rtp;
pub(crate) use sine::Sine;

/// Why the engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file of the file backend cannot be read or written.
    #[error("audio file {path}: {problem}")]
    File {
        /// Which file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The system refused a thread or a socket poller.
    #[error("cannot start the media thread: {0}")]
    System(#[from] std::io::Error),
}
