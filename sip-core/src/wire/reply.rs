//! What a transaction layer asks of a message: its identifiers, its answer, where the answer goes
//! (RFC 3261 §8.1.1, §8.2.6, §18.2.1, §18.2.2, RFC 3581).

use std::net::SocketAddr;

use bytes::Bytes;

use super::{
    Headers, Message, NameAddr, Request, Response,
    header::{CSeq, From, To, Via},
    status::reason_phrase,
};

impl Headers {
    /// The topmost Via, when it can be read.
    pub fn top_via(&self) -> Option<Via> {
        self.first()
    }

    /// The branch of the topmost Via.
    pub fn branch(&self) -> Option<String> {
        self.top_via()?.branch().map(str::to_owned)
    }

    /// The From address.
    pub fn from(&self) -> Option<NameAddr> {
        self.first::<From>().map(|from| from.0)
    }

    /// The To address.
    pub fn to(&self) -> Option<NameAddr> {
        self.first::<To>().map(|to| to.0)
    }

    /// The tag of From.
    pub fn from_tag(&self) -> Option<String> {
        self.from()?.tag().map(str::to_owned)
    }

    /// The tag of To.
    pub fn to_tag(&self) -> Option<String> {
        self.to()?.tag().map(str::to_owned)
    }

    /// The Call-ID.
    pub fn call_id(&self) -> Option<&str> {
        self.get("Call-ID").filter(|id| !id.is_empty())
    }

    /// The CSeq.
    pub fn cseq(&self) -> Option<CSeq> {
        self.first()
    }
}

impl Message {
    /// The header fields of either kind.
    pub const fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }

    /// The body of either kind.
    pub const fn body(&self) -> &Bytes {
        match self {
            Self::Request(request) => &request.body,
            Self::Response(response) => &response.body,
        }
    }
}

impl Request {
    /// A response as RFC 3261 §8.2.6 builds it: Via, From, To, Call-ID and CSeq copied, Timestamp into a 100,
    /// Record-Route into a 1xx (not 100) or 2xx that makes a dialog. The To tag is the caller's to add
    /// ([`Response::set_to_tag`]). An empty `reason` takes the registered phrase.
    pub fn response(&self, status: u16, reason: &str) -> Response {
        let mut headers = Headers::new();
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            for value in self.headers.get_all(name) {
                headers.push(name, value);
            }
        }
        if status == 100 {
            for value in self.headers.get_all("Timestamp") {
                headers.push("Timestamp", value);
            }
        }
        if (101..300).contains(&status) {
            for value in self.headers.get_all("Record-Route") {
                headers.push("Record-Route", value);
            }
        }
        let reason = if reason.is_empty() {
            reason_phrase(status)
        } else {
            reason
        };
        Response {
            status,
            reason: reason.to_owned(),
            headers,
            body: Bytes::new(),
        }
    }

    /// Notes on the topmost Via where the request really came from: `received` when the address is not the one
    /// written (§18.2.1), and the port where `rport` was asked for (RFC 3581 §4).
    pub fn stamp_source(&mut self, source: SocketAddr) {
        if let Some(mut via) = self.headers.top_via() {
            via.stamp_source(source);
            self.headers.replace_first("Via", &via.to_string());
        }
    }
}

impl Response {
    /// An answer to a request of which only header fields could be read; `None` when one that the answer must
    /// copy is missing or when the topmost Via is unreadable.
    pub(crate) fn to_headers(request: &Headers, status: u16, reason: &str) -> Option<Self> {
        request.top_via()?;
        let mut headers = Headers::new();
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            request.get(name)?;
            for value in request.get_all(name) {
                headers.push(name, value);
            }
        }
        Some(Self {
            status,
            reason: reason.to_owned(),
            headers,
            body: Bytes::new(),
        })
    }

    /// Adds a To tag when there is none.
    pub fn set_to_tag(&mut self, tag: &str) {
        if let Some(mut to) = self.headers.to()
            && to.tag().is_none()
        {
            to.params.set("tag", Some(tag));
            self.headers.set_typed(&To(to));
        }
    }

    /// Whether it is 100–199.
    pub const fn is_provisional(&self) -> bool {
        self.status < 200
    }

    /// Whether it is 200–299.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Framed, datagram};

    fn request() -> Request {
        let data = "INVITE sip:b@h SIP/2.0\r\nv: SIP/2.0/UDP p;branch=z9hG4bK2, SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bK1\r\n\
                    Record-Route: <sip:p;lr>\r\nf: <sip:a@h>;tag=f\r\nt: \"B\" <sip:b@h>\r\ni: c\r\nCSeq: 7 INVITE\r\n\
                    Timestamp: 54\r\nMax-Forwards: 70\r\n\r\n";
        match datagram(data.as_bytes()) {
            Framed::Message(Message::Request(r)) => r,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_response_copies_what_it_must() {
        let request = request();
        let mut ringing = request.response(180, "");
        ringing.set_to_tag("t");
        ringing.set_to_tag("again");
        let text = String::from_utf8(ringing.to_bytes().unwrap().to_vec()).unwrap();
        assert_eq!(
            text,
            "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP p;branch=z9hG4bK2, SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bK1\r\n\
             From: <sip:a@h>;tag=f\r\nTo: \"B\" <sip:b@h>;tag=t\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\nRecord-Route: <sip:p;lr>\r\n\
             Content-Length: 0\r\n\r\n"
        );
        assert_eq!(request.response(100, "").headers.get("Timestamp"), Some("54"));
        assert_eq!(request.response(404, "").headers.get("Record-Route"), None);
        assert_eq!(request.response(404, "Nobody").reason, "Nobody");
    }

    #[test]
    fn identifiers_are_at_hand() {
        let headers = request().headers;
        assert_eq!(headers.branch().as_deref(), Some("z9hG4bK2"));
        assert_eq!(headers.from_tag().as_deref(), Some("f"));
        assert_eq!(headers.to_tag(), None);
        assert_eq!(headers.call_id(), Some("c"));
        assert_eq!(headers.cseq().unwrap().to_string(), "7 INVITE");
    }

    #[test]
    fn the_real_source_is_noted_on_the_topmost_via_only() {
        let mut request = request();
        request.headers.pop_first("Via");
        request.stamp_source("192.0.2.9:4444".parse().unwrap());
        let via = request.headers.top_via().unwrap();
        assert_eq!(
            via.to_string(),
            "SIP/2.0/UDP 10.0.0.1:5070;rport=4444;branch=z9hG4bK1;received=192.0.2.9"
        );
    }
}
