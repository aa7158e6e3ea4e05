//! Calls from the first INVITE to the last ACK.

use sip_core::{
    Transport,
    agent::{
        AccountConfig, AccountId, AgentConfig,
        CallState::{Calling, Confirmed, Early, Ringing},
        Command, Event,
    },
    testkit::World,
    wire::{Method, Request, Uri},
};

use crate::{
    common::{BOTH, Phone, SECOND, address, config, media, ringing, sent, talking},
    common_peer::{Peer, invite, request, response},
};

#[test]
fn a_call_rings_is_answered_and_the_caller_hangs_up() {
    let mut t = talking();
    assert_eq!(t.alice.states(&mut t.world, t.out), [Calling, Ringing, Confirmed]);
    assert_eq!(t.bob.states(&mut t.world, t.inc), [Ringing, Confirmed]);
    assert_eq!(t.alice.holds(&mut t.world, t.out), Some((false, false)));
    t.alice.hangs_up(&mut t.world, t.out);
    t.world.run(SECOND);
    assert_eq!(
        t.alice.ends(&mut t.world, t.out),
        [(None, "you hung up".to_owned())]
    );
    assert_eq!(
        t.bob.ends(&mut t.world, t.inc),
        [(None, "the peer hung up".to_owned())]
    );
    t.world.run(SECOND * 40);
    assert!(
        t.alice.is_empty(&mut t.world),
        "{:?}",
        t.alice.in_flight(&mut t.world)
    );
    assert!(
        t.bob.is_empty(&mut t.world),
        "{:?}",
        t.bob.in_flight(&mut t.world)
    );
}

#[test]
fn the_callee_hangs_up() {
    let mut t = talking();
    t.bob.hangs_up(&mut t.world, t.inc);
    t.world.run(SECOND);
    assert_eq!(
        t.bob.ends(&mut t.world, t.inc),
        [(None, "you hung up".to_owned())]
    );
    assert_eq!(
        t.alice.ends(&mut t.world, t.out),
        [(None, "the peer hung up".to_owned())]
    );
}

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
fn s_005_a_rejected_call_ends_with_the_status_on_both_sides() {
    let mut t = ringing("sip:bob@192.0.2.2");
    t.bob.does(
        &mut t.world,
        Command::Reject {
            call: t.inc,
            status: 486,
        },
    );
    t.world.run(SECOND);
    let (status, cause) = t.alice.ends(&mut t.world, t.out).pop().unwrap();
    assert_eq!(status, Some(486));
    assert!(cause.contains("busy"), "{cause}");
    assert_eq!(t.bob.ends(&mut t.world, t.inc).len(), 1);
    t.world.run(SECOND * 40);
    assert!(t.alice.is_empty(&mut t.world) && t.bob.is_empty(&mut t.world));
}

#[test]
fn s_005_a_caller_who_gives_up_stops_the_ringing() {
    let mut t = ringing("sip:bob@192.0.2.2");
    t.alice.hangs_up(&mut t.world, t.out);
    t.world.run(SECOND);
    assert_eq!(t.alice.ends(&mut t.world, t.out)[0].0, Some(487));
    let (status, cause) = t.bob.ends(&mut t.world, t.inc).pop().unwrap();
    assert_eq!(
        (status, cause.as_str()),
        (Some(487), "the caller hung up before you answered")
    );
    t.world.run(SECOND * 40);
    assert!(t.alice.is_empty(&mut t.world) && t.bob.is_empty(&mut t.world));
}

#[test]
fn s_005_cancel_and_200_that_cross_end_the_call_once_on_both_sides() {
    let mut t = ringing("sip:bob@192.0.2.2");
    t.bob.answers(&mut t.world, t.inc);
    t.alice.hangs_up(&mut t.world, t.out);
    t.world.run(SECOND);
    assert_eq!(t.alice.ends(&mut t.world, t.out).len(), 1);
    assert_eq!(t.bob.ends(&mut t.world, t.inc).len(), 1);
    assert_eq!(sent(&t.world, "BYE"), 1);
    t.world.run(SECOND * 40);
    assert!(t.alice.is_empty(&mut t.world) && t.bob.is_empty(&mut t.world));
}

