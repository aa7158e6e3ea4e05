//! Wrong requests, clients that misbehave, and how the server is doing.

use super::*;

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
    // No part of the server clears this by itself.
    server.health.raise("archive", "the disk is full");
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
        (health.status.as_str(), health.problems["archive"].as_str()),
        ("degraded", "the disk is full")
    );
}
