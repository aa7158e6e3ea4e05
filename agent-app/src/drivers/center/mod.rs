//! The link to the contact centre: REST to sign in, one WebSocket that is kept up (acp/1).
//!
//! ```text
//!  SignIn ─▶ token ─▶ me ─▶ station ─▶ SignedIn ─▶ ┌ connect ─▶ hello ─▶ frames ┐
//!              │ failed: SignInFailed              └── Down, back off ◀── lost ─┘
//! ```
//!
//! | looking for | open |
//! |---|---|
//! | what an address typed by a person means | `address` |
//! | the three requests of a sign-in | `rest` |
//! | the socket: hello, keep-alive, acks | `socket` |
//! | how long to wait before trying again | `backoff` |

mod address;
mod backoff;
mod rest;
mod socket;

use std::time::Duration;

use agent_core::{CenterCommand, CenterInput, LinkFault, Secret};
use contact_api::frame::{ClientFrame, Resume};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use self::{address::Server, backoff::Backoff, socket::Ending};

/// How long a closed link may take for its last words.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// What the link tells its owner.
#[derive(Debug)]
pub enum LinkEvent {
    /// For the session.
    Input(CenterInput),
    /// For the person: a sentence.
    Warning(String),
}

/// The link of one session.
#[derive(Debug)]
pub struct CenterLink {
    events: UnboundedSender<LinkEvent>,
    running: Option<Running>,
    closing: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Running {
    frames: UnboundedSender<ClientFrame>,
    task: JoinHandle<()>,
}

impl CenterLink {
    /// A link that is not connected. What it tells arrives on `events`.
    pub const fn new(events: UnboundedSender<LinkEvent>) -> Self {
        Self {
            events,
            running: None,
            closing: None,
        }
    }

    /// Does what the session wants. Call it inside a tokio runtime.
    pub fn command(&mut self, command: CenterCommand) {
        match command {
            CenterCommand::SignIn {
                server,
                address,
                password,
            } => {
                self.close();
                let (frames, to_send) = unbounded_channel();
                let link = Link {
                    server,
                    address,
                    password: Secret(password),
                    station: station_id(),
                    events: self.events.clone(),
                    to_send,
                };
                let task = tokio::spawn(link.run());
                self.running = Some(Running { frames, task });
            }
            CenterCommand::Send(frame) => {
                let gone = self
                    .running
                    .as_ref()
                    .is_none_or(|r| r.frames.send(frame).is_err());
                if gone {
                    tracing::debug!("a frame for a link that is closed");
                }
            }
            CenterCommand::SignOut => self.close(),
        }
    }

    /// Lets the link send what it has, then closes it.
    fn close(&mut self) {
        let Some(Running { frames, task }) = self.running.take() else {
            return;
        };
        // Without senders the socket writes out what is queued, says goodbye and ends.
        drop(frames);
        self.closing = Some(tokio::spawn(async move {
            let mut task = task;
            if tokio::time::timeout(CLOSE_LIMIT, &mut task).await.is_err() {
                task.abort();
            }
        }));
    }

    /// Waits until a closed link has said what it had to say; bounded.
    pub async fn closed(&mut self) {
        self.close();
        if let Some(closing) = self.closing.take()
            && closing.await.is_err()
        {
            tracing::debug!("the link to the contact centre did not close cleanly");
        }
    }
}

/// New for every sign-in of every run: a second one elsewhere is a takeover, not a twin.
fn station_id() -> String {
    let mut bytes = [0; 8];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::error!(%error, "the system has no randomness; the station gets its process number");
        bytes[..4].copy_from_slice(&std::process::id().to_be_bytes());
    }
    format!("st-{:016x}", u64::from_be_bytes(bytes))
}

struct Link {
    server: String,
    address: String,
    password: Secret,
    station: String,
    events: UnboundedSender<LinkEvent>,
    to_send: UnboundedReceiver<ClientFrame>,
}

impl Link {
    async fn run(mut self) {
        if let Err(fault) = self.stay_connected().await {
            self.tell(LinkEvent::Input(CenterInput::SignInFailed(fault)));
        }
    }

    /// Signs in and keeps the socket up until signed out; an error means that only a person can help.
    async fn stay_connected(&mut self) -> Result<(), LinkFault> {
        let server = Server::parse(&self.server)?;
        if let Some(warning) = server.warning() {
            self.tell(LinkEvent::Warning(warning));
        }
        let client = rest::Client::new(&server)?;
        let mut token = client.token(&self.address, &self.password, &self.station).await?;
        let me = client.me(&token).await?;
        let sip = client.station(&token).await?;
        self.tell(LinkEvent::Input(CenterInput::SignedIn {
            me: Box::new(me),
            sip: Box::new(sip),
        }));
        let mut resume: Option<Resume> = None;
        let mut backoff = Backoff::default();
        loop {
            let hello = ClientFrame::Hello {
                proto: contact_api::PROTOCOL,
                token: token.clone(),
                station: self.station.clone(),
                resume: resume.clone(),
            };
            let ending = socket::run(&server, &hello, &mut resume, &self.events, &mut self.to_send).await;
            let (reason, at_least) = match ending {
                Ending::Closed => return Ok(()),
                Ending::TokenExpired => {
                    match client.token(&self.address, &self.password, &self.station).await {
                        Ok(fresh) => {
                            token = fresh;
                            ("The sign-in was renewed".to_owned(), None)
                        }
                        Err(LinkFault::Unreachable { why, .. }) => (why, None),
                        Err(LinkFault::TooManyAttempts { retry_s }) => (
                            "The contact centre asks to wait".to_owned(),
                            Some(Duration::from_secs(retry_s)),
                        ),
                        Err(fault) => return Err(fault),
                    }
                }
                Ending::Lost {
                    reason,
                    after,
                    was_up,
                } => {
                    if was_up {
                        backoff = Backoff::default();
                    }
                    (reason, after)
                }
            };
            let retry_in = backoff.next().max(at_least.unwrap_or_default());
            tracing::warn!(reason, ?retry_in, "the contact centre's socket is down");
            self.tell(LinkEvent::Input(CenterInput::Down { reason, retry_in }));
            if !self.wait(retry_in).await {
                return Ok(());
            }
        }
    }

    /// Waits; false when signed out meanwhile. Frames meant for the lost socket are dropped: the session
    /// sends what is unanswered again.
    async fn wait(&mut self, time: Duration) -> bool {
        let until = tokio::time::Instant::now() + time;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return true,
                frame = self.to_send.recv() => if frame.is_none() { return false },
            }
        }
    }

    fn tell(&self, event: LinkEvent) {
        if self.events.send(event).is_err() {
            tracing::debug!("the session has stopped listening to the link");
        }
    }
}
