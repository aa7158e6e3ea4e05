//! What the agent is doing: calls, offers and queues as a pure state machine.
//!
//! [`Session`] takes `(now, input)` and returns outputs. It knows no window, socket, clock or thread; the
//! window, the headless mode and the tests are three views of the same session. Everything a person can
//! do is one variant of [`Command`]; everything a face shows is in [`View`].

pub mod action;
mod command;
mod io;
mod notification;
mod reply;
mod session;
mod view;

pub use command::{AccountSettings, Action, Command, DIRECT_RING_LIMIT, Digits, Secret};
pub use io::{
    AudioState, CenterCommand, CenterInput, Input, LegId, Levels, LinkFault, MediaCommand, MediaInput,
    Output, RingKind, Setting, Token,
};
pub use notification::Notification;
pub use reply::{CommandError, Reply};
pub use session::{AutoAnswer, Session, SessionConfig};
pub use view::{
    AgentView, CallPhase, CallView, ConfirmView, ConnectionView, OfferView, QueueRowView, SignInField,
    SignInView, Stopwatch, Theme, Toast, ToastKind, UccView, View,
};
