//! `ringside headless` at a real contact centre: sign-in, queue, calls, a link that breaks.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use ringside_tests::programs::Headless;
use serde_json::{Value, json};

use crate::house::{Cable, House, UCC};

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// The next offer, and its call: told with the offer when the INVITE was first, by the INVITE else.
fn offered(phone: &mut Headless) -> (Value, String) {
    let offer = phone.wait("offer.started", |_| true);
    let incoming = |p: &Value| {
        let alert = p["headers"]["Alert-Info"].as_str();
        alert == Some(&format!("<urn:acp:offer:{}>", text(&offer, "offer")))
    };
    let call = match offer["call"].as_str() {
        Some(call) => call.to_owned(),
        None => text(&phone.wait("call.incoming", incoming), "call").to_owned(),
    };
    (offer, call)
}

#[test]
fn f_003_signing_in_gives_the_agent_and_registers_the_station() {
    let house = House::quiet();
    let mut pat = Headless::start(&["--null-audio"]);
    let me = pat.ask("agent.sign_in", house.credentials(house.url()));
    assert_eq!(keys(&me), ["agent", "name", "uccs"]);
    assert_eq!((text(&me, "agent"), text(&me, "name")), ("a_pat", "Pat Jansen"));
    let ucc = &me["uccs"][0];
    assert_eq!(keys(ucc), ["name", "skills", "state", "ucc"]);
    assert_eq!((text(ucc, "ucc"), text(ucc, "state")), (UCC, "signed_in"));
    assert_eq!(keys(&ucc["skills"][0]), ["name", "skill"]);
    pat.wait("account.state", |p| p["state"] == "registering");
    let registered = pat.wait("account.state", |p| p["state"] == "registered");
    assert_eq!(keys(&registered), ["account", "state"]);
    let state = pat.wait("agent.state", |p| p["routable"] == true);
    assert_eq!(
        state,
        json!({"intent": "ready", "routable": true, "voice": "idle"})
    );
    let why = pat.ask("agent.why", json!({}));
    assert_eq!(keys(&why["uccs"][0]), ["because", "routable", "skill", "ucc"]);
    assert_eq!(pat.ask("agent.not_ready", json!({"reason": "Lunch"})), json!({}));
    pat.wait("agent.state", |p| {
        p["intent"] == "not_ready" && p["routable"] == false
    });
}

#[test]
fn f_005_what_is_wrong_with_a_sign_in_is_said_in_a_sentence() {
    let house = House::quiet();
    let mut pat = Headless::start(&["--null-audio"]);
    let mut wrong = house.credentials(house.url());
    wrong["password"] = json!("wrong");
    let error = pat.response("agent.sign_in", wrong)["error"].clone();
    assert_eq!(error["code"], 3);
    assert_eq!(
        error["data"],
        json!({"status": 401, "reason": "Sign-in address or password is wrong"})
    );

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, message) = pat.refused("agent.sign_in", house.credentials(&format!("http://{nobody}")));
    assert_eq!(code, 4);
    assert!(
        message.contains(&format!("http://{nobody} cannot be reached")),
        "{message}"
    );

    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = stranger.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in stranger.incoming().map_while(Result::ok) {
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok() {
                let page = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\n<p>Hi</p>";
                // The client may have gone.
                let _ = stream.write_all(page.as_bytes());
            }
        }
    });
    let (code, message) = pat.refused("agent.sign_in", house.credentials(&format!("http://{address}")));
    assert_eq!(code, 4);
    assert!(message.contains("is not a Ringside server"), "{message}");
    pat.ask("agent.sign_in", house.credentials(house.url()));
}

#[test]
fn f_022_a_sign_out_leaves_every_ucc_and_the_call_unless_it_is_asked_to_ask() {
    let mut house = House::quiet();
    let mut pat = house.agent(house.url(), &["--null-audio"]);
    house.customer_calls();
    let (offer, call) = offered(&mut pat);
    pat.ask("offer.accept", json!({"offer": offer["offer"]}));
    pat.wait_state(&call, "confirmed");
    let asked = pat.ask("agent.sign_out", json!({"force": false}));
    assert_eq!(
        (&asked["signed_out"], text(&asked["uccs"][0], "ucc")),
        (&json!(false), UCC)
    );
    let out = pat.ask("agent.sign_out", json!({}));
    assert_eq!(out["signed_out"], true);
    pat.wait_state(&call, "ended");
    pat.wait("account.state", |p| p["state"] == "unregistered");
    let me = pat.ask("agent.sign_in", house.credentials(house.url()));
    assert_eq!(me["uccs"][0]["state"], "signed_out");
}

