//! Signing in, and staying connected until signed out.
//!
//! ```text
//!  token ─▶ me ─▶ station ─▶ SignedIn ─▶ ┌ connect ─▶ talk ┐
//!    │ failed: SignInFailed              └─ Down, wait ◀───┘ lost; token renewed when it has expired
//! ```

use std::{collections::HashMap, time::Duration};

use agent_core::{CenterInput, LinkFault, Secret};
use contact_api::{
    client::{Client, Goodbye, Retry, Update},
    frame::{ClientFrame, Op, OpError, ServerFrame},
    rest::TokenResponse,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    time::Instant,
};

use super::{LinkEvent, address::Server, rest, socket};

/// Longest wait that a server may ask for.
const LONGEST_WAIT_MS: u64 = 60_000;

/// What the session wants of a running link.
#[derive(Debug)]
pub(super) enum Wanted {
    Do {
        id: u64,
        op: Op,
    },
    Withdraw(u64),
    /// Do not wait for the next planned attempt, except as long as the server asked for.
    Now,
}

/// Who signs in where. The password is gone when the tokens are there.
pub(super) struct SignIn {
    server: String,
    address: String,
    password: Secret,
}

impl SignIn {
    pub(super) const fn new(server: String, address: String, password: String) -> Self {
        Self {
            server,
            address,
            password: Secret(password),
        }
    }
}

/// How a socket's life ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// We signed out, or the server told us not to come back.
    Closed,
    /// The token is old: renew it.
    TokenExpired,
    /// Try again: a plain sentence.
    Lost(String),
}

/// The time between two attempts.
#[derive(Debug)]
struct Pause {
    until: Instant,
    /// The server wants no attempt before.
    earliest: Instant,
}

impl Pause {
    fn new(now: Instant, time: Duration, at_least: Duration) -> Self {
        Self {
            until: now + time,
            earliest: now + at_least,
        }
    }

    /// Somebody asks: no back-off, but what the server asked for stays.
    fn hurry(&mut self) {
        self.until = self.until.min(self.earliest);
    }
}

/// A link that has signed in.
pub(super) struct Link {
    pub(super) server: Server,
    pub(super) client: Client,
    pub(super) wanted: UnboundedReceiver<Wanted>,
    rest: rest::Client,
    tokens: TokenResponse,
    events: UnboundedSender<LinkEvent>,
    /// The session's id of each command, by the client's number.
    ids: HashMap<u64, u64>,
    started: Instant,
    /// What the server asked for in its last `goaway`.
    wait_ms: u64,
}

impl Link {
    /// Signs in and keeps the socket up until signed out.
    pub(super) async fn run(
        sign_in: SignIn,
        events: UnboundedSender<LinkEvent>,
        wanted: UnboundedReceiver<Wanted>,
    ) {
        let told = events.clone();
        if let Err(fault) = Self::sign_in_and_stay(sign_in, events, wanted).await {
            tell(&told, CenterInput::SignInFailed(fault));
        }
    }

    /// An error means that only a person can help.
    async fn sign_in_and_stay(
        sign_in: SignIn,
        events: UnboundedSender<LinkEvent>,
        wanted: UnboundedReceiver<Wanted>,
    ) -> Result<(), LinkFault> {
        let server = Server::parse(&sign_in.server)?;
        if let Some(warning) = server.warning()
            && events.send(LinkEvent::Warning(warning)).is_err()
        {
            return Ok(());
        }
        let rest = rest::Client::new(&server)?;
        let station = format!("st-{:016x}", random());
        let tokens = rest.token(&sign_in.address, &sign_in.password, &station).await?;
        drop(sign_in);
        let me = Box::new(rest.me(&tokens.access).await?);
        let sip = Box::new(rest.station(&tokens.access).await?);
        if wanted.is_closed() {
            return Ok(());
        }
        tell(&events, CenterInput::SignedIn { me, sip });
        let link = Self {
            server,
            client: Client::new(station, random()),
            wanted,
            rest,
            tokens,
            events,
            ids: HashMap::new(),
            started: Instant::now(),
            wait_ms: 0,
        };
        link.stay_connected().await
    }

    async fn stay_connected(mut self) -> Result<(), LinkFault> {
        loop {
            let reason = match socket::live(&mut self).await {
                Ending::Closed => return Ok(()),
                Ending::TokenExpired => match self.rest.refresh(&self.tokens.refresh).await {
                    Ok(tokens) => {
                        self.tokens = tokens;
                        "The sign-in was renewed".to_owned()
                    }
                    Err(LinkFault::Unreachable { why, .. }) => why,
                    Err(LinkFault::TooManyAttempts { retry_s }) => {
                        self.wait_ms = retry_s.saturating_mul(1000);
                        "The contact centre asks to wait".to_owned()
                    }
                    Err(fault) if self.wanted.is_closed() => {
                        tracing::debug!(%fault, "signed out while the sign-in was being renewed");
                        return Ok(());
                    }
                    Err(fault) => return Err(fault),
                },
                Ending::Lost(reason) => reason,
            };
            let Retry::After(planned) = self.client.lost() else {
                return Ok(());
            };
            let asked = std::mem::take(&mut self.wait_ms).min(LONGEST_WAIT_MS);
            let at_least = Duration::from_millis(asked);
            let retry_in = Duration::from_millis(planned).max(at_least);
            tracing::warn!(
                reason,
                ?retry_in,
                ?at_least,
                "the contact centre's socket is down"
            );
            self.tell(CenterInput::Down {
                reason,
                retry_in,
                at_least,
            });
            if !self.wait(Pause::new(Instant::now(), retry_in, at_least)).await {
                return Ok(());
            }
        }
    }

