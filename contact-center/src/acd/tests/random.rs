//! Random days: whatever happens in whatever order, the invariants hold and the journal tells it all.

use std::collections::{BTreeMap, BTreeSet};

use contact_api::model::{Intent, OfferResult};
use proptest::prelude::*;

use super::*;

/// Something that happens. Numbers choose among what exists.
#[derive(Clone, Debug)]
enum Happening {
    SignIn(usize),
    SignOut(usize),
    UccIn(usize),
    UccOut(usize),
    Ready(usize),
    NotReady(usize),
    Phone(usize, bool),
    Arrive,
    CustomerLeaves(usize),
    Take(usize, usize),
    Accept(usize),
    Ignore(usize),
    Answer(usize),
    AnswerLate(usize),
    Fail(usize, u16),
    NotPlaced(usize),
    PhoneMoves(usize),
    PhonesRing(bool),
    AgentHangsUp(usize),
    AgentLost(usize),
    Hold(usize, bool),
    WrapupEnd(usize),
    WrapupExtend(usize),
    Pass(u64),
    Restart,
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    let n = 0..8_usize;
    prop_oneof![
        2 => n.clone().prop_map(SignIn),
        1 => n.clone().prop_map(SignOut),
        2 => n.clone().prop_map(UccIn),
        1 => n.clone().prop_map(UccOut),
        2 => n.clone().prop_map(Ready),
        1 => n.clone().prop_map(NotReady),
        3 => (n.clone(), any::<bool>()).prop_map(|(n, up)| Phone(n, up || n % 2 == 0)),
        5 => Just(Arrive),
        2 => n.clone().prop_map(CustomerLeaves),
        3 => (n.clone(), n.clone()).prop_map(|(a, c)| Take(a, c)),
        2 => n.clone().prop_map(Accept),
        2 => n.clone().prop_map(Ignore),
        4 => n.clone().prop_map(Answer),
        2 => n.clone().prop_map(AnswerLate),
        2 => (n.clone(), prop_oneof![Just(486), Just(480), Just(408)]).prop_map(|(n, s)| Fail(n, s)),
        1 => n.clone().prop_map(NotPlaced),
        1 => n.clone().prop_map(PhoneMoves),
        1 => any::<bool>().prop_map(PhonesRing),
        2 => n.clone().prop_map(AgentHangsUp),
        1 => n.clone().prop_map(AgentLost),
        2 => (n.clone(), any::<bool>()).prop_map(|(n, held)| Hold(n, held)),
        1 => n.clone().prop_map(WrapupEnd),
        1 => n.prop_map(WrapupExtend),
        5 => prop_oneof![0..10_u64, 0..3_000_u64, 0..60_000_u64, Just(400_000)].prop_map(Pass),
        1 => Just(Restart),
    ]
}

fn day_roster() -> Roster {
    let mut roster = roster();
    let wrap = Skill {
        ucc: UCC.into(),
        name: "Support".into(),
        priority: 1,
        wrapup_ms: 15_000,
    };
    roster.skills.insert("support".into(), wrap);
    for (agent, score) in [("anna", 10), ("bram", 90)] {
        roster
            .agents
            .get_mut(agent)
            .unwrap()
            .scores
            .insert("support".into(), score);
    }
    roster.agents.get_mut("chloe").unwrap().uccs.insert(
        UCC.into(),
        Member {
            formal: false,
            order: 9,
        },
    );
    roster
}

fn pick<T: Clone>(items: impl Iterator<Item = T>, n: usize) -> Option<T> {
    let all: Vec<_> = items.collect();
    (!all.is_empty()).then(|| all[n % all.len()].clone())
}

