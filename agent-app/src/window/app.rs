//! The eframe application: what changes reaches the screen, what the person does reaches the engine.
//!
//! Nothing is drawn at rest. A frame comes from the person, from a changed view, or once a second while a
//! time is running.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use agent_core::{CallView, Secret, View};
use egui::{Context, Rect, UserAttentionType, ViewportCommand, ViewportId, pos2, vec2};

use super::{
    close::{CloseSignal, Closing},
    engine::Engine,
    frame,
    local::Local,
    ring_window::RingWindow,
    scene::{Beat, Scene},
    tokens::{Graphics, apply, tokens},
    typing::Typing,
};

/// How often meters move.
const METERS: Duration = Duration::from_millis(100);
/// The same without a graphics processor, where a frame costs 12 ms of processor time.
const METERS_LOW: Duration = Duration::from_millis(500);

/// The application.
pub struct WindowApp {
    engine: Arc<dyn Engine>,
    view: Arc<View>,
    local: Local,
    beat: Beat,
    graphics: Graphics,
    close: CloseSignal,
    typing: Typing,
    ring: Option<RingWindow>,
    monitor: Box<dyn Fn() -> Option<Rect>>,
    /// Draws at once, minimised or not.
    redraw: Box<dyn Fn()>,
}

impl WindowApp {
    /// For a window just created.
    pub fn new(
        cc: &eframe::CreationContext<'_>,
        engine: Arc<dyn Engine>,
        close: CloseSignal,
        graphics: Graphics,
    ) -> Self {
        let ctx = &cc.egui_ctx;
        let view = engine.view();
        super::tokens::install_fonts(ctx);
        apply(ctx, view.theme, graphics);
        let beat = Beat::new(Instant::now());
        let ring = RingWindow::possible(ctx).then(|| RingWindow::new(Arc::clone(&engine), beat));
        let mut local = Local::new(&view);
        local.ring_inside = ring.is_none();
        wake_on_change(cc, &engine, graphics, ring.is_some());
        Self {
            engine,
            view,
            local,
            beat,
            graphics,
            close,
            typing: Typing::default(),
            ring,
            monitor: monitor_of(cc),
            redraw: redraw_of(cc),
        }
    }

    /// The sign-in page has this password from here on.
    pub fn fill_password(&mut self, password: Secret) {
        self.local.sign_in.fill_password(password);
    }

    /// Takes over a changed view.
    fn refresh(&mut self, ctx: &Context) {
        let view = self.engine.view();
        if Arc::ptr_eq(&view, &self.view) {
            return;
        }
        if view.theme != self.view.theme {
            apply(ctx, view.theme, self.graphics);
        }
        let rang = self.view.offers.len();
        if view.offers.len() > rang {
            ctx.send_viewport_cmd(ViewportCommand::RequestUserAttention(UserAttentionType::Critical));
        } else if view.offers.is_empty() && rang > 0 {
            ctx.send_viewport_cmd(ViewportCommand::RequestUserAttention(UserAttentionType::Reset));
        }
        let loudness = only_levels_differ(&view, &self.view);
        self.view = view;
        if loudness {
            return;
        }
        self.local.view_changed(&self.view);
        if let Some(ring) = self.ring.as_ref().filter(|_| !self.view.offers.is_empty()) {
            ring.repaint(ctx);
        }
        if self.view.offers.len() != rang && ctx.input(|input| input.viewport().minimized == Some(true)) {
            // The pop-up opens and closes with a frame of this window, which a minimised one does not get, and
            // what is asked of egui waits for a tenth of a second then.
            ctx.send_viewport_cmd(ViewportCommand::RequestPaintWhileHidden);
            (self.redraw)();
        }
    }
}

impl eframe::App for WindowApp {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.refresh(ctx);
        if self.close.is_asked() {
            self.local.closing = Closing::Sure;
        }
        self.local.closing.requested(ctx, &self.view);
    }

    fn raw_input_hook(&mut self, ctx: &Context, input: &mut egui::RawInput) {
        if input.viewport_id == ViewportId::ROOT && self.typing.hold_back(&mut input.events) {
            ctx.request_repaint();
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.refresh(ui.ctx());
        let now = Instant::now();
        let scene = Scene {
            view: &self.view,
            clock: now,
            now: self.beat.shown(now),
            tokens: tokens(self.view.theme),
        };
        let mut commands = Vec::new();
        frame::show(ui, &scene, &mut self.local, &mut commands);
        for command in commands {
            tracing::debug!(?command, "from the window");
            self.engine.send(command);
        }
        if scene.has_running_time() {
            ui.ctx().request_repaint_after(self.beat.until_next(now));
        }
        if let Some(ring) = &self.ring {
            ring.show(ui.ctx(), (self.monitor)());
        }
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        tokens(self.view.theme).canvas.to_normalized_gamma_f32()
    }
}

