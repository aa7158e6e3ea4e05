//! Several phones of one user ring at once (RFC 3261 §16.7).

use super::*;
use crate::wire::Method;

const DESK: &str = "198.51.100.3:5060";
const MOBILE: &str = "198.51.100.4:5060";

/// Both of bob's phones have the INVITE.
fn both_ring(w: &mut World) -> (Request, Request) {
    w.register("bob", DESK);
    w.register("bob", MOBILE);
    w.alice_calls("sip:bob@example.com");
    (w.request(DESK), w.request(MOBILE))
}

fn answer(w: &mut World, at: &str, request: &Request, status: u16) {
    w.say(at, reply(request, status, &format!("sip:bob@{at}")));
}

#[test]
fn s_005_the_first_to_answer_wins_and_the_other_is_cancelled() {
    let mut w = World::new();
    let (desk, mobile) = both_ring(&mut w);
    answer(&mut w, DESK, &desk, 180);
    answer(&mut w, MOBILE, &mobile, 180);
    answer(&mut w, MOBILE, &mobile, 200);
    assert_eq!(w.statuses(ALICE), [180, 180, 200]);
    assert_eq!(w.request(DESK).method, Method::CANCEL);
    answer(&mut w, DESK, &desk, 487);
    assert_eq!(w.statuses(ALICE), [0u16; 0]);
}

#[test]
fn two_answers_at_once_both_reach_the_caller() {
    let mut w = World::new();
    let (desk, mobile) = both_ring(&mut w);
    answer(&mut w, DESK, &desk, 200);
    answer(&mut w, MOBILE, &mobile, 200);
    assert_eq!(w.statuses(ALICE), [200, 200]);
}

#[test]
fn one_busy_phone_does_not_end_the_call_both_do() {
    let mut w = World::new();
    let (desk, mobile) = both_ring(&mut w);
    answer(&mut w, DESK, &desk, 486);
    answer(&mut w, MOBILE, &mobile, 180);
    assert_eq!(w.statuses(ALICE), [180]);
    answer(&mut w, MOBILE, &mobile, 480);
    assert_eq!(w.statuses(ALICE), [486]);
}

#[test]
fn a_decline_stops_the_others_and_wins() {
    let mut w = World::new();
    let (desk, mobile) = both_ring(&mut w);
    answer(&mut w, DESK, &desk, 180);
    answer(&mut w, MOBILE, &mobile, 603);
    assert_eq!(w.request(DESK).method, Method::CANCEL);
    assert_eq!(w.statuses(ALICE), [180]);
    answer(&mut w, DESK, &desk, 487);
    assert_eq!(w.statuses(ALICE), [603]);
}

#[test]
fn a_phone_that_is_off_does_not_hide_a_busy_one() {
    let mut w = World::new();
    let (desk, _off) = both_ring(&mut w);
    answer(&mut w, DESK, &desk, 486);
    w.pass(Duration::from_secs(33));
    assert_eq!(w.statuses(ALICE)[0], 486);
}
