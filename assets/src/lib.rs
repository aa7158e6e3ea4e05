//! Fonts, icons, ring tones, voices and demo data.

pub mod speech;
