//! Opens the window: one renderer after the other, in one process.

use std::sync::Arc;

use agent_core::Secret;
use eframe::NativeOptions;
use egui::{IconData, ViewportBuilder, vec2};

use super::{
    app::WindowApp,
    close::CloseSignal,
    engine::Engine,
    renderer::{RendererChoice, graphics},
    tokens::Graphics,
};

/// How the window opens.
#[derive(Clone, Debug, Default)]
pub struct WindowOptions {
    /// `--renderer`.
    pub renderer: RendererChoice,
    /// Spare the processor even with a graphics processor.
    pub low_graphics: bool,
    /// Closes it from outside.
    pub close: CloseSignal,
    /// Stands on the sign-in page: a demo's agent has a password that nobody was told.
    pub password: Secret,
}

/// No renderer could open a window. The engine is untouched: calls go on, and another face can be tried.
#[derive(Debug, thiserror::Error)]
#[error(
    "No window can be shown: {}. Start with --renderer glow or --renderer wgpu, install graphics drivers, or use \
     `ringside headless`, which needs no display",
    .0.join("; ")
)]
pub struct NoWindow(pub Vec<String>);

/// Shows the window until it is closed. Hanging up and signing out is then the caller's, who owns the engine.
pub fn run(engine: Arc<dyn Engine>, options: WindowOptions) -> Result<(), NoWindow> {
    let mut failures = Vec::new();
    for &renderer in options.renderer.order() {
        let native = NativeOptions {
            renderer,
            viewport: ViewportBuilder::default()
                .with_title("Ringside")
                .with_app_id("ringside")
                .with_inner_size(vec2(1180.0, 760.0))
                .with_min_inner_size(vec2(720.0, 480.0))
                .with_icon(icon()),
            ..NativeOptions::default()
        };
        let engine = Arc::clone(&engine);
        let close = options.close.clone();
        let password = options.password.clone();
        let outcome = eframe::run_native(
            "Ringside",
            native,
            Box::new(move |cc| {
                let graphics = if options.low_graphics {
                    Graphics::Low
                } else {
                    graphics(cc)
                };
                close.opened(&cc.egui_ctx);
                tracing::info!(?renderer, ?graphics, "the window is open");
                let mut app = WindowApp::new(cc, engine, close, graphics);
                app.fill_password(password);
                Ok(Box::new(app))
            }),
        );
        match outcome {
            Ok(()) => return Ok(()),
            // The other renderer needs a display too.
            Err(eframe::Error::WinitEventLoop(error)) => {
                tracing::warn!(%error, "no display");
                return Err(NoWindow(vec![
                    "there is no graphical session to open one in".to_owned(),
                ]));
            }
            Err(error) => {
                tracing::warn!(?renderer, %error, "cannot draw");
                failures.push(format!("{renderer:?} says {error}"));
            }
        }
    }
    Err(NoWindow(failures))
}

/// The application's icon; without it the system shows its own.
fn icon() -> IconData {
    eframe::icon_data::from_png_bytes(ringside_assets::APP_ICON).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::icon;

    #[test]
    fn the_icon_can_be_read() {
        assert_eq!((icon().width, icon().height), (128, 128));
    }
}
