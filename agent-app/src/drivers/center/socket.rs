//! One life of the WebSocket: hello, frames both ways, keep-alive, acks.

use std::time::Duration;

use agent_core::CenterInput;
use contact_api::frame::{ClientFrame, Resume, ServerFrame, goaway};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::TcpStream,
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{self, Message, protocol::WebSocketConfig},
};

use super::{LinkEvent, address::Server};

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Until `welcome` says otherwise.
const KEEPALIVE: Duration = Duration::from_secs(10);
const KEEPALIVE_RANGE: (u64, u64) = (1_000, 60_000);
/// Largest frame: a snapshot of a big queue.
const FRAME_LIMIT: usize = 16 * 1024 * 1024;
/// An ack after this many events, or after this time.
const ACK_EVENTS: u32 = 50;
const ACK_AFTER: Duration = Duration::from_secs(2);
const WRITE_LIMIT: Duration = Duration::from_secs(5);

/// How a socket's life ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// We signed out, or the server told us not to come back.
    Closed,
    /// The token is old: get another.
    TokenExpired,
    /// Try again.
    Lost {
        /// A plain sentence.
        reason: String,
        /// Not before.
        after: Option<Duration>,
        /// It had been up: waits start small again.
        was_up: bool,
    },
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Life<'a> {
    stream: Stream,
    events: &'a UnboundedSender<LinkEvent>,
    resume: &'a mut Option<Resume>,
    was_up: bool,
    keepalive: Duration,
    /// Where to wait when the server said goodbye.
    goodbye: Option<(String, Duration)>,
    token_expired: bool,
    stay_away: bool,
    unacked: u32,
}

/// Connects and runs until the socket ends, or `to_send` does (signed out).
pub(super) async fn run(
    server: &Server,
    hello: &ClientFrame,
    resume: &mut Option<Resume>,
    events: &UnboundedSender<LinkEvent>,
    to_send: &mut UnboundedReceiver<ClientFrame>,
) -> Ending {
    let lost = |reason: String| Ending::Lost {
        reason,
        after: None,
        was_up: false,
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(FRAME_LIMIT))
        .max_frame_size(Some(FRAME_LIMIT));
    let connecting = connect_async_with_config(server.socket(), Some(config), true);
    let stream = match timeout(CONNECT_LIMIT, connecting).await {
        Ok(Ok((stream, _))) => stream,
        Ok(Err(error)) => return lost(sentence(&error)),
        Err(_) => return lost(format!("{} does not answer in time", server.typed)),
    };
    let mut life = Life {
        stream,
        events,
        resume,
        was_up: false,
        keepalive: KEEPALIVE,
        goodbye: None,
        token_expired: false,
        stay_away: false,
        unacked: 0,
    };
    let ended = life.talk(hello, to_send).await;
    match (ended, life.goodbye) {
        _ if life.stay_away => Ending::Closed,
        _ if life.token_expired => Ending::TokenExpired,
        (Ok(()), None) => Ending::Closed,
        (_, Some((reason, after))) => Ending::Lost {
            reason,
            after: Some(after),
            was_up: life.was_up,
        },
        (Err(reason), None) => Ending::Lost {
            reason,
            after: None,
            was_up: life.was_up,
        },
    }
}

