//! What a command gives back.

use serde_json::Value;

/// The result of a command: the `result` member of CONTRACTS' JSON-RPC table.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply(pub Value);

/// Why a command was not done. Codes are those of the JSON-RPC face.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// No such call, account, offer or conversation (1): a sentence.
    #[error("{0}")]
    NotFound(String),
    /// It cannot be done now (2); the message names the state.
    #[error("{0}")]
    WrongState(String),
    /// The peer said no (3).
    #[error("refused: {status} {reason}")]
    Refused {
        /// Its response.
        status: u16,
        /// Its words.
        reason: String,
    },
    /// The network is in the way (4).
    #[error("{0}")]
    Network(String),
    /// The audio device is in the way (5).
    #[error("{0}")]
    Audio(String),
    /// A parameter is wrong (−32602); the message names the field.
    #[error("{0}")]
    BadParams(String),
}

impl CommandError {
    /// The JSON-RPC error code.
    pub const fn code(&self) -> i64 {
        match self {
            Self::NotFound(_) => 1,
            Self::WrongState(_) => 2,
            Self::Refused { .. } => 3,
            Self::Network(_) => 4,
            Self::Audio(_) => 5,
            Self::BadParams(_) => -32602,
        }
    }
}
