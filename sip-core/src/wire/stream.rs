//! Bytes of a TCP or TLS connection to messages (RFC 3261 §18.3, keep-alive RFC 5626 §4.4.1).

use super::{
    Framed, MAX_BODY, MAX_HEAD, Response, Unusable, WireError, frame,
    scan::{self, Head},
};

/// Cuts a stream into messages.
///
/// Push what was read, then call [`next`](Self::next) until it gives `Ok(None)`. After an error the
/// connection has to be closed: where the next message starts cannot be known.
#[derive(Debug, Default)]
pub struct StreamDecoder {
    buffer: Vec<u8>,
    /// Bytes of `buffer` already handed out.
    taken: usize,
    /// Bytes after `taken` already searched for the end of the head.
    searched: usize,
    /// Bytes after `taken` that make the next message whole; 0 when not known yet. Keeps a peer that sends
    /// a body byte by byte from having its head read again each time.
    need: usize,
    /// A single CRLF was reported; a second one right after it makes a ping.
    half_ping: bool,
    dead: bool,
}

impl StreamDecoder {
    /// An empty decoder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes as they were read.
    pub fn push(&mut self, data: &[u8]) {
        if !self.dead {
            self.buffer.drain(..self.taken);
            self.taken = 0;
            self.buffer.extend_from_slice(data);
        }
    }

    /// How many bytes wait for the rest of their message. Owners close connections that keep some for long.
    pub fn pending(&self) -> usize {
        self.waiting().len()
    }

    /// The next message or keep-alive; `Ok(None)` when more bytes are needed.
    ///
    /// A ping that arrives in two pieces is reported as [`Framed::Pong`] and then [`Framed::Ping`]: either one
    /// proves that the peer is alive, and the ping is answered.
    ///
    /// # Errors
    /// When the stream cannot be cut into messages any more. Send the response in it, if any, and close.
    #[allow(
        clippy::should_implement_trait,
        reason = "an iterator would end at the first None"
    )]
    pub fn next(&mut self) -> Result<Option<Framed>, Unusable> {
        if self.dead || self.pending() < self.need {
            return Ok(None);
        }
        if let Some(keep_alive) = self.keep_alive() {
            return Ok(Some(keep_alive));
        }
        let end = scan::head_end(self.waiting(), self.searched);
        if end.unwrap_or(self.pending()) > MAX_HEAD {
            return self.die(Unusable {
                why: WireError::HeadTooLong,
                response: None,
            });
        }
        let Some(end) = end else {
            self.searched = self.pending();
            return Ok(None);
        };
        let head = scan::scan(self.waiting().get(..end).unwrap_or(&[]));
        let whole = match body_length(&head) {
            Ok(length) => end + length,
            Err(why) => {
                let (status, reason) = why.answer();
                let answerable = head.method.is_some_and(|m| m != super::Method::ACK);
                let response =
                    answerable.then(|| Response::to_headers(&head.headers, status, reason).map(Box::new));
                return self.die(Unusable {
                    why,
                    response: response.flatten(),
                });
            }
        };
        let Some(body) = self.waiting().get(end..whole) else {
            self.need = whole;
            return Ok(None);
        };
        let framed = frame::assemble(head, body);
        self.consume(whole);
        self.half_ping = false;
        Ok(Some(framed))
    }

    fn waiting(&self) -> &[u8] {
        self.buffer.get(self.taken..).unwrap_or(&[])
    }

    fn keep_alive(&mut self) -> Option<Framed> {
        // Lone LFs are noise between messages; a lone CR may be the first half of a CRLF.
        let noise = self.waiting().iter().take_while(|b| **b == b'\n').count();
        self.consume(noise);
        let waiting = self.waiting();
        if waiting.starts_with(b"\r\n\r\n") {
            self.consume(4);
            self.half_ping = false;
            Some(Framed::Ping)
        } else if waiting.starts_with(b"\r\n") && waiting.get(2) != Some(&b'\r') {
            self.consume(2);
            self.half_ping = !self.half_ping;
            Some(if self.half_ping {
                Framed::Pong
            } else {
                Framed::Ping
            })
        } else {
            None
        }
    }

    fn consume(&mut self, n: usize) {
        if n > 0 {
            self.taken += n;
            self.searched = 0;
            self.need = 0;
        }
    }

    fn die(&mut self, why: Unusable) -> Result<Option<Framed>, Unusable> {
        *self = Self {
            dead: true,
            ..Self::default()
        };
        Err(why)
    }
}

