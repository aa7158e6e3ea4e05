//! Signing in, staying signed in, and signing out (C-010).

use super::*;

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
async fn a_wrong_token_or_another_stations_token_is_refused() {
    let server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    for (token, station) in [("made up", "st-1"), (agent.tokens.access.as_str(), "st-9")] {
        let mut socket = Socket::open(server.address).await;
        socket.hello(token, station, None).await;
        assert_eq!(socket.until_goaway().await.as_deref(), Some(goaway::TOKEN));
    }
}
