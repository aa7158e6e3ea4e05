//! Runs the focus: one task between the SIP user agent, the media engine and the center.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use contact_api::model::Caller;
use crossbeam_channel::Receiver;
use media::engine::{
    Backend, Engine, EngineConfig, EngineError, EngineEvent, FeedId, FeedTarget, LegConfig, LegId,
    SERVER_COMPLEXITY, Sound,
};
use sip_core::{
    agent::{self as sip, AccountConfig, AccountId, AgentConfig, UserAgent},
    wire::Uri,
};
use sip_net::{BindError, Listen, Running};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{Focus, Input, OfferLeg, Output, Setup, ToCenter};
use crate::{
    center::{AgentLeg, Arrival, CenterHandle, ToFocus, new_conversation},
    health::Health,
    voice,
};

/// How the focus starts.
#[derive(Debug)]
pub struct FocusConfig {
    /// Where its user agent listens: loopback, reached through the proxy only.
    pub listen: SocketAddr,
    /// Where it sends everything: the proxy (`sip:127.0.0.1:5060;transport=udp`).
    pub proxy: Uri,
    /// Its own address of record.
    pub aor: Uri,
    /// User parts it answers for.
    pub numbers: Vec<String>,
    /// The address RTP is received on.
    pub media_ip: IpAddr,
    /// What a waiting or held customer hears: 48 kHz mono.
    pub hold_music: Arc<[f32]>,
    /// Customers beyond this number are told to come back later.
    pub max_conversations: usize,
}

