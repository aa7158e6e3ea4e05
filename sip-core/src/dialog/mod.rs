//! Dialogs (RFC 3261 §12): what two user agents remember between requests.

mod state;

pub use state::{Dialog, DialogId, OutOfOrder};
