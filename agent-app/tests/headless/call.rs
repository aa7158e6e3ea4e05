//! Two phones on loopback: a call from ring to exit, heard in both ears.

use std::{thread::sleep, time::Duration};

use ringside_tests::{programs::Headless, sound::Ear};
use serde_json::json;

/// Sound needs real time; nothing is asserted about how long this really takes.
fn talk(ms: u64) {
    sleep(Duration::from_millis(ms));
}

#[test]
fn two_phones_talk_hold_mute_and_hang_up() {
    let dir = tempfile::tempdir().unwrap();
    let mut anna = Headless::speaking(dir.path(), "anna", 440, &["--accept-any-user"]);
    let mut bob = Headless::speaking(dir.path(), "bob", 1000, &["--accept-any-user"]);

    let call = anna.ask(
        "call.start",
        json!({"to": bob.address("bob", "udp"), "headers": {"X-Test": "yes"}}),
    );
    let out = call["call"].as_str().unwrap().to_owned();
    let incoming = bob.wait("call.incoming", |_| true);
    let here = incoming["call"].as_str().unwrap().to_owned();
    assert_eq!(incoming["headers"]["X-Test"], "yes");
    anna.wait_state(&out, "ringing");
    bob.ask("call.answer", json!({"call": here}));
    anna.wait_state(&out, "confirmed");
    bob.wait_state(&here, "confirmed");
    let media = anna.wait("call.media", |p| p["call"] == out.as_str());
    assert_eq!(
        (&media["codec"], &media["direction"], &media["srtp"]),
        (&json!("opus"), &json!("sendrecv"), &json!(false))
    );
    talk(2000);
    let stats = anna.ask("call.stats", json!({"call": out}));
    assert_eq!(stats["codec"], "opus");
    assert!(stats["received"].as_u64().unwrap() > 20, "{stats}");
    assert!(stats["mos"].as_f64().unwrap() > 3.5, "{stats}");

    // Anna mutes: Bob hears silence, Anna hears Bob.
    anna.ask("call.mute", json!({"call": out}));
    talk(1500);
    anna.ask("call.unmute", json!({"call": out}));
    talk(800);

    // Bob holds Anna: silence both ways.
    bob.ask("call.hold", json!({"call": here}));
    anna.wait("call.media", |p| p["remote_hold"] == true);
    bob.wait("call.media", |p| p["local_hold"] == true);
    talk(2000);
    bob.ask("call.resume", json!({"call": here}));
    anna.wait("call.media", |p| {
        p["remote_hold"] == false && p["direction"] == "sendrecv"
    });
    talk(800);

    anna.ask("call.dtmf", json!({"call": out, "digits": "5"}));
    assert_eq!(bob.wait("call.dtmf", |_| true)["digit"], "5");

    anna.ask("call.hangup", json!({"call": out}));
    let end = bob.wait_state(&here, "ended");
    assert!(end["cause"].as_str().is_some_and(|c| !c.is_empty()), "{end}");
    anna.wait_state(&out, "ended");
    assert_eq!(anna.refused("call.hold", json!({"call": out})).0, 2);
    let (said, anna_ear) = anna.end();
    assert!(
        !said.iter().any(|v| v["params"]["state"] == "ended"),
        "ended once: {said:?}"
    );
    let (_, bob_ear) = bob.end();
    let ears = [anna_ear, bob_ear].map(|ear| Ear::read(&ear.unwrap()));

    for (ear, hz, silent_for) in [(&ears[0], 1000.0, 1.5), (&ears[1], 440.0, 1.5)] {
        let (from, to) = ear.longest(|level| level > -25.0);
        assert!(to - from > 1.0, "{hz} Hz is heard for {from}..{to} s");
        let over = ear.clearest_second(hz, from, to);
        assert!(over >= 20.0, "{hz} Hz is {over:.1} dB over the rest");
        // Held (and, at Bob, muted) spans lie between loud ones.
        let after = ear.longest(|level| level < -60.0);
        assert!(after.1 - after.0 > silent_for - 0.4, "silence of {after:?} s");
        assert!(ear.seconds() > 7.0);
    }
    let bursts = ears[1].bursts();
    assert!(bursts >= 3, "talk, muted, talk, held, talk: {bursts} bursts");
}

