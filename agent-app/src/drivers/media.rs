//! Voice: the session's legs on the media engine.

use std::{collections::HashMap, net::IpAddr, thread};

use agent_core::{AudioState, LegId, Levels, MediaCommand, MediaInput, RingKind};
use media::engine::{
    self, Backend, CodecKind, DeviceRole, Engine, EngineConfig, EngineError, EngineEvent, EventFormat,
    LegConfig, LegDirection, LegParams, LegStats, RoomId, bind_rtp,
};
use serde_json::json;
use sip_core::sdp::{Codec, Direction, LocalMedia, NegotiatedMedia};
use tokio::sync::mpsc::UnboundedSender;

use super::{codecs, ring::Ringer};

/// How long a digit sounds.
const DIGIT_MS: u32 = 160;
const PTIME_MS: u8 = 20;

/// The engine and what the session has on it.
#[derive(Debug)]
pub struct Voice {
    engine: Engine,
    ringer: Ringer,
    own_address: IpAddr,
    inputs: UnboundedSender<MediaInput>,
    /// Every leg, with the codec agreed for what it sends.
    legs: HashMap<LegId, Option<CodecKind>>,
    /// The leg that has microphone and ear.
    connected: Option<LegId>,
}

impl Voice {
    /// Starts the engine. What it tells arrives on `inputs`.
    ///
    /// # Errors
    /// When a sound file cannot be used or the system refuses a thread; a missing device is no error.
    pub fn start(
        backend: Backend,
        seed: [u8; 32],
        own_address: IpAddr,
        inputs: UnboundedSender<MediaInput>,
    ) -> Result<Self, EngineError> {
        let (engine, events) = Engine::start(EngineConfig {
            backend,
            seed,
            opus_complexity: engine::PHONE_COMPLEXITY,
        })?;
        let told = inputs.clone();
        // The engine's channel blocks; a thread of its own carries it over. It ends with the engine.
        thread::Builder::new()
            .name("media events".into())
            .spawn(move || {
                let mut audio = AudioState::default();
                for event in events {
                    let Some(input) = translate(event, &mut audio) else {
                        continue;
                    };
                    if told.send(input).is_err() {
                        break;
                    }
                }
            })?;
        Ok(Self {
            engine,
            ringer: Ringer::default(),
            own_address,
            inputs,
            legs: HashMap::new(),
            connected: None,
        })
    }

    /// Does what the session wants.
    pub fn command(&mut self, command: MediaCommand) {
        match command {
            MediaCommand::Open { leg, toward, codecs } => {
                let opened = self.open(leg, toward.map(sip_net::local_address_towards), &codecs);
                self.tell(opened);
            }
            MediaCommand::Update { leg, media } => match params(&media) {
                Some(params) => {
                    if let Some(codec) = self.legs.get_mut(&leg) {
                        *codec = Some(params.send.0);
                    }
                    self.engine.update_leg(engine_leg(leg), params);
                }
                None => tracing::error!(
                    codec = media.codec.name,
                    "agreed on a codec the engine does not speak"
                ),
            },
            MediaCommand::Connect { leg, connected } => self.connect(leg, connected),
            MediaCommand::Mute { leg, muted } => self.engine.mute(engine_leg(leg), muted),
            MediaCommand::Dtmf { leg, digit } => self.engine.send_dtmf(engine_leg(leg), digit, DIGIT_MS),
            MediaCommand::Stats { leg, token } => {
                // The engine publishes ten times a second: what is agreed counts before that.
                let stats = self.legs.get(&leg).map(|agreed| {
                    let mut stats = self.engine.stats(engine_leg(leg)).unwrap_or_default();
                    stats.codec = stats.codec.or(*agreed);
                    figures(&stats)
                });
                self.tell(MediaInput::Stats { token, stats });
            }
            MediaCommand::Close { leg } => {
                self.connect(leg, false);
                if self.legs.remove(&leg).is_some() {
                    self.engine.remove_leg(engine_leg(leg));
                }
            }
        }
    }

    /// Rings, or stops ringing.
    pub fn ring(&self, kind: Option<RingKind>) {
        self.ringer.ring(&self.engine, kind);
    }

    /// Writes out files and stops; waits for the engine's threads.
    pub fn shutdown(self) {
        self.engine.shutdown();
    }

