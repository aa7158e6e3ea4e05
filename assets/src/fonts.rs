//! The bundled typefaces (OFL-1.1 and ISC, see `fonts/LICENSE-*`), cut down by `make-fonts.py`.

/// Inter Regular: body text. Latin, Greek and Cyrillic.
pub const INTER_REGULAR: &[u8] = include_bytes!("../fonts/Inter-Regular.otf");

/// Inter SemiBold: titles, names and timers.
pub const INTER_SEMIBOLD: &[u8] = include_bytes!("../fonts/Inter-SemiBold.otf");

/// Lucide: one glyph for each [`crate::icons::Icon`], 1,000 units square.
pub const LUCIDE: &[u8] = include_bytes!("../fonts/Lucide.ttf");