/// Why the focus cannot start.
#[derive(Debug, thiserror::Error)]
pub enum FocusError {
    /// Its SIP address cannot be had.
    #[error("the focus cannot listen: {0}")]
    Bind(#[from] BindError),
    /// The media engine cannot start.
    #[error("the focus cannot start its media engine: {0}")]
    Media(#[from] EngineError),
    /// The system has no randomness.
    #[error("no randomness: {0}")]
    Random(#[from] getrandom::Error),
}

/// A focus at work.
#[derive(Debug)]
pub struct RunningFocus {
    /// Where its user agent listens; the proxy's static routes point here.
    pub address: SocketAddr,
    heard: Arc<Counters>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Speech that reached the focus, in 10 ms frames above −50 dBFS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// From agents, on legs that have ended.
    pub agent_speech_frames: u64,
    /// From customers, on legs that have ended.
    pub customer_speech_frames: u64,
}

#[derive(Debug, Default)]
struct Counters {
    agents: AtomicU64,
    customers: AtomicU64,
}

impl RunningFocus {
    /// What has been heard so far.
    pub fn heard(&self) -> Heard {
        Heard {
            agent_speech_frames: self.heard.agents.load(Ordering::Relaxed),
            customer_speech_frames: self.heard.customers.load(Ordering::Relaxed),
        }
    }

    /// Hangs up every leg (bounded by 2 s) and stops.
    pub async fn stop(self) {
        // An error means that the task has ended already.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the focus ended badly");
        }
    }
}

/// Starts the focus: `orders` come from the center, reports go to `center`.
///
/// # Errors
/// When its socket or its media engine cannot be had.
pub fn start(
    config: FocusConfig,
    center: CenterHandle,
    orders: mpsc::UnboundedReceiver<ToFocus>,
    health: Health,
) -> Result<RunningFocus, FocusError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    let agent = UserAgent::new(AgentConfig {
        seed,
        user_agent: concat!("Ringside-Server/", env!("CARGO_PKG_VERSION")).to_owned(),
        accept_any_user: true,
        auto_ring: false,
        // A customer, an agent, and agents who ring: the limit that is felt is the one of the machine.
        max_calls: config.max_conversations.saturating_mul(4),
    });
    let sip = sip_net::spawn(agent, &[Listen::udp_and_tcp(config.listen)])?;
    let address = sip.bound().first().map_or(config.listen, |bound| bound.address);
    getrandom::fill(&mut seed)?;
    let (engine, events) = Engine::start(EngineConfig {
        backend: Backend::None,
        seed,
        opus_complexity: SERVER_COMPLEXITY,
    })?;
    let account = AccountId(1);
    let added = sip.handle.send(sip::Command::AddAccount {
        account,
        config: Box::new(AccountConfig {
            uri: config.aor,
            display_name: None,
            registrar: None,
            outbound_proxy: Some(config.proxy),
            username: None,
            password: None,
            register: false,
            expires: std::time::Duration::from_secs(600),
        }),
    });
    if added.is_err() {
        tracing::error!("the focus' SIP driver stopped at once");
    }
    let prefix = format!("{}_", new_conversation()?);
    let silent = silences(events)?;
    let (stop, stopped) = oneshot::channel();
    let driver = Driver {
        machine: Focus::new(Setup {
            account,
            numbers: config.numbers,
            id_prefix: prefix,
            max_conversations: config.max_conversations,
        }),
        sip,
        engine,
        center,
        health,
        media_ip: config.media_ip,
        music: config.hold_music,
        playing: HashMap::new(),
        next_feed: 1,
        heard: Arc::default(),
    };
    let heard = Arc::clone(&driver.heard);
    Ok(RunningFocus {
        address,
        heard,
        stop,
        task: tokio::spawn(driver.run(orders, silent, stopped)),
    })
}

/// The legs whose peer has fallen silent. All else that the engine tells is nobody's news: nobody sits at a server.
fn silences(events: Receiver<EngineEvent>) -> Result<mpsc::UnboundedReceiver<LegId>, EngineError> {
    let (tell, silent) = mpsc::unbounded_channel();
    // Ends with the engine.
    std::thread::Builder::new()
        .name("focus-media".to_owned())
        .spawn(move || {
            for event in events {
                if let EngineEvent::MediaLost { leg } = event
                    && tell.send(leg).is_err()
                {
                    break;
                }
            }
        })?;
    Ok(silent)
}

struct Driver {
    machine: Focus,
    sip: Running<sip::Command, sip::Event>,
    engine: Engine,
    center: CenterHandle,
    health: Health,
    media_ip: IpAddr,
    music: Arc<[f32]>,
    playing: HashMap<LegId, FeedId>,
    next_feed: u64,
    heard: Arc<Counters>,
}

impl Driver {
    async fn run(
        mut self,
        mut orders: mpsc::UnboundedReceiver<ToFocus>,
        mut silent: mpsc::UnboundedReceiver<LegId>,
        mut stopped: oneshot::Receiver<()>,
    ) {
        loop {
            tokio::select! {
                event = self.sip.next_event() => match event {
                    Some(event) => self.handle(Input::Sip(event)).await,
                    None => {
                        self.health.raise("focus", "The conference focus has lost its SIP driver; restart the server.");
                        break;
                    }
                },
                order = orders.recv() => match order.map(input) {
                    Some(Some(input)) => self.handle(input).await,
                    Some(None) => {}
                    None => break,
                },
                Some(leg) = silent.recv() => self.handle(Input::Silent(leg)).await,
                _ = &mut stopped => break,
            }
        }
        if self.sip.handle.send(sip::Command::Stop).is_ok() {
            while let Some(event) = self.sip.next_event().await {
                if matches!(event, sip::Event::Stopped) {
                    break;
                }
                // Whoever leaves now is still counted and told to the queue.
                self.handle(Input::Sip(event)).await;
            }
        }
        self.sip.shutdown().await;
        self.engine.shutdown();
    }

    async fn handle(&mut self, input: Input) {
        self.machine.handle(input);
        while let Some(output) = self.machine.poll() {
            match output {
                Output::Sip(command) => {
                    if self.sip.handle.send(command).is_err() {
                        tracing::error!("the focus' SIP driver has stopped");
                    }
                }
                Output::OpenLeg(leg) => {
                    let local = self.open(leg);
                    self.machine.handle(Input::Opened { leg, local });
                }
                Output::UpdateLeg(leg, params) => self.engine.update_leg(leg, params),
                Output::CloseLeg { leg, agent } => self.close(leg, agent),
                Output::Room(leg, room) => self.engine.set_room(leg, room),
                Output::Music(leg, on) => self.music(leg, on),
                Output::Center(news) => self.tell(news).await,
            }
        }
    }

