//! The messages of RFC 4475 and RFC 5118 and what a phone that is also a registrar must do with each.
#![allow(clippy::unwrap_used, reason = "test helpers fail loudly")]

use sip_core::wire::{Framed, Method, Policy, Verdict, datagram, verdict};

/// What is expected: accepted, answered with a status, or dropped.
#[derive(Debug, PartialEq)]
enum Expect {
    Accept,
    Status(u16),
    Drop,
}
use Expect::{Accept, Drop, Status};

const POLICY: Policy<'_> = Policy {
    methods: &[
        Method::INVITE,
        Method::ACK,
        Method::CANCEL,
        Method::BYE,
        Method::OPTIONS,
        Method::REGISTER,
        Method::MESSAGE,
    ],
    extensions: &[],
    bodies: &["application/sdp", "multipart/mixed", "text/plain"],
    proxy: false,
};

/// File, verdict. The comment is the RFC's reason.
const RFC_4475: &[(&str, Expect)] = &[
    // 3.1.1 Valid messages.
    ("wsinv", Accept), // 3.1.1.1 a short tortuous INVITE: folding and white space everywhere
    ("intmeth", Status(501)), // 3.1.1.2 well-formed; its method is known to nobody
    ("esc01", Accept), // 3.1.1.3 valid use of % escapes
    ("escnull", Accept), // 3.1.1.4 escaped NULs in URIs
    ("esc02", Status(501)), // 3.1.1.5 % in a method is no escape: not REGISTER but an unknown method
    ("lwsdisp", Accept), // 3.1.1.6 no white space between display name and <
    ("longreq", Accept), // 3.1.1.7 long values in header fields
    ("dblreq", Accept), // 3.1.1.8 extra octets after the message in a datagram are ignored
    ("semiuri", Accept), // 3.1.1.9 semicolon-separated parameters in the user part
    ("transports", Accept), // 3.1.1.10 varied and unknown transports in Via
    ("mpart01", Accept), // 3.1.1.11 multipart MESSAGE with binary parts
    ("unreason", Accept), // 3.1.1.12 UTF-8 reason phrase
    ("noreason", Accept), // 3.1.1.13 empty reason phrase
    // 3.1.2 Invalid messages.
    ("badinv01", Status(400)),   // 3.1.2.1 extraneous separators in Via
    ("clerr", Status(400)),      // 3.1.2.2 Content-Length larger than the datagram
    ("ncl", Status(400)),        // 3.1.2.3 negative Content-Length
    ("scalar02", Status(400)),   // 3.1.2.4 request scalars out of range
    ("scalarlg", Drop),          // 3.1.2.5 response scalars out of range
    ("quotbal", Status(400)),    // 3.1.2.6 unterminated quoted string in To
    ("ltgtruri", Status(400)),   // 3.1.2.7 <> around the Request-URI
    ("lwsruri", Status(400)),    // 3.1.2.8 white space within the Request-URI
    ("lwsstart", Status(400)),   // 3.1.2.9 more than one space in the request line
    ("trws", Status(400)),       // 3.1.2.10 spaces at the end of the request line
    ("escruri", Status(400)),    // 3.1.2.11 escaped headers in the Request-URI
    ("baddate", Accept),         // 3.1.2.12 Date is not in GMT; nobody here needs it, so it is ignored
    ("regbadct", Status(400)),   // 3.1.2.13 Contact with ? needs angle brackets
    ("badaspec", Accept),        // 3.1.2.14 spaces within <>: a liberal element may ignore them
    ("baddn", Accept),           // 3.1.2.15 unquoted comma in a display name: may be inferred
    ("badvers", Status(505)),    // 3.1.2.16 SIP/7.0
    ("mismatch01", Status(400)), // 3.1.2.17 method in start line and CSeq differ
    ("mismatch02", Status(400)), // 3.1.2.18 the same with an unknown method
    ("bigcode", Drop),           // 3.1.2.19 status code overflows
    // 3.2 Transaction layer semantics.
    ("badbranch", Accept), // 3.2.1 branch is the cookie alone: matched as RFC 2543 does
    // 3.3 Application layer semantics.
    ("insuf", Status(400)),   // 3.3.1 From, To and Call-ID are missing
    ("unkscm", Status(416)),  // 3.3.2 unknown scheme in the Request-URI
    ("novelsc", Status(416)), // 3.3.3 known scheme that is not for SIP
    ("unksm2", Accept),       // 3.3.4 unknown schemes in To, From and Contact: the registrar's to judge
    ("bext01", Status(420)),  // 3.3.5 unknown extensions required
    ("invut", Status(415)),   // 3.3.6 unknown content type
    ("regaut01", Accept),     // 3.3.7 unknown authorization scheme: challenged like a request without any
    ("multi01", Status(400)), // 3.3.8 singleton header fields twice
    ("mcl01", Status(400)),   // 3.3.9 two different Content-Lengths
    ("bcast", Drop),          // 3.3.10 200 OK that belongs to somebody else
    ("zeromf", Accept),       // 3.3.11 Max-Forwards 0 at its target
    ("cparam01", Accept),     // 3.3.12 parameter after a URI without <> is the Contact's
    ("cparam02", Accept),     // 3.3.13 parameter inside <> is the URI's
    ("regescrt", Accept),     // 3.3.14 ?headers in a Contact URI
    ("sdp01", Status(406)),   // 3.3.15 Accept without anything we could answer with
    // 3.4 Backward compatibility.
    ("inv2543", Accept), // 3.4.1 no branch, no tag, no Max-Forwards, no Content-Length
];