#[test]
fn s_005_hanging_up_before_anything_came_back_cancels_once_something_does() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:peer@192.0.2.9");
    world.run(SECOND / 10);
    alice.hangs_up(&mut world, call);
    world.run(SECOND / 10);
    assert_eq!(alice.ends(&mut world, call).len(), 1, "the owner need not wait");
    assert!(peer.heard(&mut world, Method::CANCEL).is_empty());
    let invite = peer.last(&mut world, Method::INVITE);
    peer.answers(&mut world, response(&invite, 180, "x", false));
    world.run(SECOND / 10);
    let cancel = peer.last(&mut world, Method::CANCEL);
    assert_eq!(cancel.headers.branch(), invite.headers.branch());
    peer.answers(&mut world, response(&cancel, 200, "x", false));
    peer.answers(&mut world, response(&invite, 487, "x", false));
    world.run(SECOND);
    assert_eq!(peer.heard(&mut world, Method::ACK).len(), 1);
    world.run(SECOND * 40);
    assert_eq!(alice.ends(&mut world, call).len(), 1);
    assert!(alice.is_empty(&mut world));
}

#[test]
fn s_005_a_redirect_by_the_callee_is_followed() {
    let mut t = ringing("sip:bob@192.0.2.2");
    let carol = Phone::add(&mut t.world, "192.0.2.3:5060", 3);
    let to = address("<sip:carol@192.0.2.3>");
    t.bob.does(&mut t.world, Command::Redirect { call: t.inc, to });
    t.world.run(SECOND);
    let there = carol.incoming(&mut t.world).expect("carol's phone does not ring");
    carol.answers(&mut t.world, there);
    t.world.run(SECOND);
    assert_eq!(t.alice.states(&mut t.world, t.out).last(), Some(&Confirmed));
    assert_eq!(t.bob.ends(&mut t.world, t.inc).len(), 1);
}

#[test]
fn s_005_redirects_in_a_circle_end() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:0@192.0.2.9");
    for n in 1..20 {
        world.run(SECOND / 10);
        let Some(invite) = peer.heard(&mut world, Method::INVITE).pop() else {
            break;
        };
        let mut moved = invite.response(302, "");
        moved.headers.push("Contact", format!("<sip:{n}@192.0.2.9>"));
        peer.answers(&mut world, moved);
    }
    world.run(SECOND);
    let (status, _) = alice.ends(&mut world, call).pop().unwrap();
    assert_eq!(status, Some(302));
    assert!(peer.heard(&mut world, Method::INVITE).len() <= 7);
}

#[test]
fn s_005_of_two_forks_that_answer_the_first_is_kept_and_the_other_hung_up() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:peer@192.0.2.9");
    world.run(SECOND / 10);
    let invite = peer.last(&mut world, Method::INVITE);
    for (status, tag) in [
        (180, "one"),
        (180, "two"),
        (200, "two"),
        (200, "one"),
        (200, "one"),
        (200, "two"),
    ] {
        peer.answers(&mut world, response(&invite, status, tag, status == 200));
        world.run(SECOND / 10);
    }
    let acks = peer.heard(&mut world, Method::ACK);
    let to = |r: &Request| r.headers.to_tag().unwrap();
    assert_eq!(
        acks.iter().map(to).collect::<Vec<_>>(),
        ["two", "one", "one", "two"],
        "each 2xx has its ACK"
    );
    let byes = peer.heard(&mut world, Method::BYE);
    assert!(
        byes.iter().all(|b| to(b) == "one"),
        "only the second fork is hung up"
    );
    assert!(!byes.is_empty());
    assert_eq!(alice.states(&mut world, call).last(), Some(&Confirmed));
    assert!(alice.ends(&mut world, call).is_empty());
}

