//! Whatever comes from the network: it never panics and never takes the call away.

use std::time::Duration;

use media::{
    FRAME,
    engine::CodecKind,
    session::{Ignored, Received},
};
use proptest::prelude::*;

use crate::sim::{Call, Chance, address, params, session, tone, tone_to_rest};

proptest! {
    #[test]
    fn random_bytes_never_panic(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..60)) {
        let start = std::time::Instant::now();
        let mut all = params(CodecKind::Opus);
        all.receive.push((CodecKind::Pcmu, 0));
        let mut s = session(start, 1, all);
        for (n, packet) in packets.iter().enumerate() {
            let now = start + Duration::from_millis(10 * n as u64);
            s.receive(now, address(4_000), packet);
            s.pull(now, &mut [0.0; FRAME]);
        }
    }
}

#[test]
fn garbled_packets_of_a_call_never_panic() {
    let mut call = Call::new(CodecKind::Opus);
    let mut chance = Chance(99);
    let mut voice = tone(440.0);
    for tick in 0..3_000usize {
        let now = call.start + Duration::from_millis(tick as u64 * 10);
        let mut packets = Vec::new();
        call.sender
            .push(now, &voice(tick), &mut |p, _| packets.push(p.to_vec()));
        call.sender.poll_rtcp(now, &mut |p, _| packets.push(p.to_vec()));
        for mut packet in packets {
            for _ in 0..chance.next() % 4 {
                let at = chance.next() as usize % packet.len();
                packet[at] = chance.next() as u8;
            }
            packet.truncate(chance.next() as usize % (packet.len() + 20));
            call.listener.receive(now, address(4_000), &packet);
        }
        let mut out = [0.0; FRAME];
        call.listener.pull(now, &mut out);
        assert!(out.iter().all(|s| s.is_finite()));
    }
}

#[test]
fn a_flood_of_strangers_does_not_disturb_the_call() {
    let mut call = Call::new(CodecKind::Pcmu);
    let mut chance = Chance(5);
    call.run(500, &mut tone(440.0), &mut |_| Some(1.0));
    for _ in 0..100 {
        for _ in 0..50 {
            let mut packet = [0u8; 172];
            packet[0] = 0x80;
            for byte in &mut packet[2..] {
                *byte = chance.next() as u8;
            }
            let now = call.now();
            let answer = call.listener.receive(now, address(9), &packet);
            assert_eq!(answer, Received::Ignored(Ignored::Source));
        }
        call.run(20, &mut tone(440.0), &mut |_| Some(1.0));
    }
    assert!(tone_to_rest(&call.heard.samples[24_000..], 440.0) > 25.0);
}

#[test]
fn what_cannot_be_a_packet_of_the_call_says_why() {
    let start = std::time::Instant::now();
    let mut s = session(start, 1, params(CodecKind::Opus));
    let mut answer = |packet: &[u8]| s.receive(start, address(4_000), packet);
    assert_eq!(answer(&[]), Received::Ignored(Ignored::Malformed));
    assert_eq!(answer(&[0x80; 11]), Received::Ignored(Ignored::Malformed));
    assert_eq!(answer(&[0x80; 2_000]), Received::Ignored(Ignored::TooLarge));
    assert_eq!(
        answer(&[0x80, 33, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7]),
        Received::Ignored(Ignored::PayloadType)
    );
    assert_eq!(
        answer(&[0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7]),
        Received::Ignored(Ignored::Malformed)
    );
    assert_eq!(
        answer(&[0x81, 201, 0, 9, 0, 0, 0, 7]),
        Received::Ignored(Ignored::Malformed)
    );
}
