//! Design tokens: every colour, size and font of the window. Nothing else may name one.
//!
//! [`palette`] holds the colours of each theme, [`scale`] what all themes share (spacing, radii, heights,
//! type), [`style`] turns both into an egui style. Contrast of every pair that meets on screen is
//! tested in [`contrast`].

#[cfg(test)]
mod contrast;
mod fonts;
mod palette;
mod scale;
mod style;

pub use fonts::{icon_font, install_fonts};
pub use palette::{Tokens, tokens};
pub use scale::{Type, height, radius, space};
pub use style::{Graphics, apply};
