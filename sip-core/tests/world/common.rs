//! Phones and what is asked of them.

use std::time::Duration;

use sip_core::{
    Transport,
    agent::{AgentConfig, CallId},
    testkit::World,
    wire::NameAddr,
};

pub(crate) use sip_core::testkit::Phone;

pub(crate) const BOTH: [Transport; 2] = [Transport::Udp, Transport::Tcp];
pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn config(seed: u8) -> AgentConfig {
    Phone::config(seed)
}

pub(crate) fn address(uri: &str) -> Box<NameAddr> {
    Box::new(NameAddr::parse(uri).unwrap())
}

pub(crate) fn media(n: u64) -> sip_core::sdp::LocalMedia {
    Phone::media(n)
}

/// How often a message whose first line starts so was sent.
pub(crate) fn sent(world: &World, start: &str) -> usize {
    world
        .log
        .iter()
        .filter(|(.., bytes)| bytes.starts_with(start.as_bytes()))
        .count()
}

/// Two phones in a call: the caller, the callee and their names for it.
pub(crate) struct Talking {
    pub(crate) world: World,
    pub(crate) alice: Phone,
    pub(crate) bob: Phone,
    pub(crate) out: CallId,
    pub(crate) inc: CallId,
}

pub(crate) fn ringing(to: &str) -> Talking {
    let mut world = World::new(1);
    let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
    let bob = Phone::add(&mut world, "192.0.2.2:5060", 2);
    let out = alice.calls(&mut world, 1, to);
    world.run(SECOND / 10);
    let inc = bob.incoming(&mut world).expect("bob's phone does not ring");
    Talking {
        world,
        alice,
        bob,
        out,
        inc,
    }
}

pub(crate) fn talking() -> Talking {
    let mut t = ringing("sip:bob@192.0.2.2");
    t.bob.answers(&mut t.world, t.inc);
    t.world.run(SECOND / 10);
    t
}
