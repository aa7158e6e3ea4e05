//! Messages to bytes (RFC 3261 §7). Content-Length is always written and always right.

use bytes::Bytes;

use super::{Headers, Message, Request, Response, lex};

/// A value that would break the message apart: it holds CR, LF or NUL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} holds a line break or a zero byte and cannot be written")]
pub struct WriteError {
    /// The header field or `start line`.
    pub field: String,
}

impl Message {
    /// The message as it goes on the wire.
    ///
    /// # Errors
    /// When a value holds CR, LF or NUL: it would smuggle header fields.
    pub fn to_bytes(&self) -> Result<Bytes, WriteError> {
        match self {
            Self::Request(request) => request.to_bytes(),
            Self::Response(response) => response.to_bytes(),
        }
    }
}

impl Request {
    /// The request as it goes on the wire.
    ///
    /// # Errors
    /// When a value holds CR, LF or NUL.
    pub fn to_bytes(&self) -> Result<Bytes, WriteError> {
        write(
            &format!("{} {} SIP/2.0", self.method, self.uri),
            &self.headers,
            &self.body,
        )
    }
}

impl Response {
    /// The response as it goes on the wire.
    ///
    /// # Errors
    /// When a value holds CR, LF or NUL.
    pub fn to_bytes(&self) -> Result<Bytes, WriteError> {
        write(
            &format!("SIP/2.0 {} {}", self.status, self.reason),
            &self.headers,
            &self.body,
        )
    }
}

fn write(start: &str, headers: &Headers, body: &[u8]) -> Result<Bytes, WriteError> {
    check("start line", start)?;
    let head: usize = headers.iter().map(|(n, v)| n.as_str().len() + v.len() + 4).sum();
    let mut out = Vec::with_capacity(start.len() + head + body.len() + 32);
    out.extend_from_slice(start.as_bytes());
    out.extend_from_slice(b"\r\n");
    for (name, value) in headers.iter().filter(|(n, _)| !n.is("Content-Length")) {
        check(name.as_str(), name.as_str())?;
        check(name.as_str(), value)?;
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(body);
    Ok(out.into())
}

fn check(field: &str, text: &str) -> Result<(), WriteError> {
    // Other control characters harm nobody but are no SIP either; a quoted string may hold them escaped.
    if lex::has_bare_control(text) {
        return Err(WriteError {
            field: field.escape_debug().to_string(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Method, Uri};

    fn request() -> Request {
        Request {
            method: Method::OPTIONS,
            uri: Uri::parse("sip:h").unwrap(),
            headers: Headers::new(),
            body: Bytes::new(),
        }
    }

    #[test]
    fn content_length_is_computed_and_binary_bodies_survive() {
        let mut request = request();
        request.headers.push("l", "999");
        request.body = Bytes::from_static(&[0, 255, 13, 10]);
        assert_eq!(
            request.to_bytes().unwrap(),
            &b"OPTIONS sip:h SIP/2.0\r\nContent-Length: 4\r\n\r\n\0\xff\r\n"[..]
        );
    }

    #[test]
    fn values_cannot_smuggle_lines() {
        for bad in ["a\r\nEvil: 1", "a\nb", "a\0", "a\r"] {
            let mut request = request();
            request.headers.push("X-Y", bad);
            assert_eq!(request.to_bytes().unwrap_err().field, "X-Y");
            let response = Response {
                status: 200,
                reason: bad.into(),
                headers: Headers::new(),
                body: Bytes::new(),
            };
            assert!(response.to_bytes().is_err());
        }
        let mut request = request();
        request.headers.push("X: 1\r\nY", "a");
        assert!(request.to_bytes().is_err());
    }
}
