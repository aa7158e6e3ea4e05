//! Two agent phones, registered with digest at `ringside-server registrar`, talk over loopback: what each ear
//! recorded is looked at.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "sound needs real time")]

use std::{path::PathBuf, thread::sleep, time::Duration};

use ringside_tests::{
    needs_built,
    programs::{Headless, Registrar},
    sound::Ear,
};

/// Sound needs real time; nothing is asserted about how long this really takes.
fn talk(ms: u64) {
    sleep(Duration::from_millis(ms));
}

/// Tones above this are the other's voice.
const LOUD: f64 = -25.0;
/// What CONTRACTS call silence.
const SILENT: f64 = -60.0;

/// The other's tone is heard at 20 dB or more over the rest for a second or more, and somewhere between the
/// first and the last of it there is silence for most of `silence` seconds, as often as `bursts` say.
///
/// One second, because a phone from which the machine takes the processor for longer than the other has in
/// reserve leaves a gap that nobody can fill. How little of it is heard is shown in virtual time.
fn judge(who: &str, ear: PathBuf, hz: f64, bursts: usize, silence: f64) {
    let ear = Ear::read(&ear);
    let (from, to) = ear.longest(|level| level > LOUD);
    assert!(
        to - from >= 1.0,
        "{who} hears the other for {:.1} s only",
        to - from
    );
    let over = ear.clearest_second(hz, from, to);
    assert!(over >= 20.0, "{who} hears {hz} Hz {over:.1} dB over the rest");
    assert!(
        ear.bursts() >= bursts,
        "{who} hears {} bursts of sound",
        ear.bursts()
    );
    let (from, to) = ear.longest(|level| level < SILENT);
    assert!(
        to - from > silence,
        "{who} has silence for {:.1} s only",
        to - from
    );
    println!(
        "{who}: {hz} Hz is {over:.1} dB over the rest, in {} bursts",
        ear.bursts()
    );
}

/// The steps of CONTRACTS: talk, mute, hold by the caller, hold by the callee, hang up, end of input.
fn a_call(transport: &str) {
    needs_built!("ringside", "ringside-server");
    let files = tempfile::tempdir().unwrap();
    let registrar = Registrar::start(&["anna", "bert"]);
    let mut anna = Headless::speaking(files.path(), "anna", 440, &[]);
    let mut bert = Headless::speaking(files.path(), "bert", 1000, &[]);
    let account = anna.registers(&registrar, "anna", transport);
    bert.registers(&registrar, "bert", transport);
    assert_eq!((registrar.bindings("anna"), registrar.bindings("bert")), (1, 1));

    let out = anna.calls(&format!("sip:bert@{}", registrar.udp), Some(&account));
    let inc = bert.is_called();
    anna.wait_state(&out, "ringing");
    bert.does("call.answer", &inc);
    anna.wait_state(&out, "confirmed");
    bert.wait_state(&inc, "confirmed");
    talk(2500);

    // Bert hears silence between his first and second burst.
    anna.does("call.mute", &out);
    talk(1500);
    anna.does("call.unmute", &out);
    talk(1200);

    anna.does("call.hold", &out);
    bert.wait("call.media", |p| p["remote_hold"] == true);
    talk(1500);
    anna.does("call.resume", &out);
    bert.wait("call.media", |p| p["remote_hold"] == false);
    talk(1200);
    bert.does("call.hold", &inc);
    anna.wait("call.media", |p| p["remote_hold"] == true);
    talk(1500);
    bert.does("call.resume", &inc);
    anna.wait("call.media", |p| p["remote_hold"] == false);
    talk(1200);

    bert.does("call.hangup", &inc);
    anna.wait_state(&out, "ended");
    bert.wait_state(&inc, "ended");
    let (said, anna_ear) = anna.end();
    assert!(
        said.iter().all(|line| line["params"]["state"] != "ended"),
        "ended twice: {said:?}"
    );
    let (_, bert_ear) = bert.end();
    assert_eq!(
        (registrar.bindings("anna"), registrar.bindings("bert")),
        (0, 0),
        "nothing stays registered"
    );

    // Anna: talk, held by her, talk, held by him, talk. Bert also has the muted span.
    judge("anna", anna_ear.unwrap(), 1000.0, 3, 1.0);
    judge("bert", bert_ear.unwrap(), 440.0, 4, 1.0);
}

#[test]
fn realtime_two_phones_talk_over_udp() {
    a_call("udp");
}

#[test]
fn realtime_two_phones_talk_over_tcp() {
    a_call("tcp");
}

#[test]
fn realtime_a_call_outlives_the_registrar() {
    needs_built!("ringside", "ringside-server");
    let files = tempfile::tempdir().unwrap();
    let registrar = Registrar::start(&["anna", "bert"]);
    let mut anna = Headless::speaking(files.path(), "anna", 440, &[]);
    let mut bert = Headless::speaking(files.path(), "bert", 1000, &[]);
    let account = anna.registers(&registrar, "anna", "tcp");
    bert.registers(&registrar, "bert", "tcp");
    let out = anna.calls(&format!("sip:bert@{}", registrar.udp), Some(&account));
    let inc = bert.is_called();
    bert.does("call.answer", &inc);
    anna.wait_state(&out, "confirmed");
    drop(registrar);
    anna.wait("account.state", |p| p["state"] == "failed");
    talk(2000);
    let before = anna.does("call.stats", &out)["received"].as_u64().unwrap();
    // The figures are a tenth of a second old at most.
    talk(1500);
    let after = anna.does("call.stats", &out)["received"].as_u64().unwrap();
    assert!(
        after > before,
        "voice stopped with the registrar: {before} packets, then {after}"
    );
    let (_, ear) = anna.end();
    judge("anna", ear.unwrap(), 1000.0, 1, -1.0);
    bert.end();
}
