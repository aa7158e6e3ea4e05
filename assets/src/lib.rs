//! Fonts, icons, ring tones, voices and demo data.

pub mod fonts;
pub mod icons;
pub mod speech;
