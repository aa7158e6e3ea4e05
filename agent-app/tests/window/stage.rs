//! A window on a stage: a view in, commands out, a clock that stands still.

use std::time::{Duration, Instant};

use agent_app::window::{
    Local, Scene, show,
    tokens::{Graphics, apply, install_fonts, tokens},
};
use agent_core::{Command, View};
use egui::{Ui, UiBuilder};
use egui_kittest::Harness;

/// What the harness holds.
pub(crate) struct Stage {
    /// What the session says.
    pub(crate) view: View,
    /// What the window remembers.
    pub(crate) local: Local,
    /// The time shown.
    pub(crate) now: Instant,
    /// What the person asked for.
    pub(crate) commands: Vec<Command>,
}

impl Stage {
    /// Replaces the view as the session would.
    pub(crate) fn set_view(&mut self, view: View) {
        self.local.view_changed(&view);
        self.view = view;
    }

    /// The commands given so far, as text.
    pub(crate) fn said(&self) -> Vec<String> {
        self.commands
            .iter()
            .map(|command| format!("{command:?}"))
            .collect()
    }
}

/// A window of 1180×760.
pub(crate) fn window(view: View, now: Instant) -> Harness<'static, Stage> {
    sized(view, now, [1180.0, 760.0])
}

/// A window of any size. Pop-ups are past their guard.
pub(crate) fn sized(view: View, now: Instant, size: [f32; 2]) -> Harness<'static, Stage> {
    component(view, now, size, show)
}

/// One screen alone.
pub(crate) fn component(
    view: View,
    now: Instant,
    size: [f32; 2],
    draw: impl Fn(&mut Ui, &Scene<'_>, &mut Local, &mut Vec<Command>) + 'static,
) -> Harness<'static, Stage> {
    let mut local = Local::new(&view);
    local
        .guard
        .watch(view.offers.first(), now - Duration::from_secs(1));
    let stage = Stage {
        view,
        local,
        now,
        commands: Vec::new(),
    };
    let mut harness = Harness::builder()
        .with_size(size)
        .with_max_steps(8)
        .with_render_cursor(false)
        .with_context_setup(|ctx| {
            install_fonts(ctx);
            apply(ctx, agent_core::Theme::Dark, Graphics::Low);
        })
        .build_ui_state(
            move |ui, stage: &mut Stage| {
                apply(ui.ctx(), stage.view.theme, Graphics::Low);
                stage.local.closing.requested(ui.ctx(), &stage.view);
                let screen = ui.ctx().content_rect();
                let mut ui = ui.new_child(UiBuilder::new().max_rect(screen));
                ui.set_clip_rect(screen);
                let scene = Scene {
                    view: &stage.view,
                    clock: stage.now,
                    now: stage.now,
                    tokens: tokens(stage.view.theme),
                };
                ui.painter().rect_filled(screen, 0, scene.tokens.canvas);
                draw(&mut ui, &scene, &mut stage.local, &mut stage.commands);
            },
            stage,
        );
    harness.run();
    harness
}
