//! A link's day, in virtual time.

use super::{
    commands::{MAX_PENDING, RESEND_MS},
    *,
};
use crate::{
    event::Snapshot,
    frame::{ClientFrame, EventFrame, Mode, Op, Resume, ServerFrame, goaway},
    model::{AgentState, Intent, Voice},
};

fn welcome(epoch: &str, seq: u64, mode: Mode) -> ServerFrame {
    ServerFrame::Welcome {
        epoch: epoch.into(),
        seq,
        server_time: 5_000,
        keepalive_ms: 10_000,
        mode,
    }
}

fn snap(seq: u64) -> ServerFrame {
    let agent = AgentState {
        intent: Intent::Ready,
        routable: true,
        reason: None,
        voice: Voice::Idle,
        since: 0,
    };
    let body = Snapshot {
        agent,
        uccs: Vec::new(),
        queue: Vec::new(),
        offers: Vec::new(),
    };
    ServerFrame::Snap {
        seq,
        body: Box::new(body),
    }
}

fn event(seq: u64) -> ServerFrame {
    ServerFrame::Ev(EventFrame {
        seq,
        at: 0,
        kind: "agent.ucc".into(),
        subject: "agent/a".into(),
        version: 1,
        body: serde_json::Value::Null,
    })
}

fn res(frame: &ClientFrame) -> ServerFrame {
    let ClientFrame::Cmd { id, .. } = frame else {
        panic!("no command")
    };
    ServerFrame::Res {
        id: id.clone(),
        ok: true,
        seq: None,
        body: None,
        err: None,
    }
}

fn live() -> Client {
    let mut client = Client::new("st", 7);
    client.connected("token");
    client.receive(0, welcome("e", 10, Mode::Snapshot));
    client.receive(0, snap(10));
    client
}

fn resume_of(hello: ClientFrame) -> Option<Resume> {
    let ClientFrame::Hello { resume, .. } = hello else {
        panic!("no hello")
    };
    resume
}

#[test]
fn the_first_connection_asks_for_nothing_and_the_next_goes_on() {
    let mut client = Client::new("st", 7);
    assert_eq!(resume_of(client.connected("t")), None);
    let (updates, _) = client.receive(1_000, welcome("e", 10, Mode::Snapshot));
    assert_eq!(
        updates,
        [Update::Up(Greeting {
            clock_offset_ms: 4_000,
            keepalive_ms: 10_000
        })]
    );
    assert!(!client.is_live());
    assert!(matches!(client.receive(0, snap(10)).0[..], [Update::Snapshot(_)]));
    client.receive(0, event(14));
    client.lost();
    assert_eq!(
        resume_of(client.connected("t")),
        Some(Resume {
            epoch: "e".into(),
            seq: 14
        })
    );
    assert!(matches!(
        client.receive(0, welcome("e", 20, Mode::Replay)).0[..],
        [Update::Up(_)]
    ));
    assert!(client.is_live());
    assert!(matches!(&client.receive(0, event(15)).0[..], [Update::Event(ev)] if ev.seq == 15));
    assert!(!client.has_passed_welcome());
    client.receive(0, event(20));
    assert!(client.has_passed_welcome());
}

#[test]
fn a_connection_that_breaks_before_its_snapshot_asks_for_one_again() {
    let mut client = Client::new("st", 7);
    client.connected("t");
    client.receive(0, welcome("e", 10, Mode::Snapshot));
    client.lost();
    assert_eq!(
        resume_of(client.connected("t")),
        None,
        "events up to 10 were never seen"
    );
}

#[test]
fn events_seen_before_are_not_applied_again_and_gaps_are_fine() {
    let mut client = live();
    let mut applied = |seq| !client.receive(0, event(seq)).0.is_empty();
    assert_eq!(
        [11, 11, 9, 40, 12, 41].map(&mut applied),
        [true, false, false, true, false, true]
    );
}

#[test]
fn a_new_epoch_starts_over() {
    let mut client = live();
    client.lost();
    client.connected("t");
    client.receive(0, welcome("new", 3, Mode::Snapshot));
    client.receive(0, snap(3));
    assert_eq!(
        client.resume(),
        Some(&Resume {
            epoch: "new".into(),
            seq: 3
        })
    );
    assert!(matches!(client.receive(0, event(4)).0[..], [Update::Event(_)]));
}

