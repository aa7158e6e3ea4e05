//! Accounts at a registrar: digest, refresh, wrong password, restarts.

use std::time::Duration;

use sip_core::{
    Transport,
    agent::{AccountConfig, AccountId, Command, Event, RegistrationState, UserAgent},
    server::{self, Limits, Password, Server, ServerConfig},
    testkit::{NodeId, World},
    wire::{Method, Uri},
};

use crate::{
    common::{BOTH, Phone, SECOND, address, config, media, sent},
    common_peer::Peer,
};

const ACCOUNT: AccountId = AccountId(1);

fn server(world: &World) -> Server {
    Server::new(
        ServerConfig {
            seed: [200; 32],
            domains: vec![],
            realm: "test".to_owned(),
            server_name: "test".to_owned(),
            limits: Limits::default(),
        },
        world.now(),
    )
}

fn users(world: &mut World, node: NodeId) {
    for name in ["alice", "bob"] {
        let command = server::Command::SetUser {
            name: name.to_owned(),
            password: Password::new(format!("{name}-secret")),
        };
        world.command::<Server>(node, command);
    }
}

fn registrar(world: &mut World) -> NodeId {
    let machine = server(world);
    let node = world.add(machine, "192.0.2.100:5060", &BOTH);
    users(world, node);
    node
}

fn account(user: &str, password: &str, transport: &str) -> Box<AccountConfig> {
    let to = format!("sip:192.0.2.100:5060;transport={transport}");
    Box::new(AccountConfig {
        uri: Uri::parse(&format!("sip:{user}@192.0.2.100")).unwrap(),
        display_name: None,
        registrar: Some(Uri::parse(&to).unwrap()),
        outbound_proxy: None,
        username: None,
        password: Some(password.to_owned()),
        register: true,
        expires: Duration::from_secs(600),
    })
}

fn add(world: &mut World, phone: Phone, config: Box<AccountConfig>) {
    let account = ACCOUNT;
    phone.does(world, Command::AddAccount { account, config });
}

fn states(world: &mut World, phone: Phone) -> Vec<RegistrationState> {
    phone.registrations(world)
}

fn is_registered(world: &mut World, phone: Phone) -> bool {
    phone.is_registered(world)
}

fn one_phone(transport: &str) -> (World, NodeId, Phone) {
    let mut world = World::new(7);
    let node = registrar(&mut world);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    add(&mut world, alice, account("alice", "alice-secret", transport));
    world.run(SECOND);
    (world, node, alice)
}

#[test]
fn s_002_registers_with_digest_over_udp_and_tcp() {
    for transport in ["udp", "tcp"] {
        let (mut world, _, alice) = one_phone(transport);
        assert_eq!(
            states(&mut world, alice),
            [
                RegistrationState::Registering,
                RegistrationState::Registered {
                    expires: Duration::from_secs(600)
                }
            ]
        );
        assert_eq!(sent(&world, "REGISTER"), 2, "one challenge, one answer");
    }
}

#[test]
fn s_002_refreshes_at_80_to_90_percent_without_another_challenge() {
    let mut world = World::new(7);
    registrar(&mut world);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let mut short = account("alice", "alice-secret", "udp");
    short.expires = SECOND * 60;
    add(&mut world, alice, short);
    world.run(SECOND);
    alice.forget_events(&mut world);
    let before = sent(&world, "REGISTER");
    world.run(SECOND * 46);
    assert_eq!(sent(&world, "REGISTER"), before, "too early");
    world.run(SECOND * 8);
    assert_eq!(
        sent(&world, "REGISTER"),
        before + 1,
        "one message: the nonce is used again"
    );
    assert!(is_registered(&mut world, alice));
    world.run(SECOND * 3600);
    assert!(is_registered(&mut world, alice), "still there an hour later");
}

#[test]
fn s_002_a_wrong_password_is_told_once_and_never_tried_again() {
    let mut world = World::new(7);
    registrar(&mut world);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    add(&mut world, alice, account("alice", "guess", "udp"));
    world.run(SECOND * 600);
    let said = states(&mut world, alice);
    let Some(RegistrationState::Failed {
        reason,
        retry_in: None,
        ..
    }) = said.last()
    else {
        panic!("{said:?}")
    };
    assert!(reason.contains("password"), "{reason}");
    assert!(sent(&world, "REGISTER") <= 3, "no hammering");
}