    fn open(&mut self, leg: LegId, ours: Option<std::io::Result<IpAddr>>, names: &[String]) -> MediaInput {
        let ip = match ours {
            Some(Ok(ip)) => ip,
            Some(Err(_)) | None => self.own_address,
        };
        let (socket, port) = match bind_rtp(ip) {
            Ok(bound) => bound,
            Err(error) => {
                let reason = format!("no socket for voice on {ip}: {error}");
                return MediaInput::OpenFailed { leg, reason };
            }
        };
        // For peers without rtcp-mux; one that has it shares the RTP port.
        let rtcp_socket = port
            .checked_add(1)
            .and_then(|p| std::net::UdpSocket::bind((ip, p)).ok());
        let params = None;
        self.engine.add_leg(
            engine_leg(leg),
            LegConfig {
                socket,
                rtcp_socket,
                params,
            },
        );
        self.legs.insert(leg, None);
        let local = LocalMedia {
            address: ip,
            rtp_port: port,
            codecs: codecs::propose(names),
            ptime_ms: PTIME_MS,
            direction: Direction::SendRecv,
        };
        MediaInput::Opened {
            leg,
            local: Box::new(local),
        }
    }

    fn connect(&mut self, leg: LegId, connected: bool) {
        let room = RoomId(leg.0);
        match (connected, self.connected) {
            (true, _) => {
                self.engine.set_room(engine_leg(leg), Some(room));
                self.engine.set_device_room(Some(room));
                self.connected = Some(leg);
            }
            (false, Some(current)) if current == leg => {
                self.engine.set_device_room(None);
                self.engine.set_room(engine_leg(leg), None);
                self.connected = None;
            }
            (false, _) => {}
        }
    }

    fn tell(&self, input: MediaInput) {
        if self.inputs.send(input).is_err() {
            tracing::debug!("the session has stopped listening to the engine");
        }
    }
}

const fn engine_leg(leg: LegId) -> engine::LegId {
    engine::LegId(leg.0)
}

/// What offer and answer agreed, for the engine; `None` when it does not speak the codec.
fn params(media: &NegotiatedMedia) -> Option<LegParams> {
    let (send, receive) = match media.direction {
        Direction::SendRecv => (true, true),
        Direction::SendOnly => (true, false),
        Direction::RecvOnly => (false, true),
        Direction::Inactive => (false, false),
    };
    Some(LegParams {
        remote: media.remote_rtp,
        remote_rtcp: media.remote_rtcp,
        rtcp_mux: media.rtcp_mux,
        send: (
            CodecKind::from_encoding_name(&media.codec.name)?,
            media.codec.payload_type,
        ),
        receive: media
            .receive
            .iter()
            .filter_map(|c| Some((CodecKind::from_encoding_name(&c.name)?, c.payload_type)))
            .collect(),
        send_events: media.events.as_ref().map(event_format),
        receive_events: media
            .receive
            .iter()
            .filter(|c| c.is_events())
            .map(event_format)
            .collect(),
        ptime_ms: media.ptime_ms,
        direction: LegDirection { send, receive },
    })
}

fn event_format(codec: &Codec) -> EventFormat {
    EventFormat {
        payload_type: codec.payload_type,
        clock_rate: codec.clock_rate,
    }
}

/// `call.stats` of CONTRACTS §3.
fn figures(stats: &LegStats) -> serde_json::Value {
    let round = |x: f32| f64::from((x * 10.0).round()) / 10.0;
    json!({
        "codec": stats.codec.map(CodecKind::encoding_name),
        "sent": stats.sent,
        "received": stats.received,
        "lost": stats.lost,
        "jitter_ms": round(stats.jitter_ms),
        "rtt_ms": stats.rtt_ms.map(round),
        "playout_delay_ms": round(stats.playout_delay_ms),
        "concealed_ratio": (f64::from(stats.concealed_ratio) * 1e4).round() / 1e4,
        "mos": stats.mos.map(|mos| (f64::from(mos) * 100.0).round() / 100.0),
        "srtp": false,
    })
}

fn translate(event: EngineEvent, audio: &mut AudioState) -> Option<MediaInput> {
    let ours = |leg: engine::LegId| LegId(leg.0);
    Some(match event {
        EngineEvent::Levels { leg, levels } => MediaInput::Levels {
            leg: ours(leg),
            levels: Levels {
                sent: levels.sent,
                heard: levels.heard,
            },
        },
        EngineEvent::MediaFlowing { leg, .. } => MediaInput::Flowing { leg: ours(leg) },
        EngineEvent::MediaLost { leg } => MediaInput::Lost { leg: ours(leg) },
        EngineEvent::Dtmf {
            leg,
            digit,
            duration_ms,
        } => MediaInput::Dtmf {
            leg: ours(leg),
            digit,
            duration_ms,
        },
        EngineEvent::Device {
            role: DeviceRole::Call,
            input,
            output,
            problem,
        } => {
            *audio = AudioState {
                input,
                output,
                problem,
            };
            MediaInput::Audio(audio.clone())
        }
        // The ring device stands in the settings; only its trouble is news.
        EngineEvent::Device {
            role: DeviceRole::Ring,
            problem,
            ..
        } => {
            let problem = audio.problem.clone().or(problem);
            MediaInput::Audio(AudioState {
                problem,
                ..audio.clone()
            })
        }
        _ => return None,
    })
}
