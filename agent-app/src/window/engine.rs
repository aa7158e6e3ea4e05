//! What the window needs of whatever runs the session.

use std::sync::Arc;

use agent_core::{Command, View};

use crate::runtime::RuntimeHandle;

/// A running session, as seen from the window. It lives on its own threads: ring tone, timers, SIP and sound
/// never wait for a frame, and it outlives a window that cannot be drawn.
pub trait Engine: Send + Sync + 'static {
    /// What to show now. Cheap: a pointer.
    fn view(&self) -> Arc<View>;

    /// Does something; the outcome shows in a later view.
    fn send(&self, command: Command);

    /// Sets what is called after each change of the view, on a thread of the engine.
    fn on_change(&self, call: Box<dyn Fn() + Send + Sync>);
}

impl Engine for RuntimeHandle {
    fn view(&self) -> Arc<View> {
        Self::view(self)
    }

    fn send(&self, command: Command) {
        Self::send(self, command);
    }

    fn on_change(&self, call: Box<dyn Fn() + Send + Sync>) {
        Self::on_change(self, call);
    }
}
