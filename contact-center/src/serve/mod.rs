//! The whole contact centre in one process: registrar, queue, focus, API and, for the demo, people.
//!
//! ```text
//!  phones ──SIP──▶ registrar/proxy ──numbers──▶ focus ◀──▶ center ◀──▶ api ──WebSocket──▶ agents
//!                        ▲                        │           │
//!                        └──────── INVITE ────────┘         store
//! ```

mod config;
mod people;
mod ready;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use sip_core::{
    server::{Command, Event, Moved},
    wire::Uri,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub use config::{ServeConfig, ServeError};
pub use people::{customer_voices, voice_of_the_agent};
pub use ready::Ready;

pub use crate::focus::Heard;
use crate::{
    api::{Api, Clock, Timing},
    center::{self, CenterHandle, Settings},
    focus::{self, FocusConfig, RunningFocus},
    health::Health,
    registrar::{self, Accounts},
    simulate,
    store::{Location, Store, seed_demo},
};

/// A contact centre at work.
#[derive(Debug)]
pub struct Serving {
    ready: Ready,
    center: CenterHandle,
    store: Store,
    focus: RunningFocus,
    people: Option<simulate::Running>,
    tasks: Tasks,
}

#[derive(Debug)]
struct Tasks {
    stop_api: oneshot::Sender<()>,
    api: JoinHandle<()>,
    stop_registrar: oneshot::Sender<()>,
    registrar: JoinHandle<()>,
}

/// Starts everything, and returns once it listens.
///
/// # Errors
/// The first part that cannot start; nothing runs then.
pub async fn start(config: ServeConfig) -> Result<Serving, ServeError> {
    let no_api = |source| ServeError::ApiAddress {
        address: config.api,
        source,
    };
    // First what most often goes wrong, while there is nothing yet to take down again.
    let listener = TcpListener::bind(config.api).await.map_err(no_api)?;
    let api_address = listener.local_addr().map_err(no_api)?;
    let location = config.location()?;
    let store = Store::open(&location, Health::default()).await?;
    let agents = seed_demo(&store, &config.domain, config.password.as_deref()).await?;
    let sounds = people::Sounds::decode(&config)?;
    let colleagues = sounds.colleagues(&config.domain)?;

    let sip = registrar::start(registrar::Config {
        listen: vec![sip_net::Listen::udp_and_tcp(config.sip)],
        domains: vec![config.domain.clone()],
        realm: None,
        users: people::accounts(&colleagues),
        limits: sip_core::server::Limits::default(),
    })?;
    let address = sip.bound().first().map_or(config.sip, |bound| bound.address);
    let proxy: Uri = format!("sip:{};transport=udp", reachable(address)).parse()?;

    let mut settings = Settings::new(config.domain.clone(), proxy.to_string());
    settings.max_conversations = config.max_conversations;
    let center::Center {
        handle,
        to_focus,
        directory,
    } = center::start(
        store.clone(),
        settings,
        Arc::new(Accounts::new(sip.handle.clone())),
    )
    .await?;

    let numbers = &config.numbers;
    let focus = focus::start(
        FocusConfig {
            listen: SocketAddr::new(loopback_towards(address.ip()), 0),
            proxy: proxy.clone(),
            aor: format!("sip:queue@{}", config.domain).parse()?,
            numbers: numbers.clone(),
            media_ip: reachable(address).ip(),
            hold_music: Arc::clone(&sounds.hold_music),
            max_conversations: config.max_conversations,
        },
        handle.clone(),
        to_focus,
        store.health().clone(),
    )?;
    // The focus is ours and on loopback: it calls stations without a password.
    let routes = numbers.iter().map(|number| {
        Ok(Command::SetRoute {
            user: number.clone(),
            target: Box::new(format!("sip:{}", focus.address).parse()?),
        })
    });
    for command in std::iter::once(Ok(Command::Trust(focus.address))).chain(routes) {
        let command: Command = command.map_err(ServeError::Address)?;
        sip.handle.send(command)?;
    }

    let api = Api::new(
        handle.clone(),
        directory,
        store.clone(),
        Timing::default(),
        Clock::system(),
    )
    .await?;

    let ready = Ready {
        ready: true,
        api: format!("http://{api_address}"),
        sip: sip.bound().iter().map(ToString::to_string).collect(),
        agents,
        numbers: numbers
            .iter()
            .map(|number| format!("sip:{number}@{}", reachable(address)))
            .collect(),
    };
    let tasks = Tasks::start(sip, handle.clone(), api, listener);
    let simulation = people::simulation(
        &config,
        sounds,
        colleagues,
        &ready.numbers,
        proxy,
        reachable(address).ip(),
    )?;
    let people = simulation.map(simulate::start).transpose()?;
    Ok(Serving {
        ready,
        center: handle,
        store,
        focus,
        people,
        tasks,
    })
}

impl Tasks {
    fn start(sip: registrar::Running, center: CenterHandle, api: Api, listener: TcpListener) -> Self {
        let (stop_api, stopped) = oneshot::channel::<()>();
        let api = tokio::spawn(async move {
            let stop = async {
                // Dropped or sent: both mean stop.
                let _ = stopped.await;
            };
            if let Err(error) = api.serve(listener, stop).await {
                tracing::error!(%error, "the API has stopped");
            }
        });
        let (stop_registrar, stopped) = oneshot::channel();
        let registrar = tokio::spawn(watch_registrar(sip, center, stopped));
        Self {
            stop_api,
            api,
            stop_registrar,
            registrar,
        }
    }
}

/// Tells the center which stations can be reached.
async fn watch_registrar(
    mut sip: registrar::Running,
    center: CenterHandle,
    mut stopped: oneshot::Receiver<()>,
) {
    loop {
        let event = tokio::select! {
            event = sip.next_event() => event,
            _ = &mut stopped => break,
        };
        match event {
            Some(Event::Registered { aor, moved, .. }) => {
                center.station_registered(aor.clone(), true).await;
                match moved {
                    Moved::No => {}
                    Moved::Connection => center.station_reconnected(aor).await,
                    Moved::Elsewhere => center.station_moved(aor).await,
                }
            }
            Some(Event::Unregistered { aor, bindings: 0, .. }) => center.station_registered(aor, false).await,
            Some(Event::WrongPassword { user, from }) => tracing::warn!(user, %from, "wrong SIP password"),
            Some(Event::Trouble { what }) => tracing::error!(what, "registrar"),
            Some(Event::Unregistered { .. }) => {}
            None => return,
        }
    }
    sip.shutdown().await;
}

impl Serving {
    /// Where everything is, for the people and programs that use it.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// What the focus has heard so far.
    pub fn heard(&self) -> Heard {
        self.focus.heard()
    }

