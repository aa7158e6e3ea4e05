//! Calls: the INVITE usage of a dialog (RFC 3261 §13–§15, RFC 3264, RFC 6026).
//!
//! | looking for | open |
//! |---|---|
//! | what a call is, and what every state shares | `call` |
//! | calling out: ringing, forks, redirects, CANCEL | `client` |
//! | being called: ring, answer, reject, CANCEL | `server` |
//! | repeating 200 until the ACK | `unacked` |
//! | the established call: BYE and in-dialog requests | `session` |
//! | offering anew, in both directions, and glare | `reinvite` |
//! | hold and resume as a wish | `hold` |
//! | offers and answers of one call | `media` |
//! | the sentences people read | `cause` |

mod call;
mod cause;
mod client;
mod hold;
mod media;
mod reinvite;
mod server;
mod session;
mod unacked;

pub(crate) use call::{Call, Cx, Profile};
pub(crate) use server::Arrival;