#[test]
fn s_002_removing_an_account_unregisters_it() {
    let (mut world, node, alice) = one_phone("udp");
    alice.does(&mut world, Command::RemoveAccount(ACCOUNT));
    world.run(SECOND);
    assert_eq!(
        states(&mut world, alice).last(),
        Some(&RegistrationState::Unregistered)
    );
    let unbound = world.seat::<Server>(node).events.iter().any(|(_, e)| {
        let said = format!("{e:?}");
        said.contains("Unregistered") || said.contains("Unbound") || said.contains("Removed")
    });
    assert!(unbound, "{:?}", world.seat::<Server>(node).events);
    world.run(SECOND * 40);
    assert!(alice.is_empty(&mut world));
}

#[test]
fn s_002_an_absent_registrar_is_tried_by_plan_and_each_attempt_told() {
    let mut world = World::new(7);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    add(&mut world, alice, account("alice", "alice-secret", "tcp"));
    world.run(SECOND * 90);
    let waits: Vec<u64> = states(&mut world, alice)
        .iter()
        .filter_map(|s| match s {
            RegistrationState::Failed { retry_in, .. } => retry_in.map(|d| d.as_secs()),
            _ => None,
        })
        .collect();
    let mut expected = [0, 1, 2, 4, 8, 16, 30].iter();
    assert!(waits.len() >= 6, "{waits:?}");
    for wait in &waits {
        let plan = expected.next().copied().unwrap_or(30);
        assert!((plan..=plan + plan / 5).contains(wait), "{waits:?}");
    }
    let node = registrar(&mut world);
    assert!(
        world.run_until(SECOND * 40, |w| is_registered(w, alice)),
        "not back after {node:?} came"
    );
}

#[test]
fn s_002_a_registrar_that_restarts_finds_the_phone_back() {
    let (mut world, node, alice) = one_phone("tcp");
    world.switch_off(node);
    world.run(SECOND * 20);
    assert!(
        !is_registered(&mut world, alice),
        "the dead connection was noticed"
    );
    let machine = server(&world);
    world.restart(node, machine);
    users(&mut world, node);
    assert!(world.run_until(SECOND * 40, |w| is_registered(w, alice)));
}

#[test]
fn s_002_a_phone_that_knows_its_registrar_was_away_is_found_back_at_once() {
    let (mut world, node, alice) = one_phone("udp");
    let bob = Phone::add(&mut world, "192.0.2.2:5060", 2);
    let mut call = 0;
    let mut is_found = |world: &mut World| {
        call += 1;
        bob.calls(world, call, "sip:alice@192.0.2.100");
        world.run(SECOND);
        alice.incoming(world).is_some()
    };
    world.switch_off(node);
    world.run(SECOND);
    let machine = server(&world);
    world.restart(node, machine);
    users(&mut world, node);
    assert!(!is_found(&mut world), "UDP tells nothing of a restart");
    alice.forget_events(&mut world);
    alice.does(&mut world, Command::Reregister(ACCOUNT));
    world.run(SECOND);
    let told = states(&mut world, alice);
    assert!(
        matches!(told[..], [RegistrationState::Registered { .. }]),
        "{told:?}"
    );
    assert!(is_found(&mut world));
}

#[test]
fn s_004_a_dead_connection_is_registered_anew_at_once() {
    let (mut world, _, alice) = one_phone("tcp");
    alice.forget_events(&mut world);
    world.cut_streams(alice.0);
    world.run(SECOND / 10);
    assert!(
        is_registered(&mut world, alice),
        "{:?}",
        states(&mut world, alice)
    );
}

#[test]
fn s_004_udp_bindings_are_kept_open_with_crlf() {
    let (mut world, ..) = one_phone("udp");
    world.run(SECOND * 100);
    let pings = world
        .log
        .iter()
        .filter(|(.., bytes)| bytes.as_ref() == b"\r\n\r\n")
        .count();
    assert_eq!(pings, 4, "one each 25 s");
}

