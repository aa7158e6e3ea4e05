//! What each end of each leg means, one behaviour a test.

use contact_api::OFFER_URN;

use super::*;

fn reason_of(command: &sip::Command) -> Option<(CallId, &str)> {
    match command {
        sip::Command::Hangup { call, reason } => Some((*call, reason.as_deref()?)),
        _ => None,
    }
}

#[test]
fn a_customer_is_answered_hears_music_and_the_queue_is_told_once() {
    let mut bench = Bench::new();
    let call = bench.rings("sales");
    assert!(matches!(bench.commands[..], [sip::Command::Answer { call: it, .. }] if it == call));
    assert_eq!(bench.news, [], "not before the customer's ACK");
    bench.confirmed(call);
    bench.confirmed(call);
    let arrived = ToCenter::Arrived {
        conversation: "c_2".to_owned(),
        address: "sip:ada@example.com".to_owned(),
        name: Some("Ada \"The\" Lovelace".to_owned()),
        number: "sales".to_owned(),
    };
    assert_eq!(bench.news, [arrived]);
    assert!(bench.hears_music(0));
}

#[test]
fn a_number_that_is_none_is_404_and_opens_nothing() {
    let mut bench = Bench::new();
    bench.rings("nobody");
    assert!(matches!(
        bench.commands[..],
        [sip::Command::Reject { status: 404, .. }]
    ));
    bench.assert_empty();
}

#[test]
fn the_customer_beyond_the_limit_is_503_and_fits_again_when_one_leaves() {
    let mut bench = Bench::new();
    let (first, _) = bench.customer();
    for _ in 1..ROOM_FOR {
        bench.customer();
    }
    bench.rings("sales");
    assert!(matches!(
        bench.commands.last(),
        Some(sip::Command::Reject { status: 503, .. })
    ));
    assert_eq!(bench.open.len(), ROOM_FOR);
    bench.ended(first, None);
    bench.customer();
}

#[test]
fn without_a_port_the_customer_is_503_and_the_offer_is_not_the_agents_miss() {
    let mut bench = Bench::new();
    let (_, conversation) = bench.customer();
    bench.ports = false;
    bench.rings("sales");
    bench.socket(false);
    assert!(matches!(
        bench.commands.last(),
        Some(sip::Command::Reject { status: 503, .. })
    ));
    bench.offer("o_1", &conversation);
    bench.socket(false);
    let failed = ToCenter::OfferNotPlaced {
        offer: "o_1".to_owned(),
        reason: "The server has no free port for voice.".to_owned(),
    };
    assert_eq!(bench.news.last(), Some(&failed));
    bench.end(&conversation);
    bench.assert_empty();
}

