//! What a receiver must do with a message before any transaction sees it (RFC 3261 §8.2, §16.3, §18; RFC 4475).
//!
//! Order of the questions: can it be answered at all, is it well-formed (400, 414), is its URI one of ours (416),
//! does it ask for a method (405, 501), an extension (420), a body (415) or an answer (406) we cannot give.

use super::{
    Framed, Headers, MAX_URI, Message, Method, NameAddr, Request, Response, SyntaxError,
    header::{CSeq, Contact, ContentType, MaxForwards, Via},
};

/// What the receiver is able to do.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// Methods that are answered; known others get 405, unknown ones 501.
    pub methods: &'a [Method],
    /// Option tags that may be required.
    pub extensions: &'a [&'a str],
    /// Media types of bodies, `application/sdp`.
    pub bodies: &'a [&'a str],
    /// A proxy judges only what concerns its hop: Max-Forwards and Proxy-Require, not method and body.
    pub proxy: bool,
}

/// What to do with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on with it.
    Accept,
    /// A request that is answered at once.
    Respond {
        /// 400–699.
        status: u16,
        /// The reason phrase, saying what is wrong.
        reason: String,
        /// Header fields that belong to the answer: Allow, Unsupported, Accept, ….
        headers: Vec<(&'static str, String)>,
    },
    /// A message that is forgotten.
    Drop {
        /// Why, for the log.
        why: String,
    },
}

impl Verdict {
    fn respond(status: u16, reason: impl Into<String>) -> Self {
        Self::Respond {
            status,
            reason: reason.into(),
            headers: Vec::new(),
        }
    }

    fn with(status: u16, header: &'static str, value: String) -> Self {
        let reason = super::reason_phrase(status).to_owned();
        Self::Respond {
            status,
            reason,
            headers: vec![(header, value)],
        }
    }

    fn drop(why: impl Into<String>) -> Self {
        Self::Drop { why: why.into() }
    }

    /// The response to send, for [`Verdict::Respond`].
    pub fn response(&self, request: &Request) -> Option<Response> {
        let Self::Respond {
            status,
            reason,
            headers,
        } = self
        else {
            return None;
        };
        let mut response = request.response(*status, reason);
        for (name, value) in headers {
            response.headers.push(name, value.clone());
        }
        Some(response)
    }
}

/// Judges what came out of the framing. Keep-alives are accepted.
pub fn verdict(framed: &Framed, policy: &Policy<'_>) -> Verdict {
    match framed {
        Framed::Ping | Framed::Pong => Verdict::Accept,
        Framed::Unusable(unusable) => match &unusable.response {
            Some(response) => Verdict::respond(response.status, response.reason.clone()),
            None => Verdict::drop(unusable.why.to_string()),
        },
        Framed::Message(Message::Response(response)) => judge_response(response, policy),
        Framed::Message(Message::Request(request)) => match judge_request(request, policy) {
            // An ACK is never answered (§17).
            Verdict::Respond { reason, .. } if request.method == Method::ACK => Verdict::drop(reason),
            verdict => verdict,
        },
    }
}

fn judge_response(response: &Response, policy: &Policy<'_>) -> Verdict {
    let headers = &response.headers;
    match headers.all::<Via>() {
        Err(e) => return Verdict::drop(e.to_string()),
        Ok(vias) if vias.is_empty() => return Verdict::drop("no Via"),
        // Somebody else's response (§8.1.3.3).
        Ok(vias) if vias.len() > 1 && !policy.proxy => return Verdict::drop("more than one Via"),
        Ok(_) => {}
    }
    match common_fault(headers) {
        Some(fault) => Verdict::drop(fault),
        None => Verdict::Accept,
    }
}

/// A missing, repeated or malformed field that every message needs.
fn common_fault(headers: &Headers) -> Option<String> {
    for name in ["From", "To", "Call-ID", "CSeq"] {
        match headers.get_all(name).count() {
            0 => return Some(format!("Missing {name}")),
            1 => {}
            _ => return Some(format!("More Than One {name}")),
        }
    }
    if headers.call_id().is_none() {
        return Some("Empty Call-ID".into());
    }
    let address = |name| headers.get(name).and_then(|v| NameAddr::parse(v).err());
    let bad = |name: &str, e: SyntaxError| format!("Bad {name}: {}", e.problem);
    if let Some(e) = address("From") {
        return Some(bad("From", e));
    }
    if let Some(e) = address("To") {
        return Some(bad("To", e));
    }
    headers
        .typed::<CSeq>()
        .and_then(Result::err)
        .map(|e| bad("CSeq", e))
}

