//! Datagrams to messages: one message each (RFC 3261 §18.3).
//!
//! Also right for WebSocket messages (RFC 7118 §5), which carry one SIP message each.

use bytes::Bytes;

use super::{
    MAX_BODY, MAX_HEAD, Message, Method, Request, Response, Unusable, WireError,
    scan::{self, Head, StartLine},
};

/// What arrived.
#[derive(Clone, Debug, PartialEq)]
pub enum Framed {
    /// A message.
    Message(Message),
    /// Bytes that are no message; the response in it, if any, goes back where they came from.
    Unusable(Unusable),
    /// A keep-alive that wants an answer on streams: double CRLF (RFC 5626 §4.4.1).
    Ping,
    /// The answer to a keep-alive: a single CRLF. Datagrams of white space or zero bytes count too.
    Pong,
}

/// Reads one datagram.
pub fn datagram(data: &[u8]) -> Framed {
    let start = data
        .iter()
        .position(|b| !matches!(b, b'\r' | b'\n'))
        .unwrap_or(data.len());
    let (leading, data) = data.split_at(start);
    if data.iter().all(|b| matches!(b, 0 | b' ' | b'\t' | b'\r' | b'\n')) {
        return if leading == b"\r\n\r\n" {
            Framed::Ping
        } else {
            Framed::Pong
        };
    }
    let (head, body, unfinished) = match scan::head_end(data, 0) {
        Some(end) => {
            let (head, body) = data.split_at(end);
            (head, body, false)
        }
        None => (data, &[][..], true),
    };
    if head.len() > MAX_HEAD {
        // Too much to look at: no answer, so that an attacker gets nothing for it.
        return Framed::Unusable(Unusable {
            why: WireError::HeadTooLong,
            response: None,
        });
    }
    let mut head = scan::scan(head);
    // Some senders leave the empty line away when there is no body; a cut-off datagram looks different.
    if unfinished && !head.ends_in_zero_length {
        head.fault.get_or_insert(WireError::HeadUnfinished);
    }
    let body = match head.content_length {
        Some(length) if length > body.len() => {
            head.fault.get_or_insert(WireError::BodyTruncated);
            body
        }
        Some(length) => body.get(..length).unwrap_or(body),
        None => body,
    };
    if body.len() > MAX_BODY {
        head.fault.get_or_insert(WireError::BodyTooLong);
    }
    assemble(head, body)
}

/// Puts head and body together, or says why not.
pub(crate) fn assemble(head: Head, body: &[u8]) -> Framed {
    match (head.start, head.fault) {
        (Ok(StartLine::Request(method, uri)), None) => Framed::Message(Message::Request(Request {
            method,
            uri,
            headers: head.headers,
            body: Bytes::copy_from_slice(body),
        })),
        (Ok(StartLine::Response(status, reason)), None) => Framed::Message(Message::Response(Response {
            status,
            reason,
            headers: head.headers,
            body: Bytes::copy_from_slice(body),
        })),
        (Err(why), _) | (Ok(_), Some(why)) => {
            let answerable = head.method.is_some_and(|m| m != Method::ACK);
            let response = answerable.then(|| {
                let (status, reason) = why.answer();
                Response::to_headers(&head.headers, status, reason).map(Box::new)
            });
            Framed::Unusable(Unusable {
                why,
                response: response.flatten(),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\n\
                        To: <sip:h>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n";

    fn body_of(data: &str) -> Bytes {
        match datagram(data.as_bytes()) {
            Framed::Message(Message::Request(r)) => r.body,
            other => panic!("{other:?}"),
        }
    }

    fn refused(data: &str) -> (WireError, Option<u16>) {
        match datagram(data.as_bytes()) {
            Framed::Unusable(u) => (u.why, u.response.map(|r| r.status)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn content_length_is_honoured() {
        assert_eq!(body_of(&format!("{HEAD}l: 3\r\n\r\nabcdef")), "abc");
        assert_eq!(body_of(&format!("{HEAD}\r\nabcdef")), "abcdef");
        assert_eq!(body_of(&format!("\r\n\r\n{HEAD}l: 0\r\n\r\nabcdef")), "");
    }

    #[test]
    fn a_truncated_request_gets_400_and_a_truncated_response_nothing() {
        assert_eq!(
            refused(&format!("{HEAD}l: 9\r\n\r\nabc")),
            (WireError::BodyTruncated, Some(400))
        );
        let response = HEAD.replace("OPTIONS sip:h SIP/2.0", "SIP/2.0 200 OK");
        assert_eq!(
            refused(&format!("{response}l: 9\r\n\r\nabc")),
            (WireError::BodyTruncated, None)
        );
        assert_eq!(refused(HEAD), (WireError::HeadUnfinished, Some(400)));
        assert_eq!(
            refused(&format!("{HEAD}l: 0\r\nX-Cut: o")),
            (WireError::HeadUnfinished, Some(400))
        );
        assert_eq!(body_of(&format!("{HEAD}Content-Length: 0")), "");
    }

    #[test]
    fn an_ack_is_never_answered() {
        assert_eq!(
            refused(&format!("{}l: 9\r\n\r\n", HEAD.replace("OPTIONS sip", "ACK sip"))).1,
            None
        );
    }

    #[test]
    fn limits_hold() {
        assert_eq!(
            refused(&format!("{HEAD}X: {}\r\n\r\n", "a".repeat(9000))),
            (WireError::LineTooLong, Some(513))
        );
        assert_eq!(
            refused(&format!("{HEAD}{}\r\n", "X: 1\r\n".repeat(200))),
            (WireError::TooManyHeaders, Some(513))
        );
        assert_eq!(
            refused(&format!("{HEAD}\r\n{}", "a".repeat(66_000))),
            (WireError::BodyTooLong, Some(513))
        );
        assert_eq!(refused(&"a".repeat(66_000)).0, WireError::HeadTooLong);
    }

    #[test]
    fn keep_alives_are_no_messages() {
        assert_eq!(datagram(b"\r\n\r\n"), Framed::Ping);
        for keep_alive in [&b"\r\n"[..], b"", b"\0\0\0\0", b" ", b"\n"] {
            assert_eq!(datagram(keep_alive), Framed::Pong);
        }
    }
}
