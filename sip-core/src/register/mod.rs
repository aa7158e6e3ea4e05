//! Registration of one account (RFC 3261 §10).

mod backoff;
mod registration;

pub(crate) use registration::{Next, Registration};
