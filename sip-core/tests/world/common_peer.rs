//! A scripted peer: what it heard, and what it answers.

use std::net::SocketAddr;

use bytes::Bytes;
use sip_core::{
    Transport,
    testkit::{NodeId, Raw, World},
    wire::{Message, Method, Request, Response},
};

/// A peer at 192.0.2.9 that only does what it is told.
#[derive(Clone, Copy)]
pub(crate) struct Peer(NodeId);

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
                   m=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

impl Peer {
    pub(crate) fn add(world: &mut World) -> Self {
        Self::at(world, "192.0.2.9:5060")
    }

    pub(crate) fn at(world: &mut World, address: &str) -> Self {
        Self(world.add(Raw::default(), address, &[Transport::Udp]))
    }

    pub(crate) fn says(self, world: &mut World, bytes: Bytes) {
        let to = SocketAddr::from(([192, 0, 2, 1], 5060));
        world.command::<Raw>(self.0, (to, bytes));
    }

    pub(crate) fn answers(self, world: &mut World, response: Response) {
        self.says(world, response.to_bytes().unwrap());
    }

    /// Every request heard with this method.
    pub(crate) fn heard(self, world: &mut World, method: Method) -> Vec<Request> {
        let seat = world.seat::<Raw>(self.0);
        let request = |(_, (_, message)): &(_, (SocketAddr, Message))| match message {
            Message::Request(r) if r.method == method => Some(r.clone()),
            _ => None,
        };
        seat.events.iter().filter_map(request).collect()
    }

    pub(crate) fn last(self, world: &mut World, method: Method) -> Request {
        self.heard(world, method.clone())
            .pop()
            .unwrap_or_else(|| panic!("no {method} was heard"))
    }

    /// The To tag of the last response heard.
    pub(crate) fn last_to_tag(self, world: &mut World) -> String {
        let seat = world.seat::<Raw>(self.0);
        let tag = |(_, (_, message)): &(_, (SocketAddr, Message))| match message {
            Message::Response(r) => r.headers.to_tag(),
            Message::Request(_) => None,
        };
        seat.events
            .iter()
            .rev()
            .find_map(tag)
            .expect("no response was heard")
    }

    /// Status of every response heard.
    pub(crate) fn statuses(self, world: &mut World) -> Vec<u16> {
        let seat = world.seat::<Raw>(self.0);
        let status = |(_, (_, message)): &(_, (SocketAddr, Message))| match message {
            Message::Response(r) => Some(r.status),
            Message::Request(_) => None,
        };
        seat.events.iter().filter_map(status).collect()
    }
}

/// A response with a To tag and our contact; with a description when it is wanted.
pub(crate) fn response(request: &Request, status: u16, tag: &str, sdp: bool) -> Response {
    let mut response = request.response(status, "");
    response.set_to_tag(tag);
    response.headers.push("Contact", "<sip:peer@192.0.2.9>");
    if sdp {
        response.headers.push("Content-Type", "application/sdp");
        response.body = Bytes::from(SDP);
    }
    response
}

/// A request of the peer to our phone, with further header lines and a body.
pub(crate) fn request(method: &str, branch: &str, extra: &str, body: &str) -> Bytes {
    Bytes::from(format!(
        "{method} sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{branch};rport\r\n\
         From: <sip:peer@192.0.2.9>;tag=p\r\nTo: <sip:a@192.0.2.1>\r\nCall-ID: {branch}\r\nCSeq: 1 {method}\r\n\
         Contact: <sip:peer@192.0.2.9>\r\nMax-Forwards: 70\r\n{extra}Content-Length: {}\r\n\r\n{body}",
        body.len()
    ))
}

/// An INVITE of the peer.
pub(crate) fn invite(branch: &str, extra: &str) -> Bytes {
    let extra = format!("{extra}Content-Type: application/sdp\r\n");
    request("INVITE", branch, &extra, SDP)
}
