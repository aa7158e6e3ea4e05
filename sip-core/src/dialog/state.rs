//! One dialog: identity, sequence numbers, remote target and route set (RFC 3261 §12).

use bytes::Bytes;

use crate::{
    transaction::Path,
    wire::{
        Headers, Method, NameAddr, Request, Response, Uri,
        header::{CSeq, Contact, RecordRoute},
    },
};

/// What identifies a dialog, seen from our side.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DialogId {
    /// Call-ID.
    pub call_id: String,
    /// Our tag.
    pub local_tag: String,
    /// The peer's tag; empty for peers of RFC 2543 that have none.
    pub remote_tag: String,
}

impl DialogId {
    /// The dialog an incoming request belongs to; `None` when its To has no tag.
    pub fn of_request(request: &Request) -> Option<Self> {
        Some(Self {
            call_id: request.headers.call_id()?.to_owned(),
            local_tag: request.headers.to_tag()?,
            remote_tag: request.headers.from_tag().unwrap_or_default(),
        })
    }
}

/// A request whose CSeq is lower than one before (§12.2.2): answered 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfOrder;

/// An early or confirmed dialog.
#[derive(Clone, Debug)]
pub struct Dialog {
    id: DialogId,
    local: NameAddr,
    remote: NameAddr,
    local_seq: u32,
    remote_seq: Option<u32>,
    remote_target: Uri,
    route_set: Vec<NameAddr>,
    /// Where the peer's last message came from.
    path: Path,
}

impl Dialog {
    /// The dialog a response to our INVITE makes (§12.1.2). `None` when To, Contact or CSeq are missing.
    pub fn from_response(request: &Request, response: &Response, path: Path) -> Option<Self> {
        let headers = &response.headers;
        let remote = headers.to()?;
        let local = headers.from()?;
        let mut route_set = routes(headers)?;
        route_set.reverse();
        Some(Self {
            id: DialogId {
                call_id: headers.call_id()?.to_owned(),
                local_tag: local.tag()?.to_owned(),
                remote_tag: remote.tag().unwrap_or_default().to_owned(),
            },
            local,
            remote,
            local_seq: headers.cseq()?.seq,
            remote_seq: None,
            remote_target: contact(headers).unwrap_or_else(|| request.uri.clone()),
            route_set,
            path,
        })
    }

    /// The dialog our response with `local_tag` makes (§12.1.1). `None` when From, To, CSeq or Contact
    /// are missing.
    pub fn from_request(request: &Request, local_tag: &str, path: Path) -> Option<Self> {
        let headers = &request.headers;
        let mut local = headers.to()?;
        local.params.set("tag", Some(local_tag));
        let remote = headers.from()?;
        Some(Self {
            id: DialogId {
                call_id: headers.call_id()?.to_owned(),
                local_tag: local_tag.to_owned(),
                remote_tag: remote.tag().unwrap_or_default().to_owned(),
            },
            local,
            remote_target: contact(headers)?,
            remote,
            local_seq: 0,
            remote_seq: Some(headers.cseq()?.seq),
            route_set: routes(headers)?,
            path,
        })
    }

    /// What identifies it.
    pub fn id(&self) -> &DialogId {
        &self.id
    }

    /// Where the peer's last message came from.
    pub fn path(&self) -> Path {
        self.path
    }

    /// A message came from here.
    pub fn heard_from(&mut self, path: Path) {
        self.path = path;
    }

    /// Our next request in this dialog (§12.2.1.1), without Via and Contact.
    pub fn request(&mut self, method: Method) -> Request {
        // A peer may count from our first request on: 0 would be legal but some dislike it.
        self.local_seq += 1;
        self.build(method, self.local_seq)
    }

    /// The ACK for a 2xx to the INVITE with this number (§13.2.2.4).
    pub fn ack(&self, seq: u32) -> Request {
        self.build(Method::ACK, seq)
    }

    fn build(&self, method: Method, seq: u32) -> Request {
        let mut headers = Headers::new();
        let mut uri = self.remote_target.clone();
        let strict = self.route_set.first().filter(|first| !first.uri.params.has("lr"));
        if let Some(first) = strict {
            // A strict router takes itself from the Request-URI and the target from the last Route.
            uri = first.uri.clone();
            uri.headers.clear();
            for route in self.route_set.iter().skip(1) {
                headers.push("Route", route.to_string());
            }
            headers.push("Route", NameAddr::new(self.remote_target.clone()).to_string());
        } else {
            for route in &self.route_set {
                headers.push("Route", route.to_string());
            }
        }
        headers.push("From", self.local.to_string());
        headers.push("To", self.remote.to_string());
        headers.push("Call-ID", self.id.call_id.clone());
        headers.push_typed(&CSeq::new(seq, method.clone()));
        headers.push("Max-Forwards", "70");
        Request {
            method,
            uri,
            headers,
            body: Bytes::new(),
        }
    }

    /// Where our requests go first.
    pub fn next_hop(&self) -> Uri {
        self.route_set
            .first()
            .map_or_else(|| self.remote_target.clone(), |route| route.uri.clone())
    }

