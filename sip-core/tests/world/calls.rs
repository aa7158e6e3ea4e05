//! Calls from the first INVITE to the last ACK.

use sip_core::agent::CallState::{Calling, Confirmed, Ringing};

use crate::common::{SECOND, ringing, talking};

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
