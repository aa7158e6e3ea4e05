//! `rsip::SipMessage::try_from` as an oracle: where it and our parser agree and, pinned one by one, where not and why.
//! A difference that disappears (a new `rsip`) or a new one fails here.
#![allow(clippy::unwrap_used, reason = "test helpers fail loudly")]

use sip_core::wire::{Framed, Message, NameAddr, datagram};

const HEAD: &str = "INVITE sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/UDP a.example.com;branch=z9hG4bK1\r\n\
                    From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n";

fn ours(data: &[u8]) -> Option<Message> {
    match datagram(data) {
        Framed::Message(message) => Some(message),
        _ => None,
    }
}

fn theirs(data: &[u8]) -> Option<rsip::SipMessage> {
    rsip::SipMessage::try_from(data).ok()
}

/// Messages that both take, with the same start line, headers in order, and body.
#[test]
fn plain_messages_are_read_alike() {
    for data in [
        format!(
            "{HEAD}Max-Forwards: 70\r\nContact: <sip:a@192.0.2.1:5061>\r\nContent-Length: 4\r\n\r\nv=0\n"
        ),
        format!("{HEAD}Content-Length: 0\r\n\r\n"),
        HEAD.replace("INVITE sip:b@example.com SIP/2.0", "SIP/2.0 200 OK") + "Content-Length: 0\r\n\r\n",
        HEAD.replace("INVITE sip:b@example.com SIP/2.0", "SIP/2.0 486 Busy Here")
            + "X-Note: a: b\r\nContent-Length: 0\r\n\r\n",
    ] {
        let ours = ours(data.as_bytes()).unwrap();
        let theirs = theirs(data.as_bytes()).unwrap();
        let (headers, body) = match (&ours, &theirs) {
            (Message::Request(a), rsip::SipMessage::Request(b)) => {
                assert_eq!(a.method.to_string(), b.method.to_string());
                assert_eq!(a.uri.to_string(), b.uri.to_string());
                (&b.headers, &b.body)
            }
            (Message::Response(a), rsip::SipMessage::Response(b)) => {
                assert_eq!(a.status, b.status_code.code());
                (&b.headers, &b.body)
            }
            pair => panic!("{pair:?}"),
        };
        let theirs: Vec<_> = headers
            .iter()
            .map(ToString::to_string)
            .filter(|h| !h.starts_with("Content-Length"))
            .collect();
        let mine: Vec<_> = ours
            .headers()
            .iter()
            .map(|(n, v)| format!("{}: {v}", n.as_str()))
            .collect();
        assert_eq!(mine, theirs);
        assert_eq!(ours.body(), &body[..]);
    }
}

/// What each side makes of a message: taken or not.
struct Pin {
    why: &'static str,
    data: String,
    ours: bool,
    theirs: bool,
}

fn pin(why: &'static str, data: String, ours: bool, theirs: bool) -> Pin {
    Pin {
        why,
        data,
        ours,
        theirs,
    }
}

#[test]
fn every_difference_in_what_is_taken_is_known() {
    let request = |uri: &str| HEAD.replacen("sip:b@example.com", uri, 1) + "\r\n";
    let method = |m: &str| HEAD.replace("INVITE", m) + "\r\n";
    let with = |line: &str| format!("{HEAD}{line}\r\n\r\n");
    let pins = [
        pin(
            "folded lines (RFC 3261 §7.3.1)",
            with("Subject: a\r\n b"),
            true,
            false,
        ),
        pin(
            "white space before the colon (HCOLON)",
            with("Subject : a"),
            true,
            false,
        ),
        pin("leading CRLF (§7.5)", format!("\r\n{HEAD}\r\n"), true, false),
        pin(
            "lines that end in LF alone",
            format!("{HEAD}\r\n").replace("\r\n", "\n"),
            true,
            false,
        ),
        pin("extension methods (§7.1)", method("DANCE"), true, false),
        pin("IPv6 Request-URI", request("sip:b@[2001:db8::1]"), true, false),
        pin("tel: Request-URI", request("tel:+12015550123"), true, false),
        pin(
            "unknown transport parameter",
            request("sip:b@example.com;transport=carrier-pigeon"),
            true,
            false,
        ),
        pin("no empty line: the head may be cut off", HEAD.into(), false, true),
        pin(
            "body shorter than Content-Length",
            with("Content-Length: 99"),
            false,
            true,
        ),
        pin("negative Content-Length", with("Content-Length: -1"), false, true),
        pin(
            "two different Content-Lengths",
            with("Content-Length: 0\r\nContent-Length: 5"),
            false,
            true,
        ),
        pin(
            "SIP/7.0 is answered 505",
            method("INVITE").replace("com SIP/2.0", "com SIP/7.0"),
            false,
            false,
        ),
        pin(
            "status code above 699",
            HEAD.replace("INVITE sip:b@example.com SIP/2.0", "SIP/2.0 999 X") + "\r\n",
            false,
            true,
        ),
        pin(
            "more than 128 header lines",
            with(&vec!["X: 1"; 200].join("\r\n")),
            false,
            true,
        ),
    ];
    let wrong: Vec<_> = pins
        .iter()
        .filter_map(|p| {
            let got = (
                ours(p.data.as_bytes()).is_some(),
                theirs(p.data.as_bytes()).is_some(),
            );
            (got != (p.ours, p.theirs)).then(|| format!("{}: ours and theirs took it: {got:?}", p.why))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Taken by both, understood differently: ours is right, theirs is pinned.
#[test]
fn every_difference_in_what_is_understood_is_known() {
    let both = |data: &str| match (ours(data.as_bytes()), theirs(data.as_bytes())) {
        (Some(Message::Request(a)), Some(rsip::SipMessage::Request(b))) => (a, b),
        pair => panic!("{pair:?}"),
    };
    // A dot belongs to the user.
    let (a, b) = both(&(HEAD.replacen("sip:b@", "sip:first.last@", 1) + "\r\n"));
    assert_eq!(a.uri.user.as_deref(), Some("first.last"));
    assert_eq!(b.uri.auth.map(|auth| auth.user), None);
    // Methods are case-sensitive: `invite` is an unknown method, not INVITE.
    let (a, b) = both(&(HEAD.replace("INVITE", "invite") + "\r\n"));
    assert_eq!(a.method.to_string(), "invite");
    assert_eq!(b.method, rsip::Method::Invite);
    // Content-Length ends the body.
    let (a, b) = both(&format!("{HEAD}Content-Length: 1\r\n\r\nab"));
    assert_eq!((&a.body[..], &b.body[..]), (&b"a"[..], &b"ab"[..]));
    // Compact names are the same fields.
    let (a, b) = both(&format!("{HEAD}m: <sip:a@h>\r\n\r\n"));
    assert_eq!(a.headers.get("Contact"), Some("<sip:a@h>"));
    assert!(
        b.headers
            .iter()
            .any(|h| matches!(h, rsip::Header::Other(n, _) if n == "m"))
    );
    // Display names lose their quotes.
    assert_eq!(
        NameAddr::parse("\"A\" <sip:a@h>")
            .unwrap()
            .display_name
            .as_deref(),
        Some("A")
    );
}
