//! A contact centre on real sockets and a real database, and a client that speaks acp/1 to it.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, clippy::disallowed_types, reason = "tests")]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use contact_api::{
    PROTOCOL,
    event::Event,
    frame::{ClientFrame, EventFrame, Op, Resume, ServerFrame},
    model::Caller,
    rest::{StationSip, TokenResponse},
};
pub use contact_center::center::ToFocus;
use contact_center::{
    acd::ConversationId,
    api::{Api, Clock, Timing},
    center::{self, Arrival, CenterHandle, Settings, SipAccount, SipAccounts},
    health::Health,
    store::{Location, Store, seed_demo},
};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{net::TcpStream, sync::mpsc, sync::oneshot};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

pub const PASSWORD: &str = "correct horse";
/// Nothing here takes this long; a test that waits longer has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The SIP server's account list.
#[derive(Default)]
pub struct Accounts(pub Mutex<Vec<SipAccount>>);

impl SipAccounts for Accounts {
    fn issue(&self, account: SipAccount) {
        self.revoke(&account.username);
        self.0.lock().unwrap().push(account);
    }

    fn revoke(&self, username: &str) {
        self.0.lock().unwrap().retain(|own| own.username != username);
    }
}

pub struct Server {
    pub center: CenterHandle,
    pub to_focus: mpsc::UnboundedReceiver<ToFocus>,
    pub accounts: Arc<Accounts>,
    pub store: Store,
    pub health: Health,
    pub address: SocketAddr,
    pub http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
}

pub struct Options {
    pub location: Location,
    pub timing: Timing,
    pub send_queue: usize,
    /// So small a send buffer that a client that does not read is soon felt.
    pub narrow: bool,
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            location: Location::Memory,
            timing: Timing::default(),
            send_queue: 1_024,
            narrow: false,
            clock: Clock::system(),
        }
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let health = Health::default();
        let store = Store::open(&options.location, health.clone()).await.unwrap();
        seed_demo(&store, "demo.ringside", Some(PASSWORD)).await.unwrap();
        let accounts = Arc::new(Accounts::default());
        let mut settings = Settings::new("demo.ringside", "sip:127.0.0.1:5060;transport=udp");
        settings.send_queue = options.send_queue;
        let center = center::start(store.clone(), settings, accounts.clone())
            .await
            .unwrap();
        let api = Api::new(
            center.handle.clone(),
            center.directory,
            store.clone(),
            options.timing,
            options.clock,
        )
        .await
        .unwrap();
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        if options.narrow {
            socket.set_send_buffer_size(4_096).unwrap();
        }
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(64).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(api.serve(listener, async move {
            let _ = stopped.await;
        }));
        Self {
            center: center.handle,
            to_focus: center.to_focus,
            accounts,
            store,
            health,
            address,
            http: reqwest::Client::new(),
            stop: Some(stop),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn token(&self, user: &str, password: &str, station: &str) -> reqwest::Response {
        let body = serde_json::json!({"address": user, "password": password, "station": station});
        self.http
            .post(self.url("/api/v1/auth/token"))
            .json(&body)
            .send()
            .await
            .unwrap()
    }

    /// Sign in and become the agent's phone; the phone is registered.
    pub async fn agent(&self, user: &str, station: &str) -> Agent {
        let response = self
            .token(&format!("{user}@demo.ringside"), PASSWORD, station)
            .await;
        assert_eq!(response.status(), 200);
        let tokens: TokenResponse = response.json().await.unwrap();
        let stations = self
            .http
            .post(self.url("/api/v1/stations"))
            .bearer_auth(&tokens.access);
        let sip: StationSip = stations
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap()
            .json()
            .await
            .unwrap();
        self.center.station_registered(sip.uri.clone(), true).await;
        Agent {
            tokens,
            sip,
            station: station.into(),
            address: self.address,
        }
    }

    pub async fn call(&self, number: &str) -> ConversationId {
        let conversation = center::new_conversation().unwrap();
        let caller = Caller {
            address: "sip:customer@example.com".into(),
            name: Some("Cas".into()),
        };
        let arrival = Arrival {
            conversation: conversation.clone(),
            caller,
            number: format!("sip:{number}@demo.ringside"),
        };
        self.center.customer_arrived(arrival).await.unwrap();
        conversation
    }

    pub async fn order(&mut self) -> ToFocus {
        tokio::time::timeout(PATIENCE, self.to_focus.recv())
            .await
            .expect("no order to the focus")
            .unwrap()
    }

    /// Stop as on a shutdown: everything is written down.
    pub async fn stop(mut self) {
        self.center.stop().await;
        drop(self.stop.take());
        self.store.close().await;
    }
}