    /// Lets the customers hang up, then stops every part in turn. What went wrong on the way comes back.
    pub async fn stop(self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(people) = self.people {
            problems.extend(people.stop().await.failed);
        }
        self.focus.stop().await;
        self.center.stop().await;
        // Errors mean that the part has ended already.
        let _ = self.tasks.stop_api.send(());
        let _ = self.tasks.stop_registrar.send(());
        for task in [self.tasks.api, self.tasks.registrar] {
            if let Err(error) = task.await {
                problems.push(format!("a part of the server ended badly: {error}"));
            }
        }
        self.store.close().await;
        problems
    }
}

/// The loopback address that a socket bound to `ip` can reach.
const fn loopback_towards(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    }
}

/// An address other programs on this computer can send to.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let ip = sip_net::local_address_towards(SocketAddr::new([192, 0, 2, 1].into(), 9))
            .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        SocketAddr::new(ip, address.port())
    } else {
        address
    }
}

impl ServeConfig {
    fn location(&self) -> Result<Location, ServeError> {
        let Some(folder) = &self.data else {
            return Ok(Location::Memory);
        };
        std::fs::create_dir_all(folder).map_err(|source| ServeError::Data {
            folder: folder.clone(),
            source,
        })?;
        Ok(Location::File(folder.join("ringside.sqlite")))
    }
}
