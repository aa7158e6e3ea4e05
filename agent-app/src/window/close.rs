//! Closing the window: by a signal from outside, or by the person, who is asked first while in a call.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use agent_core::{CallPhase, View};
use egui::{Context, ViewportCommand, ViewportId};

/// Closes the window it was given to, now or as soon as it opens. Clones close the same one.
#[derive(Clone, Debug, Default)]
pub struct CloseSignal(Arc<State>);

#[derive(Debug, Default)]
struct State {
    asked: AtomicBool,
    window: Mutex<Option<Context>>,
}

impl CloseSignal {
    /// Asks the window to close, from any thread.
    pub fn close(&self) {
        self.0.asked.store(true, Ordering::Release);
        let window = self.0.window.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ctx) = &*window {
            close(ctx);
        }
    }

    /// Whether it has been asked for: then nobody is asked again.
    pub(super) fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::Acquire)
    }

    /// The window that has opened.
    pub(super) fn opened(&self, ctx: &Context) {
        *self.0.window.lock().unwrap_or_else(PoisonError::into_inner) = Some(ctx.clone());
        if self.is_asked() {
            close(ctx);
        }
    }
}

fn close(ctx: &Context) {
    ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Close);
    ctx.request_repaint_of(ViewportId::ROOT);
}

/// Where the person's wish to close the window stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Closing {
    /// There is none.
    #[default]
    No,
    /// The question is on the screen.
    Asked,
    /// Whatever is going on may end.
    Sure,
}

impl Closing {
    /// Answers the window system's request to close, if there is one in this frame: a window with a
    /// conversation stays and asks, if need be brought back from the task bar; any other goes.
    pub fn requested(&mut self, ctx: &Context, view: &View) {
        let asked = ctx.input(|input| input.viewport().close_requested());
        if asked && *self != Self::Sure && in_call(view) {
            tracing::debug!("asking before the window closes");
            *self = Self::Asked;
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
            ctx.request_repaint();
        }
    }

    /// The person is sure.
    pub fn confirm(&mut self, ctx: &Context) {
        *self = Self::Sure;
        ctx.send_viewport_cmd(ViewportCommand::Close);
    }

    /// Follows a changed view: nothing is left to ask about once the conversations are over.
    pub fn view_changed(&mut self, view: &View) {
        if *self == Self::Asked && !in_call(view) {
            *self = Self::No;
        }
    }
}

fn in_call(view: &View) -> bool {
    view.calls.iter().any(|call| call.phase != CallPhase::Ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_to_close(ctx: &Context) -> bool {
        let mut output = ctx.run_ui(egui::RawInput::default(), |_| {});
        output.textures_delta.clear();
        output.viewport_output[&ViewportId::ROOT]
            .commands
            .contains(&ViewportCommand::Close)
    }

    #[test]
    fn a_window_closes_when_asked_before_or_after_it_opens() {
        let (early, late) = (CloseSignal::default(), CloseSignal::default());
        early.close();
        for signal in [early, late.clone()] {
            let ctx = Context::default();
            signal.opened(&ctx);
            late.close();
            assert!(asked_to_close(&ctx));
        }
    }
}
