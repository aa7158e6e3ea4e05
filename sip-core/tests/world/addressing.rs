//! Where a call goes: names, addresses, transports, and who answers for an address.

use sip_core::{
    Transport,
    agent::{AccountConfig, AccountId, AgentConfig, CallState::Confirmed, Command},
    testkit::World,
    wire::Uri,
};

use crate::{
    common::{BOTH, Phone, SECOND, address, config, media, ringing},
    common_peer::{Peer, request},
};

#[test]
fn a_call_over_tcp_uses_one_connection_in_each_direction_at_most() {
    let mut t = ringing("<sip:bob@192.0.2.2;transport=tcp>");
    t.bob.answers(&mut t.world, t.inc);
    t.world.run(SECOND);
    t.bob.hangs_up(&mut t.world, t.inc);
    t.world.run(SECOND);
    assert_eq!(t.alice.ends(&mut t.world, t.out).len(), 1);
    assert_eq!(t.alice.in_flight(&mut t.world).2, 1, "the connection was reused");
    t.world.run(SECOND * 40);
    assert!(t.alice.is_empty(&mut t.world) && t.bob.is_empty(&mut t.world));
}

#[test]
fn s_016_a_peer_that_does_not_exist_is_named_with_the_time_waited() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let call = alice.calls(&mut world, 1, "sip:bob@192.0.2.66");
    world.run(SECOND * 40);
    assert_eq!(
        alice.ends(&mut world, call),
        [(None, "no reply in 32 s from 192.0.2.66:5060 over UDP".to_owned())]
    );
    assert!(alice.is_empty(&mut world));
}

#[test]
fn s_016_unknown_names_and_refused_connections_are_said_plainly() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    for (n, to, expected) in [
        (
            1,
            "sip:bob@nowhere.example",
            "the name nowhere.example has no address",
        ),
        (
            2,
            "<sip:bob@192.0.2.66;transport=tcp>",
            "the connection to 192.0.2.66:5060 over TCP failed",
        ),
        (3, "<tel:+31201234567>", "needs an outbound proxy"),
    ] {
        let call = alice.calls(&mut world, n, to);
        world.run(SECOND);
        let (_, cause) = alice.ends(&mut world, call).pop().unwrap();
        assert!(cause.contains(expected), "{cause}");
    }
    assert!(alice.is_empty(&mut world));
}

#[test]
fn s_003_the_next_address_of_a_name_is_tried_when_the_first_is_silent() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let bob = Phone::add(&mut world, "192.0.2.2:5060", 2);
    world.name("phones.example", &["192.0.2.66", "192.0.2.2"]);
    alice.calls(&mut world, 1, "sip:bob@phones.example");
    world.run(SECOND * 5);
    assert!(bob.incoming(&mut world).is_some());
}

#[test]
fn s_001_a_large_request_goes_over_tcp_and_falls_back_to_udp() {
    for tcp in [true, false] {
        let mut world = World::new(1);
        let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
        let transports: &[Transport] = if tcp { &BOTH } else { &[Transport::Udp] };
        let bob = Phone::with(&mut world, "192.0.2.2:5060", config(2), transports);
        let call = sip_core::agent::CallId::outgoing(1);
        let command = Command::Call {
            call,
            account: None,
            to: address("sip:bob@192.0.2.2"),
            headers: vec![("X-Long".to_owned(), "x".repeat(1500))],
            media: Box::new(media(1)),
        };
        alice.does(&mut world, command);
        world.run(SECOND);
        let inc = bob.incoming(&mut world).expect("no call");
        let invite = world
            .log
            .iter()
            .find(|(.., b)| b.starts_with(b"INVITE"))
            .unwrap()
            .3
            .clone();
        let via: &[u8] = if tcp { b"SIP/2.0/TCP" } else { b"SIP/2.0/UDP" };
        assert!(invite.windows(via.len()).any(|w| w == via), "tcp: {tcp}");
        bob.answers(&mut world, inc);
        world.run(SECOND);
        assert_eq!(alice.states(&mut world, call).last(), Some(&Confirmed));
    }
}

fn unregistered(uri: &str) -> AccountConfig {
    AccountConfig {
        uri: Uri::parse(uri).unwrap(),
        display_name: None,
        registrar: None,
        outbound_proxy: None,
        username: None,
        password: None,
        register: false,
        expires: SECOND * 600,
    }
}

