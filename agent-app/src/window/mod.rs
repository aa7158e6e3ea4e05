//! The window: what the agent sees.
//!
//! [`show`] draws a [`agent_core::View`] and collects the [`agent_core::Command`]s a person gives; it knows
//! no engine, so tests drive it without a window. [`run`] opens a real one for an [`Engine`].
//!
//! | looking for | open |
//! |---|---|
//! | colours, sizes, fonts | [`tokens`] |
//! | controls | [`widgets`] |
//! | pages, one file each | [`screens`] |
//! | what is typed, chosen, open | [`local`] |
//! | rows of the list, search | [`dialogues`] |
//! | keys | [`shortcuts`] |
//! | repaints, the minimised window | `app` |
//! | the incoming-call pop-up | `ring_window` |
//! | letters that follow a Tab | `typing` |
//! | closing: the question in a call, a signal | `close` |
//! | glow, wgpu, software | `renderer` |

mod app;
mod close;
pub mod dialogues;
mod engine;
mod frame;
pub mod local;
mod renderer;
mod ring_window;
mod run;
pub mod scene;
pub mod screens;
pub mod shortcuts;
pub mod tokens;
mod typing;
pub mod widgets;

pub use app::WindowApp;
pub use close::{CloseSignal, Closing};
pub use engine::Engine;
pub use frame::show;
pub use local::{Guard, Local, RING_GUARD, Room};
pub use renderer::{RendererChoice, UnknownRenderer};
pub use run::{NoWindow, WindowOptions, run};
pub use scene::{Beat, Scene};