fn happen(world: &mut World, what: &Happening) {
    let agent = |n: &usize| AgentId::from(["anna", "bram", "chloe"][n % 3]);
    let state = world.acd.state();
    let conversation = |n: &usize| pick(state.conversations.keys().cloned(), *n);
    let offer = |n: &usize| pick(state.offers.keys().cloned(), *n);
    match what {
        Happening::SignIn(n) => {
            let (agent, station) = (agent(n), StationId::from(format!("st-{n}")));
            let uri = format!("sip:{station}@demo");
            world
                .act(|acd, now| acd.station_in(now, &agent, station, uri))
                .unwrap();
        }
        Happening::SignOut(n) => drop(world.act(|acd, now| acd.sign_out(now, &agent(n), true))),
        Happening::UccIn(n) => drop(world.act(|acd, now| acd.ucc_in(now, &agent(n), &UCC.into()))),
        Happening::UccOut(n) => drop(world.act(|acd, now| acd.ucc_out(now, &agent(n), &UCC.into(), true))),
        Happening::Ready(n) => world
            .act(|acd, now| acd.intent(now, &agent(n), Intent::Ready, None))
            .unwrap(),
        Happening::NotReady(n) => {
            world
                .act(|acd, now| acd.intent(now, &agent(n), Intent::NotReady, None))
                .unwrap();
        }
        Happening::Phone(n, up) => {
            let device = if *up { Device::Ok } else { Device::NoPhone };
            world.act(|acd, now| acd.device(now, &agent(n), device));
        }
        Happening::Arrive => {
            let n = world.journal.len();
            let new = NewConversation {
                conversation: format!("c{n}").into(),
                caller: Caller {
                    address: "x".into(),
                    name: None,
                },
                number: "x".into(),
                skill: if n.is_multiple_of(2) { SALES } else { "support" }.into(),
                priority: 0,
            };
            let _ = world.act(|acd, now| acd.arrived(now, new));
        }
        Happening::CustomerLeaves(n) => {
            let id = conversation(n).unwrap_or_else(|| "none".into());
            world.act(|acd, now| acd.customer_left(now, &id));
        }
        Happening::Take(a, c) => {
            let id = conversation(c).unwrap_or_else(|| "none".into());
            let _ = world.act(|acd, now| acd.take(now, &agent(a), &id));
        }
        Happening::Accept(n) => {
            let Some(id) = offer(n) else { return };
            let _ = world.act(|acd, now| acd.offer_accept(now, &agent(n), &id));
        }
        Happening::Ignore(n) => {
            let Some(id) = offer(n) else { return };
            let owner = world.acd.state().offers[&id].agent.clone();
            world.act(|acd, now| acd.offer_ignore(now, &owner, &id)).unwrap();
        }
        Happening::Answer(n) => {
            let Some(id) = offer(n) else { return };
            world.act(|acd, now| acd.offer_answered(now, &id)).unwrap();
        }
        Happening::AnswerLate(n) => {
            let ended = pick(state.ended_offers.iter().map(|ended| ended.offer.clone()), *n);
            let Some(id) = ended else { return };
            assert!(world.act(|acd, now| acd.offer_answered(now, &id)).is_err());
        }
        Happening::Fail(n, status) => {
            let id = offer(n).unwrap_or_else(|| "none".into());
            world.act(|acd, now| acd.offer_failed(now, &id, *status, "x"));
        }
        Happening::NotPlaced(n) => {
            let id = offer(n).unwrap_or_else(|| "none".into());
            world.act(|acd, now| acd.offer_not_placed(now, &id, "x"));
        }
        Happening::PhoneMoves(n) => world.act(|acd, now| acd.phone_moved(now, &agent(n))),
        Happening::PhonesRing(ring) => world.phones_ring = *ring,
        Happening::AgentHangsUp(n) => {
            let id = conversation(n).unwrap_or_else(|| "none".into());
            world.act(|acd, now| acd.agent_hung_up(now, &id));
        }
        Happening::Hold(n, held) => {
            let id = conversation(n).unwrap_or_else(|| "none".into());
            world.act(|acd, now| acd.customer_held(now, &id, *held));
        }
        Happening::AgentLost(n) => {
            let id = conversation(n).unwrap_or_else(|| "none".into());
            world.act(|acd, now| acd.agent_lost(now, &id));
        }
        Happening::WrapupEnd(n) => drop(world.act(|acd, now| acd.wrapup_end(now, &agent(n)))),
        Happening::WrapupExtend(n) => {
            let _ = world.act(|acd, now| acd.wrapup_extend(now, &agent(n), 10_000));
        }
        Happening::Pass(ms) => world.pass(*ms),
        Happening::Restart => {
            world.acd = Acd::resume(day_roster(), replay(&world.journal));
            world.act(Acd::restarted);
        }
    }
}

/// I7: the tables, from the journal alone and through its stored form.
fn replay(journal: &[Record]) -> State {
    let mut state = State::default();
    for record in journal {
        let stored = serde_json::to_string(record).unwrap();
        state.apply(&serde_json::from_str(&stored).unwrap()).unwrap();
    }
    state
}

/// I4 and I2 over the whole journal: every offer starts and ends once; a conversation has one winner at a time.
fn audit(world: &World) {
    let mut live = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut talking: BTreeMap<ConversationId, AgentId> = BTreeMap::new();
    for record in &world.journal {
        match &record.event {
            Event::OfferStarted { offer, agent, .. } => {
                assert!(seen.insert(offer.clone()), "{offer} started twice");
                assert!(
                    !live.values().any(|other| other == agent),
                    "{agent} has two offers"
                );
                live.insert(offer.clone(), agent.clone());
            }
            Event::OfferEnded {
                offer,
                result,
                conversation,
                ..
            } => {
                assert!(live.remove(offer).is_some(), "{offer} ended twice");
                assert!(*result != OfferResult::Accepted || !talking.contains_key(conversation));
            }
            Event::Connected { conversation, agent } => {
                assert!(
                    talking.insert(conversation.clone(), agent.clone()).is_none(),
                    "two winners"
                );
            }
            Event::AgentOut { conversation, .. } => assert!(talking.remove(conversation).is_some()),
            _ => {}
        }
    }
    let now: BTreeSet<_> = world.acd.state().offers.keys().cloned().collect();
    assert_eq!(live.into_keys().collect::<BTreeSet<_>>(), now);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn b_007_any_day_keeps_the_invariants_and_replays(day in prop::collection::vec(happening(), 1..120)) {
        let mut world = World::new(day_roster());
        for what in &day {
            // `act` checks the invariants after every step.
            happen(&mut world, what);
        }
        prop_assert!(!world.said.iter().any(|said| matches!(said, Output::Fault(_))));
        audit(&world);
        prop_assert_eq!(&replay(&world.journal), world.acd.state());
        // A live offer, wrap-up, block or round never waits without a timer; and left alone, the day ends.
        let timers = world.acd.state().offers.len();
        prop_assert!(timers == 0 || world.acd.next_wake().is_some());
    }
}
