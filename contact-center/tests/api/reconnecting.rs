//! Connections that break and come back (C-007).

use super::*;

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
async fn the_same_station_connecting_again_replaces_its_connection() {
    let server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    let mut old = agent.live().await;
    let mut new = agent.live().await;
    assert_eq!(old.until_goaway().await.as_deref(), Some(goaway::REPLACED));
    body(new.command(Op::Ready {}).await);
}