#[test]
fn early_media_is_heard_before_the_answer_and_the_figures_say_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut anna = Headless::speaking(dir.path(), "anna", 440, &["--accept-any-user"]);
    let mut bob = Headless::speaking(dir.path(), "bob", 1000, &["--accept-any-user"]);
    let call = anna.ask("call.start", json!({"to": bob.address("bob", "udp")}));
    let out = call["call"].as_str().unwrap().to_owned();
    let incoming = bob.wait("call.incoming", |_| true);
    let here = incoming["call"].as_str().unwrap().to_owned();
    anna.wait_state(&out, "ringing");
    for (phone, call) in [(&mut anna, &out), (&mut bob, &here)] {
        let (code, message) = phone.refused("call.stats", json!({"call": call}));
        assert_eq!(code, 2, "{message}");
        assert!(message.contains("ringing"), "{message}");
    }
    bob.ask(
        "call.ring",
        json!({"call": here, "status": 183, "early_media": true}),
    );
    for (phone, call) in [(&mut anna, &out), (&mut bob, &here)] {
        phone.wait_state(call, "early");
        phone.wait("call.media", |p| p["call"] == call.as_str());
        let stats = phone.ask("call.stats", json!({"call": call}));
        assert_eq!(stats["codec"], "opus", "from the agreement on: {stats}");
    }
    talk(2500);
    for (phone, call) in [(&mut anna, &out), (&mut bob, &here)] {
        let stats = phone.ask("call.stats", json!({"call": call}));
        assert!(stats["received"].as_u64().unwrap() > 20, "{stats}");
    }
    anna.ask("call.hangup", json!({"call": out}));
    anna.wait_state(&out, "ended");
    bob.wait_state(&here, "ended");
    for ((_, ear), hz) in [(anna.end(), 1000.0), (bob.end(), 440.0)] {
        let ear = Ear::read(&ear.unwrap());
        let (from, to) = ear.longest(|level| level > -25.0);
        assert!(to - from > 1.0, "{hz} Hz is heard for {from}..{to} s");
        let over = ear.clearest_second(hz, from, to);
        assert!(over >= 20.0, "{hz} Hz is {over:.1} dB over the rest");
    }
}

#[test]
fn end_of_input_hangs_up_and_exits_0() {
    let dir = tempfile::tempdir().unwrap();
    let mut anna = Headless::speaking(dir.path(), "anna", 440, &["--accept-any-user"]);
    let mut bob = Headless::speaking(
        dir.path(),
        "bob",
        1000,
        &["--accept-any-user", "--auto-answer", "200"],
    );
    let call = anna.ask("call.start", json!({"to": bob.address("bob", "udp")}))["call"]
        .as_str()
        .unwrap()
        .to_owned();
    anna.wait_state(&call, "confirmed");
    let (said, ear) = anna.end();
    let ended = said
        .iter()
        .filter(|v| v["method"] == "call.state" && v["params"]["state"] == "ended")
        .count();
    assert_eq!(ended, 1);
    bob.wait("call.state", |p| p["state"] == "ended");
    bob.end();
    Ear::read(&ear.unwrap());
}

#[test]
fn refusals_and_cancels_are_told_on_both_sides() {
    let mut anna = Headless::start(&["--null-audio"]);
    let mut bob = Headless::start(&["--null-audio", "--accept-any-user"]);
    let call = anna.ask("call.start", json!({"to": bob.address("x", "udp")}))["call"]
        .as_str()
        .unwrap()
        .to_owned();
    let here = bob.wait("call.incoming", |_| true)["call"]
        .as_str()
        .unwrap()
        .to_owned();
    bob.ask("call.reject", json!({"call": here, "status": 486}));
    let end = anna.wait_state(&call, "ended");
    assert_eq!(end["status"], 486);
    bob.wait_state(&here, "ended");

    let call = anna.ask("call.start", json!({"to": bob.address("x", "udp")}))["call"]
        .as_str()
        .unwrap()
        .to_owned();
    let here = bob.wait("call.incoming", |_| true)["call"]
        .as_str()
        .unwrap()
        .to_owned();
    anna.wait_state(&call, "ringing");
    anna.ask("call.hangup", json!({"call": call}));
    anna.wait_state(&call, "ended");
    bob.wait_state(&here, "ended");
    anna.end();
    bob.end();
}
