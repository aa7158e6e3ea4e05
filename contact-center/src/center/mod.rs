//! The one task that owns the queue, and the boundaries around it.
//!
//! ```text
//!   focus ──CenterHandle──▶ ┌────────┐ ◀──CenterHandle── api
//!         ◀────ToFocus───── │ Center │ ────feed────────▶
//!                           └────────┘ ◀──────────────── registrar (station_registered)
//!                             owns acd, writes store
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `boundary` | what the focus and the registrar say and hear |
//! | `handle` | [`CenterHandle`], the async way in |
//! | `owner` | the task |
//! | `stations`, `connections` | phones of agents; their live connections |
//! | `clock` | time that never jumps |
//! | `ops` | commands of acp/1 as inputs of the queue |
//! | `project` | the queue's tables as acp/1 rows and events |
//! | `feed`, `idempotent` | events for replay, answers for resent commands |
//! | `accounts`, `number` | SIP accounts of stations, queues by called number |
//! | `counters` | figures for `/metrics` |

mod accounts;
mod boundary;
mod clock;
mod connections;
mod counters;
mod feed;
mod handle;
mod idempotent;
mod number;
mod ops;
mod owner;
mod project;
mod stations;

use std::{collections::HashMap, sync::Arc};

use tokio::sync::mpsc;

pub use boundary::{AgentLeg, Arrival, Gone, NotPlaced, OfferLost, Placed, SipAccount, SipAccounts, ToFocus};
pub(crate) use handle::Attachment;
pub use handle::CenterHandle;
pub(crate) use owner::KEEPALIVE_MS;

use crate::{
    acd::{Acd, ConversationId},
    store::{Loaded, Store, StoreError, TokenRow, User},
};

/// How the center is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// SIP domain of the stations' addresses of record, `demo.ringside`.
    pub domain: String,
    /// Where stations register, `sip:127.0.0.1:5060;transport=udp`.
    pub registrar: String,
    /// Conversations beyond this number are refused.
    pub max_conversations: usize,
    /// Frames waiting for one slow station before it is let go.
    pub send_queue: usize,
}

impl Settings {
    /// Sensible limits for one machine.
    pub fn new(domain: impl Into<String>, registrar: impl Into<String>) -> Self {
        Self {
            domain: domain.into(),
            registrar: registrar.into(),
            max_conversations: 10_000,
            send_queue: 1_024,
        }
    }
}

/// A running center.
#[derive(Debug)]
pub struct Center {
    /// The way in.
    pub handle: CenterHandle,
    /// What the focus must do, in order.
    pub to_focus: mpsc::UnboundedReceiver<ToFocus>,
    /// Who may sign in, and with which tokens: for [`crate::api`].
    pub directory: Directory,
}

/// Accounts and tokens as the store held them at the start.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    pub(crate) users: HashMap<String, User>,
    pub(crate) tokens: Vec<TokenRow>,
}

/// Load the store and start the task.
///
/// # Errors
/// When the store cannot be read.
pub async fn start(
    store: Store,
    settings: Settings,
    accounts: Arc<dyn SipAccounts>,
) -> Result<Center, StoreError> {
    let Loaded {
        epoch,
        server_key,
        users,
        roster,
        endpoints,
        stations,
        tokens,
        state,
        feed,
    } = store.load().await?;
    let (inbox, messages) = mpsc::channel(1_024);
    let (to_focus, orders) = mpsc::unbounded_channel();
    let acd = Acd::resume(roster, state);
    let owner = owner::Owner {
        views: project::Views::of(&acd),
        checkpoint_at: acd.state().seq + 1,
        acd,
        endpoints,
        settings,
        accounts,
        stations: stations
            .into_iter()
            .map(|account| (account.username.clone(), account))
            .collect(),
        server_key,
        health: store.health().clone(),
        store,
        feed: feed::Feed::resume(epoch, feed),
        answers: idempotent::Answers::default(),
        counters: counters::Counters::default(),
        connections: HashMap::new(),
        connections_made: 0,
        to_focus,
        clock: clock::Clock::read(),
        expire_at: 0,
    };
    tokio::spawn(owner.run(messages));
    Ok(Center {
        handle: CenterHandle { inbox },
        to_focus: orders,
        directory: Directory { users, tokens },
    })
}

/// A conversation id nobody has used: 128 random bits.
///
/// # Errors
/// When the system has no randomness to give.
pub fn new_conversation() -> Result<ConversationId, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(format!("c_{}", hex(&bytes)).into())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
