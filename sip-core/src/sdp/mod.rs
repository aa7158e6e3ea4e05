//! Offer/answer (RFC 3264, RFC 4566) as pure functions over `sdp-types`.

mod types;

pub use types::{Codec, Direction, LocalMedia, NegotiatedMedia};
