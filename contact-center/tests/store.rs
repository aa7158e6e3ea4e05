//! The database when things go wrong: calls go on, and what is wrong is said.
#![allow(clippy::unwrap_used, reason = "tests")]

mod acp;

use acp::{Options, PATIENCE, Server};
use contact_center::{
    acd::{Stage, State},
    health::Health,
    store::{Location, Store, StoreError, seed_demo},
};

fn file() -> (tempfile::TempDir, Location, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringside.db");
    (folder, Location::File(path.clone()), path)
}

async fn problem(health: &Health, wanted: bool) -> String {
    let waiting = async {
        loop {
            let found = health.problems().get("database").cloned();
            if found.is_some() == wanted {
                return found.unwrap_or_default();
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .expect("the database's health did not change")
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_with_what_to_do() {
    let (_folder, location, path) = file();
    std::fs::write(
        &path,
        "this is not a database, but long enough to look at".repeat(100),
    )
    .unwrap();
    let error = Store::open(&location, Health::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("ringside.db") && text.contains("restore a backup"),
        "{text}"
    );
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let location = Location::File("/nonexistent/folder/ringside.db".into());
    let error = Store::open(&location, Health::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Access { .. }), "{error:?}");
}

#[tokio::test]
async fn a_full_disk_is_a_health_problem_calls_go_on_and_nothing_is_lost() {
    let (_folder, location, _) = file();
    let mut server = Server::with(Options {
        location: location.clone(),
        ..Options::default()
    })
    .await;
    let agent = server.agent("pat", "st-1").await;
    let mut socket = agent.live().await;
    server.store.limit_pages(1).await.unwrap();
    for _ in 0..40 {
        server.call("support").await;
    }
    let sentence = problem(&server.health, true).await;
    assert!(
        sentence.contains("disk is full") && sentence.contains("Calls go on"),
        "{sentence}"
    );
    socket.until_kind("offer.started").await;
    let acp::ToFocus::StartOffer { offer, .. } = server.order().await else {
        panic!()
    };
    server.center.offer_answered(offer).await.unwrap();

    server.store.limit_pages(1_000_000).await.unwrap();
    problem(&server.health, false).await;
    server.stop().await;
    let again = Store::open(&location, Health::default()).await.unwrap();
    let state = again.load().await.unwrap().state;
    assert_eq!(state.conversations.len(), 40);
    let connected = |state: &State| {
        state
            .conversations
            .values()
            .filter(|row| matches!(row.stage, Stage::Connected { .. }))
            .count()
    };
    assert_eq!(connected(&state), 1);
}

#[tokio::test]
async fn a_locked_database_is_waited_for() {
    let (_folder, location, path) = file();
    let server = Server::with(Options {
        location,
        ..Options::default()
    })
    .await;
    let url = format!("sqlite://{}", path.display());
    let other = sqlx::SqlitePool::connect(&url).await.unwrap();
    let mut held = other.acquire().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *held).await.unwrap();
    server.call("sales").await;
    let sentence = problem(&server.health, true).await;
    assert!(sentence.contains("locked by another program"), "{sentence}");
    sqlx::query("ROLLBACK").execute(&mut *held).await.unwrap();
    problem(&server.health, false).await;
}

#[tokio::test]
async fn a_database_that_breaks_while_running_is_said_and_calls_go_on() {
    let (_folder, location, _) = file();
    let mut server = Server::with(Options {
        location,
        ..Options::default()
    })
    .await;
    let agent = server.agent("pat", "st-1").await;
    agent.live().await;
    server.store.flush().await;
    server.store.drop_journal().await.unwrap();
    server.call("sales").await;
    problem(&server.health, true).await;
    assert!(matches!(server.order().await, acp::ToFocus::StartOffer { .. }));
}

#[tokio::test]
async fn c_011_the_demo_has_its_contact_centre_and_new_passwords_every_time() {
    let (_folder, location, _) = file();
    let store = Store::open(&location, Health::default()).await.unwrap();
    let first = seed_demo(&store, "demo.ringside", None).await.unwrap();
    let second = seed_demo(&store, "demo.ringside", None).await.unwrap();
    assert_eq!(first[0].address, "pat@demo.ringside");
    assert!(first.len() >= 5);
    assert_ne!(first[0].password, second[0].password);
    assert!(!format!("{first:?}").contains(&first[0].password));
    let loaded = store.load().await.unwrap();
    assert_eq!(loaded.roster.uccs.len(), 1);
    assert_eq!(loaded.roster.skills.len(), 2);
    assert_eq!(
        loaded.endpoints.keys().collect::<Vec<_>>(),
        ["sip:sales@demo.ringside", "sip:support@demo.ringside"]
    );
    assert!(
        loaded.users["pat@demo.ringside"]
            .password
            .fits(&second[0].password)
    );
    assert!(
        !loaded.users["pat@demo.ringside"]
            .password
            .fits(&first[0].password)
    );
}

#[tokio::test]
async fn the_tables_come_back_from_journal_and_checkpoint_alike() {
    let (_folder, location, _) = file();
    let server = Server::with(Options {
        location: location.clone(),
        ..Options::default()
    })
    .await;
    server.agent("pat", "st-1").await;
    // Past a checkpoint.
    for _ in 0..600 {
        let id = server.call("sales").await;
        server.center.customer_left(id).await;
    }
    server.call("support").await;
    server.stop().await;
    let store = Store::open(&location, Health::default()).await.unwrap();
    let with_checkpoint = store.load().await.unwrap().state;
    store.drop_checkpoint().await.unwrap();
    let from_journal = store.load().await.unwrap().state;
    assert_eq!(with_checkpoint, from_journal);
    assert_eq!(from_journal.conversations.len(), 1);
}
