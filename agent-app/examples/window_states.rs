//! Shows the real window with canned views, for looking at: no engine, no server, no sound.
//!
//! ```text
//! cargo run -p agent-app --example window_states -- [STATE] [--light] [--wgpu] [--play]
//! ```
//!
//! STATE is `sign-in`, `ready`, `talking`, `held`, `ring`, `ring2` or `trouble`. Commands go to stderr and the few
//! that change the picture (theme, hold, mute, accept, ignore) are carried out. `--play` rings again three seconds
//! after each offer is gone, so that the pop-up can be tried with the window minimised.

#[path = "../tests/window/fixtures.rs"]
mod fixtures;

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use agent_app::window::{Engine, RendererChoice, WindowOptions, run};
use agent_core::{Command, ConnectionView, Stopwatch, Theme, View};

type OnChange = Box<dyn Fn() + Send + Sync>;

struct Canned {
    view: Mutex<Arc<View>>,
    on_change: OnceLock<OnChange>,
}

impl Canned {
    fn change(&self, change: impl FnOnce(&mut View)) {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut view));
        drop(view);
        if let Some(call) = self.on_change.get() {
            call();
        }
    }
}

impl Engine for Canned {
    fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn send(&self, command: Command) {
        eprintln!("{command:?}");
        self.change(|view| match command {
            Command::SetTheme(theme) => view.theme = theme,
            Command::Mute(_) | Command::Unmute(_) => {
                for call in &mut view.calls {
                    call.muted = !call.muted;
                }
            }
            Command::Hold(_) | Command::Resume(_) => {
                for call in &mut view.calls {
                    call.held = match call.held {
                        Some(_) => None,
                        None => Some(Stopwatch::starting(Instant::now())),
                    };
                }
            }
            Command::AcceptOffer(id) | Command::IgnoreOffer(id) => {
                view.offers.retain(|offer| offer.offer.as_ref() != Some(&id));
            }
            Command::DismissToast(id) => view.toasts.retain(|toast| toast.id != id),
            Command::SignOut { .. } => *view = fixtures::signed_out(view.theme),
            Command::SignIn { .. } => *view = fixtures::ready(Instant::now(), view.theme),
            _ => {}
        });
    }

    fn on_change(&self, call: OnChange) {
        if self.on_change.set(call).is_err() {
            eprintln!("a second window");
        }
    }
}

fn main() {
    let started = Instant::now();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let theme = if has("--light") { Theme::Light } else { Theme::Dark };
    let state = arguments
        .iter()
        .find(|argument| !argument.starts_with("--"))
        .map_or("ready", String::as_str);
    let now = Instant::now();
    let mut view = match state {
        "sign-in" => fixtures::signed_out(theme),
        "ready" => fixtures::ready(now, theme),
        "ring" => fixtures::ringing(now, theme, 1),
        "ring2" => fixtures::ringing(now, theme, 2),
        _ => fixtures::talking(now, theme),
    };
    if state == "held" {
        view.calls[0].held = Some(fixtures::since(now, 55));
    }
    if state == "trouble" {
        view.connection = ConnectionView::Limited {
            reason: "The contact centre does not answer; calls still work".into(),
        };
        view.calls[0].trouble = Some("Nothing has been heard from the other side for 4 s".into());
        view.calls[0].remote_held = true;
        view.calls[0].muted = true;
        view.toasts = fixtures::toasts();
    }
    let engine = Arc::new(Canned {
        view: Mutex::new(Arc::new(view)),
        on_change: OnceLock::new(),
    });
    if has("--play") {
        let engine = Arc::clone(&engine);
        let player = std::thread::Builder::new().name("player".into()).spawn(move || {
            loop {
                std::thread::sleep(Duration::from_secs(3));
                if engine.view().offers.is_empty() {
                    eprintln!("ring at {:?}", started.elapsed());
                    engine
                        .change(|view| view.offers = fixtures::ringing(Instant::now(), view.theme, 1).offers);
                }
            }
        });
        if let Err(error) = player {
            eprintln!("cannot play: {error}");
        }
    }
    let renderer = match (has("--wgpu"), has("--glow")) {
        (true, _) => RendererChoice::Wgpu,
        (_, true) => RendererChoice::Glow,
        _ => RendererChoice::Auto,
    };
    if let Err(error) = run(
        engine,
        WindowOptions {
            renderer,
            ..WindowOptions::default()
        },
    ) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
