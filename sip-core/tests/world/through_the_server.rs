//! Two registered phones call each other through the server, on every mix of transports.

use std::time::Duration;

use sip_core::{
    agent::{
        AccountConfig, AccountId, CallId,
        CallState::{Confirmed, Ringing},
        Command,
    },
    server::{self, Limits, Password, Server, ServerConfig},
    testkit::{Faults, NodeId, World},
    wire::Uri,
};

use crate::common::{BOTH, Phone, SECOND, address, media, sent};

const SERVER: &str = "192.0.2.100";

struct House {
    world: World,
    server: NodeId,
    alice: Phone,
    bob: Phone,
}

fn house(alice: &str, bob: &str) -> House {
    let mut world = World::new(3);
    let config = ServerConfig {
        seed: [200; 32],
        domains: vec![],
        realm: "test".to_owned(),
        server_name: "test".to_owned(),
        limits: Limits::default(),
    };
    let machine = Server::new(config, world.now());
    let server = world.add(machine, &format!("{SERVER}:5060"), &BOTH);
    let phones = [
        ("alice", alice, "192.0.2.1:5060", 1),
        ("bob", bob, "192.0.2.2:5060", 2),
    ];
    let phones = phones.map(|(name, transport, at, seed)| {
        let password = Password::new(format!("{name}-secret"));
        let user = server::Command::SetUser {
            name: name.to_owned(),
            password,
        };
        world.command::<Server>(server, user);
        let phone = Phone::add(&mut world, at, seed);
        let config = AccountConfig {
            uri: Uri::parse(&format!("sip:{name}@{SERVER}")).unwrap(),
            display_name: None,
            registrar: Some(Uri::parse(&format!("sip:{SERVER};transport={transport}")).unwrap()),
            outbound_proxy: None,
            username: None,
            password: Some(format!("{name}-secret")),
            register: true,
            expires: Duration::from_secs(600),
        };
        let (account, config) = (AccountId(1), Box::new(config));
        phone.does(&mut world, Command::AddAccount { account, config });
        phone
    });
    world.run(SECOND);
    let [alice, bob] = phones;
    House {
        world,
        server,
        alice,
        bob,
    }
}

impl House {
    fn alice_calls_bob(&mut self, transport: &str) -> (CallId, Option<CallId>) {
        let call = CallId::outgoing(1);
        let command = Command::Call {
            call,
            account: Some(AccountId(1)),
            to: address(&format!("<sip:bob@{SERVER};transport={transport}>")),
            headers: vec![],
            media: Box::new(media(1)),
        };
        self.alice.does(&mut self.world, command);
        self.world.run(SECOND);
        let incoming = self.bob.incoming(&mut self.world);
        (call, incoming)
    }

    fn load(&mut self) -> (usize, usize) {
        self.world.seat::<Server>(self.server).machine.load()
    }
}

#[test]
fn a_call_is_answered_held_resumed_and_ended_on_every_mix_of_transports() {
    for (from, to) in [("udp", "udp"), ("tcp", "tcp"), ("udp", "tcp"), ("tcp", "udp")] {
        let mut h = house(from, to);
        let (out, inc) = h.alice_calls_bob(from);
        let inc = inc.unwrap_or_else(|| panic!("{from} to {to}: bob's phone does not ring"));
        h.bob.answers(&mut h.world, inc);
        h.world.run(SECOND);
        assert!(
            h.alice.states(&mut h.world, out).ends_with(&[Ringing, Confirmed]),
            "{from} to {to}"
        );
        h.bob.does(&mut h.world, Command::Hold(inc));
        h.world.run(SECOND);
        assert_eq!(
            h.alice.holds(&mut h.world, out),
            Some((false, true)),
            "{from} to {to}"
        );
        h.bob.does(&mut h.world, Command::Resume(inc));
        h.world.run(SECOND);
        h.alice.does(&mut h.world, Command::Hold(out));
        h.world.run(SECOND);
        assert_eq!(
            h.bob.holds(&mut h.world, inc),
            Some((false, true)),
            "{from} to {to}"
        );
        h.bob.hangs_up(&mut h.world, inc);
        h.world.run(SECOND);
        assert_eq!(
            h.alice.ends(&mut h.world, out),
            [(None, "the peer hung up".to_owned())],
            "{from} to {to}"
        );
        h.world.run(SECOND * 70);
        assert_eq!(h.load(), (0, 0), "{from} to {to}: nothing is left behind");
    }
}

#[test]
fn the_caller_gives_up_while_it_rings() {
    for (from, to) in [("udp", "udp"), ("udp", "tcp")] {
        let mut h = house(from, to);
        let (out, inc) = h.alice_calls_bob(from);
        h.alice.hangs_up(&mut h.world, out);
        h.world.run(SECOND);
        assert_eq!(h.alice.ends(&mut h.world, out).len(), 1);
        assert_eq!(h.bob.ends(&mut h.world, inc.unwrap()).len(), 1);
        h.world.run(SECOND * 70);
        assert_eq!(h.load(), (0, 0));
    }
}

#[test]
fn a_refusal_reaches_the_caller_with_its_status() {
    let mut h = house("udp", "tcp");
    let (out, inc) = h.alice_calls_bob("udp");
    let (call, status) = (inc.unwrap(), 486);
    h.bob.does(&mut h.world, Command::Reject { call, status });
    h.world.run(SECOND);
    let ends = h.alice.ends(&mut h.world, out);
    assert_eq!(
        ends.iter().map(|(status, _)| *status).collect::<Vec<_>>(),
        [Some(486)]
    );
}

#[test]
fn one_challenge_a_call_is_enough() {
    let mut h = house("udp", "udp");
    let (_, inc) = h.alice_calls_bob("udp");
    h.bob.answers(&mut h.world, inc.unwrap());
    h.world.run(SECOND);
    assert!(sent(&h.world, "SIP/2.0 407") <= 1);
}

#[test]
fn a_call_survives_a_bad_network() {
    let mut h = house("udp", "udp");
    h.world.faults = Faults::BAD;
    let (out, _) = h.alice_calls_bob("udp");
    h.world.run(SECOND * 8);
    let inc = h.bob.incoming(&mut h.world).expect("bob's phone does not ring");
    h.bob.answers(&mut h.world, inc);
    h.world.run(SECOND * 15);
    assert_eq!(h.alice.states(&mut h.world, out).last(), Some(&Confirmed));
    assert!(h.bob.ends(&mut h.world, inc).is_empty(), "the ACK came through");
    h.alice.hangs_up(&mut h.world, out);
    h.world.run(SECOND * 40);
    assert_eq!(h.bob.ends(&mut h.world, inc).len(), 1);
    h.world.run(SECOND * 70);
    assert_eq!(h.load(), (0, 0));
}