impl Life<'_> {
    /// `Ok` when `to_send` ended: signed out.
    async fn talk(
        &mut self,
        hello: &ClientFrame,
        to_send: &mut UnboundedReceiver<ClientFrame>,
    ) -> Result<(), String> {
        self.send(hello).await?;
        let mut heard = Instant::now();
        let mut pinged = heard;
        let mut ack_due: Option<Instant> = None;
        loop {
            let dead_at = heard + self.keepalive.mul_f32(2.5);
            let ping_at = pinged.max(heard) + self.keepalive;
            let wake = [Some(dead_at), Some(ping_at), ack_due]
                .into_iter()
                .flatten()
                .min()
                .unwrap_or(dead_at);
            tokio::select! {
                message = self.stream.next() => {
                    heard = Instant::now();
                    let Some(message) = message else {
                        return Err("the contact centre closed the connection".into());
                    };
                    if !self.received(message.map_err(|e| sentence(&e))?) {
                        return Err("the contact centre closed the connection".into());
                    }
                    if self.unacked > 0 && ack_due.is_none() {
                        ack_due = Some(heard + ACK_AFTER);
                    }
                }
                frame = to_send.recv() => match frame {
                    Some(frame) => self.send(&frame).await?,
                    None => {
                        // What was queued before has been sent; say goodbye properly.
                        let _ = timeout(Duration::from_millis(300), self.stream.close(None)).await;
                        return Ok(());
                    }
                },
                () = sleep_until(wake) => {}
            }
            let now = Instant::now();
            if now >= dead_at && heard + self.keepalive.mul_f32(2.5) <= now {
                return Err("the contact centre has gone silent".into());
            }
            if now >= pinged.max(heard) + self.keepalive {
                pinged = now;
                self.write(Message::Ping(tungstenite::Bytes::new())).await?;
            }
            if self.unacked >= ACK_EVENTS || ack_due.is_some_and(|due| due <= now) {
                self.unacked = 0;
                ack_due = None;
                if let Some(seq) = self.resume.as_ref().map(|r| r.seq) {
                    self.send(&ClientFrame::Ack { seq }).await?;
                }
            }
        }
    }

    /// Takes one message; false when the server ends the connection.
    fn received(&mut self, message: Message) -> bool {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => return false,
            _ => return true,
        };
        let frame: ServerFrame = match serde_json::from_str(&text) {
            Ok(frame) => frame,
            Err(error) => {
                // A newer server may say more than we know (acp/1 rule 6).
                tracing::debug!(%error, "a frame that is not understood");
                return true;
            }
        };
        match &frame {
            ServerFrame::Welcome {
                epoch, keepalive_ms, ..
            } => {
                self.was_up = true;
                self.keepalive =
                    Duration::from_millis((*keepalive_ms).clamp(KEEPALIVE_RANGE.0, KEEPALIVE_RANGE.1));
                match self.resume.as_mut() {
                    Some(resume) if resume.epoch == *epoch => {}
                    _ => {
                        *self.resume = Some(Resume {
                            epoch: epoch.clone(),
                            seq: 0,
                        })
                    }
                }
            }
            ServerFrame::Snap { seq, .. } => {
                if let Some(resume) = self.resume.as_mut() {
                    resume.seq = *seq;
                }
            }
            ServerFrame::Ev(event) => {
                self.unacked += 1;
                if let Some(resume) = self.resume.as_mut() {
                    resume.seq = resume.seq.max(event.seq);
                }
            }
            ServerFrame::Goaway { reason, reconnect_ms } => match reason.as_str() {
                goaway::TOKEN => self.token_expired = true,
                goaway::TAKEOVER | goaway::SIGNED_OUT => self.stay_away = true,
                _ => {
                    let wait = Duration::from_millis(spread(*reconnect_ms));
                    self.goodbye = Some((
                        "The contact centre restarts or moves this connection".into(),
                        wait,
                    ));
                }
            },
            ServerFrame::Res { .. } => {}
        }
        // The receiver outlives the link.
        let _ = self
            .events
            .send(LinkEvent::Input(CenterInput::Frame(Box::new(frame))));
        true
    }

    async fn send(&mut self, frame: &ClientFrame) -> Result<(), String> {
        let text = serde_json::to_string(frame).map_err(|e| e.to_string())?;
        self.write(Message::text(text)).await
    }

    async fn write(&mut self, message: Message) -> Result<(), String> {
        match timeout(WRITE_LIMIT, self.stream.send(message)).await {
            Ok(sent) => sent.map_err(|e| sentence(&e)),
            Err(_) => Err("the contact centre does not take what is sent".into()),
        }
    }
}

/// A point between the two, by chance; at most a minute.
fn spread([low, high]: [u64; 2]) -> u64 {
    let mut random = [0; 1];
    let share = getrandom::fill(&mut random).map_or(128, |()| u64::from(random[0]));
    let low = low.min(60_000);
    low + high.min(60_000).saturating_sub(low) * share / 255
}

fn sentence(error: &tungstenite::Error) -> String {
    match error {
        tungstenite::Error::Io(error) => format!("the contact centre cannot be reached: {error}"),
        tungstenite::Error::Http(response) => format!("the contact centre answers {}", response.status()),
        other => format!("the connection to the contact centre broke: {other}"),
    }
}