#[test]
fn f_016_the_last_agent_of_a_skill_is_asked_and_may_force() {
    let house = House::quiet();
    let mut pat = house.agent(house.url(), &["--null-audio"]);
    let asked = pat.ask("agent.ucc_sign_out", json!({"ucc": UCC}));
    assert_eq!(keys(&asked), ["feedback", "skills", "state"]);
    assert_eq!(
        (text(&asked, "feedback"), text(&asked, "state")),
        ("confirmation", "signed_in")
    );
    assert_eq!(asked["skills"][0], json!({"skill": "s_sales", "name": "Sales"}));
    assert_eq!(
        asked["skills"][1],
        json!({"skill": "s_support", "name": "Support"})
    );
    let out = pat.ask("agent.ucc_sign_out", json!({"ucc": UCC, "force": true}));
    assert_eq!(out["state"], "signed_out");
    pat.wait("agent.state", |p| p["routable"] == false);
    let back = pat.ask("agent.ucc_sign_in", json!({"ucc": UCC}));
    assert_eq!(back["state"], "signed_in");
    pat.wait("agent.state", |p| p["routable"] == true);
}

#[test]
fn f_035_a_customers_call_is_offered_accepted_talked_and_gone() {
    let mut house = House::quiet();
    let mut pat = house.agent(house.url(), &["--null-audio"]);
    house.customer_calls();
    let (offer, call) = offered(&mut pat);
    let mut shape = keys(&offer);
    shape.retain(|key| *key != "name" && *key != "call");
    assert_eq!(
        shape,
        [
            "caller",
            "conversation",
            "deadline_ms",
            "kind",
            "offer",
            "skill",
            "ucc",
            "waited_ms"
        ]
    );
    assert_eq!((text(&offer, "ucc"), text(&offer, "skill")), ("Demo", "Sales"));
    let conversation = text(&offer, "conversation");
    pat.ask("offer.accept", json!({"offer": offer["offer"]}));
    let ended = pat.wait("offer.ended", |_| true);
    assert_eq!(keys(&ended), ["offer", "reason", "result"]);
    assert_eq!(text(&ended, "result"), "accepted");
    pat.wait_state(&call, "confirmed");
    let talking = pat.wait("conversation.state", |p| p["state"] == "connected");
    assert_eq!(
        keys(&talking),
        ["conversation", "participants", "recording", "state"]
    );
    assert_eq!(text(&talking, "conversation"), conversation);
    assert_eq!(
        keys(&talking["participants"][0]),
        ["held", "muted", "role", "uri"]
    );
    pat.ask("call.mute", json!({"call": call}));
    let muted = |state: &Value| {
        let of = |role: &str| {
            let participants = state["participants"].as_array().unwrap();
            participants.iter().find(|p| p["role"] == role).unwrap()["muted"].clone()
        };
        (of("customer"), of("agent"))
    };
    pat.wait("conversation.state", |p| muted(p) == (json!(false), json!(true)));
    // The lists follow in events of their own.
    let personal = |p: &mut Headless, wanted: usize| {
        while p.ask("queue.list", json!({}))["personal"]
            .as_array()
            .unwrap()
            .len()
            != wanted
        {
            p.wait("queue.changed", |_| true);
        }
    };
    personal(&mut pat, 1);
    pat.ask("call.hangup", json!({"call": call}));
    pat.wait_state(&call, "ended");
    pat.wait("conversation.state", |p| p["state"] == "ended");
    personal(&mut pat, 0);
    let queue = pat.ask("queue.list", json!({}));
    assert_eq!(keys(&queue), ["connected", "personal", "waiting"]);
    assert_eq!(queue["waiting"], json!([]));
}

#[test]
fn f_032_an_ignored_offer_ends_and_the_customer_waits_on() {
    let mut house = House::quiet();
    let mut pat = house.agent(house.url(), &["--null-audio"]);
    house.customer_calls();
    let offer = pat.wait("offer.started", |_| true);
    pat.ask("offer.ignore", json!({"offer": offer["offer"]}));
    let ended = pat.wait("offer.ended", |p| p["offer"] == offer["offer"]);
    assert_eq!(text(&ended, "result"), "ignored");
    pat.wait("queue.changed", |p| p["waiting"] == 1);
    let waiting = &pat.ask("queue.list", json!({}))["waiting"];
    assert_eq!(waiting[0]["conversation"], offer["conversation"]);
    house.customers_leave();
    pat.wait("queue.changed", |p| p["waiting"] == 0);
}

