//! The one task that owns the queue, and the boundaries around it.
//!
//! ```text
//!   focus ──CenterHandle──▶ ┌────────┐ ◀──CenterHandle── api
//!         ◀────ToFocus───── │ Center │ ────feed────────▶
//!                           └────────┘ ◀──────────────── registrar (station_registered)
//!                             owns acd, writes store
//! ```

mod boundary;
mod handle;

pub use boundary::{AgentLeg, Arrival, Gone, NotPlaced, OfferLost, Placed, SipAccount, SipAccounts, ToFocus};
pub use handle::CenterHandle;

use crate::acd::ConversationId;

/// A conversation id nobody has used: 128 random bits.
///
/// # Errors
/// When the system has no randomness to give.
pub fn new_conversation() -> Result<ConversationId, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(format!("c_{}", hex(&bytes)).into())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
