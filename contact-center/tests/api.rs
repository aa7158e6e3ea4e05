//! acp/1 over real sockets with a real database.
#![allow(clippy::unwrap_used, reason = "tests")]

mod acp;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use acp::{Agent, Options, PASSWORD, Server, Socket, body, refusal};
use contact_api::{
    client::{Client, Goodbye, Retry, Update},
    event::Event,
    frame::{Mode, Op, Resume, ServerFrame, goaway},
    model::{ConversationState, OfferResult, Role, Voice},
    rest::{Health, Me, Problem, TokenResponse},
};
use contact_center::{
    api::{Clock, Timing},
    center::{AgentLeg, Arrival, NotPlaced, OfferLost, ToFocus},
    store::Location,
};
use futures_util::StreamExt as _;

#[tokio::test]
async fn c_010_sign_in_then_me_tells_who_i_am() {
    let server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    let me = server
        .http
        .get(server.url("/api/v1/me"))
        .bearer_auth(&agent.tokens.access)
        .send()
        .await
        .unwrap();
    let me: Me = me.json().await.unwrap();
    assert_eq!(
        (me.name.as_str(), me.address.as_str()),
        ("Pat Jansen", "pat@demo.ringside")
    );
    assert_eq!(me.uccs[0].skills.len(), 2);
    assert_eq!(agent.tokens.expires_in, 900);
    let accounts = server.accounts.0.lock().unwrap().clone();
    assert_eq!(accounts.len(), 1);
    assert_eq!(
        (&accounts[0].uri, &accounts[0].password),
        (&agent.sip.uri, &agent.sip.password)
    );
}

#[tokio::test]
async fn c_010_wrong_password_and_unknown_user_get_the_same_answer() {
    let server = Server::start().await;
    let mut answers = Vec::new();
    for user in ["pat@demo.ringside", "nobody@demo.ringside"] {
        let response = server.token(user, "wrong", "st-1").await;
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        answers.push((response.status(), response.text().await.unwrap()));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, 401);
}

#[tokio::test]
async fn c_010_wrong_passwords_lock_known_and_unknown_addresses_alike() {
    let server = Server::start().await;
    for user in ["anna@demo.ringside", "nobody@demo.ringside"] {
        for _ in 0..5 {
            assert_eq!(server.token(user, "wrong", "st-1").await.status(), 401);
        }
        let locked = server.token(user, PASSWORD, "st-1").await;
        assert_eq!(locked.status(), 429, "even with the right password");
        let wait: u64 = locked.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=30).contains(&wait));
        assert_eq!(locked.json::<Problem>().await.unwrap().code, "too_many_attempts");
    }
    assert_eq!(
        server.token("pat@demo.ringside", PASSWORD, "st-1").await.status(),
        200
    );
}