#[test]
fn an_offer_rings_the_station_says_who_calls_and_joins_on_the_queues_word() {
    let mut bench = Bench::new();
    let (_, conversation) = bench.customer();
    let agent = bench.offer("o_7", &conversation).unwrap();
    let Some(sip::Command::Call {
        to, headers, account, ..
    }) = bench.commands.last()
    else {
        panic!("{:?}", bench.commands)
    };
    assert_eq!(to.uri.to_string(), "sip:st-1@demo.ringside");
    assert_eq!(*account, Some(AccountId(1)));
    let header = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    assert_eq!(header("Alert-Info"), Some(format!("<{OFFER_URN}o_7>").as_str()));
    assert_eq!(
        header("P-Asserted-Identity"),
        Some(r#""Ada \"The\" Lovelace" <sip:ada@example.com>"#)
    );
    bench.confirmed(agent);
    bench.confirmed(agent);
    assert_eq!(bench.news[1..], [answered("o_7")]);
    assert!(
        bench.hears_music(0) && !bench.together(0, 1),
        "the queue decides first"
    );
    bench.give(Input::Join {
        offer: "o_7".to_owned(),
    });
    assert!(!bench.hears_music(0) && bench.together(0, 1));
}

#[test]
fn f_202_who_answers_second_is_hung_up_with_the_reason_and_the_first_talks_on() {
    let mut bench = Bench::new();
    let (_, conversation) = bench.customer();
    let first = bench.offer("o_1", &conversation).unwrap();
    let second = bench.offer("o_2", &conversation).unwrap();
    bench.confirmed(first);
    bench.confirmed(second);
    bench.give(Input::Join {
        offer: "o_1".to_owned(),
    });
    bench.cancel("o_2");
    assert_eq!(
        bench.commands.last().and_then(reason_of),
        Some((second, "SIP;cause=200;text=\"answered by Anna\""))
    );
    assert!(bench.together(0, 1));
    // Even if the queue said otherwise, nobody is pushed out of a talk.
    let third = bench.offer("o_3", &conversation);
    assert_eq!(third, None);
    assert!(matches!(bench.news.last(), Some(ToCenter::OfferNotPlaced { offer, .. }) if offer == "o_3"));
    bench.ended(second, None);
    assert!(bench.together(0, 1));
    assert!(bench.calls.contains(&first));
}

#[test]
fn a_customer_who_leaves_stops_the_ringing_and_the_queue_is_told() {
    let mut bench = Bench::new();
    let (customer, conversation) = bench.customer();
    let agent = bench.offer("o_1", &conversation).unwrap();
    bench.ended(customer, None);
    assert_eq!(
        bench.commands.last().and_then(reason_of).map(|(call, _)| call),
        Some(agent)
    );
    assert_eq!(
        bench.news.last(),
        Some(&ToCenter::CustomerLeft {
            conversation: conversation.clone()
        })
    );
    bench.assert_empty();
    // What still comes for it changes nothing.
    let told = bench.news.len();
    bench.confirmed(agent);
    bench.ended(agent, Some(487));
    bench.give(Input::Join {
        offer: "o_1".to_owned(),
    });
    bench.end(&conversation);
    assert_eq!(bench.news.len(), told);
}

#[test]
fn a_customer_who_leaves_before_the_ack_was_never_there() {
    let mut bench = Bench::new();
    let call = bench.rings("sales");
    bench.ended(call, Some(408));
    assert_eq!(bench.news, []);
    bench.assert_empty();
}

#[test]
fn f_050_hold_gives_the_customer_music_and_resume_the_agent_again() {
    let mut bench = Bench::new();
    let (_, conversation) = bench.customer();
    let agent = bench.joined("o_1", &conversation);
    bench.agreed(agent, true);
    assert!(bench.hears_music(0) && !bench.together(0, 1));
    let held = |held| ToCenter::Held {
        conversation: conversation.clone(),
        held,
    };
    assert_eq!(bench.news.last(), Some(&held(true)));
    let told = bench.news.len();
    bench.agreed(agent, true);
    assert_eq!(bench.news.len(), told, "said once");
    bench.agreed(agent, false);
    assert!(!bench.hears_music(0) && bench.together(0, 1));
    assert_eq!(bench.news.last(), Some(&held(false)));
}

#[test]
fn an_agent_who_answers_on_hold_starts_on_hold() {
    let mut bench = Bench::new();
    let (_, conversation) = bench.customer();
    let agent = bench.offer("o_1", &conversation).unwrap();
    bench.agreed(agent, true);
    bench.confirmed(agent);
    bench.give(Input::Join {
        offer: "o_1".to_owned(),
    });
    assert!(bench.hears_music(0) && !bench.together(0, 1));
}

#[test]
fn a_customer_who_holds_changes_nothing_here() {
    let mut bench = Bench::new();
    let (customer, conversation) = bench.customer();
    bench.joined("o_1", &conversation);
    let told = bench.news.len();
    bench.agreed(customer, true);
    assert!(bench.together(0, 1));
    assert_eq!(bench.news.len(), told);
}

#[test]
fn an_agent_who_hangs_up_leaves_the_customer_with_music_until_the_queue_decides() {
    let mut bench = Bench::new();
    let (customer, conversation) = bench.customer();
    let agent = bench.joined("o_1", &conversation);
    bench.ended(agent, None);
    let left = ToCenter::AgentLeft {
        conversation: conversation.clone(),
        lost: false,
    };
    assert_eq!(bench.news.last(), Some(&left));
    assert!(bench.hears_music(0) && bench.calls.contains(&customer));
    bench.end(&conversation);
    assert_eq!(
        bench.commands.last().and_then(reason_of),
        Some((customer, "SIP;cause=200;text=\"the agent hung up\""))
    );
    bench.assert_empty();
}

#[test]
fn an_agents_phone_that_is_lost_is_said_to_be_lost_and_the_customer_can_be_offered_again() {
    let mut bench = Bench::new();
    let (_, conversation) = bench.customer();
    let agent = bench.joined("o_1", &conversation);
    bench.ended(agent, Some(408));
    let left = ToCenter::AgentLeft {
        conversation: conversation.clone(),
        lost: true,
    };
    assert_eq!(bench.news.last(), Some(&left));
    bench.give(Input::ReturnToQueue {
        conversation: conversation.clone(),
    });
    assert!(bench.hears_music(0));
    bench.joined("o_2", &conversation);
    assert!(bench.together(0, 2));
}

#[test]
fn back_to_the_queue_ends_the_agents_leg_and_keeps_the_customer() {
    let mut bench = Bench::new();
    let (customer, conversation) = bench.customer();
    let agent = bench.joined("o_1", &conversation);
    bench.give(Input::ReturnToQueue { conversation });
    assert!(bench.hears_music(0) && bench.calls.contains(&customer) && !bench.calls.contains(&agent));
    assert!(bench.closed.contains(&bench.leg(1)));
}

#[test]
fn a_silent_agents_phone_is_asked_whether_it_lives_and_nobody_else() {
    let mut bench = Bench::new();
    let (_, conversation) = bench.customer();
    let agent = bench.joined("o_1", &conversation);
    bench.give(Input::Silent(bench.leg(0)));
    assert!(!matches!(
        bench.commands.last(),
        Some(sip::Command::Reinvite { .. })
    ));
    bench.give(Input::Silent(bench.leg(1)));
    assert!(matches!(bench.commands.last(), Some(sip::Command::Reinvite { call, .. }) if *call == agent));
    bench.agreed(agent, true);
    let said = bench.commands.len();
    bench.give(Input::Silent(bench.leg(1)));
    assert_eq!(bench.commands.len(), said, "on hold, silence is in order");
}

#[test]
fn the_end_of_a_conversation_cancels_what_rings_and_what_comes_late_is_ignored() {
    let mut bench = Bench::new();
    let (_, conversation) = bench.customer();
    let rings = bench.offer("o_1", &conversation).unwrap();
    bench.ports = false;
    bench.offer("o_2", &conversation);
    bench.end(&conversation);
    assert!(!bench.calls.contains(&rings));
    // Its socket comes late and is closed; nobody is called with it.
    let said = bench.commands.len();
    bench.socket(true);
    assert_eq!(bench.commands.len(), said);
    bench.assert_empty();
    bench.confirmed(rings);
    bench.give(Input::Join {
        offer: "o_1".to_owned(),
    });
    bench.cancel("o_1");
    bench.end(&conversation);
    assert_eq!(bench.commands.len(), said);
}

#[test]
fn the_queue_hears_once_that_a_phone_rings() {
    let mut bench = Bench::new();
    let (_, conversation) = bench.customer();
    let agent = bench.offer("o_1", &conversation).unwrap();
    let before = bench.news.len();
    bench.says(agent, CallState::Calling, None);
    assert_eq!(bench.news.len(), before, "the INVITE is on its way");
    for (state, status) in [
        (CallState::Calling, 183),
        (CallState::Ringing, 180),
        (CallState::Ringing, 180),
    ] {
        bench.says(agent, state, Some(status));
    }
    let offer = "o_1".to_owned();
    assert_eq!(bench.news[before..], [ToCenter::OfferRinging { offer }]);
}

#[test]
fn refused_and_unreachable_phones_are_told_with_their_status() {
    let mut bench = Bench::new();
    let (_, conversation) = bench.customer();
    for (offer, status) in [("o_1", Some(486)), ("o_2", None)] {
        let agent = bench.offer(offer, &conversation).unwrap();
        bench.ended(agent, status);
        let failed = ToCenter::OfferFailed {
            offer: offer.to_owned(),
            status,
            reason: "because".to_owned(),
        };
        assert_eq!(bench.news.last(), Some(&failed));
    }
    assert_eq!(bench.open.len(), 1, "the customer stays");
}

#[test]
fn a_reason_cannot_break_out_of_its_header() {
    let mut bench = Bench::new();
    let (_, conversation) = bench.customer();
    bench.offer("o_1", &conversation);
    bench.give(Input::CancelOffer {
        offer: "o_1".to_owned(),
        reason: "a\"b\\c\r\nX: y".to_owned(),
    });
    let said = bench.commands.last().and_then(reason_of).map(|(_, text)| text);
    assert_eq!(said, Some("SIP;cause=200;text=\"a'b'c''X: y\""));
}