pub struct Agent {
    pub tokens: TokenResponse,
    pub sip: StationSip,
    pub station: String,
    pub address: SocketAddr,
}

impl Agent {
    pub async fn socket(&self, resume: Option<Resume>) -> Socket {
        let mut socket = Socket::open(self.address).await;
        socket.hello(&self.tokens.access, &self.station, resume).await;
        socket
    }

    /// Connected, with the snapshot read.
    pub async fn live(&self) -> Socket {
        let mut socket = self.socket(None).await;
        assert!(matches!(socket.next().await, ServerFrame::Welcome { .. }));
        assert!(matches!(socket.next().await, ServerFrame::Snap { .. }));
        socket
    }
}

pub struct Socket {
    pub stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Every event seen.
    pub seen: Vec<EventFrame>,
    commands: u32,
}

impl Socket {
    pub async fn open(address: SocketAddr) -> Self {
        let url = format!("ws://{address}/api/v1/ws");
        let (stream, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        Self {
            stream,
            seen: Vec::new(),
            commands: 0,
        }
    }

    /// With a receive buffer so small that not reading is soon felt at the other end.
    pub async fn open_narrow(address: SocketAddr) -> Self {
        let tcp = tokio::net::TcpSocket::new_v4().unwrap();
        tcp.set_recv_buffer_size(2_048).unwrap();
        let tcp = MaybeTlsStream::Plain(tcp.connect(address).await.unwrap());
        let (stream, _) = tokio_tungstenite::client_async(format!("ws://{address}/api/v1/ws"), tcp)
            .await
            .unwrap();
        Self {
            stream,
            seen: Vec::new(),
            commands: 0,
        }
    }

    pub async fn hello(&mut self, token: &str, station: &str, resume: Option<Resume>) {
        let hello = ClientFrame::Hello {
            proto: PROTOCOL,
            token: token.into(),
            station: station.into(),
            resume,
        };
        self.text(&serde_json::to_string(&hello).unwrap()).await;
    }

    pub async fn text(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    /// The next frame; `None` when the server has closed.
    pub async fn try_next(&mut self) -> Option<ServerFrame> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.stream.next())
                .await
                .expect("no frame came");
            match message {
                Some(Ok(Message::Text(text))) => {
                    let frame: ServerFrame = serde_json::from_str(&text).unwrap();
                    if let ServerFrame::Ev(event) = &frame {
                        self.seen.push(event.clone());
                    }
                    return Some(frame);
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    pub async fn next(&mut self) -> ServerFrame {
        self.try_next().await.expect("the server closed")
    }

    /// Read until an event fits.
    pub async fn until<T>(&mut self, mut fits: impl FnMut(&Event) -> Option<T>) -> T {
        loop {
            if let ServerFrame::Ev(frame) = self.next().await
                && let Some(found) = frame.decode().as_ref().and_then(&mut fits)
            {
                return found;
            }
        }
    }

    pub async fn until_kind(&mut self, kind: &str) -> EventFrame {
        loop {
            if let ServerFrame::Ev(frame) = self.next().await
                && frame.kind == kind
            {
                return frame;
            }
        }
    }

    /// Read until the server says goodbye; its reason.
    pub async fn until_goaway(&mut self) -> Option<String> {
        while let Some(frame) = self.try_next().await {
            if let ServerFrame::Goaway { reason, .. } = frame {
                return Some(reason);
            }
        }
        None
    }

    pub async fn command(&mut self, op: Op) -> ServerFrame {
        self.commands += 1;
        let id = format!("c{}", self.commands);
        self.command_as(&id, op).await
    }

    pub async fn command_as(&mut self, id: &str, op: Op) -> ServerFrame {
        let frame = ClientFrame::Cmd {
            id: id.into(),
            op,
            if_version: None,
        };
        self.text(&serde_json::to_string(&frame).unwrap()).await;
        self.answer(id).await
    }

    pub async fn answer(&mut self, wanted: &str) -> ServerFrame {
        loop {
            match self.next().await {
                ServerFrame::Res {
                    id,
                    ok,
                    seq,
                    body,
                    err,
                } if id == wanted => {
                    return ServerFrame::Res {
                        id,
                        ok,
                        seq,
                        body,
                        err,
                    };
                }
                _ => {}
            }
        }
    }
}

/// The body of a command that went well.
pub fn body(frame: ServerFrame) -> serde_json::Value {
    match frame {
        ServerFrame::Res { ok: true, body, .. } => body.unwrap_or_default(),
        other => panic!("refused: {other:?}"),
    }
}

/// The code of a command that was refused.
pub fn refusal(frame: ServerFrame) -> String {
    match frame {
        ServerFrame::Res {
            ok: false,
            err: Some(err),
            ..
        } => err.code,
        other => panic!("not refused: {other:?}"),
    }
}
