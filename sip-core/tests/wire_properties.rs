//! What holds for any input: nothing panics, what is written reads back, what is cut comes together again.
#![allow(clippy::unwrap_used, reason = "test helpers fail loudly")]

use proptest::prelude::*;
use sip_core::{
    sdp,
    wire::{
        Framed, Host, Message, Method, NameAddr, Params, Policy, StreamDecoder, Uri, datagram, header::*,
        verdict,
    },
};

const POLICY: Policy<'_> = Policy {
    methods: &[Method::INVITE, Method::ACK],
    extensions: &[],
    bodies: &["application/sdp"],
    proxy: false,
};

const VALID: &str = "INVITE sip:b@example.com;transport=tcp SIP/2.0\r\n\
    Via: SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bK1;rport, SIP/2.0/TCP b;branch=z9hG4bK2\r\n\
    From: \"A \\\"B\\\"\" <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n\
    Contact: <sip:a@h?Replaces=1%3Bto-tag%3D2>;expires=5;q=0.3\r\nSupported: timer,\r\n replaces\r\n\
    Authorization: Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:h\", response=\"x\", nc=00000001\r\n\
    Session-Expires: 90;refresher=uac\r\nDate: Sat, 13 Nov 2010 23:29:00 GMT\r\nReason: SIP;cause=200;text=\"x\"\r\n\
    Content-Type: application/sdp\r\nContent-Length: 104\r\n\r\n\
    v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 96\r\na=rtpmap:96 opus/48000/2";

/// Asks everything of a message that the stack may ask.
fn poke(data: &[u8]) {
    let framed = datagram(data);
    let judged = verdict(&framed, &POLICY);
    let Framed::Message(message) = framed else { return };
    let headers = message.headers();
    let _ = (
        headers.branch(),
        headers.from_tag(),
        headers.to_tag(),
        headers.cseq(),
        contacts(headers),
    );
    let _ = (
        headers.first::<Reason>(),
        headers.first::<Replaces>(),
        headers.first::<SessionExpires>(),
    );
    let _ = (
        headers.first::<Event>(),
        headers.first::<SubscriptionState>(),
        headers.first::<RAck>(),
    );
    let _ = (
        headers.first::<Date>(),
        headers.first::<Warning>(),
        headers.first::<Timestamp>(),
    );
    let _ = (
        headers.first::<RetryAfter>(),
        headers.first::<AlertInfo>(),
        headers.first::<ReferTo>(),
    );
    let _ = (
        headers.all::<Route>(),
        headers.all::<RecordRoute>(),
        headers.all::<Supported>(),
    );
    let _ = Credentials::all(headers, "Authorization");
    let _ = sdp::offered_direction(message.body());
    if let Message::Request(mut request) = message.clone() {
        request.stamp_source("192.0.2.1:5".parse().unwrap());
        let _ = judged.response(&request).map(|r| r.to_bytes());
    }
    // What was read can be written, and reads back the same.
    let bytes = message
        .to_bytes()
        .expect("a message that was read can be written");
    assert_eq!(datagram(&bytes), Framed::Message(message));
}

fn contacts(headers: &sip_core::wire::Headers) -> bool {
    headers
        .all::<Contact>()
        .is_ok_and(|all| all.iter().all(|c| c.q() <= 1000 && c.expires() != Some(u32::MAX)))
}

fn token() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9.!*_+-]{1,12}"
}

fn host() -> impl Strategy<Value = Host> {
    prop_oneof![
        "[a-z][a-z0-9-]{0,8}(\\.[a-z]{2,5}){0,2}".prop_map(|n| Host::parse(&n).unwrap()),
        any::<std::net::Ipv4Addr>().prop_map(|ip| Host::Ip(ip.into())),
        any::<std::net::Ipv6Addr>().prop_map(|ip| Host::Ip(ip.into())),
    ]
}

fn params() -> impl Strategy<Value = Params> {
    prop::collection::vec((token(), prop::option::of("\\PC{1,8}")), 0..4).prop_map(|list| {
        let mut params = Params::new();
        for (name, value) in list {
            params.set(&name, value.as_deref());
        }
        params
    })
}

fn uri() -> impl Strategy<Value = Uri> {
    let headers = prop::collection::vec((token(), "\\PC{1,12}"), 0..3);
    (
        any::<bool>(),
        prop::option::of("\\PC{1,16}"),
        host(),
        any::<Option<u16>>(),
        params(),
        headers,
    )
        .prop_map(|(secure, user, host, port, params, headers)| {
            let mut uri = Uri::sip(user.as_deref(), host, port);
            uri.scheme = if secure { "sips".into() } else { "sip".into() };
            uri.params = params;
            uri.headers = headers;
            uri
        })
}