/// Content-Length is mandatory here (§18.3), and what breaks it breaks the stream.
fn body_length(head: &Head) -> Result<usize, WireError> {
    if let Err(why @ WireError::StartLine(_)) = &head.start
        && head.method.is_none()
    {
        // Not SIP at all (a web browser, a port scan).
        return Err(why.clone());
    }
    match (&head.fault, head.content_length) {
        (
            Some(why @ (WireError::ContentLength(_) | WireError::TooManyHeaders | WireError::LineTooLong)),
            _,
        ) => Err(why.clone()),
        (_, None) => Err(WireError::ContentLength("is missing")),
        (_, Some(length)) if length > MAX_BODY => Err(WireError::BodyTooLong),
        (_, Some(length)) => Ok(length),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Message, *};

    fn message(body: &str) -> String {
        format!(
            "MESSAGE sip:h SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\n\
             To: <sip:h>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn drain(decoder: &mut StreamDecoder) -> Vec<String> {
        let mut seen = Vec::new();
        while let Some(framed) = decoder.next().unwrap() {
            seen.push(match framed {
                Framed::Message(Message::Request(r)) => String::from_utf8(r.body.to_vec()).unwrap(),
                Framed::Ping => "ping".into(),
                Framed::Pong => "pong".into(),
                other => panic!("{other:?}"),
            });
        }
        seen
    }

    #[test]
    fn pipelined_messages_come_apart_however_they_are_cut() {
        let stream = format!(
            "{}\r\n\r\n{}\r\n{}",
            message("one"),
            message(""),
            message("three\r\n\r\n")
        );
        for size in 1..stream.len() {
            let mut decoder = StreamDecoder::new();
            let mut seen = Vec::new();
            for chunk in stream.as_bytes().chunks(size) {
                decoder.push(chunk);
                seen.extend(drain(&mut decoder));
            }
            seen.retain(|s| !matches!(s.as_str(), "ping" | "pong"));
            assert_eq!(seen, ["one", "", "three\r\n\r\n"], "in pieces of {size}");
            assert_eq!(decoder.pending(), 0);
        }
    }

    #[test]
    fn a_short_message_after_a_long_one_does_not_wait() {
        let mut decoder = StreamDecoder::new();
        let long = message(&"x".repeat(2000));
        let (first, rest) = long.split_at(600);
        decoder.push(first.as_bytes());
        assert_eq!(drain(&mut decoder), [""; 0]);
        decoder.push(rest.as_bytes());
        assert_eq!(drain(&mut decoder).len(), 1);
        decoder.push(message("y").as_bytes());
        assert_eq!(drain(&mut decoder), ["y"]);
    }

    #[test]
    fn double_crlf_is_a_ping_and_single_crlf_a_pong() {
        let mut decoder = StreamDecoder::new();
        decoder.push(b"\r\n\r\n");
        assert_eq!(drain(&mut decoder), ["ping"]);
        decoder.push(b"\r\n");
        assert_eq!(drain(&mut decoder), ["pong"]);
        decoder.push(b"\r");
        assert_eq!(drain(&mut decoder), [""; 0]);
        decoder.push(b"\n");
        assert_eq!(drain(&mut decoder), ["ping"]);
    }

    #[test]
    fn a_stream_without_content_length_is_answered_and_closed() {
        let mut decoder = StreamDecoder::new();
        decoder.push(message("").replace("Content-Length: 0\r\n", "").as_bytes());
        let dead = decoder.next().unwrap_err();
        assert_eq!(dead.response.unwrap().status, 400);
        decoder.push(message("x").as_bytes());
        assert_eq!(decoder.next().unwrap(), None);
    }

    #[test]
    fn a_body_that_is_too_long_gets_513_before_it_is_read() {
        let mut decoder = StreamDecoder::new();
        decoder.push(message("").replace("Length: 0", "Length: 10000000").as_bytes());
        assert_eq!(decoder.next().unwrap_err().response.unwrap().status, 513);
    }

    #[test]
    fn an_endless_head_and_other_protocols_are_fatal() {
        let mut decoder = StreamDecoder::new();
        decoder.push(&vec![b'a'; MAX_HEAD + 1]);
        assert_eq!(decoder.next().unwrap_err().why, WireError::HeadTooLong);
        let mut decoder = StreamDecoder::new();
        decoder.push(b"\x16\x03\x01 hello\r\n\r\n");
        assert!(decoder.next().is_err());
    }

    #[test]
    fn a_bad_request_with_a_known_length_does_not_stop_the_stream() {
        let mut decoder = StreamDecoder::new();
        decoder.push(
            message("x")
                .replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia")
                .as_bytes(),
        );
        decoder.push(message("y").as_bytes());
        let Ok(Some(Framed::Unusable(first))) = decoder.next() else {
            panic!("not refused")
        };
        assert_eq!(first.response.unwrap().status, 505);
        assert_eq!(drain(&mut decoder), ["y"]);
    }
}