fn is_limited(state: &Value) -> bool {
    let reason = state["reason"].as_str();
    reason.is_some_and(|reason| reason.starts_with("Limited: "))
}

#[test]
fn c_001_after_a_cut_the_link_goes_on_where_it_was_and_nothing_is_missed_or_told_twice() {
    let mut house = House::quiet();
    let cable = Cable::to(house.url());
    let mut pat = house.agent(&cable.url(), &["--null-audio"]);
    assert_eq!(pat.ask("agent.not_ready", json!({})), json!({}));
    pat.wait("agent.state", |p| p["intent"] == "not_ready");
    cable.cut();
    let limited = pat.wait("agent.state", is_limited);
    assert_eq!(keys(&limited), ["intent", "reason", "routable", "voice"]);
    assert_eq!(limited["routable"], false);
    house.customer_calls();
    for method in ["agent.ready", "agent.not_ready", "agent.why", "queue.list"] {
        let (code, message) = pat.refused(method, json!({}));
        assert_eq!(code, 4, "{method}");
        assert!(message.contains("contact centre"), "{method}: {message}");
    }
    cable.mend();
    // Missed while the cable was cut: the customer in the queue.
    let back = pat.wait("agent.state", |p| p["reason"] == "You are not ready");
    assert_eq!(
        (text(&back, "intent"), &back["routable"]),
        ("not_ready", &json!(false))
    );
    assert_eq!(pat.ask("agent.ready", json!({})), json!({}));
    let (offer, _) = offered(&mut pat);
    let (said, _) = pat.end();
    let again = |v: &&Value| {
        let p = &v["params"];
        (v["method"] == "offer.started" && p["offer"] == offer["offer"]) || is_limited(p)
    };
    assert_eq!(said.iter().filter(again).count(), 0, "{said:#?}");
}

#[test]
fn c_001_a_contact_centre_that_says_nothing_any_more_is_noticed_by_who_asks() {
    let house = House::quiet();
    let cable = Cable::to(house.url());
    let mut pat = house.agent(&cable.url(), &["--null-audio"]);
    cable.freeze();
    let (code, message) = pat.refused("agent.why", json!({}));
    assert_eq!(code, 4, "{message}");
    assert!(message.contains("does not answer"), "{message}");
    pat.wait("agent.state", is_limited);
    cable.mend();
    pat.wait("agent.state", |p| p["routable"] == true);
    assert_eq!(pat.ask("agent.why", json!({}))["uccs"][0]["routable"], true);
}

#[test]
fn s_002_the_end_unregisters_first_and_signs_out_then() {
    let house = House::quiet();
    let pat = house.agent(house.url(), &["--null-audio"]);
    let (said, _) = pat.end();
    assert!(
        said.iter().any(|v| v["params"]["state"] == "unregistered"),
        "{said:#?}"
    );
    assert!(
        !house.complaints().contains("wrong SIP password"),
        "{}",
        house.complaints()
    );
    // Signed out, of the UCC too: the next sign-in is no takeover, and the phone works.
    let mut again = Headless::start(&["--null-audio"]);
    let me = again.ask("agent.sign_in", house.credentials(house.url()));
    assert_eq!(me["uccs"][0]["state"], "signed_out");
    again.ask("agent.ucc_sign_in", json!({"ucc": UCC}));
    again.wait("agent.state", |p| p["routable"] == true);
    assert_eq!(
        again.ask("agent.sign_out", json!({}))["signed_out"],
        true,
        "the last agent is not asked"
    );
    again.wait("account.state", |p| p["state"] == "unregistered");
    again.end();
    assert!(
        !house.complaints().contains("wrong SIP password"),
        "{}",
        house.complaints()
    );
}

#[test]
fn c_001_a_second_station_takes_over_and_the_first_one_lets_go() {
    let house = House::quiet();
    let mut first = house.agent(house.url(), &["--null-audio"]);
    let mut second = house.agent(house.url(), &["--null-audio"]);
    first.wait("account.state", |p| p["state"] == "unregistered");
    assert_eq!(first.refused("agent.ready", json!({})).0, 2, "signed out");
    assert_eq!(second.ask("agent.ready", json!({})), json!({}));
    first.end();
    assert!(
        !house.complaints().contains("wrong SIP password"),
        "{}",
        house.complaints()
    );
}