    /// Waits; false when signed out meanwhile. Commands given now go out when the socket is back.
    async fn wait(&mut self, mut pause: Pause) -> bool {
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(pause.until) => return true,
                wanted = self.wanted.recv() => match wanted {
                    Some(Wanted::Now) => pause.hurry(),
                    Some(wanted) => drop(self.take(wanted)),
                    None => return false,
                },
            }
        }
    }

    /// Takes what the session wants; gives the frame to send now.
    pub(super) fn take(&mut self, wanted: Wanted) -> Option<ClientFrame> {
        match wanted {
            Wanted::Do { id, op } => match self.client.command(self.now(), op, None) {
                Ok((number, frame)) => {
                    self.ids.insert(number, id);
                    frame
                }
                Err(error) => {
                    let result = Err(OpError {
                        code: "wrong_state".into(),
                        detail: error.to_string(),
                    });
                    self.tell(CenterInput::Answer { id, result });
                    None
                }
            },
            Wanted::Withdraw(id) => {
                let number = self
                    .ids
                    .iter()
                    .find(|(_, i)| **i == id)
                    .map(|(number, _)| *number);
                if let Some(number) = number {
                    self.ids.remove(&number);
                    self.client.withdraw(number);
                }
                None
            }
            // It is connected.
            Wanted::Now => None,
        }
    }

    /// The first frame of a socket.
    pub(super) fn hello(&mut self) -> ClientFrame {
        self.client.connected(self.tokens.access.clone())
    }

    /// Takes a frame of the server. Gives what to send, and how the socket ends, if it does.
    pub(super) fn receive(&mut self, frame: ServerFrame) -> (Vec<ClientFrame>, Option<Ending>) {
        if let ServerFrame::Goaway { reconnect_ms, .. } = &frame {
            self.wait_ms = spread(*reconnect_ms);
        }
        let (updates, frames) = self.client.receive(self.now(), frame);
        let mut ending = None;
        for update in updates {
            ending = self.update(update).or(ending);
        }
        (frames, ending)
    }

    fn update(&mut self, update: Update) -> Option<Ending> {
        match update {
            Update::Up(greeting) => {
                let server_time = self.now().saturating_add_signed(greeting.clock_offset_ms);
                let snapshot = !self.client.is_live();
                self.tell(CenterInput::Up {
                    server_time,
                    snapshot,
                });
            }
            Update::Snapshot(snapshot) => self.tell(CenterInput::Snapshot(snapshot)),
            Update::Event(event) => self.tell(CenterInput::Event(Box::new(event))),
            Update::Answer { command, result } => self.answer(command, result),
            Update::Unknown { command } => self.answer(
                command,
                Err(OpError {
                    code: "unknown".into(),
                    detail: "The connection was lost for so long that it is not known whether this was done"
                        .into(),
                }),
            ),
            Update::Broken(why) => {
                return Some(Ending::Lost(format!("the contact centre lost the thread: {why}")));
            }
            Update::Goodbye(Goodbye::Again) => {
                return Some(Ending::Lost(
                    "The contact centre restarts or moves this connection".into(),
                ));
            }
            Update::Goodbye(Goodbye::Refresh) => return Some(Ending::TokenExpired),
            Update::Goodbye(Goodbye::Final { reason }) => {
                self.tell(CenterInput::Dismissed { reason });
                return Some(Ending::Closed);
            }
        }
        None
    }

    fn answer(&mut self, command: u64, result: Result<Option<serde_json::Value>, OpError>) {
        // One that was withdrawn has nobody waiting.
        if let Some(id) = self.ids.remove(&command) {
            self.tell(CenterInput::Answer { id, result });
        }
    }

    /// An `ack`, when one is due.
    pub(super) fn ack(&mut self) -> Option<ClientFrame> {
        let now = self.now();
        self.client.ack(now)
    }

    /// Milliseconds of a clock that does not jump.
    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Tells the session, unless it has left: then the next sign-in must not hear of this one.
    fn tell(&self, input: CenterInput) {
        if !self.wanted.is_closed() {
            tell(&self.events, input);
        }
    }
}

fn tell(events: &UnboundedSender<LinkEvent>, input: CenterInput) {
    if events.send(LinkEvent::Input(input)).is_err() {
        tracing::debug!("the session has stopped listening to the link");
    }
}

/// A point between the two, by chance.
fn spread([low, high]: [u64; 2]) -> u64 {
    let low = low.min(LONGEST_WAIT_MS);
    low + random() % (high.min(LONGEST_WAIT_MS).saturating_sub(low) + 1)
}

/// New for every sign-in of every run: a second station elsewhere is a takeover, not a twin.
fn random() -> u64 {
    let mut bytes = [0; 8];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::error!(%error, "the system has no randomness; the process number stands in");
        bytes[..4].copy_from_slice(&std::process::id().to_be_bytes());
    }
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_cuts_the_back_off_and_never_the_wait_of_the_server() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        for (asked, left) in [(0, 0), (20, 20), (30, 30)] {
            let mut pause = Pause::new(now, 30 * second, asked * second);
            assert_eq!(pause.until, now + 30 * second);
            pause.hurry();
            assert_eq!(pause.until, now + left * second, "{asked} s asked for");
        }
    }
}