    fn open(&self, leg: LegId) -> Option<Box<sip_core::sdp::LocalMedia>> {
        match voice::open(self.media_ip) {
            Ok((socket, local)) => {
                self.engine.add_leg(
                    leg,
                    LegConfig {
                        socket,
                        rtcp_socket: None,
                        params: None,
                    },
                );
                Some(Box::new(local))
            }
            Err(error) => {
                tracing::error!(%error, "no port for voice");
                None
            }
        }
    }

    fn close(&mut self, leg: LegId, agent: bool) {
        self.music(leg, false);
        if let Some(stats) = self.engine.stats(leg) {
            let counter = if agent {
                &self.heard.agents
            } else {
                &self.heard.customers
            };
            counter.fetch_add(stats.speech_frames_heard, Ordering::Relaxed);
        }
        self.engine.remove_leg(leg);
    }

    fn music(&mut self, leg: LegId, on: bool) {
        if let Some(feed) = self.playing.remove(&leg) {
            self.engine.stop(feed);
        }
        if on {
            let feed = FeedId(self.next_feed);
            self.next_feed += 1;
            self.playing.insert(leg, feed);
            let music = Sound::Samples {
                samples: Arc::clone(&self.music),
                repeat: true,
            };
            self.engine.play(feed, FeedTarget::Leg(leg), music);
        }
    }

    async fn tell(&mut self, news: ToCenter) {
        match news {
            ToCenter::Arrived {
                conversation,
                address,
                name,
                number,
            } => {
                let arrival = Arrival {
                    conversation: conversation.clone().into(),
                    caller: Caller { address, name },
                    number,
                };
                if let Err(error) = self.center.customer_arrived(arrival).await {
                    tracing::warn!(%error, conversation, "the queue does not take a customer");
                    let reason = error.to_string();
                    self.machine
                        .handle(Input::EndConversation { conversation, reason });
                }
            }
            ToCenter::OfferAnswered { offer } => {
                let input = match self.center.offer_answered(offer.clone().into()).await {
                    Ok(()) => Input::Join { offer },
                    Err(lost) => Input::CancelOffer {
                        offer,
                        reason: lost.to_string(),
                    },
                };
                self.machine.handle(input);
            }
            ToCenter::OfferRinging { offer } => self.center.offer_ringing(offer.into()).await,
            ToCenter::OfferNotPlaced { offer, reason } => {
                self.center.offer_not_placed(offer.into(), reason).await;
            }
            ToCenter::OfferFailed {
                offer,
                status,
                reason,
            } => {
                self.center
                    .offer_failed(offer.into(), status.unwrap_or(408), reason)
                    .await;
            }
            ToCenter::CustomerLeft { conversation } => self.center.customer_left(conversation.into()).await,
            ToCenter::AgentLeft { conversation, lost } => {
                let how = if lost { AgentLeg::Lost } else { AgentLeg::HungUp };
                self.center.agent_left(conversation.into(), how).await;
            }
            ToCenter::Held { conversation, held } => {
                tracing::debug!(conversation, held, "customer on hold");
                self.center.customer_held(conversation.into(), held).await
            }
        }
    }
}

/// The center's order in the machine's words; `None` for an address that is none.
fn input(order: ToFocus) -> Option<Input> {
    Some(match order {
        ToFocus::StartOffer {
            offer,
            conversation,
            station_uri,
            ..
        } => {
            let station = station_uri
                .parse()
                .inspect_err(|error| tracing::error!(%error, station_uri, "a station has no usable address"))
                .ok()?;
            Input::StartOffer(OfferLeg {
                offer: offer.to_string(),
                conversation: conversation.to_string(),
                station,
            })
        }
        ToFocus::CancelOffer { offer, reason } => Input::CancelOffer {
            offer: offer.to_string(),
            reason,
        },
        ToFocus::EndConversation { conversation, reason } => Input::EndConversation {
            conversation: conversation.to_string(),
            reason,
        },
        ToFocus::ReturnToQueue { conversation } => Input::ReturnToQueue {
            conversation: conversation.to_string(),
        },
    })
}
