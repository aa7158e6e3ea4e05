//! The handle the rest of the program holds.

use std::{
    net::UdpSocket,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::JoinHandle,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::{
    EngineError,
    api::{
        Backend, EngineConfig, EngineEvent, FeedId, FeedTarget, LegConfig, LegId, LegParams, LegStats,
        RoomId, Sound,
    },
    command::Command,
    core::{Feed, Leg},
    network::{self, Network, Request, UdpLink},
    thread::{MediaThread, STOP_TIMEOUT},
};
use crate::{
    device,
    mix::Mixer,
    session::{RtpSession, SessionConfig},
    voice::Bypass,
};

/// Events a slow reader may leave waiting.
const EVENTS: usize = 8_192;
/// Commands on their way.
const COMMANDS: usize = 1_024;
/// Datagrams in circulation: 10 ms of some thousand packets a second for a phone, of 25,000 for a server.
const BOXES: (usize, usize) = (512, 4_096);
/// Seconds between 1900 (NTP) and 1970 (Unix).
const NTP_EPOCH: u64 = 2_208_988_800;

/// A running media engine. Cloning gives another handle; the thread ends when the last one is dropped.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

struct Shared {
    commands: Sender<Command<UdpLink>>,
    network: Network,
    random: Mutex<ChaCha8Rng>,
    opus_complexity: u8,
    threads: Mutex<Option<Threads>>,
}

struct Threads {
    media: JoinHandle<()>,
    network: JoinHandle<()>,
    /// Disconnected when the media thread is done.
    done: mpsc::Receiver<()>,
}

impl Engine {
    /// Starts the media thread and its devices. A missing or failing device is no error: silence stands
    /// in and [`EngineEvent::Device`] says so.
    pub fn start(config: EngineConfig) -> Result<(Self, Receiver<EngineEvent>), EngineError> {
        let boxes = match config.backend {
            Backend::None => BOXES.1,
            _ => BOXES.0,
        };
        let backend = device::open(config.backend)?;
        let (network, inbox, network_thread) = network::start(boxes)?;
        let (commands, asked) = bounded(COMMANDS);
        let (events, told) = bounded(EVENTS);
        let (done, is_done) = mpsc::channel();
        let thread = MediaThread {
            commands: asked,
            inbox,
            backend,
            voice: Box::new(Bypass),
            events,
            network: network.clone(),
            done,
        };
        let media = std::thread::Builder::new()
            .name("media".to_owned())
            .spawn(move || thread.run())?;
        let shared = Shared {
            commands,
            network,
            random: Mutex::new(ChaCha8Rng::from_seed(config.seed)),
            opus_complexity: config.opus_complexity,
            threads: Mutex::new(Some(Threads {
                media,
                network: network_thread,
                done: is_done,
            })),
        };
        Ok((
            Self {
                shared: Arc::new(shared),
            },
            told,
        ))
    }

    /// Adds a leg. An id is used once in an engine's life.
    pub fn add_leg(&self, leg: LegId, config: LegConfig) {
        let session = RtpSession::new(self.session_config(), config.params);
        match split(config.socket, config.rtcp_socket) {
            Ok((receive, link)) => {
                self.shared.network.ask(Request::Add {
                    leg,
                    rtp: receive.0,
                    rtcp: receive.1,
                });
                self.send(Command::AddLeg(Box::new(Leg::new(leg, session, link))));
            }
            Err(error) => tracing::error!(
                leg = leg.0,
                "no voice on this leg, its socket is unusable: {error}"
            ),
        }
    }

    /// Gives a leg what offer and answer agreed.
    pub fn update_leg(&self, leg: LegId, params: LegParams) {
        self.send(Command::UpdateLeg(leg, Box::new(params)));
    }

    /// Removes a leg after an RTCP BYE; its figures come back in [`EngineEvent::LegEnded`].
    pub fn remove_leg(&self, leg: LegId) {
        self.send(Command::RemoveLeg(leg));
    }

    /// Moves a leg into a room, or out of any.
    pub fn set_room(&self, leg: LegId, room: Option<RoomId>) {
        self.send(match room {
            Some(room) => Command::Join(leg, room, Box::default()),
            None => Command::Leave(leg),
        });
    }

    /// Puts microphone and speaker into a room, or out of any.
    pub fn set_device_room(&self, room: Option<RoomId>) {
        self.send(match room {
            Some(room) => Command::DeviceJoin(room, Box::<Mixer>::default()),
            None => Command::DeviceLeave,
        });
    }

    /// Mutes what a leg gets from its room: silence goes out, packets keep flowing. Sounds played down
    /// the leg itself ([`FeedTarget::Leg`], music on hold) are still heard.
    pub fn mute(&self, leg: LegId, muted: bool) {
        self.send(Command::Mute(leg, muted));
    }

    /// Plays a sound, instead of the one that plays under this id already. A room or leg that does not
    /// exist yet hears it from when it does.
    pub fn play(&self, feed: FeedId, target: FeedTarget, sound: Sound) {
        self.send(Command::Play(Feed::new(feed, target, sound)));
    }

    /// Stops a sound.
    pub fn stop(&self, feed: FeedId) {
        self.send(Command::Stop(feed));
    }

    /// Sends a DTMF digit (RFC 4733) on a leg.
    pub fn send_dtmf(&self, leg: LegId, digit: char, duration_ms: u32) {
        self.send(Command::Dtmf(leg, digit, duration_ms));
    }

    /// The figures of a leg, as of the last tenth of a second; `None` when there is no such leg.
    pub fn stats(&self, leg: LegId) -> Option<LegStats> {
        let table = self
            .shared
            .network
            .stats
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        table.get(&leg).cloned()
    }

    /// Writes out files and stops; waits for the threads. Other handles then do nothing.
    pub fn shutdown(self) {
        self.shared.stop();
    }

    fn send(&self, command: Command<UdpLink>) {
        // After shutdown there is nobody to ask, and nothing to do.
        let _ = self.shared.commands.send(command);
    }

    fn session_config(&self) -> SessionConfig {
        let mut random = self.shared.random.lock().unwrap_or_else(PoisonError::into_inner);
        let start = Instant::now();
        SessionConfig {
            ssrc: random.next_u32(),
            // A low start keeps away from the wrap for the first packets (RFC 3711 §3.3.1 on lost ROC).
            first_seq: (random.next_u32() & 0x7fff) as u16,
            first_ts: random.next_u32(),
            cname: format!("{:016x}", random.next_u64()),
            start,
            ntp_at_start: ntp_now(),
            seed: random.next_u64(),
            opus_complexity: self.shared.opus_complexity,
        }
    }
}

impl Shared {
    fn stop(&self) {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(threads) = threads else { return };
        let _ = self.commands.send(Command::Shutdown);
        match threads.done.recv_timeout(STOP_TIMEOUT) {
            Err(mpsc::RecvTimeoutError::Timeout) => {
                tracing::error!("an audio device does not let go: the media thread is left behind");
            }
            _ => {
                let _ = threads.media.join();
            }
        }
        self.network.ask(Request::Stop);
        let _ = threads.network.join();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A leg's sockets once for receiving and once for sending.
type Receiving = (UdpSocket, Option<UdpSocket>);

fn split(rtp: UdpSocket, rtcp: Option<UdpSocket>) -> std::io::Result<(Receiving, UdpLink)> {
    rtp.set_nonblocking(true)?;
    let rtp_in = rtp.try_clone()?;
    let rtcp_in = match &rtcp {
        Some(socket) => {
            socket.set_nonblocking(true)?;
            Some(socket.try_clone()?)
        }
        None => None,
    };
    Ok(((rtp_in, rtcp_in), UdpLink::new(rtp, rtcp)))
}

/// The wall clock as a 64-bit NTP time.
fn ntp_now() -> u64 {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let fraction = (u64::from(unix.subsec_nanos()) << 32) / 1_000_000_000;
    ((unix.as_secs() + NTP_EPOCH) << 32) | fraction
}
