//! The incoming-call pop-up: a window of its own that never takes the keyboard.
//!
//! On X11 only an override-redirect window at an explicit place leaves the focus where it is; elsewhere the
//! window is shown without being activated. Wayland can place no window: there the call shows inside the
//! main window, and the operating system's notification does the rest.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use egui::{Context, Pos2, Rect, ViewportBuilder, ViewportId, WindowLevel, X11WindowType, pos2, vec2};

use super::{
    engine::Engine,
    local::Guard,
    scene::{Beat, Scene},
    screens::ring,
    tokens::{height, space, tokens},
};

/// The pop-up.
pub(super) struct RingWindow {
    id: ViewportId,
    engine: Arc<dyn Engine>,
    guard: Arc<Mutex<Guard>>,
    beat: Beat,
}

/// Where the pop-up goes: the visible part of the monitor the main window is on, in points.
pub(super) type Monitor = Rect;

impl RingWindow {
    /// A pop-up for this engine.
    pub(super) fn new(engine: Arc<dyn Engine>, beat: Beat) -> Self {
        Self {
            id: ViewportId::from_hash_of("ring"),
            engine,
            guard: Arc::default(),
            beat,
        }
    }

    /// Whether this system can show it.
    pub(super) fn possible(ctx: &Context) -> bool {
        let wayland = ["WAYLAND_DISPLAY", "WAYLAND_SOCKET"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
        let wayland = cfg!(all(unix, not(target_os = "macos"))) && wayland;
        !wayland && !ctx.embed_viewports()
    }

    /// Draws it anew.
    pub(super) fn repaint(&self, ctx: &Context) {
        ctx.request_repaint_of(self.id);
    }

    /// Keeps it open while something rings; called in every frame of the main window.
    pub(super) fn show(&self, ctx: &Context, monitor: Option<Monitor>) {
        let view = self.engine.view();
        if view.offers.is_empty() {
            self.guard().watch(None, Instant::now());
            return;
        }
        let size = vec2(height::RING_WIDTH, ring::window_height(view.offers.len()));
        let mut builder = ViewportBuilder::default()
            .with_title("Incoming call")
            .with_inner_size(size)
            .with_decorations(false)
            .with_resizable(false)
            .with_active(false)
            .with_taskbar(false)
            .with_window_level(WindowLevel::AlwaysOnTop)
            .with_window_type(X11WindowType::Notification)
            .with_override_redirect(true);
        if let Some(monitor) = monitor {
            builder = builder.with_position(place(monitor));
        }
        let (engine, guard, beat) = (Arc::clone(&self.engine), Arc::clone(&self.guard), self.beat);
        ctx.show_viewport_deferred(self.id, builder, move |ui, _class| {
            draw(ui, engine.as_ref(), &guard, beat);
        });
    }

    fn guard(&self) -> std::sync::MutexGuard<'_, Guard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bottom right, with room below for further offers: the window grows downwards and no button moves.
fn place(monitor: Monitor) -> Pos2 {
    let room = ring::window_height(1 + ring::ROWS) + space::XL;
    pos2(
        monitor.right() - height::RING_WIDTH - space::XL,
        monitor.bottom() - room,
    )
}

fn draw(ui: &mut egui::Ui, engine: &dyn Engine, guard: &Mutex<Guard>, beat: Beat) {
    let view = engine.view();
    let clock = Instant::now();
    let scene = Scene {
        view: &view,
        clock,
        now: beat.shown(clock),
        tokens: tokens(view.theme),
    };
    let open = {
        let mut guard = guard.lock().unwrap_or_else(PoisonError::into_inner);
        guard.watch(scene.first_offer(), clock);
        guard.is_open()
    };
    let mut commands = Vec::new();
    let rect = ui.ctx().content_rect();
    ring::show(ui, rect, &scene, open, &mut commands);
    for command in commands {
        engine.send(command);
    }
    tracing::trace!("the pop-up is laid out");
    ui.ctx().request_repaint_after(beat.until_next(clock));
}