fn judge_request(request: &Request, policy: &Policy<'_>) -> Verdict {
    let headers = &request.headers;
    if headers.top_via().is_none() {
        return Verdict::drop("no Via to answer along");
    }
    if let Some(fault) = request_fault(request) {
        return Verdict::respond(400, fault);
    }
    if request.uri.to_string().len() > MAX_URI {
        return Verdict::respond(414, "");
    }
    let scheme_ok = request.uri.is_sip() || request.uri.scheme == "tel";
    if !scheme_ok {
        return Verdict::respond(416, super::reason_phrase(416));
    }
    if policy.proxy {
        judge_hop(request, policy)
    } else {
        judge_end(request, policy)
    }
}

fn request_fault(request: &Request) -> Option<String> {
    let headers = &request.headers;
    if let Some(fault) = common_fault(headers) {
        return Some(fault);
    }
    if let Err(e) = headers.all::<Via>() {
        return Some(format!("Bad Via: {}", e.problem));
    }
    if headers.cseq().is_some_and(|c| c.method != request.method) {
        return Some("CSeq Method Does Not Match".into());
    }
    // §19.1.1: headers are not allowed in a Request-URI.
    if !request.uri.headers.is_empty() {
        return Some("Request-URI With Headers".into());
    }
    if headers.get_all("Max-Forwards").count() > 1 {
        return Some("More Than One Max-Forwards".into());
    }
    if let Some(Err(e)) = headers.typed::<MaxForwards>() {
        return Some(format!("Bad Max-Forwards: {}", e.problem));
    }
    let contacts = match headers.all::<Contact>() {
        Ok(contacts) => contacts,
        Err(e) => return Some(format!("Bad Contact: {}", e.problem)),
    };
    if contacts.contains(&Contact::Star) && (contacts.len() > 1 || request.method != Method::REGISTER) {
        return Some("Bad Contact: * stands alone, in REGISTER only".into());
    }
    if request.method == Method::INVITE && contacts.len() > 1 {
        return Some("More Than One Contact".into());
    }
    if let Some(Err(e)) = headers.typed::<ContentType>() {
        return Some(format!("Bad Content-Type: {}", e.problem));
    }
    None
}

/// §16.3.
fn judge_hop(request: &Request, policy: &Policy<'_>) -> Verdict {
    if request.headers.first::<MaxForwards>() == Some(MaxForwards(0)) {
        return Verdict::respond(483, super::reason_phrase(483));
    }
    match unknown_extensions(request, "Proxy-Require", policy) {
        Some(list) => Verdict::with(420, "Unsupported", list),
        None => Verdict::Accept,
    }
}

/// §8.2.1–8.2.3.
fn judge_end(request: &Request, policy: &Policy<'_>) -> Verdict {
    let headers = &request.headers;
    if !policy.methods.contains(&request.method) {
        let status = if matches!(request.method, Method::Known(_)) {
            405
        } else {
            501
        };
        let allow: Vec<_> = policy.methods.iter().map(Method::to_string).collect();
        return Verdict::with(status, "Allow", allow.join(", "));
    }
    if request.method == Method::CANCEL {
        // Require means nothing in CANCEL (§8.2.2.3), and it has no body.
        return Verdict::Accept;
    }
    if let Some(list) = unknown_extensions(request, "Require", policy) {
        return Verdict::with(420, "Unsupported", list);
    }
    let optional = headers.get("Content-Disposition").is_some_and(|d| {
        d.to_ascii_lowercase()
            .replace(' ', "")
            .contains("handling=optional")
    });
    if !request.body.is_empty() && !optional {
        if headers
            .values("Content-Encoding")
            .any(|e| !e.eq_ignore_ascii_case("identity"))
        {
            return Verdict::with(415, "Accept-Encoding", "identity".into());
        }
        let known = headers.first::<ContentType>().is_none_or(|t| {
            policy
                .bodies
                .iter()
                .any(|b| b.eq_ignore_ascii_case(&t.media_type))
        });
        if !known {
            return Verdict::with(415, "Accept", policy.bodies.join(", "));
        }
    }
    if request.method == Method::INVITE && !accepts_sdp(request) {
        return Verdict::respond(406, super::reason_phrase(406));
    }
    Verdict::Accept
}

fn unknown_extensions(request: &Request, header: &str, policy: &Policy<'_>) -> Option<String> {
    let unknown: Vec<_> = request
        .headers
        .values(header)
        .filter(|tag| {
            !policy
                .extensions
                .iter()
                .any(|known| known.eq_ignore_ascii_case(tag))
        })
        .collect();
    (!unknown.is_empty()).then(|| unknown.join(", "))
}

/// The answer to an INVITE is SDP; no Accept means that is fine (§20.1).
fn accepts_sdp(request: &Request) -> bool {
    let mut ranges = request.headers.values("Accept").peekable();
    ranges.peek().is_none()
        || ranges.any(|range| {
            let media_type = range.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
            matches!(media_type.as_str(), "application/sdp" | "application/*" | "*/*")
        })
}

#[cfg(test)]
mod tests {
    use super::{super::datagram, *};