    /// A request of ours left with this number after a challenge: the next one counts on from there.
    pub fn sent_as(&mut self, seq: u32) {
        self.local_seq = self.local_seq.max(seq);
    }

    /// Checks the order of an incoming request (§12.2.2).
    ///
    /// # Errors
    /// When its number is lower than one before.
    pub fn accept(&mut self, seq: u32) -> Result<(), OutOfOrder> {
        if self.remote_seq.is_some_and(|last| seq < last) {
            return Err(OutOfOrder);
        }
        self.remote_seq = Some(seq);
        Ok(())
    }

    /// Takes the Contact of a target refresh request or its 2xx (§12.2.1.2, §12.2.2).
    pub fn refresh_target(&mut self, headers: &Headers) {
        if let Some(target) = contact(headers) {
            self.remote_target = target;
        }
    }
}

fn contact(headers: &Headers) -> Option<Uri> {
    match headers.first::<Contact>()? {
        // It becomes a Request-URI, where header fields are not allowed (§19.1.1).
        Contact::Address(mut address) => {
            address.uri.headers.clear();
            Some(address.uri)
        }
        Contact::Star => None,
    }
}

fn routes(headers: &Headers) -> Option<Vec<NameAddr>> {
    let routes = headers.all::<RecordRoute>().ok()?;
    Some(routes.into_iter().map(|r| r.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        FlowId, Transport,
        wire::{Framed, Message, datagram},
    };

    fn path() -> Path {
        Path {
            flow: FlowId::from_driver(1),
            transport: Transport::Udp,
            peer: ([192, 0, 2, 1], 5060).into(),
        }
    }

    fn message(text: &str) -> Message {
        match datagram(text.replace('\n', "\r\n").as_bytes()) {
            Framed::Message(message) => message,
            other => panic!("{other:?}"),
        }
    }

    fn answered(record_routes: &str) -> Dialog {
        let common =
            "Via: SIP/2.0/UDP a;branch=z9hG4bK1\nFrom: <sip:a@a>;tag=1\nCall-ID: c\nCSeq: 7 INVITE\n";
        let Message::Request(invite) = message(&format!("INVITE sip:b@b SIP/2.0\n{common}To: <sip:b@b>\n\n"))
        else {
            panic!("not a request")
        };
        let Message::Response(ok) = message(&format!(
            "SIP/2.0 200 OK\n{common}{record_routes}To: <sip:b@b>;tag=2\nContact: <sip:b@192.0.2.9:5070>\n\n"
        )) else {
            panic!("not a response")
        };
        Dialog::from_response(&invite, &ok, path()).unwrap()
    }

    #[test]
    fn requests_count_up_and_go_to_the_contact() {
        let mut dialog = answered("");
        let bye = dialog.request(Method::BYE);
        assert_eq!(bye.uri.to_string(), "sip:b@192.0.2.9:5070");
        assert_eq!(bye.headers.cseq().unwrap().seq, 8);
        assert_eq!(bye.headers.to_tag().as_deref(), Some("2"));
        assert_eq!(dialog.ack(7).headers.get("CSeq"), Some("7 ACK"));
        assert_eq!(dialog.next_hop().to_string(), "sip:b@192.0.2.9:5070");
    }

    #[test]
    fn a_contact_cannot_put_header_fields_into_our_requests() {
        let mut dialog = answered("m: <sip:b@192.0.2.9?Replaces=1&Route=%3Csip:x%3E>\n");
        assert_eq!(dialog.request(Method::BYE).uri.to_string(), "sip:b@192.0.2.9");
    }

    #[test]
    fn loose_routers_are_passed_in_reverse_order() {
        let mut dialog = answered("Record-Route: <sip:p2;lr>, <sip:p1;lr>\n");
        let bye = dialog.request(Method::BYE);
        assert_eq!(bye.uri.to_string(), "sip:b@192.0.2.9:5070");
        let routes: Vec<_> = bye.headers.get_all("Route").collect();
        assert_eq!(routes, ["<sip:p1;lr>", "<sip:p2;lr>"]);
        assert_eq!(dialog.next_hop().to_string(), "sip:p1;lr");
    }

    #[test]
    fn a_strict_router_gets_the_target_as_the_last_route() {
        let mut dialog = answered("Record-Route: <sip:p2;lr>, <sip:p1>\n");
        let bye = dialog.request(Method::BYE);
        assert_eq!(bye.uri.to_string(), "sip:p1");
        let routes: Vec<_> = bye.headers.get_all("Route").collect();
        assert_eq!(routes, ["<sip:p2;lr>", "<sip:b@192.0.2.9:5070>"]);
    }

    #[test]
    fn old_requests_are_out_of_order_and_equal_ones_are_not() {
        let mut dialog = answered("");
        assert_eq!(dialog.accept(5), Ok(()));
        assert_eq!(dialog.accept(5), Ok(()));
        assert_eq!(dialog.accept(4), Err(OutOfOrder));
    }
}
