//! Fonts, icons, ring tones, voices and demo data.

pub mod fonts;
pub mod icons;
pub mod speech;

/// The application's icon: 128×128 PNG with alpha.
pub const APP_ICON: &[u8] = include_bytes!("../icons/ringside-128.png");
