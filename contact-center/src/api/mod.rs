//! `acp/1` over HTTP and WebSocket.
//!
//! | file | holds |
//! |---|---|
//! | `auth` | sign-in, refresh, who is asking |
//! | `sessions` | tokens, hashed; rotation; pure |
//! | `gate` | lock-out after wrong passwords, per address and per network; pure |
//! | `clock` | the time that tokens and lock-outs go by |
//! | `rest` | `/me`, `/stations`, `/healthz`, `/metrics` |
//! | `ws` | the live socket |
//! | `problem`, `body` | RFC 9457 errors, JSON bodies |

mod auth;
mod body;
mod clock;
mod gate;
mod problem;
mod rest;
mod sessions;
mod ws;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
    serve::ListenerExt as _,
};
use tokio::{net::TcpListener, sync::Semaphore};

pub use clock::Clock;

use crate::{
    center::{CenterHandle, Directory, hex},
    health::Health,
    store::{Hash, Store, User, Write},
};

/// Largest request body and WebSocket frame from a client, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// Passwords hashed at once; each takes some 20 MiB.
const HASHES_AT_ONCE: usize = 2;

/// Patience on the live socket.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// The server pings this often.
    pub ping: Duration,
    /// A client that says nothing (not even pong) for this long is dead.
    pub dead: Duration,
    /// A frame that cannot be sent for this long means a client that does not read.
    pub write: Duration,
    /// The first frame has to come within this.
    pub hello: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ping: Duration::from_millis(crate::center::KEEPALIVE_MS),
            dead: Duration::from_millis(crate::center::KEEPALIVE_MS * 5 / 2),
            write: Duration::from_secs(5),
            hello: Duration::from_secs(10),
        }
    }
}

/// Why the API cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No randomness, or no thread.
    #[error("the API cannot start: {0}")]
    Start(String),
    /// The listening socket failed.
    #[error("the API's socket failed: {0}")]
    Socket(#[from] std::io::Error),
}

/// The API; clones are the same.
#[derive(Clone)]
pub struct Api {
    inner: Arc<Inner>,
}

struct Inner {
    center: CenterHandle,
    store: Store,
    health: Health,
    users: HashMap<String, User>,
    sessions: Mutex<sessions::Sessions>,
    gate: Mutex<gate::Gate>,
    hashing: Semaphore,
    /// Verified for unknown users, so that they take as long as known ones.
    nobody: Hash,
    timing: Timing,
    clock: Clock,
}

impl Api {
    /// Set up the API of a center; tokens and lock-outs go by `clock`.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub async fn new(
        center: CenterHandle,
        directory: Directory,
        store: Store,
        timing: Timing,
        clock: Clock,
    ) -> Result<Self, ApiError> {
        let noise = random().map_err(|error| ApiError::Start(error.to_string()))?;
        let nobody = tokio::task::spawn_blocking(move || Hash::new(&noise)).await;
        let nobody = nobody.map_err(|error| ApiError::Start(error.to_string()))?;
        let nobody = nobody.map_err(|error| ApiError::Start(error.to_string()))?;
        let inner = Inner {
            center,
            health: store.health().clone(),
            store,
            users: directory.users,
            sessions: Mutex::new(sessions::Sessions::resume(directory.tokens)),
            gate: Mutex::new(gate::Gate::default()),
            hashing: Semaphore::new(HASHES_AT_ONCE),
            nobody,
            timing,
            clock,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Answer on `listener` until `stop` is done; open sockets are told by the center.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ApiError> {
        // A frame goes out at once, not when the peer acknowledges the one before (40 ms later).
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "no TCP_NODELAY");
            }
        });
        let service = self.router().into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service)
            .with_graceful_shutdown(stop)
            .await?;
        Ok(())
    }

    fn router(self) -> Router {
        Router::new()
            .route("/healthz", get(rest::healthz))
            .route("/metrics", get(rest::metrics))
            .route("/api/v1/auth/token", post(auth::token))
            .route("/api/v1/auth/refresh", post(auth::refresh))
            .route("/api/v1/me", get(rest::me))
            .route("/api/v1/stations", post(rest::stations))
            .route("/api/v1/ws", get(ws::upgrade))
            .fallback(problem::no_route)
            .method_not_allowed_fallback(problem::no_method)
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(self)
    }

    fn sessions(&self) -> MutexGuard<'_, sessions::Sessions> {
        self.inner.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gate(&self) -> MutexGuard<'_, gate::Gate> {
        self.inner.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        self.inner.clock.now()
    }

    /// Forget the tokens of a station that is no longer its agent's.
    fn forget(&self, user: &str, station: &str) {
        let families = self.sessions().forget(user, station);
        for family in families {
            self.inner.store.write(Write::ForgetFamily(family));
        }
    }
}

/// 256 random bits as 64 hexadecimal digits.
fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}
