//! Registrar and stateful proxy (RFC 3261 §10, §16): what the bundled SIP server is made of.
//!
//! [`Server`] is a [`Machine`](crate::Machine) like the phone: bytes in, bytes out, no sockets and no clock.
//!
//! ```text
//!  bytes ─▶ flows ─▶ transaction layer ─▶ admit ─▶ REGISTER ─▶ registrar ─▶ location
//!                                           │                                 │ bindings
//!                                           └─ the rest ─▶ route ─▶ forward ◀─┘
//!                                                                     │ branches, best response
//!  bytes ◀─ flows ◀─ transaction layer ◀──────────────────────────────┘
//! ```
//!
//! | looking for | open |
//! |---|---|
//! | what the owner says and hears | `api` |
//! | what is checked before anything is done | `admit` |
//! | who may register and call | `users`, `access` |
//! | clients that cannot read every challenge | `quirks` |
//! | which names and addresses are ours | `domain` |
//! | where phones are | `location`, `registrar` |
//! | where a request goes | `route` |
//! | sending copies, Via, Record-Route | `dispatch` |
//! | forking, CANCEL, timer C, which response wins | `forward`, `best` |
//! | staying on the way of a dialog | `record` |
//! | phones behind NAT | `alias` |
//! | sockets, connections, framing | `flows` |

mod access;
mod admit;
mod alias;
mod api;
mod best;
mod dispatch;
mod domain;
mod flows;
mod forward;
mod location;
mod machine;
mod quirks;
mod record;
mod registrar;
mod route;
mod users;

#[cfg(test)]
mod tests;

pub use api::{Command, Event, Limits, Moved, Password, ServerConfig};
pub use machine::Server;
