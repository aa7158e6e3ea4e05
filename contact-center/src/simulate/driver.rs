//! Gives the planned customers, and the colleagues, a phone each: one user agent and one media engine for all.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use media::engine::{
    Backend, Engine, EngineConfig, FeedId, FeedTarget, LegConfig, LegId, RoomId, SERVER_COMPLEXITY, Sound,
};
use sip_core::{
    agent::{self as sip, AccountConfig, AccountId, AgentConfig, CallId, CallState, UserAgent},
    sdp::LocalMedia,
    wire::{NameAddr, Uri},
};
use sip_net::Listen;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until},
};

use super::{
    config::{SimulateError, SimulatorConfig, Voice},
    plan::{Customer, Plan},
    running::{Report, Running},
};
use crate::voice;

/// Longest wait for a colleague to pick up.
const PICK_UP: Duration = Duration::from_millis(1_500);

/// Sentences of failed calls that are kept; a simulation may run for ever.
const KEPT: usize = 1_000;

/// Starts a simulation.
///
/// # Errors
/// When there is nothing to call or to say, or a socket cannot be had.
pub fn start(config: SimulatorConfig) -> Result<Running, SimulateError> {
    if config.customers.is_some() && config.numbers.is_empty() {
        return Err(SimulateError::NoNumber);
    }
    if config.customers.is_some() && config.voices.is_empty() {
        return Err(SimulateError::NoVoice);
    }
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    let agent = UserAgent::new(AgentConfig {
        seed,
        user_agent: concat!("Ringside-Simulator/", env!("CARGO_PKG_VERSION")).to_owned(),
        accept_any_user: false,
        auto_ring: true,
        max_calls: 10_000,
    });
    let sip = sip_net::spawn(agent, &[Listen::udp_and_tcp(SocketAddr::new(config.media_ip, 0))])?;
    getrandom::fill(&mut seed)?;
    let (engine, _events) = Engine::start(EngineConfig {
        backend: Backend::None,
        seed,
        opus_complexity: SERVER_COMPLEXITY,
    })?;
    let mut driver = Driver {
        sip,
        engine,
        config,
        calls: HashMap::new(),
        next: 1,
        report: Report::default(),
        timers: Vec::new(),
    };
    driver.add_accounts();
    let (stop, stopped) = oneshot::channel();
    Ok(Running {
        stop,
        task: tokio::spawn(driver.run(stopped)),
    })
}

/// The account customers call from; colleagues follow it.
const CUSTOMERS: AccountId = AccountId(0);

enum Who {
    Customer { stay: Duration },
    Colleague,
}

struct Call {
    who: Who,
    leg: LegId,
    voice: Arc<[f32]>,
    answered: bool,
    hanging_up: bool,
}

enum Timer {
    HangUp(CallId),
    PickUp(CallId, Box<LocalMedia>),
}

struct Driver {
    sip: sip_net::Running<sip::Command, sip::Event>,
    engine: Engine,
    config: SimulatorConfig,
    calls: HashMap<CallId, Call>,
    next: u64,
    report: Report,
    timers: Vec<(Instant, Timer)>,
}

impl Driver {
    fn add_accounts(&mut self) {
        let proxy = &self.config.proxy;
        let account = |uri: &Uri, name: Option<&str>, password: Option<&str>| AccountConfig {
            uri: uri.clone(),
            display_name: name.map(str::to_owned),
            registrar: Some(proxy.clone()),
            outbound_proxy: Some(proxy.clone()),
            username: uri.user.clone(),
            password: password.map(str::to_owned),
            register: password.is_some(),
            expires: Duration::from_secs(300),
        };
        let colleagues = self.config.colleagues.iter().enumerate().map(|(index, person)| {
            let id = AccountId(1 + u64::try_from(index).unwrap_or(0));
            (
                id,
                account(&person.uri, Some(&person.name), Some(&person.password)),
            )
        });
        for (id, config) in colleagues.collect::<Vec<_>>() {
            self.send(sip::Command::AddAccount {
                account: id,
                config: Box::new(config),
            });
        }
    }

