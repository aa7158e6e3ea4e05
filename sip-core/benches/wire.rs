//! How fast messages are read, judged and written: `cargo bench -p sip-core --bench wire`. Printed, not asserted.
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]
#![allow(clippy::unwrap_used, reason = "a bench fails loudly")]

use std::{hint::black_box, time::Instant};

use sip_core::wire::{Framed, Message, Method, Policy, StreamDecoder, datagram, verdict};

const POLICY: Policy<'_> = Policy {
    methods: &[Method::INVITE],
    extensions: &[],
    bodies: &["application/sdp"],
    proxy: false,
};

/// An INVITE as phones send it, with SDP.
fn invite() -> String {
    let sdp = "v=0\r\no=- 42 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\nm=audio 7000 RTP/AVP 111 0 8 101\r\n\
               a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
               a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=rtcp-mux\r\na=sendrecv\r\n";
    format!(
        "INVITE sip:agent.smith@example.com;transport=udp SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK776asdhds;rport\r\n\
         Max-Forwards: 70\r\nFrom: \"Jane Customer\" <sip:jane@example.com>;tag=1928301774\r\nTo: <sip:agent.smith@example.com>\r\n\
         Call-ID: a84b4c76e66710@198.51.100.7\r\nCSeq: 314159 INVITE\r\nContact: <sip:jane@198.51.100.7:5060;transport=udp>\r\n\
         Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, REFER, NOTIFY\r\nSupported: replaces, timer, 100rel\r\n\
         User-Agent: Ringside\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
}

/// Best of seven rounds, in microseconds a call.
fn time(name: &str, mut work: impl FnMut()) {
    const CALLS: u32 = 20_000;
    let best = (0..7)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..CALLS {
                work();
            }
            start.elapsed()
        })
        .min()
        .unwrap_or_default();
    let micros = best.as_secs_f64() * 1e6 / f64::from(CALLS);
    println!("{name:<40} {micros:>7.2} µs {:>9.0} a second", 1e6 / micros);
}

fn main() {
    let data = invite();
    println!("INVITE with SDP, {} bytes, one core, best of 7", data.len());
    let framed = datagram(data.as_bytes());
    let Framed::Message(Message::Request(request)) = &framed else {
        panic!("the sample is not a request: {framed:?}");
    };
    time("read", || {
        black_box(datagram(black_box(data.as_bytes())));
    });
    time("read, judge", || {
        black_box(verdict(&datagram(black_box(data.as_bytes())), &POLICY));
    });
    time("read from a stream", || {
        let mut decoder = StreamDecoder::new();
        decoder.push(black_box(data.as_bytes()));
        black_box(decoder.next().is_ok());
    });
    time("identifiers: Via, tags, CSeq", || {
        let h = &request.headers;
        black_box((h.top_via(), h.from_tag(), h.to_tag(), h.cseq()));
    });
    time("build 180 and write it", || {
        black_box(request.response(180, "").to_bytes().is_ok());
    });
    time("write", || {
        black_box(request.to_bytes().is_ok());
    });
    time("rsip: read", || {
        black_box(rsip::SipMessage::try_from(black_box(data.as_bytes())).is_ok());
    });
}
