//! Why a session description is not taken.

/// What is wrong with an offer or answer; shown to people and put into the reason phrase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reject {
    /// Not SDP.
    #[error("Session description cannot be read")]
    Malformed,
    /// No audio stream that is not refused.
    #[error("No audio stream offered")]
    NoAudio,
    /// The audio stream wants a transport we do not speak.
    #[error("Media transport {0} is not supported")]
    Transport(String),
    /// No codec in common.
    #[error("No codec in common")]
    NoCodec,
    /// The address is not an IP address.
    #[error("Media address is not an IP address")]
    Address,
    /// The answer has not one line for each line of the offer.
    #[error("Answer does not match the offer")]
    Shape,
}

impl Reject {
    /// The status an offer with this fault is refused with.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed => 400,
            _ => 488,
        }
    }
}