    const PHONE: Policy<'_> = Policy {
        methods: &[
            Method::INVITE,
            Method::ACK,
            Method::CANCEL,
            Method::BYE,
            Method::OPTIONS,
        ],
        extensions: &["100rel"],
        bodies: &["application/sdp"],
        proxy: false,
    };

    fn judge(request_line: &str, extra: &str, policy: &Policy<'_>) -> Verdict {
        let method = request_line.split(' ').next().unwrap();
        let data = format!(
            "{request_line}\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:b@h>\r\n\
             Call-ID: 1\r\nCSeq: 1 {method}\r\nMax-Forwards: 0\r\n{extra}\r\n"
        );
        verdict(&datagram(data.as_bytes()), policy)
    }

    fn status(request_line: &str, extra: &str) -> (u16, Vec<(&'static str, String)>) {
        match judge(request_line, extra, &PHONE) {
            Verdict::Respond { status, headers, .. } => (status, headers),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn known_and_unknown_methods_are_told_what_is_allowed() {
        let allow = vec![("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS".to_owned())];
        assert_eq!(status("PUBLISH sip:b@h SIP/2.0", ""), (405, allow.clone()));
        assert_eq!(status("DANCE sip:b@h SIP/2.0", ""), (501, allow));
    }

    #[test]
    fn extensions_bodies_and_answers_we_lack() {
        assert_eq!(
            status("OPTIONS sip:b@h SIP/2.0", "Require: 100rel, x, y\r\n"),
            (420, vec![("Unsupported", "x, y".into())])
        );
        assert_eq!(
            judge("CANCEL sip:b@h SIP/2.0", "Require: x\r\n", &PHONE),
            Verdict::Accept
        );
        let body = "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx";
        assert_eq!(
            status("INVITE sip:b@h SIP/2.0", body),
            (415, vec![("Accept", "application/sdp".into())])
        );
        let gzip = "Content-Type: application/sdp\r\ne: gzip\r\nContent-Length: 1\r\n\r\nx";
        assert_eq!(
            status("INVITE sip:b@h SIP/2.0", gzip),
            (415, vec![("Accept-Encoding", "identity".into())])
        );
        let optional = format!("Content-Disposition: render; handling=optional\r\n{body}");
        assert_eq!(
            judge("INVITE sip:b@h SIP/2.0", &optional, &PHONE),
            Verdict::Accept
        );
        assert_eq!(status("INVITE sip:b@h SIP/2.0", "Accept: text/plain\r\n").0, 406);
        assert_eq!(
            judge(
                "INVITE sip:b@h SIP/2.0",
                "Accept: text/plain, application/*;q=0.5\r\n",
                &PHONE
            ),
            Verdict::Accept
        );
    }

    #[test]
    fn long_and_foreign_request_uris() {
        assert_eq!(
            status(&format!("OPTIONS sip:{}@h SIP/2.0", "a".repeat(5000)), "").0,
            414
        );
        assert_eq!(status("OPTIONS mailto:a@h SIP/2.0", "").0, 416);
        assert_eq!(judge("OPTIONS tel:+1201 SIP/2.0", "", &PHONE), Verdict::Accept);
    }

    #[test]
    fn malformed_fields_are_named() {
        for (extra, reason) in [
            ("To: <sip:c@h>\r\n", "More Than One To"),
            ("Contact: <sip:a\r\n", "Bad Contact: < is not closed"),
            ("Contact: *\r\n", "Bad Contact: * stands alone, in REGISTER only"),
            ("Max-Forwards: 1\r\n", "More Than One Max-Forwards"),
            ("Via: junk\r\n", "Bad Via: does not start with SIP/2.0/transport"),
        ] {
            let got = judge("OPTIONS sip:b@h SIP/2.0", extra, &PHONE);
            assert_eq!(got, Verdict::respond(400, reason));
            let ack = judge("ACK sip:b@h SIP/2.0", extra, &PHONE);
            assert_eq!(ack, Verdict::drop(reason), "an ACK is never answered");
        }
    }

    #[test]
    fn a_proxy_minds_only_its_hop() {
        let proxy = Policy { proxy: true, ..PHONE };
        let got = judge("DANCE sip:b@h SIP/2.0", "", &proxy);
        assert!(matches!(got, Verdict::Respond { status: 483, .. }));
        assert_eq!(judge("OPTIONS sip:b@h SIP/2.0", "", &PHONE), Verdict::Accept);
    }

    #[test]
    fn the_response_carries_what_it_should() {
        let data = b"DANCE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 DANCE\r\n\r\n";
        let framed = datagram(data);
        let Framed::Message(Message::Request(request)) = &framed else {
            panic!("{framed:?}")
        };
        let response = verdict(&framed, &PHONE).response(request).unwrap();
        assert_eq!(
            (response.status, response.reason.as_str()),
            (501, "Not Implemented")
        );
        assert!(response.headers.get("Allow").is_some());
    }
}
