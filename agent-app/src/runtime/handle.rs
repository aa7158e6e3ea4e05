//! What a face holds: send commands, read the view, hear of changes.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use agent_core::{Command, CommandError, Input, Notification, Reply, Token, View};
use tokio::sync::{mpsc, watch};

/// What a face hears beyond the view.
#[derive(Clone, Debug, PartialEq)]
pub enum FaceEvent {
    /// Something happened, in the words of the JSON-RPC face.
    Notify(Notification),
    /// The answer to a command sent with a token.
    Reply {
        /// The token.
        token: Token,
        /// What it gave.
        result: Result<Reply, CommandError>,
    },
    /// The person should look here, window or no window.
    Alert {
        /// Short.
        title: String,
        /// One sentence.
        body: String,
    },
    /// Everything is hung up and signed out; nothing follows.
    Stopped,
}

/// Takes [`FaceEvent`]s on the owner thread; must not block.
pub trait Sink: FnMut(FaceEvent) + Send + 'static {}

impl<F: FnMut(FaceEvent) + Send + 'static> Sink for F {}

/// A face's end of a running session.
#[derive(Clone)]
pub struct RuntimeHandle {
    pub(super) inputs: mpsc::UnboundedSender<Input>,
    pub(super) view: watch::Receiver<Arc<View>>,
    pub(super) on_change: OnChange,
}

/// What is called after each change of the view.
#[derive(Clone, Default)]
pub(super) struct OnChange(Arc<Mutex<Option<Hook>>>);

type Hook = Arc<dyn Fn() + Send + Sync>;

impl OnChange {
    pub(super) fn call(&self) {
        // Called without the lock: what is called may set another.
        let call = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(call) = call {
            call();
        }
    }
}

impl RuntimeHandle {
    /// Does something. Its outcome shows in the view; failures become toasts.
    pub fn send(&self, command: Command) {
        self.input(Input::Command { token: None, command });
    }

    /// Does something; the answer comes to the sink as [`FaceEvent::Reply`] with the same token.
    pub fn request(&self, token: Token, command: Command) {
        self.input(Input::Command {
            token: Some(token),
            command,
        });
    }

    /// What to show now. Cheap: a pointer.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.borrow())
    }

    /// Sets what is called after each change of the view (`ctx.request_repaint()`), on the owner thread. The last
    /// caller counts: a session has one window, and a second renderer replaces the one that failed.
    pub fn on_change(&self, call: impl Fn() + Send + Sync + 'static) {
        *self.on_change.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(call));
    }

    /// Ends the session: hang up, sign out, unregister.
    pub fn stop(&self) {
        self.input(Input::Stop);
    }

    fn input(&self, input: Input) {
        if self.inputs.send(input).is_err() {
            tracing::debug!("the session has already stopped");
        }
    }
}

impl fmt::Debug for RuntimeHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeHandle").finish_non_exhaustive()
    }
}
