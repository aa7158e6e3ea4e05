//! The client's side of the link as pure state: what to say in `hello`, what a frame means, what was missed,
//! which commands to say again, how long to wait before trying again.
//!
//! ```text
//!          connected()                 welcome            snap (snapshot mode)
//!   Down ─────────────▶ Greeting ──────────────▶ Catching ─────────────────▶ Live
//!    ▲ retry after         │                        └── replay mode: at once ──▶ │
//!    └──── lost(now) ◀─────┴───────────────────────────────────────────────┴─────┘
//! ```
//!
//! The driver owns the socket and the clock: it calls [`Client::connected`] and sends what that gives, gives
//! every frame to [`Client::receive`], and after any end of the stream asks [`Client::lost`] how long to wait.
//! Nothing is silently skipped: events come out in order, each once; where continuity is not certain the
//! server is asked for a snapshot.
//!
//! | file | holds |
//! |---|---|
//! | `link` | the stages, what is missed, acknowledgements, pauses |
//! | `commands` | what is asked of the server and has no answer yet |
//! | `update` | what the owner is told |

mod commands;
mod link;
#[cfg(test)]
mod tests;
mod update;

pub use commands::TooMany;
pub use link::Client;
pub use update::{Goodbye, Greeting, Retry, Update};
