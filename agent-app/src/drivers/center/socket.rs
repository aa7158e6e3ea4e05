//! One life of the WebSocket: frames both ways, keep-alive, farewell.

use std::time::Duration;

use contact_api::frame::{ClientFrame, ServerFrame};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{self, Message, protocol::WebSocketConfig},
};

use super::link::{Ending, Link, Wanted};

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Until `welcome` says otherwise.
const KEEPALIVE: Duration = Duration::from_secs(10);
const KEEPALIVE_RANGE: (u64, u64) = (1_000, 60_000);
/// Largest frame: a snapshot of a big queue.
const FRAME_LIMIT: usize = 16 * 1024 * 1024;
/// An ack is asked for so long after an event.
const ACK_AFTER: Duration = Duration::from_secs(2);
const WRITE_LIMIT: Duration = Duration::from_secs(5);
/// How long a server that did not answer a command has for a sign of life.
const DOUBT_LIMIT: Duration = Duration::from_secs(2);
/// How long the server has to read our last words and close.
pub(super) const FAREWELL_LIMIT: Duration = Duration::from_millis(1_500);

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Life<'a> {
    link: &'a mut Link,
    stream: Stream,
    heard: Instant,
    ack_at: Option<Instant>,
    /// A command had no answer: without a sign of life the connection counts as dead then.
    doubted: Option<Instant>,
}

/// Connects and runs until the socket ends, or the session signs out.
pub(super) async fn live(link: &mut Link) -> Ending {
    let config = WebSocketConfig::default()
        .max_message_size(Some(FRAME_LIMIT))
        .max_frame_size(Some(FRAME_LIMIT));
    // Commands are small and must not wait for each other.
    let without_delay = true;
    let connecting = connect_async_with_config(link.server.socket(), Some(config), without_delay);
    let stream = match timeout(CONNECT_LIMIT, connecting).await {
        Ok(Ok((stream, _))) => stream,
        Ok(Err(error)) => return Ending::Lost(sentence(&error)),
        Err(_) => return Ending::Lost(format!("{} does not answer in time", link.server.typed)),
    };
    let mut life = Life {
        link,
        stream,
        heard: Instant::now(),
        ack_at: None,
        doubted: None,
    };
    match life.talk().await {
        Ok(ending) => ending,
        Err(reason) => Ending::Lost(reason),
    }
}

impl Life<'_> {
    async fn talk(&mut self) -> Result<Ending, String> {
        let hello = self.link.hello();
        self.send(&hello).await?;
        let mut pinged = self.heard;
        loop {
            let keepalive = self.keepalive();
            let dead_at = self.heard + keepalive.mul_f32(2.5);
            let dead_at = self.doubted.map_or(dead_at, |at| at.min(dead_at));
            let ping_at = pinged.max(self.heard) + keepalive;
            let wake = self.ack_at.map_or(ping_at, |at| at.min(ping_at)).min(dead_at);
            tokio::select! {
                message = self.stream.next() => {
                    let message = message.ok_or("the contact centre closed the connection")?;
                    self.heard = Instant::now();
                    self.doubted = None;
                    if let Some(ending) = self.received(message.map_err(|e| sentence(&e))?).await? {
                        return Ok(ending);
                    }
                }
                wanted = self.link.wanted.recv() => match wanted {
                    Some(wanted) => {
                        if matches!(wanted, Wanted::Withdraw(_)) {
                            self.doubt().await?;
                        }
                        if let Some(frame) = self.link.take(wanted) {
                            self.send(&frame).await?;
                        }
                    }
                    None => {
                        self.farewell().await;
                        return Ok(Ending::Closed);
                    }
                },
                () = sleep_until(wake) => {
                    let now = Instant::now();
                    if now >= dead_at {
                        return Err("the contact centre has gone silent".into());
                    }
                    if now >= ping_at {
                        pinged = now;
                        self.write(Message::Ping(tungstenite::Bytes::new())).await?;
                    }
                    if self.ack_at.is_some_and(|at| at <= now) {
                        self.ack_at = None;
                        if let Some(ack) = self.link.ack() {
                            self.send(&ack).await?;
                        }
                    }
                }
            }
        }
    }

    /// Nobody answered a command: is anybody there?
    async fn doubt(&mut self) -> Result<(), String> {
        self.doubted.get_or_insert(Instant::now() + DOUBT_LIMIT);
        self.write(Message::Ping(tungstenite::Bytes::new())).await
    }

    fn keepalive(&self) -> Duration {
        self.link.client.greeting().map_or(KEEPALIVE, |greeting| {
            let (low, high) = KEEPALIVE_RANGE;
            Duration::from_millis(greeting.keepalive_ms.clamp(low, high))
        })
    }

    /// Takes one message.
    async fn received(&mut self, message: Message) -> Result<Option<Ending>, String> {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => return Err("the contact centre closed the connection".into()),
            _ => return Ok(None),
        };
        let frame: ServerFrame = match serde_json::from_str(&text) {
            Ok(frame) => frame,
            Err(error) => {
                // A newer server may say more than we know (acp/1 rule 6).
                tracing::debug!(%error, "a frame that is not understood");
                return Ok(None);
            }
        };
        if matches!(frame, ServerFrame::Ev(_)) {
            self.ack_at.get_or_insert(self.heard + ACK_AFTER);
        }
        let (frames, ending) = self.link.receive(frame);
        for frame in frames {
            self.send(&frame).await?;
        }
        Ok(ending)
    }

    /// Says goodbye and reads to the end: closing with something unread could make the system throw away
    /// what the server has not read yet.
    async fn farewell(&mut self) {
        let until_closed = async {
            if self.stream.close(None).await.is_ok() {
                while let Some(Ok(_)) = self.stream.next().await {}
            }
        };
        if timeout(FAREWELL_LIMIT, until_closed).await.is_err() {
            tracing::debug!("the contact centre does not close its end");
        }
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

fn sentence(error: &tungstenite::Error) -> String {
    match error {
        tungstenite::Error::Io(error) => {
            format!("the contact centre cannot be reached: {}", super::words(error))
        }
        tungstenite::Error::Http(response) => format!("the contact centre answers {}", response.status()),
        other => format!("the connection to the contact centre broke: {other}"),
    }
}
