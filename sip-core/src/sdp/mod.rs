//! Offer/answer (RFC 3264, RFC 8866) as pure functions over `sdp-types`.
//!
//! [`offer`], [`answer`] and [`accept_answer`] decide one exchange each; [`Session`] keeps the books of a call
//! over all of them: whose turn it is, who holds whom, the version in `o=`.

mod direction;
mod negotiate;
mod read;
mod reject;
mod session;
mod types;
mod write;

pub use negotiate::{Answered, accept_answer, answer, offer, offered_direction};
pub use reject::Reject;
pub use session::{Session, WrongTurn};
pub use types::{Codec, Direction, LocalMedia, NegotiatedMedia};
pub use write::{Origin, Shape};