#[test]
fn s_005_early_media_is_told_before_the_answer() {
    let mut t = ringing("sip:bob@192.0.2.2");
    let command = Command::Ring {
        call: t.inc,
        status: 183,
        early_media: Some(Box::new(media(3))),
    };
    t.bob.does(&mut t.world, command);
    t.world.run(SECOND);
    assert_eq!(t.alice.states(&mut t.world, t.out), [Calling, Ringing, Early]);
    assert_eq!(
        t.alice.holds(&mut t.world, t.out),
        Some((false, false)),
        "media flows already"
    );
    t.bob.answers(&mut t.world, t.inc);
    t.world.run(SECOND);
    assert_eq!(t.alice.states(&mut t.world, t.out).last(), Some(&Confirmed));
    assert_eq!(t.bob.states(&mut t.world, t.inc).last(), Some(&Confirmed));
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
        (false, "sip:anybody@192.0.2.1", true),
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
fn an_invite_without_an_offer_gets_ours_and_the_ack_brings_the_answer() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    peer.says(&mut world, request("INVITE", "d1", "", ""));
    world.run(SECOND / 10);
    let inc = alice.incoming(&mut world).unwrap();
    alice.answers(&mut world, inc);
    world.run(SECOND / 10);
    assert_eq!(peer.statuses(&mut world), [180, 200]);
    assert_eq!(alice.holds(&mut world, inc), None, "no media before the answer");
    let tag = peer.last_to_tag(&mut world);
    let ack = invite("d1", "").to_vec();
    let ack = String::from_utf8(ack).unwrap().replace("INVITE", "ACK").replace(
        "To: <sip:a@192.0.2.1>",
        &format!("To: <sip:a@192.0.2.1>;tag={tag}"),
    );
    peer.says(&mut world, ack.into());
    world.run(SECOND / 10);
    assert_eq!(alice.states(&mut world, inc), [Ringing, Confirmed]);
    assert_eq!(alice.holds(&mut world, inc), Some((false, false)));
}

#[test]
fn a_ping_is_answered_and_silence_told() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    Phone::add(&mut world, "192.0.2.2:5060", 2);
    for to in ["sip:bob@192.0.2.2", "sip:bob@192.0.2.66"] {
        alice.does(
            &mut world,
            Command::Ping {
                account: None,
                to: address(to),
            },
        );
    }
    world.run(SECOND * 40);
    let pongs: Vec<_> = alice
        .events(&mut world)
        .into_iter()
        .filter_map(|e| match e {
            Event::Pong { status, .. } => Some(status),
            _ => None,
        })
        .collect();
    assert_eq!(pongs, [Some(200), None]);
}