#[test]
fn direct_calls_ring_at_the_address_they_are_for() {
    let strict = |seed| AgentConfig {
        accept_any_user: false,
        ..config(seed)
    };
    let at = "192.0.2.1:5060";
    // (the phone has an account, the address that is called, whether it rings)
    for (account, to, rings) in [
        (false, "sip:anybody@192.0.2.1", false),
        (false, "sip:192.0.2.1", true),
        (false, "sip:ringside@192.0.2.1:5060;transport=tcp", true),
        (false, "sip:anybody@elsewhere.example", false),
        (false, "sip:anybody@192.0.2.1:5070", false),
        (true, "sip:carol@192.0.2.1", true),
        (true, "sip:carol@elsewhere.example", true),
        (true, "sip:ringside@192.0.2.1", true),
        (true, "sip:192.0.2.1", true),
        (true, "sip:anybody@192.0.2.1", false),
    ] {
        let mut world = World::new(1);
        let phone = Phone::with(&mut world, at, strict(1), &BOTH);
        if account {
            phone.account(&mut world, AccountId(1), unregistered("sip:carol@example.com"));
        }
        let peer = Peer::add(&mut world);
        let invite = String::from_utf8(request("INVITE", "d1", "", "").to_vec()).unwrap();
        let (_, rest) = invite.split_once(" SIP/2.0").unwrap();
        peer.says(&mut world, format!("INVITE {to} SIP/2.0{rest}").into());
        world.run(SECOND);
        let expected = if rings { 180 } else { 404 };
        let first = peer.statuses(&mut world).first().copied();
        assert_eq!(first, Some(expected), "{to}, account: {account}");
        assert_eq!(phone.incoming(&mut world).is_some(), rings);
    }
}

#[test]
fn calls_for_unknown_users_are_404_and_calls_beyond_the_limit_486() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let strict = AgentConfig {
        accept_any_user: false,
        ..config(2)
    };
    let small = AgentConfig {
        max_calls: 1,
        ..config(3)
    };
    let carol = Phone::with(&mut world, "192.0.2.2:5060", strict, &BOTH);
    carol.account(&mut world, AccountId(1), unregistered("sip:carol@example.com"));
    Phone::with(&mut world, "192.0.2.3:5060", small, &BOTH);
    let unknown = alice.calls(&mut world, 1, "sip:bob@192.0.2.2");
    alice.calls(&mut world, 2, "sip:carol@192.0.2.3");
    world.run(SECOND);
    let busy = alice.calls(&mut world, 3, "sip:carol@192.0.2.3");
    world.run(SECOND);
    assert_eq!(alice.ends(&mut world, unknown)[0].0, Some(404));
    assert_eq!(alice.ends(&mut world, busy)[0].0, Some(486));
}

#[test]
fn a_phone_can_call_itself() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let out = alice.calls(&mut world, 1, "sip:alice@192.0.2.1");
    world.run(SECOND / 10);
    let inc = alice.incoming(&mut world).unwrap();
    alice.answers(&mut world, inc);
    world.run(SECOND / 10);
    assert_eq!(alice.states(&mut world, out).last(), Some(&Confirmed));
    assert_eq!(alice.states(&mut world, inc).last(), Some(&Confirmed));
    alice.hangs_up(&mut world, inc);
    world.run(SECOND * 40);
    assert_eq!(alice.ends(&mut world, out).len(), 1);
    assert!(alice.is_empty(&mut world));
}

#[test]
fn s_001_calls_work_over_ipv6() {
    for transport in ["", ";transport=tcp"] {
        let mut world = World::new(1);
        let alice = Phone::add(&mut world, "[2001:db8::1]:5060", 1);
        let bob = Phone::add(&mut world, "[2001:db8::2]:5070", 2);
        let out = alice.calls(&mut world, 1, &format!("<sip:bob@[2001:db8::2]:5070{transport}>"));
        world.run(SECOND / 10);
        let inc = bob.incoming(&mut world).unwrap();
        bob.answers(&mut world, inc);
        world.run(SECOND / 10);
        bob.hangs_up(&mut world, inc);
        world.run(SECOND / 10);
        assert_eq!(
            alice.ends(&mut world, out),
            [(None, "the peer hung up".to_owned())]
        );
    }
}
