//! Two clocks, one ring: how the engine's tick and a sound card stay together.
//!
//! The capture card paces the tick, so its own drift is zero by construction and
//! [`Resampler`] only converts its rate. Everything else is slaved: [`FillControl`] watches how full
//! the playout ring is and turns the error into a correction in parts per million, which bends the
//! resampler's ratio until the ring stays at its target.

mod control;
mod resample;

pub use control::FillControl;
pub use resample::Resampler;