#[test]
fn two_registered_phones_call_each_other_through_the_server() {
    for (a, b) in [("udp", "udp"), ("tcp", "udp"), ("udp", "tcp"), ("tcp", "tcp")] {
        let mut world = World::new(7);
        registrar(&mut world);
        let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
        let bob = Phone::with(
            &mut world,
            "192.0.2.2:5060",
            sip_core::agent::AgentConfig {
                accept_any_user: false,
                ..config(2)
            },
            &BOTH,
        );
        add(&mut world, alice, account("alice", "alice-secret", a));
        add(&mut world, bob, account("bob", "bob-secret", b));
        world.run(SECOND);
        let call = sip_core::agent::CallId::outgoing(1);
        alice.does(
            &mut world,
            Command::Call {
                call,
                account: Some(ACCOUNT),
                to: address("sip:bob@192.0.2.100"),
                headers: vec![("X-Order".to_owned(), "42".to_owned())],
                media: Box::new(media(1)),
            },
        );
        world.run(SECOND);
        let inc = bob
            .incoming(&mut world)
            .unwrap_or_else(|| panic!("{a}-{b}: {:?}", alice.events(&mut world)));
        let header = bob.events(&mut world).into_iter().find_map(|e| match e {
            Event::Incoming(i) => i.headers.into_iter().find(|(n, _)| n == "X-Order"),
            _ => None,
        });
        assert_eq!(header.map(|h| h.1).as_deref(), Some("42"));
        bob.answers(&mut world, inc);
        world.run(SECOND);
        bob.does(&mut world, Command::Hold(inc));
        world.run(SECOND);
        assert_eq!(alice.holds(&mut world, call), Some((false, true)), "{a}-{b}");
        alice.hangs_up(&mut world, call);
        world.run(SECOND);
        assert_eq!(
            bob.ends(&mut world, inc),
            [(None, "the peer hung up".to_owned())],
            "{a}-{b}"
        );
        for phone in [alice, bob] {
            phone.does(&mut world, Command::Stop);
        }
        world.run(SECOND * 5);
        for phone in [alice, bob] {
            assert!(
                matches!(phone.events(&mut world).last(), Some(Event::Stopped)),
                "{a}-{b}"
            );
        }
        world.run(SECOND * 40);
        assert!(alice.is_empty(&mut world) && bob.is_empty(&mut world), "{a}-{b}");
    }
}

#[test]
fn a_listener_is_not_needed_to_register_over_tcp() {
    let mut world = World::new(7);
    registrar(&mut world);
    let alice = Phone(world.add(UserAgent::new(config(1)), "192.0.2.1:5060", &[] as &[Transport]));
    add(&mut world, alice, account("alice", "alice-secret", "tcp"));
    world.run(SECOND);
    assert!(
        is_registered(&mut world, alice),
        "{:?}",
        states(&mut world, alice)
    );
}

/// A registrar that says what a test tells it to, at 192.0.2.9.
fn scripted() -> (World, Phone, Peer) {
    let mut world = World::new(7);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let peer = Peer::add(&mut world);
    let mut config = account("alice", "secret", "udp");
    config.registrar = Some(Uri::parse("sip:192.0.2.9").unwrap());
    add(&mut world, alice, config);
    world.run(SECOND / 10);
    (world, alice, peer)
}

fn registrar_says(world: &mut World, peer: Peer, status: u16, header: (&str, &str)) {
    let mut response = peer.last(world, Method::REGISTER).response(status, "");
    response.headers.push(header.0, header.1);
    peer.answers(world, response);
    world.run(SECOND / 10);
}

#[test]
fn s_002_a_lifetime_that_is_too_short_is_raised_at_once() {
    let (mut world, alice, peer) = scripted();
    registrar_says(&mut world, peer, 423, ("Min-Expires", "1800"));
    let again = peer.last(&mut world, Method::REGISTER);
    assert_eq!(again.headers.get("Expires"), Some("1800"));
    registrar_says(&mut world, peer, 200, ("Expires", "1800"));
    assert!(is_registered(&mut world, alice));
}

