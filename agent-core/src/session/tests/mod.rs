//! Behaviours of the session in virtual time. SIP, media and the contact centre are data.

mod accounts;
mod calls;
mod center;
mod conversations;
mod hold;
mod link;
mod membership;
mod messages;
mod offers;
mod random;
mod ring;
pub(super) mod world;