/// Lets a change of the view draw a frame. Where the call can only show inside the window, a minimised window is
/// brought back at once, without waiting for a frame; where there is a pop-up it stays down, since window
/// managers give a restored window the keyboard.
fn wake_on_change(
    cc: &eframe::CreationContext<'_>,
    engine: &Arc<dyn Engine>,
    graphics: Graphics,
    pop_up: bool,
) {
    let ctx = cc.egui_ctx.clone();
    // The engine outlives the window. Holding it would keep it on the screen and the event loop waiting for its end.
    let window = cc.winit_window().map(Arc::downgrade);
    let meters = if graphics == Graphics::Low {
        METERS_LOW
    } else {
        METERS
    };
    let last = Mutex::new(engine.view());
    let source = Arc::downgrade(engine);
    engine.on_change(Box::new(move || {
        let Some(view) = source.upgrade().map(|engine| engine.view()) else {
            return;
        };
        let before = {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *last, Arc::clone(&view))
        };
        let rings = view.offers.len() > before.offers.len();
        let pop_up_changes = pop_up && view.offers.len() != before.offers.len();
        let buried = window
            .as_ref()
            .and_then(Weak::upgrade)
            .filter(|window| window.is_minimized() == Some(true));
        if let Some(window) = buried {
            if rings && !pop_up {
                window.set_minimized(false);
            } else if pop_up_changes {
                // egui lets a minimised window wait for its next tick, up to a tenth of a second.
                window.request_redraw();
            }
        }
        if only_levels_differ(&before, &view) {
            ctx.request_repaint_after(meters);
        } else {
            ctx.request_repaint();
        }
    }));
}

/// Whether two views differ in nothing but loudness.
fn only_levels_differ(one: &View, other: &View) -> bool {
    let View {
        theme,
        sign_in,
        agent,
        connection,
        audio,
        offers,
        calls,
        personal,
        waiting,
        connected,
        toasts,
        confirm,
    } = one;
    let same_call = |one: &CallView, other: &CallView| {
        let other = CallView {
            levels: one.levels,
            ..other.clone()
        };
        *one == other
    };
    *theme == other.theme
        && calls.len() == other.calls.len()
        && calls
            .iter()
            .zip(&other.calls)
            .all(|(one, other)| same_call(one, other))
        && *sign_in == other.sign_in
        && *agent == other.agent
        && *connection == other.connection
        && *audio == other.audio
        && *offers == other.offers
        && *toasts == other.toasts
        && *confirm == other.confirm
        && *personal == other.personal
        && *waiting == other.waiting
        && *connected == other.connected
}

/// Asks the window system for a frame.
fn redraw_of(cc: &eframe::CreationContext<'_>) -> Box<dyn Fn()> {
    let window = cc.winit_window().map(Arc::downgrade);
    Box::new(move || {
        if let Some(window) = window.as_ref().and_then(Weak::upgrade) {
            window.request_redraw();
        }
    })
}

/// Asks for the place of the monitor the main window is on, in points.
fn monitor_of(cc: &eframe::CreationContext<'_>) -> Box<dyn Fn() -> Option<Rect>> {
    let window = cc.winit_window().map(Arc::downgrade);
    let ctx = cc.egui_ctx.clone();
    Box::new(move || {
        let window = window.as_ref()?.upgrade()?;
        let monitor = window.current_monitor().or_else(|| window.primary_monitor())?;
        let points = |pixels: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "screen coordinates fit an f32")]
            let points = (pixels / monitor.scale_factor()) as f32;
            points / ctx.zoom_factor()
        };
        let (at, size) = (monitor.position(), monitor.size());
        Some(Rect::from_min_size(
            pos2(points(f64::from(at.x)), points(f64::from(at.y))),
            vec2(points(f64::from(size.width)), points(f64::from(size.height))),
        ))
    })
}