    async fn run(mut self, mut stopped: oneshot::Receiver<()>) -> Report {
        let mut plan = self.config.customers.clone().map(Plan::new);
        let at_once = self.config.customers.as_ref().map_or(0, |script| script.at_once);
        let mut coming = plan.as_mut().and_then(Iterator::next);
        let far = Duration::from_secs(3_600);
        let mut arrival = Instant::now() + coming.as_ref().map_or(far, |customer| customer.after);
        loop {
            let customers = self
                .calls
                .values()
                .filter(|call| matches!(call.who, Who::Customer { .. }))
                .count();
            if coming.is_none() && customers == 0 && self.config.colleagues.is_empty() {
                break;
            }
            let timer = self.timers.iter().map(|(at, _)| *at).min();
            let next = timer.unwrap_or_else(|| Instant::now() + far);
            tokio::select! {
                event = self.sip.next_event() => match event {
                    Some(event) => self.on_event(event),
                    None => break,
                },
                () = sleep_until(arrival), if coming.is_some() && customers < at_once => {
                    if let Some(customer) = coming.take() {
                        self.call(&customer);
                    }
                    coming = plan.as_mut().and_then(Iterator::next);
                    arrival = Instant::now() + coming.as_ref().map_or(far, |customer| customer.after);
                }
                () = sleep_until(next) => self.on_time(),
                _ = &mut stopped => break,
            }
        }
        self.finish().await
    }

    /// Says goodbye on every line, then counts.
    async fn finish(mut self) -> Report {
        // Who leaves now leaves by our will: neither hung up on nor failed.
        for call in self.calls.values_mut() {
            call.hanging_up = true;
        }
        if self.sip.handle.send(sip::Command::Stop).is_ok() {
            while let Some(event) = self.sip.next_event().await {
                if matches!(event, sip::Event::Stopped) {
                    break;
                }
                self.on_event(event);
            }
        }
        self.sip.shutdown().await;
        self.engine.shutdown();
        self.report
    }

    fn call(&mut self, customer: &Customer) {
        let (Some(Voice { name, samples: voice }), Some(number)) = (
            self.config
                .voices
                .get(customer.voice % self.config.voices.len().max(1))
                .cloned(),
            self.config
                .numbers
                .get(customer.number % self.config.numbers.len().max(1))
                .cloned(),
        ) else {
            return;
        };
        let Some((leg, media)) = self.open_leg() else {
            return;
        };
        let call = CallId::outgoing(self.fresh());
        self.calls.insert(
            call,
            Call {
                who: Who::Customer { stay: customer.stay },
                leg,
                voice,
                answered: false,
                hanging_up: false,
            },
        );
        // Each customer calls as themselves; the account is only the way out.
        let from = Uri {
            user: Some(customer.phone.clone()),
            ..number.clone()
        };
        let config = AccountConfig {
            uri: from,
            display_name: Some(name),
            registrar: None,
            outbound_proxy: Some(self.config.proxy.clone()),
            username: None,
            password: None,
            register: false,
            expires: Duration::from_secs(300),
        };
        let account = AccountId(CUSTOMERS.0 + (1 << 32) + customer.index);
        self.send(sip::Command::AddAccount {
            account,
            config: Box::new(config),
        });
        let to = NameAddr {
            display_name: None,
            uri: number,
            params: Default::default(),
        };
        self.send(sip::Command::Call {
            call,
            account: Some(account),
            to: Box::new(to),
            headers: Vec::new(),
            media: Box::new(media),
        });
        self.send(sip::Command::RemoveAccount(account));
        self.report.placed += 1;
    }

    fn on_event(&mut self, event: sip::Event) {
        match event {
            sip::Event::Incoming(incoming) => self.on_incoming(&incoming),
            sip::Event::Media { call, media, .. } => {
                let Some(call) = self.calls.get(&call) else { return };
                if let Some(params) = voice::leg_params(&media) {
                    self.engine.update_leg(call.leg, params);
                }
            }
            sip::Event::State {
                call,
                state: CallState::Confirmed,
                ..
            } => self.on_answered(call),
            sip::Event::Ended { call, cause, .. } => self.on_ended(call, cause),
            sip::Event::Trouble { what } => tracing::warn!(what, "simulator"),
            _ => {}
        }
    }

