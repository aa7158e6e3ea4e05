//! The owner task: everything that happens becomes an [`Input`], every [`Output`] goes to its driver.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        mpsc::{Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use agent_core::{Input, MediaInput, Output, Session, Setting, ToastKind, View};
use media::engine::Backend;
use tokio::sync::{mpsc, oneshot, watch};

use super::{FaceEvent, RuntimeConfig, RuntimeError, RuntimeHandle, Sink, handle::OnChange};
use crate::drivers::{
    alert,
    center::{CenterLink, LinkEvent},
    media::Voice,
    settings::{self, SettingsFile},
    sip::{self, Phone},
};

/// What [`start`] gives back.
pub(super) struct Started {
    pub(super) handle: RuntimeHandle,
    pub(super) thread: thread::JoinHandle<()>,
    /// Disconnected when the thread has ended.
    pub(super) ended: Receiver<()>,
    pub(super) sip: Vec<String>,
}

struct Owner {
    session: Session,
    phone: Phone,
    voice: Voice,
    link: CenterLink,
    settings: Option<SettingsFile>,
    sources: Sources,
    faces: Faces,
}

/// Where inputs come from, besides the phone.
struct Sources {
    commands: mpsc::UnboundedReceiver<Input>,
    voice: mpsc::UnboundedReceiver<MediaInput>,
    link: mpsc::UnboundedReceiver<LinkEvent>,
}

struct Faces {
    view: watch::Sender<Arc<View>>,
    shown: u64,
    on_change: OnChange,
    sink: Box<dyn Sink>,
}