#[test]
fn stopping_hangs_up_everything_within_two_seconds() {
    let mut t = talking();
    t.alice.does(&mut t.world, Command::Stop);
    t.world.run(SECOND);
    assert!(matches!(
        t.alice.events(&mut t.world).last(),
        Some(Event::Stopped)
    ));
    assert_eq!(t.bob.ends(&mut t.world, t.inc).len(), 1);
    let mut t = talking();
    t.world.switch_off(t.bob.0);
    t.alice.does(&mut t.world, Command::Stop);
    t.world.run(SECOND * 2);
    assert!(matches!(
        t.alice.events(&mut t.world).last(),
        Some(Event::Stopped)
    ));
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

/// A call between our phone and the scripted peer, answered by the peer with tag `x`.
fn called_peer() -> (World, Phone, Peer, sip_core::agent::CallId) {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:peer@192.0.2.9");
    world.run(SECOND / 10);
    let invite = peer.last(&mut world, Method::INVITE);
    peer.answers(&mut world, response(&invite, 200, "x", true));
    world.run(SECOND / 10);
    (world, alice, peer, call)
}

/// A request of the peer in that call.
fn inside(world: &mut World, peer: Peer, method: &str, seq: u32, extra: &str, body: &str) -> bytes::Bytes {
    let ack = peer.last(world, Method::ACK);
    let text = String::from_utf8(request(method, &format!("{method}{seq}"), extra, body).to_vec()).unwrap();
    text.replace("<sip:peer@192.0.2.9>;tag=p", ack.headers.get("To").unwrap())
        .replace(
            "To: <sip:a@192.0.2.1>",
            &format!("To: {}", ack.headers.get("From").unwrap()),
        )
        .replace(
            &format!("Call-ID: {method}{seq}"),
            &format!("Call-ID: {}", ack.headers.call_id().unwrap()),
        )
        .replace("CSeq: 1 ", &format!("CSeq: {seq} "))
        .into()
}

#[test]
fn requests_inside_a_call_get_the_right_answers() {
    let (mut world, alice, peer, call) = called_peer();
    let held = "v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
                m=audio 6000 RTP/AVP 0\r\na=sendonly\r\n";
    let sdp = "Content-Type: application/sdp\r\n";
    for (method, seq, extra, body, status) in [
        ("OPTIONS", 10, "", "", 200),
        (
            "INFO",
            11,
            "Content-Type: application/dtmf-relay\r\n",
            "Signal=1\r\n",
            200,
        ),
        ("INFO", 12, "Content-Type: text/plain\r\n", "x", 415),
        ("UPDATE", 13, "", "", 200),
        ("UPDATE", 14, sdp, held, 200),
        ("INVITE", 15, sdp, "not sdp", 488),
        ("INFO", 3, "", "", 500),
        ("MESSAGE", 16, "Content-Type: text/plain\r\n", "hi", 405),
        ("BYE", 17, "Reason: Q.850;cause=16;text=\"Normal\"\r\n", "", 200),
        ("BYE", 18, "", "", 481),
    ] {
        let before = peer.statuses(&mut world).len();
        let bytes = inside(&mut world, peer, method, seq, extra, body);
        peer.says(&mut world, bytes);
        world.run(SECOND / 10);
        assert_eq!(
            peer.statuses(&mut world).get(before),
            Some(&status),
            "{method} {seq}"
        );
        if seq == 14 {
            assert_eq!(alice.holds(&mut world, call), Some((false, true)));
        }
        if seq == 17 {
            world.run(SECOND * 33);
        }
    }
    let ended = alice.events(&mut world).into_iter().find_map(|e| match e {
        Event::Ended { reason, .. } => Some(reason),
        _ => None,
    });
    assert_eq!(ended.flatten().as_deref(), Some("Normal"));
}

#[test]
fn a_new_contact_of_the_peer_is_where_the_next_request_goes() {
    let (mut world, alice, peer, call) = called_peer();
    let there = Peer::at(&mut world, "192.0.2.10:5060");
    let bytes = inside(&mut world, peer, "UPDATE", 5, "", "");
    let moved = String::from_utf8(bytes.to_vec()).unwrap();
    let moved = moved.replace("Contact: <sip:peer@192.0.2.9>", "Contact: <sip:peer@192.0.2.10>");
    peer.says(&mut world, moved.into());
    world.run(SECOND / 10);
    alice.hangs_up(&mut world, call);
    world.run(SECOND / 10);
    assert_eq!(there.heard(&mut world, Method::BYE).len(), 1);
    assert!(peer.heard(&mut world, Method::BYE).is_empty());
}

#[test]
fn an_answer_that_cannot_be_used_is_acknowledged_and_hung_up_with_a_sentence() {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let call = alice.calls(&mut world, 1, "sip:peer@192.0.2.9");
    world.run(SECOND / 10);
    let invite = peer.last(&mut world, Method::INVITE);
    peer.answers(&mut world, response(&invite, 200, "x", false));
    world.run(SECOND / 10);
    assert_eq!(peer.heard(&mut world, Method::ACK).len(), 1);
    assert_eq!(peer.heard(&mut world, Method::BYE).len(), 1);
    let (_, cause) = alice.ends(&mut world, call).pop().unwrap();
    assert_eq!(
        cause,
        "the peer's answer cannot be used: it holds no media description"
    );
}