#[test]
fn a_replay_that_cannot_be_continuous_is_refused() {
    for welcome in [welcome("other", 20, Mode::Replay), welcome("e", 5, Mode::Replay)] {
        let mut client = live();
        client.lost();
        client.connected("t");
        assert!(matches!(client.receive(0, welcome).0[..], [Update::Broken(_)]));
        assert_eq!(resume_of(client.connected("t")), None, "a snapshot is asked for");
    }
    let mut client = Client::new("st", 7);
    client.connected("t");
    assert!(matches!(client.receive(0, event(1)).0[..], [Update::Broken(_)]));
}

#[test]
fn unanswered_commands_are_said_again_with_the_same_id() {
    let mut client = live();
    let (first, sent) = client.command(0, Op::Ready {}, None).unwrap();
    let (second, lost) = client.command(0, Op::Why {}, Some(3)).unwrap();
    let answer = client.receive(0, res(&sent.unwrap())).0;
    assert_eq!(
        answer,
        [Update::Answer {
            command: first,
            result: Ok(None)
        }]
    );
    client.lost();
    let (third, waits) = client.command(0, Op::Ready {}, None).unwrap();
    assert_eq!(waits, None, "the link is down");
    client.connected("t");
    let (_, resent) = client.receive(0, welcome("e", 10, Mode::Replay));
    assert_eq!(resent[0], lost.unwrap());
    assert_eq!(resent.len(), 2);
    assert!(third > second);
    client.receive(0, res(&resent[0]));
    assert_eq!(
        client.receive(0, res(&resent[0])).0,
        [],
        "a second answer is no answer"
    );
}

#[test]
fn a_command_that_was_given_up_is_not_done_later_in_secret() {
    let mut client = live();
    client.lost();
    let (command, _) = client.command(0, Op::NotReady { reason: None }, None).unwrap();
    client.withdraw(command);
    client.connected("t");
    assert_eq!(client.receive(0, welcome("e", 10, Mode::Replay)).1, []);
}

#[test]
fn a_command_too_old_to_be_safe_is_not_said_again() {
    let mut client = live();
    let (command, _) = client.command(0, Op::Ready {}, None).unwrap();
    client.lost();
    client.connected("t");
    let (updates, resent) = client.receive(RESEND_MS + 1, welcome("e", 10, Mode::Replay));
    assert_eq!(updates[1..], [Update::Unknown { command }]);
    assert!(resent.is_empty());
}

#[test]
fn commands_waiting_for_the_link_are_bounded() {
    let mut client = Client::new("st", 7);
    for _ in 0..MAX_PENDING {
        client.command(0, Op::Ready {}, None).unwrap();
    }
    assert_eq!(client.command(0, Op::Ready {}, None), Err(TooMany));
}

#[test]
fn pauses_grow_differ_by_seed_and_start_over_after_success() {
    let pauses = |seed| {
        let mut client = Client::new("st", seed);
        let pause = |_| match client.lost() {
            Retry::After(ms) => ms,
            Retry::Never => panic!("never"),
        };
        (0..10).map(pause).collect::<Vec<_>>()
    };
    for (attempt, pause) in pauses(1).into_iter().enumerate() {
        let most = (500 << attempt).min(30_000);
        assert!((most / 2..=most).contains(&pause), "attempt {attempt}: {pause}");
    }
    assert_eq!(pauses(1), pauses(1));
    assert_ne!(pauses(1), pauses(2));
    let mut client = live();
    assert!(matches!(client.lost(), Retry::After(ms) if ms <= 500));
}

#[test]
fn c_001_a_takeover_is_final_and_an_expired_token_is_refreshed() {
    let goaway = |reason: &str| ServerFrame::Goaway {
        reason: reason.into(),
        reconnect_ms: [1, 2],
    };
    let mut client = live();
    assert_eq!(
        client.receive(0, goaway(goaway::TOKEN)).0,
        [Update::Goodbye(Goodbye::Refresh)]
    );
    assert_eq!(
        client.receive(0, goaway("from a newer server")).0,
        [Update::Goodbye(Goodbye::Again)]
    );
    assert!(matches!(client.lost(), Retry::After(_)));
    let mut client = live();
    client.receive(0, goaway(goaway::TAKEOVER));
    assert_eq!(client.lost(), Retry::Never);
}

#[test]
fn acknowledged_every_fifty_events_or_two_seconds() {
    let mut client = live();
    let acks: usize = (11..111).map(|seq| client.receive(0, event(seq)).1.len()).sum();
    assert_eq!(acks, 2);
    client.receive(0, event(111));
    assert_eq!(client.ack(1_999), None);
    assert_eq!(client.ack(2_000), Some(ClientFrame::Ack { seq: 111 }));
    assert_eq!(client.ack(9_999), None);
}