#[tokio::test]
async fn every_error_is_a_problem_document() {
    let server = Server::start().await;
    let http = &server.http;
    let token = server.url("/api/v1/auth/token");
    let json = |body: String| {
        http.post(&token)
            .header("content-type", "application/json")
            .body(body)
    };
    let cases = [
        (404, "not_found", http.get(server.url("/nothing/here"))),
        (405, "method_not_allowed", http.delete(server.url("/api/v1/me"))),
        (401, "token_expired", http.get(server.url("/api/v1/me"))),
        (
            401,
            "token_expired",
            http.get(server.url("/api/v1/me")).bearer_auth("made up"),
        ),
        (415, "not_json", http.post(&token).body("hello")),
        (400, "bad_json", json("{".into())),
        (422, "bad_body", json("{}".into())),
        (
            422,
            "bad_field",
            json(r#"{"address":"","password":"x","station":"s"}"#.into()),
        ),
        (
            413,
            "too_large",
            json(format!(r#"{{"address":"{}"}}"#, "x".repeat(70_000))),
        ),
        (426, "not_a_websocket", http.get(server.url("/api/v1/ws"))),
    ];
    for (status, code, request) in cases {
        let response = request.send().await.unwrap();
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json",
            "{code}"
        );
        let problem: Problem = response.json().await.unwrap();
        assert_eq!((problem.status, problem.code.as_str()), (status, code));
        assert!(!problem.detail.is_empty());
    }
}

#[tokio::test]
async fn c_010_refresh_rotates_and_a_stolen_token_ends_the_sign_in() {
    let server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    let refresh = |token: String| {
        let body = serde_json::json!({ "refresh": token });
        server
            .http
            .post(server.url("/api/v1/auth/refresh"))
            .json(&body)
            .send()
    };
    let me = |token: String| {
        server
            .http
            .get(server.url("/api/v1/me"))
            .bearer_auth(token)
            .send()
    };
    let next: TokenResponse = refresh(agent.tokens.refresh.clone())
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(me(next.access.clone()).await.unwrap().status(), 200);
    assert_eq!(refresh(agent.tokens.refresh.clone()).await.unwrap().status(), 401);
    assert_eq!(
        me(next.access).await.unwrap().status(),
        401,
        "everything from that sign-in is revoked"
    );
}

/// A server whose clock is set by the test, and that clock in seconds.
async fn with_a_clock() -> (Server, Arc<AtomicU64>) {
    let time = Arc::new(AtomicU64::new(1_800_000_000));
    let seen = Arc::clone(&time);
    let clock = Clock::new(move || Duration::from_secs(seen.load(Ordering::Relaxed)));
    let options = Options {
        clock,
        ..Options::default()
    };
    (Server::with(options).await, time)
}

/// Connects with a token, lets `client` read until it is live or has been sent away; what that told.
async fn connect(client: &mut Client, agent: &Agent, token: &str) -> (Socket, Vec<Update>) {
    let mut socket = Socket::open(agent.address).await;
    let hello = client.connected(token);
    socket.text(&serde_json::to_string(&hello).unwrap()).await;
    let mut told = Vec::new();
    while !client.is_live() {
        let Some(frame) = socket.try_next().await else {
            break;
        };
        told.extend(client.receive(0, frame).0);
    }
    (socket, told)
}

#[tokio::test]
async fn c_010_an_agent_stays_signed_in_by_refreshing_and_misses_nothing() {
    const QUARTER: u64 = 15 * 60;
    let (server, time) = with_a_clock().await;
    let mut agent = server.agent("pat", "st-1").await;
    let mut client = Client::new("st-1", 7);
    let (socket, _) = connect(&mut client, &agent, &agent.tokens.access).await;
    assert!(client.is_live());
    drop(socket);
    assert!(matches!(client.lost(), Retry::After(_)));

    // Five times a day, then for two months: each pair is good for one more.
    for pause in [QUARTER, QUARTER, 24 * 3600, 29 * 24 * 3600, 29 * 24 * 3600] {
        let call = server.call("sales").await;
        time.fetch_add(pause, Ordering::Relaxed);
        let (_, told) = connect(&mut client, &agent, &agent.tokens.access).await;
        assert_eq!(told, [Update::Goodbye(Goodbye::Refresh)]);
        assert!(matches!(client.lost(), Retry::After(_)));
        let old = agent.tokens.access.clone();
        let body = serde_json::json!({ "refresh": agent.tokens.refresh });
        let url = server.url("/api/v1/auth/refresh");
        let response = server.http.post(url).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        agent.tokens = response.json().await.unwrap();
        for (token, status) in [(&old, 401), (&agent.tokens.access, 200)] {
            let me = server.http.get(server.url("/api/v1/me")).bearer_auth(token);
            assert_eq!(me.send().await.unwrap().status(), status);
        }
        let (mut socket, told) = connect(&mut client, &agent, &agent.tokens.access).await;
        assert!(client.is_live(), "{told:?}");
        let subject = format!("conversation/{call}");
        while socket.until_kind("queue.added").await.subject != subject {}
        let seen = socket.seen.last().map(|event| event.seq).unwrap_or_default();
        client.receive(0, ServerFrame::Ev(socket.seen.last().unwrap().clone()));
        assert_eq!(client.resume().map(|resume| resume.seq), Some(seen));
        drop(socket);
        client.lost();
    }

    // Away for longer than that, one has to sign in again.
    time.fetch_add(31 * 24 * 3600, Ordering::Relaxed);
    let body = serde_json::json!({ "refresh": agent.tokens.refresh });
    let url = server.url("/api/v1/auth/refresh");
    let response = server.http.post(url).json(&body).send().await.unwrap();
    assert_eq!(response.status(), 401);
    let (_, told) = connect(&mut client, &agent, &agent.tokens.access).await;
    assert_eq!(told, [Update::Goodbye(Goodbye::Refresh)]);
}

#[tokio::test]
async fn f_035_a_call_is_offered_answered_and_ended() {
    let mut server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    let mut socket = agent.live().await;
    let conversation = server.call("sales").await;
    let offered = socket.until(|event| match event {
        Event::OfferStarted(offer) => Some(offer.clone()),
        _ => None,
    });
    let offer = offered.await;
    assert_eq!((offer.ucc.as_str(), offer.skill.as_str()), ("Demo", "Sales"));
    let ToFocus::StartOffer {
        offer: id,
        station_uri,
        deadline,
        ..
    } = server.order().await
    else {
        panic!()
    };
    assert_eq!(
        (id.as_str(), &station_uri),
        (offer.offer.as_str(), &agent.sip.uri)
    );
    assert_eq!(deadline, offer.deadline);

    body(
        socket
            .command(Op::OfferAccept {
                offer: offer.offer.clone(),
            })
            .await,
    );
    server.center.offer_answered(id.clone()).await.unwrap();
    let talking = socket.until(|event| match event {
        Event::AgentState(state) if state.voice == Voice::Talking => Some(()),
        _ => None,
    });
    talking.await;
    let ended: Vec<_> = socket
        .seen
        .iter()
        .filter(|event| event.kind == "offer.ended")
        .collect();
    assert_eq!(ended[0].body["result"], "accepted");
    assert!(socket.seen.iter().any(|event| event.kind == "conversation.state"
        && event.body["state"] == "connected"
        && event.body["participants"].as_array().unwrap().len() == 2));

    for held in [true, false] {
        server.center.customer_held(conversation.clone(), held).await;
        // Told once however often it is said.
        server.center.customer_held(conversation.clone(), held).await;
        let told = socket.until(|event| match event {
            Event::Conversation { participants, .. } => Some(participants.clone()),
            _ => None,
        });
        let told: Vec<_> = told.await.iter().map(|who| (who.role, who.held)).collect();
        assert_eq!(told, [(Role::Customer, held), (Role::Agent, false)], "F-055");
    }

    server.center.customer_left(conversation.clone()).await;
    socket.until_kind("queue.removed").await;
    assert!(
        matches!(server.order().await, ToFocus::EndConversation { conversation: ended, .. } if ended == conversation)
    );
    let late = server.center.offer_answered(id).await.unwrap_err();
    assert_eq!(late, OfferLost::Ended("answered".into()));
}

#[tokio::test]
async fn f_032_ignore_stops_the_ringing_and_the_next_agent_is_asked() {
    let mut server = Server::start().await;
    let pat = server.agent("pat", "st-1").await;
    let anna = server.agent("anna", "st-2").await;
    let mut pats = pat.live().await;
    let mut annas = anna.live().await;
    body(annas.command(Op::UccSignIn { ucc: "u_demo".into() }).await);
    server.call("sales").await;
    let offer = pats.until_kind("offer.started").await.body["offer"]
        .as_str()
        .unwrap()
        .to_owned();
    server.order().await;
    body(pats.command(Op::OfferIgnore { offer: offer.clone() }).await);
    assert!(matches!(server.order().await, ToFocus::CancelOffer { offer: id, .. } if id.as_str() == offer));
    let ToFocus::StartOffer { station_uri, .. } = server.order().await else {
        panic!()
    };
    assert_eq!(station_uri, anna.sip.uri);
    annas.until_kind("offer.started").await;
    assert_eq!(
        refusal(pats.command(Op::OfferAccept { offer }).await),
        "lost_race"
    );
    assert_eq!(
        refusal(pats.command(Op::OfferAccept { offer: "o_99".into() }).await),
        "not_found"
    );
}

#[tokio::test]
async fn f_202_take_and_lost_race() {
    let mut server = Server::start().await;
    let pat = server.agent("pat", "st-1").await;
    let anna = server.agent("anna", "st-2").await;
    let mut pats = pat.live().await;
    let mut annas = anna.live().await;
    body(annas.command(Op::UccSignIn { ucc: "u_demo".into() }).await);
    let conversation = server.call("sales").await;
    let ToFocus::StartOffer { offer: first, .. } = server.order().await else {
        panic!()
    };
    let taken = body(
        annas
            .command(Op::QueueTake {
                conversation: conversation.to_string(),
            })
            .await,
    );
    let ToFocus::StartOffer { offer: second, .. } = server.order().await else {
        panic!()
    };
    assert_eq!(taken["offer"], second.as_str());
    server.center.offer_answered(second).await.unwrap();
    let lost = pats.until(|event| match event {
        Event::OfferEnded {
            result: OfferResult::LostRace,
            reason,
            ..
        } => Some(reason.clone()),
        _ => None,
    });
    assert_eq!(lost.await, "answered by Anna de Vries");
    assert!(server.center.offer_answered(first).await.is_err());
    let row = pats.until(|event| match event {
        Event::QueueChanged(row) if row.state == ConversationState::Connected => Some(row.clone()),
        _ => None,
    });
    assert_eq!(row.await.agent_address.as_deref(), Some("anna@demo.ringside"));
}

#[tokio::test]
async fn c_007_a_reconnect_gets_exactly_what_was_missed() {
    let mut server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    // One that stays, to compare with: another agent of the same UCC sees the same queue.
    let other = server.agent("anna", "st-2").await;
    let mut stays = other.live().await;
    let mut socket = agent.socket(None).await;
    let ServerFrame::Welcome { epoch, seq, mode, .. } = socket.next().await else {
        panic!()
    };
    assert_eq!(mode, Mode::Snapshot);
    socket.next().await;
    drop(socket);

    let mut calls = Vec::new();
    for _ in 0..20 {
        calls.push(server.call("support").await);
    }
    for call in &calls[10..] {
        server.center.customer_left(call.clone()).await;
    }
    server.order().await;

    let mut socket = agent
        .socket(Some(Resume {
            epoch: epoch.clone(),
            seq,
        }))
        .await;
    let ServerFrame::Welcome {
        mode, seq: newest, ..
    } = socket.next().await
    else {
        panic!()
    };
    assert_eq!(mode, Mode::Replay);
    // One more, live, marks the end of the replay.
    let last = server.call("support").await;
    for socket in [&mut socket, &mut stays] {
        socket
            .until(|event| match event {
                Event::QueueAdded(row) if row.conversation == last.as_str() => Some(()),
                _ => None,
            })
            .await;
    }
    let queue = |socket: &Socket| -> Vec<_> {
        let rows = socket
            .seen
            .iter()
            .filter(|event| event.kind.starts_with("queue.") && event.seq > seq);
        rows.map(|event| (event.seq, event.kind.clone(), event.body.clone()))
            .collect()
    };
    assert_eq!(queue(&socket), queue(&stays));
    assert!(queue(&socket).len() >= 31);
    assert!(
        socket.seen.is_sorted_by(|a, b| a.seq < b.seq),
        "in order, none twice"
    );
    assert!(socket.seen.iter().any(|event| event.seq == newest));
    assert!(
        socket.seen.iter().any(|event| event.kind == "offer.started"),
        "pat's own offer too"
    );
}

#[tokio::test]
async fn c_007_another_epoch_or_the_future_gets_a_snapshot() {
    let server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    let mut socket = agent.socket(None).await;
    let ServerFrame::Welcome { epoch, seq, .. } = socket.next().await else {
        panic!()
    };
    let conversation = server.call("sales").await;
    for resume in [
        Resume {
            epoch: "other".into(),
            seq,
        },
        Resume {
            epoch,
            seq: seq + 1_000,
        },
    ] {
        let mut socket = agent.socket(Some(resume)).await;
        assert!(matches!(
            socket.next().await,
            ServerFrame::Welcome {
                mode: Mode::Snapshot,
                ..
            }
        ));
        let ServerFrame::Snap { body, .. } = socket.next().await else {
            panic!()
        };
        assert_eq!(body.queue.len(), 1);
        assert_eq!(body.queue[0].conversation, conversation.as_str());
        assert_eq!(body.offers.len(), 1);
        assert_eq!(body.agent.voice, Voice::Offered);
    }
}

#[tokio::test]
async fn c_007_a_server_restart_loses_nothing_and_keeps_stations_and_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::File(folder.path().join("ringside.db"));
    let options = || Options {
        location: location.clone(),
        ..Options::default()
    };
    let server = Server::with(options()).await;
    let mut agent = server.agent("pat", "st-1").await;
    let mut socket = agent.socket(None).await;
    let ServerFrame::Welcome { epoch, seq, .. } = socket.next().await else {
        panic!()
    };
    server.call("sales").await;
    socket.until_kind("offer.started").await;
    let health = server.health.clone();
    server.stop().await;
    assert_eq!(socket.until_goaway().await.as_deref(), Some(goaway::RESTART));
    assert!(health.problems().is_empty());

    let server = Server::with(options()).await;
    let accounts = server.accounts.0.lock().unwrap().clone();
    assert_eq!(accounts.len(), 1, "the phone registers again without the app");
    assert_eq!(accounts[0].password, agent.sip.password);
    agent.address = server.address;
    let mut socket = agent.socket(Some(Resume { epoch, seq })).await;
    assert!(matches!(
        socket.next().await,
        ServerFrame::Welcome {
            mode: Mode::Replay,
            ..
        }
    ));
    socket.until_kind("offer.started").await;
    let ended = socket.until_kind("offer.ended").await;
    assert_eq!(ended.body["reason"], "the contact centre restarted");
    socket.until_kind("queue.removed").await;
}

#[tokio::test]
async fn c_001_a_second_sign_in_moves_the_station_and_tells_the_first() {
    let server = Server::start().await;
    let first = server.agent("pat", "st-1").await;
    let mut old = first.live().await;
    let second = server.agent("pat", "st-2").await;
    let by = old.until(|event| match event {
        Event::Takeover { by } => Some(by.clone()),
        _ => None,
    });
    assert_eq!(by.await, "st-2");
    assert_eq!(old.until_goaway().await.as_deref(), Some(goaway::TAKEOVER));
    let accounts = server.accounts.0.lock().unwrap().clone();
    assert_eq!(
        accounts.iter().map(|account| &account.uri).collect::<Vec<_>>(),
        [&second.sip.uri]
    );
    let me = server
        .http
        .get(server.url("/api/v1/me"))
        .bearer_auth(&first.tokens.access)
        .send()
        .await
        .unwrap();
    assert_eq!(me.status(), 401, "the first station's tokens are revoked");
    second.live().await;
}

#[tokio::test]
async fn the_same_station_connecting_again_replaces_its_connection() {
    let server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    let mut old = agent.live().await;
    let mut new = agent.live().await;
    assert_eq!(old.until_goaway().await.as_deref(), Some(goaway::REPLACED));
    body(new.command(Op::Ready {}).await);
}

#[tokio::test]
async fn f_016_last_agent_is_asked_over_the_wire() {
    let server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    let mut socket = agent.live().await;
    let ucc = "u_demo".to_owned();
    let asked = body(
        socket
            .command(Op::UccSignOut {
                ucc: ucc.clone(),
                force: false,
            })
            .await,
    );
    assert_eq!(
        asked,
        serde_json::json!({"state": "signed_in", "feedback": "confirmation", "skills": ["Sales", "Support"]})
    );
    let done = body(
        socket
            .command(Op::UccSignOut {
                ucc: ucc.clone(),
                force: true,
            })
            .await,
    );
    assert_eq!(done, serde_json::json!({"state": "signed_out"}));
    let event = socket
        .seen
        .iter()
        .find(|event| event.kind == "agent.ucc")
        .unwrap();
    assert_eq!(
        event.body,
        serde_json::json!({"ucc": "u_demo", "state": "signed_out"})
    );
    let why = body(socket.command(Op::Why {}).await);
    assert_eq!(
        why["uccs"][0]["because"],
        "You are not signed in to this contact centre"
    );
    let back = body(socket.command(Op::UccSignIn { ucc }).await);
    assert_eq!(back, serde_json::json!({"state": "signed_in"}));
}

#[tokio::test]
async fn f_022_signing_out_ends_the_station_its_tokens_and_its_sip_account() {
    let server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    let mut socket = agent.live().await;
    let asked = body(socket.command(Op::SignOut { force: false }).await);
    assert_eq!(asked["signed_out"], false);
    let done = body(socket.command(Op::SignOut { force: true }).await);
    assert_eq!(done["signed_out"], true);
    assert_eq!(socket.until_goaway().await.as_deref(), Some(goaway::SIGNED_OUT));
    assert!(server.accounts.0.lock().unwrap().is_empty());
    let mut again = agent.socket(None).await;
    assert_eq!(again.until_goaway().await.as_deref(), Some(goaway::TOKEN));
}

#[tokio::test]
async fn a_resent_command_is_answered_again_and_not_done_again() {
    let mut server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    let mut socket = agent.live().await;
    body(socket.command(Op::NotReady { reason: None }).await);
    let conversation = server.call("sales").await.to_string();
    let take = Op::QueueTake { conversation };
    let first = body(socket.command_as("take-1", take.clone()).await);
    let ToFocus::StartOffer { offer, .. } = server.order().await else {
        panic!()
    };
    server.center.offer_failed(offer, 603, "Decline").await;
    assert!(matches!(
        socket.until_kind("offer.ended").await.body["result"].as_str(),
        Some("ignored")
    ));
    // Even over another connection of the same station.
    let mut socket = agent.live().await;
    let second = body(socket.command_as("take-1", take.clone()).await);
    assert_eq!(first, second);
    let third = body(socket.command_as("take-2", take).await);
    assert_ne!(first, third, "a new command is done");
}

#[tokio::test]
async fn a_station_that_moves_while_it_rings_is_offered_the_call_anew() {
    let mut server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    let mut socket = agent.live().await;
    server.call("sales").await;
    let started = |order| match order {
        ToFocus::StartOffer {
            offer, station_uri, ..
        } => (offer, station_uri),
        other => panic!("{other:?}"),
    };
    let (first, station) = started(server.order().await);
    server.center.station_moved(station.clone()).await;
    match server.order().await {
        ToFocus::CancelOffer { offer, .. } => assert_eq!(offer, first),
        other => panic!("{other:?}"),
    }
    let (second, again) = started(server.order().await);
    assert_eq!(again, station);
    assert_ne!(first, second);
    let ended = socket.until_kind("offer.ended").await;
    assert_eq!(ended.body["reason"], "the phone moved to another address");
}

#[tokio::test]
async fn an_offer_the_server_could_not_place_is_told_with_its_reason() {
    let mut server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    let mut socket = agent.live().await;
    server.call("sales").await;
    let ToFocus::StartOffer { offer, .. } = server.order().await else {
        panic!()
    };
    server.center.offer_ringing(offer.clone()).await;
    let reason = "The server has no free port for voice.";
    server.center.offer_not_placed(offer, reason).await;
    let ended = socket.until_kind("offer.ended").await;
    assert_eq!(
        (&ended.body["result"], &ended.body["reason"]),
        (&"failed".into(), &reason.into())
    );
}

#[tokio::test]
async fn if_version_guards_against_acting_on_what_has_changed() {
    let server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    let mut socket = agent.live().await;
    let frame = r#"{"t":"cmd","id":"v","op":"agent.not_ready","args":{},"if_version":1}"#;
    socket.text(frame).await;
    assert_eq!(refusal(socket.answer("v").await), "conflict");
}

#[tokio::test]
async fn garbage_is_told_so_and_never_disturbs_others() {
    let server = Server::start().await;
    let pat = server.agent("pat", "st-1").await;
    let anna = server.agent("anna", "st-2").await;
    let mut bystander = anna.live().await;
    let large = format!("{{\"t\":\"cmd\",\"id\":\"{}\"}}", "x".repeat(70_000));
    for garbage in ["", "nonsense", "[]", "3", "{\"t\":\"cmd\"}", large.as_str()] {
        // As the first frame …
        let mut socket = Socket::open(server.address).await;
        socket.text(garbage).await;
        let reason = socket.until_goaway().await;
        assert!(
            reason.is_none() || reason.as_deref() == Some(goaway::PROTOCOL),
            "{reason:?}"
        );
        // … and later.
        let mut socket = pat.live().await;
        socket.text(garbage).await;
        let reason = socket.until_goaway().await;
        assert!(
            reason.is_none() || reason.as_deref() == Some(goaway::PROTOCOL),
            "{reason:?}"
        );
    }
    let mut socket = pat.live().await;
    socket.text(r#"{"t":"from the future","x":1}"#).await;
    socket.text(r#"{"t":"ack","seq":1}"#).await;
    socket
        .text(r#"{"t":"cmd","id":"q","op":"brew.coffee","args":{}}"#)
        .await;
    assert_eq!(refusal(socket.answer("q").await), "bad_request");
    body(socket.command(Op::Ready {}).await);
    body(bystander.command(Op::Ready {}).await);
}

#[tokio::test]
async fn a_wrong_token_or_another_stations_token_is_refused() {
    let server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    for (token, station) in [("made up", "st-1"), (agent.tokens.access.as_str(), "st-9")] {
        let mut socket = Socket::open(server.address).await;
        socket.hello(token, station, None).await;
        assert_eq!(socket.until_goaway().await.as_deref(), Some(goaway::TOKEN));
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_let_go_and_the_others_get_everything() {
    let timing = Timing {
        write: Duration::from_millis(300),
        ..Timing::default()
    };
    let server = Server::with(Options {
        timing,
        send_queue: 8,
        ..Options::default()
    })
    .await;
    let slow = server.agent("pat", "st-1").await;
    let mut stuck = Socket::open_narrow(server.address).await;
    stuck.hello(&slow.tokens.access, "st-1", None).await;
    assert!(matches!(stuck.next().await, ServerFrame::Welcome { .. }));
    let mut fast = server.agent("anna", "st-2").await.live().await;
    let note = "x".repeat(190);
    for round in 0..20_000_u32 {
        let id = server.call("support").await;
        server.center.customer_left(id).await;
        if round % 4 == 0 {
            body(
                fast.command(Op::NotReady {
                    reason: Some(note.clone()),
                })
                .await,
            );
        }
        if round % 64 == 0 && stations(&server).await == 1 {
            break;
        }
    }
    assert_eq!(stations(&server).await, 1, "the slow client is still held");
    let removed = fast
        .seen
        .iter()
        .filter(|event| event.kind == "queue.removed")
        .count();
    let added = fast
        .seen
        .iter()
        .filter(|event| event.kind == "queue.added")
        .count();
    assert!(
        added > 100 && added.abs_diff(removed) <= 4,
        "{added} added, {removed} removed"
    );
    drop(stuck);
    // And the slow one may come back.
    slow.live().await;
}

async fn stations(server: &Server) -> u32 {
    let text = server
        .http
        .get(server.url("/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("ringside_stations_connected "))
        .unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_client_that_is_silent_is_dead() {
    let timing = Timing {
        ping: Duration::from_millis(100),
        dead: Duration::from_secs(1),
        ..Timing::default()
    };
    let server = Server::with(Options {
        timing,
        ..Options::default()
    })
    .await;
    // Not polled, so no pong.
    let silent = server.agent("pat", "st-1").await.live().await;
    let mut alive = server.agent("anna", "st-2").await.live().await;
    // Reading answers the server's pings; twenty of them are far longer than the silent one was given.
    let answers = async {
        for _ in 0..20 {
            let ping = alive.stream.next().await;
            assert!(
                matches!(ping, Some(Ok(tokio_tungstenite::tungstenite::Message::Ping(_)))),
                "the client that answers pings was let go: {ping:?}"
            );
        }
    };
    let only_one_left = async { while stations(&server).await != 1 {} };
    tokio::time::timeout(acp::PATIENCE, async { tokio::join!(answers, only_one_left) })
        .await
        .expect("the silent client is still held");
    drop(silent);
}

#[tokio::test]
async fn an_unknown_number_is_not_placed_and_hung_up_agents_end_the_call() {
    let mut server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    let caller = contact_api::model::Caller {
        address: "sip:x@y".into(),
        name: None,
    };
    let number = "sip:nobody@demo.ringside".to_owned();
    let arrival = Arrival {
        conversation: "c_x".into(),
        caller,
        number: number.clone(),
    };
    assert_eq!(
        server.center.customer_arrived(arrival).await,
        Err(NotPlaced::UnknownNumber(number))
    );
    let conversation = server.call("sales").await;
    let ToFocus::StartOffer { offer, .. } = server.order().await else {
        panic!()
    };
    server.center.offer_answered(offer).await.unwrap();
    server
        .center
        .agent_left(conversation.clone(), AgentLeg::Lost)
        .await;
    assert_eq!(
        server.order().await,
        ToFocus::ReturnToQueue {
            conversation: conversation.clone()
        }
    );
    let ToFocus::StartOffer {
        offer, station_uri, ..
    } = server.order().await
    else {
        panic!()
    };
    assert_eq!(station_uri, agent.sip.uri, "the same agent is rung again");
    server.center.offer_answered(offer).await.unwrap();
    server.center.agent_left(conversation, AgentLeg::HungUp).await;
    assert!(matches!(server.order().await, ToFocus::EndConversation { .. }));
}

#[tokio::test]
async fn health_and_metrics() {
    let server = Server::start().await;
    server.call("sales").await;
    let health: Health = server
        .http
        .get(server.url("/healthz"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!((health.status.as_str(), health.problems.len()), ("ok", 0));
    let text = server
        .http
        .get(server.url("/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(text.contains("ringside_conversations_total 1"), "{text}");
    assert!(text.contains("ringside_conversations_waiting 1"), "{text}");
    server.health.raise("database", "the disk is full");
    let health: Health = server
        .http
        .get(server.url("/healthz"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        (health.status.as_str(), health.problems["database"].as_str()),
        ("degraded", "the disk is full")
    );
}