pub(super) fn start(config: RuntimeConfig, sink: Box<dyn Sink>) -> Result<Started, RuntimeError> {
    let (commands, commands_in) = mpsc::unbounded_channel();
    let (view, seen) = watch::channel(Arc::new(View::default()));
    let on_change = OnChange::default();
    let handle = RuntimeHandle {
        inputs: commands,
        view: seen,
        on_change: on_change.clone(),
    };
    let faces = Faces {
        view,
        shown: u64::MAX,
        on_change,
        sink,
    };
    // The owner builds its drivers on its own thread; what went wrong there comes back here.
    let (outcome, told) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (running, ended) = std::sync::mpsc::channel();
    let thread = thread::Builder::new().name("session".into()).spawn(move || {
        // Nothing is ever sent: it ends with the thread.
        let _running: Sender<()> = running;
        runtime.block_on(async move {
            match Owner::build(config, commands_in, faces) {
                Ok(owner) => {
                    let sip = owner.phone.bound().iter().map(ToString::to_string).collect();
                    if outcome.send(Ok(sip)).is_ok() {
                        owner.run().await;
                    }
                }
                // Nobody left to tell: the starter has given up.
                Err(error) => drop(outcome.send(Err(error))),
            }
        });
        // A resolver or file worker that hangs must not keep the program.
        runtime.shutdown_timeout(Duration::from_millis(200));
    })?;
    match told.blocking_recv() {
        Ok(Ok(sip)) => Ok(Started {
            handle,
            thread,
            ended,
            sip,
        }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(RuntimeError::System(std::io::Error::other(
            "the session thread died at its start",
        ))),
    }
}

impl Owner {
    fn build(
        mut config: RuntimeConfig,
        commands: mpsc::UnboundedReceiver<Input>,
        faces: Faces,
    ) -> Result<Self, RuntimeError> {
        install_tls();
        let settings = config.settings.then(|| {
            let dir = config.data.clone().unwrap_or_else(settings::default_dir);
            let (file, values, warnings) = SettingsFile::load(&dir);
            config.session.theme = values.theme;
            config.session.last_sign_in = (values.server, values.address);
            config.session.warnings.extend(warnings);
            if let Backend::Cpal { input, output, ring } = &mut config.audio {
                *input = input.take().or(values.input);
                *output = output.take().or(values.output);
                *ring = ring.take().or(values.ring);
            }
            file
        });
        let auto_ring = config.session.auto_answer.is_none_or(|auto| auto.rings_first());
        let phone = sip::start(&config.sip_listen, config.accept_any_user, auto_ring, random()?)?;
        let (voice_out, voice_in) = mpsc::unbounded_channel();
        let voice = Voice::start(config.audio, random()?, sip::own_address(&phone), voice_out)?;
        let (link_out, link_in) = mpsc::unbounded_channel();
        Ok(Self {
            session: Session::new(Instant::now(), config.session),
            phone,
            voice,
            link: CenterLink::new(link_out),
            settings,
            sources: Sources {
                commands,
                voice: voice_in,
                link: link_in,
            },
            faces,
        })
    }

    async fn run(mut self) {
        self.faces.show(&self.session);
        let mut phone_alive = true;
        loop {
            let input = {
                let wake = self.session.next_wake();
                let timer = async {
                    match wake {
                        Some(at) => tokio::time::sleep_until(at.into()).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    biased;
                    event = self.phone.events.recv(), if phone_alive => match event {
                        Some(event) => Input::Sip(event),
                        None => {
                            phone_alive = false;
                            let text = "The phone has stopped: restart Ringside".to_owned();
                            Input::Notice { kind: ToastKind::Error, text }
                        }
                    },
                    input = self.sources.commands.recv() => input.unwrap_or(Input::Stop),
                    // The senders live in our own drivers: these channels never end before us.
                    Some(input) = self.sources.voice.recv() => Input::Media(input),
                    Some(event) = self.sources.link.recv() => match event {
                        LinkEvent::Input(input) => Input::Center(input),
                        LinkEvent::Warning(text) => Input::Notice { kind: ToastKind::Warning, text },
                    },
                    () = timer => Input::Tick,
                }
            };
            if self.step(Instant::now, input) {
                break;
            }
            self.faces.show(&self.session);
        }
        self.end().await;
    }

    /// Handles one input, and what handling it brings; true when the session has stopped.
    fn step(&mut self, clock: impl Fn() -> Instant, input: Input) -> bool {
        let mut stopped = false;
        let mut outputs = VecDeque::from(self.session.handle(clock(), input));
        while let Some(output) = outputs.pop_front() {
            match output {
                Output::Sip(command) => {
                    if self.phone.handle.send(command).is_err() {
                        tracing::error!("the phone has stopped");
                    }
                }
                Output::Media(command) => self.voice.command(command),
                Output::Center(command) => self.link.command(command),
                Output::Ring(kind) => self.voice.ring(kind),
                Output::Reply { token, result } => self.faces.tell(FaceEvent::Reply { token, result }),
                Output::Notify(notification) => self.faces.tell(FaceEvent::Notify(notification)),
                Output::Alert { title, body } => {
                    alert::tell(&title);
                    self.faces.tell(FaceEvent::Alert { title, body });
                }
                Output::Persist(setting) => {
                    if let Some(problem) = self.remember(&setting) {
                        outputs.extend(self.session.handle(clock(), problem));
                    }
                }
                Output::Stopped => stopped = true,
            }
        }
        stopped
    }

    /// What to tell the session when it cannot be kept.
    fn remember(&mut self, setting: &Setting) -> Option<Input> {
        let error = self.settings.as_mut()?.remember(setting).err()?;
        tracing::error!(%error, "settings");
        Some(Input::Notice {
            kind: ToastKind::Warning,
            text: error.to_string(),
        })
    }

    /// The session has stopped: drivers finish what they have, then faces hear of it.
    async fn end(mut self) {
        self.faces.show(&self.session);
        self.link.closed().await;
        self.phone.shutdown().await;
        self.voice.shutdown();
        self.faces.tell(FaceEvent::Stopped);
    }
}

impl Faces {
    /// Publishes the view when it has changed.
    fn show(&mut self, session: &Session) {
        if self.shown == session.revision() {
            return;
        }
        self.shown = session.revision();
        self.view.send_replace(Arc::new(session.view().clone()));
        self.on_change.call();
    }

    fn tell(&mut self, event: FaceEvent) {
        (self.sink)(event);
    }
}

/// TLS by ring, everywhere in the program.
fn install_tls() {
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        tracing::debug!("TLS is already set up");
    }
}

fn random<const N: usize>() -> Result<[u8; N], RuntimeError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| {
        RuntimeError::System(std::io::Error::other(format!(
            "the system has no randomness: {e}"
        )))
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use agent_core::{CenterInput, Command, Secret, Theme, Token};
    use contact_api::rest::{Me, StationSip};

    use super::*;

    fn signed_in() -> [Input; 3] {
        let command = Command::SignIn {
            server: "http://127.0.0.1:1".into(),
            address: "pat@demo".into(),
            password: Secret("x".into()),
        };
        let me = Box::new(Me {
            agent: "a1".into(),
            name: "Pat".into(),
            address: "pat@demo".into(),
            uccs: Vec::new(),
        });
        let sip = Box::new(StationSip {
            uri: "sip:st-1@demo".into(),
            username: "st-1".into(),
            password: "x".into(),
            registrar: "sip:127.0.0.1:1".into(),
        });
        [
            Input::Command { token: None, command },
            Input::Center(CenterInput::SignedIn { me, sip }),
            Input::Center(CenterInput::Up {
                server_time: 0,
                snapshot: false,
            }),
        ]
    }

    #[tokio::test]
    async fn what_comes_due_while_settings_are_not_saved_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        let config = RuntimeConfig {
            sip_listen: vec!["udp:127.0.0.1:0".parse().unwrap()],
            settings: true,
            data: Some(file.join("below")),
            ..RuntimeConfig::silent()
        };
        let (told, heard) = std::sync::mpsc::channel();
        let (_, commands) = mpsc::unbounded_channel();
        let faces = Faces {
            view: watch::channel(Arc::new(View::default())).0,
            shown: u64::MAX,
            on_change: OnChange::default(),
            sink: Box::new(move |event| told.send(event).unwrap()),
        };
        let is_reply = |event: &FaceEvent| matches!(event, FaceEvent::Reply { token: Token(7), .. });
        let mut owner = Owner::build(config, commands, faces).unwrap();
        let start = Instant::now();
        for input in signed_in() {
            owner.step(|| start, input);
        }
        let token = Some(Token(7));
        let command = Command::Why;
        owner.step(|| start, Input::Command { token, command });
        assert_eq!(heard.try_iter().filter(is_reply).count(), 0, "it is asked");
        // The file takes longer than an answer may.
        let now = Cell::new(start);
        let clock = || now.replace(start + Duration::from_secs(60));
        let command = Command::SetTheme(Theme::Light);
        owner.step(clock, Input::Command { token: None, command });
        let toasts = &owner.session.view().toasts;
        assert!(toasts.iter().any(|t| t.text.contains("not saved")), "{toasts:?}");
        assert_eq!(heard.try_iter().filter(is_reply).count(), 1);
        owner.end().await;
    }
}
