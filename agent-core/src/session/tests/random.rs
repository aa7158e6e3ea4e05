//! Whatever happens in whatever order: no panic, every command answered at most once, every call ended once,
//! no ring without a reason, one microphone.

use std::{collections::HashMap, time::Duration};

use contact_api::{event::Event, model::OfferResult};
use proptest::prelude::*;
use sip_core::agent::{self as sip, CallId, CallState};

use super::world::{World, me, sign_in_command, station};
use crate::{CenterInput, Command, Digits, Input, LegId, Levels, MediaCommand, MediaInput, Output};

#[derive(Clone, Debug)]
enum Step {
    Start,
    Invite(u64, Option<u8>),
    Leg(u64, bool),
    State(CallId, u8),
    Agreed(CallId, bool),
    Refused(CallId),
    Over(CallId),
    Do(u8, CallId),
    Offer(u8),
    OfferEnded(u8, u8),
    Accept(u8),
    Ignore(u8),
    Center(u8),
    Lost(u64),
    Pass(u64),
    Stop,
}

fn calls() -> impl Strategy<Value = CallId> {
    (any::<bool>(), 1..4_u64).prop_map(|(incoming, n)| {
        if incoming {
            CallId::incoming(n)
        } else {
            CallId::outgoing(n)
        }
    })
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Start),
        3 => (1..4_u64, prop::option::of(0..3_u8)).prop_map(|(n, o)| Step::Invite(n, o)),
        4 => (1..8_u64, prop::bool::weighted(0.9)).prop_map(|(l, ok)| Step::Leg(l, ok)),
        4 => (calls(), 0..4_u8).prop_map(|(c, s)| Step::State(c, s)),
        4 => (calls(), any::<bool>()).prop_map(|(c, h)| Step::Agreed(c, h)),
        1 => calls().prop_map(Step::Refused),
        2 => calls().prop_map(Step::Over),
        6 => (0..9_u8, calls()).prop_map(|(k, c)| Step::Do(k, c)),
        3 => (0..3_u8).prop_map(Step::Offer),
        2 => (0..3_u8, 0..4_u8).prop_map(|(o, r)| Step::OfferEnded(o, r)),
        2 => (0..3_u8).prop_map(Step::Accept),
        2 => (0..3_u8).prop_map(Step::Ignore),
        3 => (0..7_u8).prop_map(Step::Center),
        1 => (1..8_u64).prop_map(Step::Lost),
        3 => (0..30_000_u64).prop_map(Step::Pass),
        1 => Just(Step::Stop),
    ]
}

fn take(w: &mut World, step: Step) {
    match step {
        Step::Start => drop(w.ask(Command::StartCall {
            to: "sip:b@h".into(),
            account: None,
            headers: vec![],
        })),
        Step::Invite(n, offer) => drop(w.invite(n, offer.map(|o| format!("o{o}")).as_deref())),
        Step::Leg(leg, true) => w.opened(LegId(leg)),
        Step::Leg(leg, false) => {
            w.input(Input::Media(MediaInput::OpenFailed {
                leg: LegId(leg),
                reason: "none".into(),
            }));
        }
        Step::State(call, s) => {
            let state = [
                CallState::Calling,
                CallState::Ringing,
                CallState::Early,
                CallState::Confirmed,
            ];
            w.state(call, state[usize::from(s)]);
        }
        Step::Agreed(call, hold) => w.agreed(call, hold),
        Step::Refused(call) => w.refused(call),
        Step::Over(call) => w.over(call),
        Step::Do(kind, call) => drop(w.ask(match kind {
            0 => Command::Answer(call),
            1 => Command::Hold(call),
            2 => Command::Resume(call),
            3 => Command::Mute(call),
            4 => Command::Hangup(call),
            5 => Command::Reject { call, status: 486 },
            6 => Command::Ring {
                call,
                status: 183,
                early_media: true,
            },
            7 => Command::Reinvite(call),
            _ => Command::Dtmf {
                call,
                digits: Digits("1".into()),
            },
        })),
        Step::Offer(o) => w.offer(&format!("o{o}"), 20),
        Step::OfferEnded(o, r) => {
            let result = [
                OfferResult::Accepted,
                OfferResult::Timeout,
                OfferResult::Cancelled,
                OfferResult::LostRace,
            ];
            let result = result[usize::from(r)];
            w.event(Event::OfferEnded {
                offer: format!("o{o}"),
                result,
                reason: "r".into(),
            });
        }
        Step::Accept(o) => drop(w.ask(Command::AcceptOffer(format!("o{o}")))),
        Step::Ignore(o) => drop(w.ask(Command::IgnoreOffer(format!("o{o}")))),
        Step::Center(0) => drop(w.ask(sign_in_command())),
        Step::Center(1) => {
            w.input(Input::Center(CenterInput::SignedIn {
                me: Box::new(me()),
                sip: Box::new(station()),
            }));
        }
        Step::Center(2) => w.link_up(),
        Step::Center(3) => w.link_down(),
        Step::Center(4) => w.snapshot(),
        Step::Center(5) => drop(w.ask(Command::Ready)),
        Step::Center(_) => drop(w.ask(Command::SignOut { force: true })),
        Step::Lost(leg) => {
            w.input(Input::Media(MediaInput::Lost { leg: LegId(leg) }));
            w.input(Input::Media(MediaInput::Levels {
                leg: LegId(leg),
                levels: Levels::SILENCE,
            }));
        }
        Step::Pass(ms) => w.pass(Duration::from_millis(ms)),
        Step::Stop => w.input(Input::Stop),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_session_keeps_its_promises(steps in prop::collection::vec(steps(), 1..80), exclusive: bool) {
        let mut w = if exclusive { World::window() } else { World::headless() };
        for step in steps {
            take(&mut w, step.clone());
            let view = w.session.view();
            let reason = w.session.offers.iter().any(|o| o.rings()) || w.session.calls.iter().any(|c| c.rings());
            prop_assert!(w.ringing.is_none() || reason, "rings for nothing after {:?}", step);
            prop_assert!(w.ringing.is_none() || !view.offers.is_empty(), "rings unseen after {:?}", step);
            let mics = w.session.calls.iter().filter(|c| c.connected).count();
            prop_assert!(mics <= 1, "{} microphones after {:?}", mics, step);
            prop_assert!(w.session.calls.iter().all(|c| !(c.connected && c.hold_pending.unwrap_or(c.local_hold))));
        }
        // The world lets go of everything: nothing is left behind.
        w.input(Input::Stop);
        w.input(Input::Sip(sip::Event::Stopped));
        w.pass(Duration::from_secs(600));
        prop_assert_eq!(w.ringing, None);
        prop_assert!(w.session.view().calls.is_empty() && w.session.view().offers.is_empty());
        prop_assert_eq!(w.session.next_wake().filter(|_| w.session.view().toasts.is_empty()), None);

        let mut ended = w.ended.clone();
        let all = ended.len();
        ended.sort();
        ended.dedup();
        prop_assert_eq!(ended.len(), all, "a call ended twice");
        let mut replies: HashMap<u64, u32> = HashMap::new();
        let (mut open, mut closed) = (0, 0);
        for output in &w.out {
            match output {
                Output::Reply { token, .. } => *replies.entry(token.0).or_default() += 1,
                Output::Media(MediaCommand::Open { .. }) => open += 1,
                Output::Media(MediaCommand::Close { .. }) => closed += 1,
                _ => {}
            }
        }
        prop_assert!(replies.values().all(|n| *n == 1), "a command was answered twice");
        prop_assert_eq!(open, closed, "a leg was left open");
    }
}