proptest! {
    #[test]
    fn any_bytes_are_harmless(data in prop::collection::vec(any::<u8>(), 0..600)) {
        poke(&data);
        let mut decoder = StreamDecoder::new();
        decoder.push(&data);
        while let Ok(Some(_)) = decoder.next() {}
    }

    #[test]
    fn any_text_is_harmless(text in "\\PC{0,80}") {
        let _ = Uri::parse(&text);
        let _ = NameAddr::parse(&text).map(|a| a.to_string());
        let _ = (Via::parse(&text), Contact::parse(&text), Credentials::parse(&text), Warning::parse(&text));
        let _ = (Date::parse(&text), RetryAfter::parse(&text), Replaces::parse(&text), RAck::parse(&text));
        let _ = sdp::offered_direction(text.as_bytes());
    }

    #[test]
    fn mutated_messages_are_harmless(
        changes in prop::collection::vec((0..VALID.len(), any::<u8>(), 0..4u8), 1..8),
        cut in prop::option::of(0..VALID.len()),
    ) {
        let mut data = VALID.as_bytes().to_vec();
        for (at, byte, what) in changes {
            let at = at % data.len().max(1);
            match what {
                0 => data[at] = byte,
                1 => data.insert(at, byte),
                2 => { data.remove(at); }
                _ => data[at] = *b"\r\n;,\"<>%:\\ \t".get(usize::from(byte) % 12).unwrap(),
            }
        }
        data.truncate(cut.unwrap_or(data.len()));
        poke(&data);
    }

    #[test]
    fn uris_round_trip(uri in uri()) {
        prop_assert_eq!(Uri::parse(&uri.to_string()), Ok(uri.clone()));
        prop_assert!(uri.headers.len() > 1 || uri.equivalent(&uri));
    }

    #[test]
    fn addresses_round_trip(name in prop::option::of("[^\r\n]{1,16}"), uri in uri(), tag in token()) {
        let mut address = NameAddr::new(uri);
        address.display_name = name;
        address.params.set("tag", Some(&tag));
        prop_assert_eq!(NameAddr::parse(&address.to_string()), Ok(address));
    }

    #[test]
    fn vias_round_trip(host in host(), port in any::<Option<u16>>(), branch in token()) {
        let via = Via::new("UDP", host, port, &branch);
        prop_assert_eq!(Via::parse(&via.to_string()), Ok(via));
    }

    #[test]
    fn streams_come_together_however_they_are_cut(cuts in prop::collection::vec(1..200usize, 1..40)) {
        let one = VALID.replace("Content-Length: 104", &format!("Content-Length: {}", VALID.split("\r\n\r\n").nth(1).unwrap().len()));
        let stream = one.repeat(3);
        let mut rest = stream.as_bytes();
        let mut decoder = StreamDecoder::new();
        let mut seen = 0;
        for cut in cuts.into_iter().chain([stream.len()]) {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            rest = later;
            decoder.push(now);
            while let Some(framed) = decoder.next().unwrap() {
                prop_assert_eq!(framed, datagram(one.as_bytes()));
                seen += 1;
            }
        }
        prop_assert_eq!(seen, 3);
    }
}

#[test]
fn the_message_mutations_start_from_is_valid() {
    assert!(
        matches!(datagram(VALID.as_bytes()), Framed::Message(_)),
        "{:?}",
        datagram(VALID.as_bytes())
    );
}

mod session {
    //! The books of a call, whatever order its two sides act in.

    use super::*;
    use sdp::{Codec, Direction, LocalMedia, Session};

    fn side(port: u16, payload_type: u8) -> Session {
        let codec = |name: &str, clock_rate, channels, payload_type| Codec {
            name: name.into(),
            clock_rate,
            channels,
            payload_type,
            fmtp: None,
        };
        let local = LocalMedia {
            address: "192.0.2.1".parse().unwrap(),
            rtp_port: port,
            codecs: vec![codec("opus", 48_000, 2, payload_type), codec("PCMU", 8000, 1, 0)],
            ptime_ms: 20,
            direction: Direction::SendRecv,
        };
        Session::new(u64::from(port), local)
    }

    proptest! {
        /// Two of our own phones hold and resume each other in any order: both always agree on who holds whom,
        /// on the direction, and on the codec.
        #[test]
        fn both_sides_agree_after_every_exchange(steps in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 1..20)) {
            let (mut a, mut b) = (side(4000, 111), side(5000, 96));
            let mut holds = [false, false];
            for (a_acts, hold, refused) in steps {
                let (active, passive, who) = if a_acts { (&mut a, &mut b, 0) } else { (&mut b, &mut a, 1) };
                let offer = active.offer(hold).unwrap();
                passive.offered(offer).unwrap();
                if refused {
                    passive.refuse_offer();
                    active.withdraw();
                } else {
                    let answer = passive.answer().unwrap();
                    active.answered(&answer).unwrap();
                    holds[who] = hold;
                }
                prop_assert!(a.is_stable() && b.is_stable());
                prop_assert_eq!([a.local_hold(), b.local_hold()], holds);
                let (Some(ma), Some(mb)) = (a.media(), b.media()) else { continue };
                prop_assert_eq!(ma.direction, mb.direction.reversed());
                prop_assert_eq!(ma.direction.sends(), !holds[1]);
                prop_assert_eq!([b.remote_hold(), a.remote_hold()], holds);
                prop_assert_eq!(&ma.codec.name, &mb.codec.name);
                prop_assert_eq!(ma.codec.payload_type, mb.receive[0].payload_type);
                prop_assert_eq!(mb.codec.payload_type, ma.receive[0].payload_type);
            }
        }
    }
}
