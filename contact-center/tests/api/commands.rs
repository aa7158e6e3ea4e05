//! What agents ask for over the live socket.

use super::*;

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
async fn if_version_guards_against_acting_on_what_has_changed() {
    let server = Server::start().await;
    let agent = server.agent("pat", "st-1").await;
    let mut socket = agent.live().await;
    let frame = r#"{"t":"cmd","id":"v","op":"agent.not_ready","args":{},"if_version":1}"#;
    socket.text(frame).await;
    assert_eq!(refusal(socket.answer("v").await), "conflict");
}
