//! What can be wrong with bytes that claim to be SIP.

use super::Response;

/// A value that does not follow its grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {problem}")]
pub struct SyntaxError {
    /// The header field or element: `Via`, `URI`, ….
    pub what: &'static str,
    /// What is wrong with it, for people.
    pub problem: &'static str,
}

impl SyntaxError {
    pub(crate) const fn new(what: &'static str, problem: &'static str) -> Self {
        Self { what, problem }
    }
}

/// Why bytes did not become a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The head does not end within [`MAX_HEAD`](super::MAX_HEAD) bytes.
    #[error("message head is longer than 64 KiB")]
    HeadTooLong,
    /// The datagram ends before the empty line.
    #[error("message head has no end")]
    HeadUnfinished,
    /// One header line is longer than [`MAX_LINE`](super::MAX_LINE).
    #[error("header line is longer than 8 KiB")]
    LineTooLong,
    /// More than [`MAX_HEADERS`](super::MAX_HEADERS) header lines.
    #[error("more than 128 header lines")]
    TooManyHeaders,
    /// The first line is neither a request line nor a status line.
    #[error("start line: {0}")]
    StartLine(&'static str),
    /// A version other than SIP/2.0.
    #[error("SIP version is not 2.0")]
    Version,
    /// The Request-URI cannot be read.
    #[error("Request-URI: {0}")]
    RequestUri(SyntaxError),
    /// A header line is not `name: value`.
    #[error("header line: {0}")]
    HeaderLine(&'static str),
    /// Content-Length is not one number, or is missing on a stream.
    #[error("Content-Length: {0}")]
    ContentLength(&'static str),
    /// The body is longer than [`MAX_BODY`](super::MAX_BODY).
    #[error("body is longer than 64 KiB")]
    BodyTooLong,
    /// The datagram holds fewer body bytes than Content-Length says.
    #[error("body ends before Content-Length")]
    BodyTruncated,
}

impl WireError {
    /// The status and reason phrase a request with this fault is answered with.
    pub const fn answer(&self) -> (u16, &'static str) {
        match self {
            Self::HeadTooLong | Self::LineTooLong | Self::TooManyHeaders | Self::BodyTooLong => {
                (513, "Message Too Large")
            }
            Self::HeadUnfinished => (400, "Message Head Has No End"),
            Self::StartLine(_) => (400, "Bad Request Line"),
            Self::Version => (505, "Version Not Supported"),
            Self::RequestUri(_) => (400, "Bad Request-URI"),
            Self::HeaderLine(_) => (400, "Bad Header Line"),
            Self::ContentLength(_) => (400, "Bad Content-Length"),
            Self::BodyTruncated => (400, "Body Shorter Than Content-Length"),
        }
    }
}

/// Bytes that are not a message, with the answer they deserve if one can be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{why}")]
pub struct Unusable {
    /// What is wrong.
    pub why: WireError,
    /// A response to send where the bytes came from; `None` means drop in silence (responses, ACK,
    /// and requests without the header fields a response copies).
    pub response: Option<Box<Response>>,
}