#[test]
fn s_002_a_lifetime_that_makes_no_sense_neither_panics_nor_loops() {
    // What the registrar asks for with 423, and what we ask for then.
    for (least, asked) in [
        ("0", Some("600")),
        ("1", Some("600")),
        ("86401", Some("86400")),
        ("4294967295", Some("86400")),
        ("4294967296", None),
        ("99999999999999999999", None),
        ("-1", None),
        ("", None),
        ("soon", None),
    ] {
        let (mut world, alice, peer) = scripted();
        registrar_says(&mut world, peer, 423, ("Min-Expires", least));
        let heard = peer.heard(&mut world, Method::REGISTER).len();
        // Without a time to ask for there is a failure, and then the usual attempt at once.
        assert_eq!(heard, 2, "{least}");
        let again = peer.last(&mut world, Method::REGISTER);
        assert_eq!(
            again.headers.get("Expires"),
            Some(asked.unwrap_or("600")),
            "{least}"
        );
        for _ in 0..5 {
            registrar_says(&mut world, peer, 423, ("Min-Expires", least));
        }
        let heard = peer.heard(&mut world, Method::REGISTER).len();
        assert!(heard <= 4, "{least}: {heard} requests within a second");
        world.run(SECOND * 30);
        registrar_says(&mut world, peer, 200, ("Expires", "4294967295"));
        assert!(is_registered(&mut world, alice), "{least}");
        world.run(SECOND * 3600);
    }
}

#[test]
fn s_002_a_stale_nonce_is_no_wrong_password() {
    let (mut world, alice, peer) = scripted();
    for nonce in ["one", "two"] {
        let challenge = format!("Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\", stale=true");
        registrar_says(&mut world, peer, 401, ("WWW-Authenticate", &challenge));
    }
    let last = peer.last(&mut world, Method::REGISTER);
    assert!(
        last.headers
            .get("Authorization")
            .unwrap()
            .contains("nonce=\"two\"")
    );
    assert_eq!(
        last.headers.cseq().unwrap().seq
            - peer.heard(&mut world, Method::REGISTER)[0]
                .headers
                .cseq()
                .unwrap()
                .seq,
        2
    );
    registrar_says(&mut world, peer, 200, ("Expires", "600"));
    assert!(is_registered(&mut world, alice));
}

#[test]
fn s_002_forbidden_is_final_and_unavailable_is_tried_when_the_server_says() {
    let (mut world, alice, peer) = scripted();
    registrar_says(&mut world, peer, 503, ("Retry-After", "7"));
    let wait = match states(&mut world, alice).last() {
        Some(RegistrationState::Failed { retry_in, .. }) => *retry_in,
        other => panic!("{other:?}"),
    };
    assert_eq!(wait, Some(SECOND * 7));
    world.run(SECOND * 7);
    assert_eq!(peer.heard(&mut world, Method::REGISTER).len(), 2);
    registrar_says(&mut world, peer, 403, ("X", "y"));
    world.run(SECOND * 300);
    assert_eq!(peer.heard(&mut world, Method::REGISTER).len(), 2);
    assert!(matches!(
        states(&mut world, alice).last(),
        Some(RegistrationState::Failed {
            retry_in: None,
            status: Some(403),
            ..
        })
    ));
}

#[test]
fn s_014_an_address_change_registers_anew_and_the_same_addresses_do_not() {
    let (mut world, _, alice) = one_phone("udp");
    let before = sent(&world, "REGISTER");
    for (addresses, more) in [(["192.0.2.1"], 0), (["192.0.2.77"], 1)] {
        world.addresses(alice.0, &addresses);
        world.run(SECOND);
        assert_eq!(sent(&world, "REGISTER"), before + more);
    }
}

#[test]
fn s_005_a_call_with_a_wrong_password_says_so() {
    let mut world = World::new(7);
    registrar(&mut world);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let mut config = account("alice", "guess", "udp");
    config.register = false;
    add(&mut world, alice, config);
    let call = sip_core::agent::CallId::outgoing(1);
    let command = Command::Call {
        call,
        account: Some(ACCOUNT),
        to: address("sip:bob@192.0.2.100"),
        headers: vec![],
        media: Box::new(media(1)),
    };
    alice.does(&mut world, command);
    world.run(SECOND);
    let (status, cause) = alice.ends(&mut world, call).pop().unwrap();
    assert!(matches!(status, Some(401 | 407)), "{status:?}");
    assert!(cause.contains("password"), "{cause}");
}
