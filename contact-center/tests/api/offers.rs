//! Calls, their offers, and who gets them.

use super::*;

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
