//! REGISTER: who may, for how long, and what is remembered (RFC 3261 §10.3).

use super::*;

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn s_002_a_challenge_offers_sha_256_and_md5_and_the_right_password_registers() {
    let mut w = World::new();
    let request = w.make("REGISTER", "sip:example.com", "alice", ALICE);
    w.say(ALICE, request);
    let challenge = w.response(ALICE);
    let offered: Vec<&str> = challenge.headers.get_all("WWW-Authenticate").collect();
    assert_eq!(challenge.status, 401);
    assert!(
        offered[0].contains("SHA-256") && offered[1].contains("MD5"),
        "{offered:?}"
    );
    let ok = w.register("alice", ALICE);
    assert_eq!(ok.status, 200);
    assert_eq!(
        ok.headers.get("Contact"),
        Some("<sip:alice@198.51.100.1:5060>;expires=3600")
    );
    let aor = "sip:alice@example.com".to_owned();
    let contact = "sip:alice@198.51.100.1:5060".to_owned();
    assert_eq!(
        w.events,
        [Event::Registered {
            user: "alice".into(),
            aor,
            contact,
            bindings: 1,
            moved: Moved::No,
        }]
    );
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_challenged_again_alike() {
    let mut w = World::new();
    for user in ["alice", "mallory"] {
        let mut request = w.make("REGISTER", "sip:example.com", user, ALICE);
        request.headers.set("To", format!("<sip:{user}@example.com>"));
        w.say(ALICE, request.clone());
        let challenge = w.response(ALICE);
        let mut client = DigestClient::new(user, "guess");
        client.challenged(&request, &challenge).unwrap();
        next_attempt(&mut request);
        client.authorize(&mut request, "cnonce");
        w.say(ALICE, request);
        assert_eq!(w.response(ALICE).status, 401);
        assert!(matches!(w.events.pop(), Some(Event::WrongPassword { user: u, .. }) if u == user));
    }
    assert_eq!(w.register("alice", ALICE).status, 200);
}

#[test]
fn guessing_passwords_has_to_wait() {
    let mut w = World::with(Limits {
        wrong_passwords: 3,
        ..Limits::default()
    });
    for n in 0..5 {
        let mut request = w.make("REGISTER", "sip:example.com", "alice", ALICE);
        request.headers.set("To", "<sip:alice@example.com>");
        w.say(ALICE, request.clone());
        let challenge = w.response(ALICE);
        if n >= 3 {
            assert_eq!(challenge.status, 403);
            assert!(challenge.headers.get("Retry-After").is_some());
            continue;
        }
        let mut client = DigestClient::new("alice", "guess");
        client.challenged(&request, &challenge).unwrap();
        next_attempt(&mut request);
        client.authorize(&mut request, "cnonce");
        w.say(ALICE, request);
        assert_eq!(w.response(ALICE).status, 401);
    }
    assert_eq!(w.register("bob", BOB).status, 200, "others are not held up");
    w.pass(seconds(61));
    assert_eq!(w.register("alice", ALICE).status, 200);
}

#[test]
fn nobody_registers_somebody_else() {
    let mut w = World::new();
    let mut request = w.make("REGISTER", "sip:example.com", "alice", ALICE);
    request.headers.set("To", "<sip:bob@example.com>");
    w.with_password(UDP, ALICE, request, "alice");
    assert_eq!(w.response(ALICE).status, 403);
    let mut request = w.make("REGISTER", "sip:example.com", "alice", ALICE);
    request.headers.set("To", "<sip:alice@elsewhere.example>");
    w.with_password(UDP, ALICE, request, "alice");
    assert_eq!(w.response(ALICE).status, 404);
}

#[test]
fn a_phone_that_comes_back_from_elsewhere_has_moved_and_one_that_refreshes_has_not() {
    let moved = |w: &mut World| match w.events.pop() {
        Some(Event::Registered { moved, .. }) => moved,
        other => panic!("{other:?}"),
    };
    let mut w = World::new();
    w.register("alice", ALICE);
    assert_eq!(moved(&mut w), Moved::No);
    w.register("alice", ALICE);
    assert_eq!(moved(&mut w), Moved::No, "a refresh");
    w.register("alice", "198.51.100.77:5060");
    assert_eq!(moved(&mut w), Moved::Elsewhere, "another contact");
    w.register_contact("alice", "198.51.100.77:6060", "<sip:alice@198.51.100.77>");
    assert_eq!(
        moved(&mut w),
        Moved::Elsewhere,
        "the same contact through another door"
    );
}

#[test]
fn too_short_a_lifetime_is_423_with_the_shortest_one() {
    let mut w = World::new();
    let response = w.register_contact("alice", ALICE, "<sip:alice@198.51.100.1>;expires=5");
    assert_eq!(
        (response.status, response.headers.get("Min-Expires")),
        (423, Some("30"))
    );
}

#[test]
fn several_phones_then_one_leaves_then_all() {
    let mut w = World::new();
    w.register("alice", ALICE);
    let ok = w.register_contact("alice", BOB, "<sip:alice@198.51.100.2>;q=0.5");
    assert_eq!(ok.headers.values("Contact").count(), 2);
    assert!(ok.headers.values("Contact").any(|c| c.contains("q=0.5")));
    let ok = w.register_contact("alice", ALICE, "<sip:alice@198.51.100.1:5060>;expires=0");
    assert_eq!(ok.headers.values("Contact").count(), 1);
    assert!(matches!(
        w.events.last(),
        Some(Event::Unregistered { bindings: 1, .. })
    ));
    let mut request = w.make("REGISTER", "sip:example.com", "alice", ALICE);
    request.headers.set("To", "<sip:alice@example.com>");
    request.headers.set("Contact", "*");
    request.headers.set("Expires", "0");
    w.with_password(UDP, ALICE, request, "alice");
    let ok = w.response(ALICE);
    assert_eq!((ok.status, ok.headers.get("Contact")), (200, None));
    assert!(matches!(
        w.events.last(),
        Some(Event::Unregistered { bindings: 0, .. })
    ));
}

#[test]
fn a_phone_that_is_not_heard_of_again_expires() {
    let mut w = World::new();
    w.register_contact("alice", ALICE, "<sip:alice@198.51.100.1>;expires=60");
    w.pass(seconds(59));
    assert_eq!(w.events.len(), 1);
    w.pass(seconds(2));
    assert!(matches!(
        w.events.last(),
        Some(Event::Unregistered { bindings: 0, .. })
    ));
}

#[test]
fn a_removed_user_is_gone_at_once() {
    let mut w = World::new();
    w.register("alice", ALICE);
    w.command(Command::RemoveUser("alice".into()));
    assert!(matches!(
        w.events.last(),
        Some(Event::Unregistered { bindings: 0, .. })
    ));
    let call = w.make("INVITE", "sip:alice@example.com", "x@elsewhere.example", BOB);
    w.say(BOB, call);
    assert_eq!(w.statuses(BOB).last(), Some(&404));
}

#[test]
fn a_repeated_register_is_answered_the_same_without_a_second_event() {
    let mut w = World::new();
    let mut request = w.make("REGISTER", "sip:example.com", "alice", ALICE);
    request.headers.set("To", "<sip:alice@example.com>");
    let request = w.with_password(UDP, ALICE, request, "alice");
    let first = w.response(ALICE);
    w.say(ALICE, request);
    assert_eq!(w.response(ALICE), first);
    assert_eq!(w.events.len(), 1);
}
