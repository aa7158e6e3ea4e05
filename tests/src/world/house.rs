//! A registrar and phones that know it.

use std::time::Duration;

use sip_core::{
    Transport,
    agent::{AccountConfig, AccountId, AgentConfig, CallId},
    server::{Command, Limits, Password, Server, ServerConfig},
    testkit::{NodeId, Phone, World},
    wire::{Host, Uri},
};

/// The account every phone of a house has.
pub const ACCOUNT: AccountId = AccountId(1);
/// The registrar's name in the simulated DNS.
const DOMAIN: &str = "house.test";
const REGISTRAR: &str = "192.0.2.100:5060";
const BOTH: [Transport; 2] = [Transport::Udp, Transport::Tcp];

/// A world with a registrar called `house.test`.
pub struct House {
    /// Clock and wires.
    pub world: World,
    /// The registrar and proxy.
    pub registrar: NodeId,
    users: Vec<String>,
}

impl House {
    /// A house with nobody in it.
    pub fn new(seed: u64) -> Self {
        let mut world = World::new(seed);
        world.name(DOMAIN, &["192.0.2.100"]);
        let machine = server(&world);
        let registrar = world.add(machine, REGISTRAR, &BOTH);
        Self {
            world,
            registrar,
            users: Vec::new(),
        }
    }

    /// A phone of a new user, registering over a transport. It answers for its account only.
    pub fn moves_in(&mut self, user: &str, transport: Transport) -> Phone {
        self.set_user(user);
        self.users.push(user.to_owned());
        let n = self.users.len();
        let config = AgentConfig {
            accept_any_user: false,
            ..Phone::config(n as u8)
        };
        let phone = Phone::with(&mut self.world, &format!("192.0.2.{n}:5060"), config, &BOTH);
        phone.account(&mut self.world, ACCOUNT, account(user, transport));
        phone
    }

    /// Lets seconds pass.
    pub fn run(&mut self, seconds: u64) {
        self.world.run(Duration::from_secs(seconds));
    }

    /// A call through the registrar.
    pub fn calls(&mut self, from: Phone, n: u64, user: &str) -> CallId {
        let to = format!("sip:{user}@{DOMAIN}");
        from.calls_through(&mut self.world, Some(ACCOUNT), n, &to)
    }

    /// The registrar starts anew at once, knows its users again, and none of their phones.
    pub fn restart_registrar(&mut self) {
        self.world.switch_off(self.registrar);
        let machine = server(&self.world);
        self.world.restart(self.registrar, machine);
        for user in self.users.clone() {
            self.set_user(&user);
        }
    }

    /// Every call that any of these phones had has ended exactly once, and after the waits of RFC 3261
    /// nothing is left of it anywhere.
    ///
    /// # Panics
    ///
    /// When that is not so; `what` goes into the sentence.
    pub fn assert_all_over(&mut self, phones: &[Phone], what: &str) {
        for phone in phones {
            for call in phone.all_calls(&mut self.world) {
                let ends = phone.ends(&mut self.world, call);
                assert_eq!(ends.len(), 1, "{what}: {call} at {phone:?} ended {ends:?}");
            }
            let left = phone.in_flight(&mut self.world);
            assert!(
                phone.is_empty(&mut self.world),
                "{what}: {phone:?} keeps {left:?}"
            );
        }
        let left = self.world.seat::<Server>(self.registrar).machine.load();
        assert_eq!(
            left,
            (0, 0),
            "{what}: requests and transactions left at the registrar"
        );
    }

    fn set_user(&mut self, user: &str) {
        let command = Command::SetUser {
            name: user.to_owned(),
            password: Password::new(format!("{user}-secret")),
        };
        self.world.command::<Server>(self.registrar, command);
    }
}

fn server(world: &World) -> Server {
    let config = ServerConfig {
        seed: [200; 32],
        domains: Host::parse(DOMAIN).into_iter().collect(),
        realm: "house".to_owned(),
        server_name: "test".to_owned(),
        limits: Limits::default(),
    };
    Server::new(config, world.now())
}

fn account(user: &str, transport: Transport) -> AccountConfig {
    let uri = |text: &str| Uri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let transport = transport.param_name();
    AccountConfig {
        uri: uri(&format!("sip:{user}@{DOMAIN}")),
        display_name: None,
        registrar: Some(uri(&format!("sip:{DOMAIN};transport={transport}"))),
        outbound_proxy: Some(uri(&format!("sip:{DOMAIN};transport={transport};lr"))),
        username: None,
        password: Some(format!("{user}-secret")),
        register: true,
        expires: Duration::from_secs(3600),
    }
}