const RFC_5118: &[(&str, Expect)] = &[
    ("4.1_ipv6-good", Accept),
    ("4.2_ipv6-bad", Status(400)),  // IPv6 in the Request-URI without brackets
    ("4.3_port-ambiguous", Accept), // the port got into the brackets: an address nobody meant, but valid
    ("4.4_port-unambiguous", Accept),
    ("4.5_via-received-param-no-delim", Accept), // both spellings of received are to be understood
    ("4.5_via-received-param-with-delim", Accept),
    ("4.6_ipv6-in-sdp", Status(400)), // the stored body is shorter than its Content-Length; see below
    ("4.7_mult-ip-in-header", Accept),
    ("4.8_mult-ip-in-sdp", Status(400)), // the same
    ("4.9_ipv4-mapped-ipv6", Accept),
    ("4.10_ipv6-bug-abnf-3-colons", Accept), // three colons come from an error in RFC 3261's grammar
    ("4.10_ipv6-correct-abnf-2-colons", Accept),
];

fn read(folder: &str, file: &str) -> Vec<u8> {
    let path = format!("{}/testdata/{folder}/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn judge(data: &[u8]) -> (Expect, Framed) {
    let framed = datagram(data);
    let got = match verdict(&framed, &POLICY) {
        Verdict::Accept => Accept,
        Verdict::Respond { status, .. } => Status(status),
        Verdict::Drop { .. } => Drop,
    };
    (got, framed)
}

fn check(folder: &str, extension: &str, table: &[(&str, Expect)]) {
    let mut wrong = Vec::new();
    for (name, expected) in table {
        let (got, _) = judge(&read(folder, &format!("{name}.{extension}")));
        if got != *expected {
            wrong.push(format!("{name}: {got:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let path = format!("{}/testdata/{folder}", env!("CARGO_MANIFEST_DIR"));
    assert_eq!(
        std::fs::read_dir(path).unwrap().count(),
        table.len(),
        "every file has its verdict"
    );
}

#[test]
fn every_message_of_rfc_4475_gets_its_verdict() {
    check("rfc4475", "dat", RFC_4475);
}

#[test]
fn every_message_of_rfc_5118_gets_its_verdict() {
    check("rfc5118", "sip", RFC_5118);
}

/// What was accepted survives being written and read again, field by field.
#[test]
fn accepted_messages_round_trip() {
    for (folder, extension, table) in [("rfc4475", "dat", RFC_4475), ("rfc5118", "sip", RFC_5118)] {
        for (name, _) in table {
            let (_, framed) = judge(&read(folder, &format!("{name}.{extension}")));
            if let Framed::Message(message) = &framed {
                let bytes = message.to_bytes().unwrap_or_else(|e| panic!("{name}: {e}"));
                assert_eq!(datagram(&bytes), framed, "{name}");
            }
        }
    }
}

/// The session descriptions of RFC 5118 §4.6 and §4.8 are fine once their Content-Length is right.
#[test]
fn ipv6_in_session_descriptions_is_understood() {
    for name in ["4.6_ipv6-in-sdp", "4.8_mult-ip-in-sdp"] {
        let text = String::from_utf8(read("rfc5118", &format!("{name}.sip"))).unwrap();
        let kept: Vec<_> = text
            .lines()
            .filter(|l| !l.starts_with("Content-Length"))
            .collect();
        let (got, framed) = judge(kept.join("\r\n").as_bytes());
        assert_eq!(got, Accept, "{name}");
        let Framed::Message(message) = framed else {
            panic!("{name}")
        };
        let direction = sip_core::sdp::offered_direction(message.body());
        assert_eq!(direction, Ok(sip_core::sdp::Direction::SendRecv), "{name}");
    }
}
