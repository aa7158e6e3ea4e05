//! The window, driven by role and name without a window system. The harness fails by itself when a control
//! has no name, a glyph is missing or something never stops repainting.

mod calls;
mod closing;
mod fixtures;
mod house;
mod ringing;
mod sign_in;
mod snapshots;
mod stage;
mod trouble;
