//! Requests that follow from an INVITE: ACK for a failure, CANCEL.

use bytes::Bytes;

use crate::wire::{Headers, Method, Request, Response};

/// The ACK for a 300–699 response (RFC 3261 §17.1.1.3): the INVITE's branch, the response's To.
pub(super) fn ack_for_failure(invite: &Request, response: &Response) -> Request {
    let to = response.headers.get("To").or_else(|| invite.headers.get("To"));
    follow(invite, Method::ACK, to)
}

/// The CANCEL for an INVITE (§9.1): the same branch, Request-URI, To, From, Call-ID and Route.
pub(super) fn cancel(invite: &Request) -> Request {
    follow(invite, Method::CANCEL, invite.headers.get("To"))
}

fn follow(invite: &Request, method: Method, to: Option<&str>) -> Request {
    let mut headers = Headers::new();
    if let Some(via) = invite.headers.values("Via").next() {
        headers.push("Via", via);
    }
    for name in ["Route", "From"] {
        for value in invite.headers.get_all(name) {
            headers.push(name, value);
        }
    }
    if let Some(to) = to {
        headers.push("To", to);
    }
    for name in ["Call-ID", "User-Agent"] {
        if let Some(value) = invite.headers.get(name) {
            headers.push(name, value);
        }
    }
    headers.push("Max-Forwards", "70");
    if let Some(number) = invite
        .headers
        .get("CSeq")
        .and_then(|v| v.split_whitespace().next())
    {
        headers.push("CSeq", format!("{number} {method}"));
    }
    Request {
        method,
        uri: invite.uri.clone(),
        headers,
        body: Bytes::new(),
    }
}