    fn on_incoming(&mut self, incoming: &sip::IncomingCall) {
        let index = incoming
            .account
            .and_then(|account| usize::try_from(account.0.checked_sub(1)?).ok());
        let person = index.and_then(|index| self.config.colleagues.get(index));
        let Some(voice) = person.map(|person| Arc::clone(&person.voice)) else {
            self.send(sip::Command::Reject {
                call: incoming.call,
                status: 404,
            });
            return;
        };
        let Some((leg, media)) = self.open_leg() else {
            self.send(sip::Command::Reject {
                call: incoming.call,
                status: 503,
            });
            return;
        };
        let call = Call {
            who: Who::Colleague,
            leg,
            voice,
            answered: false,
            hanging_up: false,
        };
        self.calls.insert(incoming.call, call);
        self.timers.push((
            Instant::now() + PICK_UP,
            Timer::PickUp(incoming.call, Box::new(media)),
        ));
        self.report.colleague_calls += 1;
    }

    fn on_answered(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if std::mem::replace(&mut call.answered, true) {
            return;
        }
        let voice = Sound::Samples {
            samples: Arc::clone(&call.voice),
            repeat: true,
        };
        let leg = call.leg;
        if let Who::Customer { stay } = call.who {
            self.report.answered += 1;
            self.timers.push((Instant::now() + stay, Timer::HangUp(id)));
        }
        // A room of one's own: the peer's voice is heard by nobody but counted all the same.
        self.engine.set_room(leg, Some(RoomId(leg.0)));
        self.engine.play(FeedId(leg.0), FeedTarget::Leg(leg), voice);
    }

    fn on_ended(&mut self, id: CallId, cause: String) {
        let Some(call) = self.calls.remove(&id) else {
            return;
        };
        self.timers
            .retain(|(_, timer)| !matches!(timer, Timer::HangUp(of) | Timer::PickUp(of, _) if *of == id));
        if let Who::Customer { .. } = call.who {
            self.report.packets_heard += self.engine.stats(call.leg).map_or(0, |stats| stats.received);
            match (call.answered, call.hanging_up) {
                (true, true) => self.report.hung_up += 1,
                (true, false) => self.report.ended_by_server += 1,
                (false, true) => {}
                (false, false) => self.failed(cause),
            }
        }
        self.engine.stop(FeedId(call.leg.0));
        self.engine.remove_leg(call.leg);
    }

    fn on_time(&mut self) {
        let now = Instant::now();
        let (due, later) = std::mem::take(&mut self.timers)
            .into_iter()
            .partition(|(at, _)| *at <= now);
        self.timers = later;
        let due: Vec<(Instant, Timer)> = due;
        for (_, timer) in due {
            match timer {
                Timer::PickUp(call, media) => self.send(sip::Command::Answer { call, media }),
                Timer::HangUp(id) => {
                    if let Some(call) = self.calls.get_mut(&id) {
                        call.hanging_up = true;
                    }
                    self.send(sip::Command::Hangup {
                        call: id,
                        reason: None,
                    });
                }
            }
        }
    }

    fn open_leg(&mut self) -> Option<(LegId, LocalMedia)> {
        match voice::open(self.config.media_ip) {
            Ok((socket, media)) => {
                let leg = LegId(self.fresh());
                self.engine.add_leg(
                    leg,
                    LegConfig {
                        socket,
                        rtcp_socket: None,
                        params: None,
                    },
                );
                Some((leg, media))
            }
            Err(error) => {
                self.failed(format!("no port for voice: {error}"));
                None
            }
        }
    }

    fn failed(&mut self, cause: String) {
        if self.report.failed.len() < KEPT {
            self.report.failed.push(cause);
        } else {
            tracing::warn!(cause, "another call failed");
        }
    }

    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn send(&self, command: sip::Command) {
        if self.sip.handle.send(command).is_err() {
            tracing::error!("the simulator's SIP driver has stopped");
        }
    }
}
