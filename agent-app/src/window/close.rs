//! Closing the window from outside: a signal, a session that ends by itself.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

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

    /// The window that has opened.
    pub(super) fn opened(&self, ctx: &Context) {
        *self.0.window.lock().unwrap_or_else(PoisonError::into_inner) = Some(ctx.clone());
        if self.0.asked.load(Ordering::Acquire) {
            close(ctx);
        }
    }
}

fn close(ctx: &Context) {
    ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Close);
    ctx.request_repaint_of(ViewportId::ROOT);
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
