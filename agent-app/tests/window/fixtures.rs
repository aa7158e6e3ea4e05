//! Views as a session would give them, at a fixed instant.

use std::time::{Duration, Instant};

use agent_core::{
    AgentView, AudioState, CallPhase, CallView, ConnectionView, Levels, OfferView, QueueRowView, SignInView,
    Stopwatch, Theme, Toast, ToastKind, UccView, View,
};
use contact_api::model::{Intent, Membership, Voice};
use sip_core::agent::CallId;

/// Something that started `seconds` before `now`.
pub(crate) fn since(now: Instant, seconds: u64) -> Stopwatch {
    Stopwatch {
        at: now,
        already: Duration::from_secs(seconds),
    }
}

/// The sign-in page, filled in by the demo.
pub(crate) fn signed_out(theme: Theme) -> View {
    View {
        theme,
        sign_in: SignInView {
            server: "http://127.0.0.1:8080".into(),
            address: "pat@demo.example".into(),
            ..SignInView::default()
        },
        ..View::default()
    }
}

/// An agent who is ready, with a queue.
pub(crate) fn ready(now: Instant, theme: Theme) -> View {
    View {
        theme,
        agent: Some(AgentView {
            name: "Pat Doe".into(),
            address: "pat@demo.example".into(),
            intent: Intent::Ready,
            voice: Voice::Idle,
            routable: true,
            reason: None,
            since: since(now, 760),
            uccs: vec![
                ucc(
                    "demo",
                    "Demo contact centre",
                    Membership::SignedIn,
                    &["Sales", "Support"],
                ),
                ucc("night", "Night service", Membership::SignedOut, &["Emergencies"]),
                ucc("board", "Board line", Membership::Informal, &[]),
            ],
        }),
        connection: ConnectionView::Up,
        audio: AudioState {
            input: Some("Jabra Evolve2 65".into()),
            output: Some("Jabra Evolve2 65".into()),
            problem: None,
        },
        waiting: vec![
            row(now, "+44 20 7946 0123", "Support", 112, None),
            row(now, "Katherine Johnson", "Sales", 31, None),
            row(now, "Margaret Hamilton", "Sales", 12, None),
        ],
        connected: vec![
            row(now, "Rosalind Franklin", "Support", 245, Some("Dorothy Vaughan")),
            row(now, "Grace Hopper", "Sales", 61, Some("Charles Babbage")),
        ],
        ..View::default()
    }
}

/// The same agent in a call.
pub(crate) fn talking(now: Instant, theme: Theme) -> View {
    let mut view = ready(now, theme);
    if let Some(agent) = &mut view.agent {
        agent.voice = Voice::Talking;
        agent.routable = false;
        agent.since = since(now, 134);
    }
    view.calls.push(call(now));
    view
}

/// The same agent while two offers ring.
pub(crate) fn ringing(now: Instant, theme: Theme, offers: usize) -> View {
    let mut view = ready(now, theme);
    if let Some(agent) = &mut view.agent {
        agent.voice = Voice::Offered;
        agent.since = since(now, 4);
    }
    let names = [
        "Katherine Johnson",
        "Margaret Hamilton",
        "+44 20 7946 0123",
        "Mary Jackson",
    ];
    view.offers = (0..offers)
        .map(|index| OfferView {
            offer: Some(format!("offer-{index}")),
            call: Some(CallId::incoming(index as u64)),
            caller: names[index % names.len()].into(),
            address: "+44 20 7946 0077".into(),
            source: "Sales · Demo contact centre".into(),
            waited: since(now, 31 - index as u64 * 7),
            started: now - Duration::from_secs(8),
            deadline: Some(now + Duration::from_secs(12)),
        })
        .collect();
    view
}

/// A call in conversation.
pub(crate) fn call(now: Instant) -> CallView {
    CallView {
        call: CallId::incoming(7),
        conversation: Some("conversation-7".into()),
        peer: "Ada Lovelace".into(),
        address: "+44 20 7946 0042".into(),
        source: "Sales · Demo contact centre".into(),
        phase: CallPhase::Connected,
        since: since(now, 134),
        held: None,
        remote_held: false,
        muted: false,
        levels: Levels {
            sent: -34.0,
            heard: -18.0,
        },
        codec: Some("HD voice (Opus)".into()),
        trouble: None,
    }
}

/// A row of the queue.
pub(crate) fn row(
    now: Instant,
    caller: &str,
    skill: &str,
    seconds: u64,
    agent: Option<&str>,
) -> QueueRowView {
    QueueRowView {
        conversation: format!("conversation-{caller}"),
        caller: caller.into(),
        address: "+44 20 7946 0000".into(),
        skill: skill.into(),
        ucc: "Demo".into(),
        since: since(now, seconds),
        agent: agent.map(Into::into),
        can_take: agent.is_none(),
    }
}

/// One toast of each kind.
pub(crate) fn toasts() -> Vec<Toast> {
    let toast = |id, kind, text: &str| Toast {
        id,
        kind,
        text: text.into(),
    };
    vec![
        toast(
            1,
            ToastKind::Info,
            "Charles Babbage took the call from Grace Hopper",
        ),
        toast(2, ToastKind::Warning, "You were the last agent in Emergencies"),
        toast(
            3,
            ToastKind::Error,
            "The call could not be taken: it has just been answered by Dorothy Vaughan",
        ),
    ]
}

fn ucc(id: &str, name: &str, state: Membership, skills: &[&str]) -> UccView {
    UccView {
        ucc: id.into(),
        name: name.into(),
        state,
        skills: skills.iter().map(|skill| (*skill).to_owned()).collect(),
    }
}
