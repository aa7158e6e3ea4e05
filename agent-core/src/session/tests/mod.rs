//! Behaviours of the session in virtual time. SIP, media and the contact centre are data.

mod accounts;
mod calls;
mod center;
mod hold;
mod messages;
mod offers;
mod random;
mod ring;
pub(super) mod world;
