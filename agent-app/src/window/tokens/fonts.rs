//! Inter and Lucide, installed once. Characters they lack come from the system's fonts (eframe).

use std::sync::Arc;

use egui::{Context, FontData, FontDefinitions, FontFamily, FontId, FontTweak};
use ringside_assets::fonts as files;

const SEMIBOLD: &str = "semibold";
const ICONS: &str = "icons";

/// Installs the bundled fonts.
pub fn install_fonts(ctx: &Context) {
    let mut fonts = FontDefinitions::empty();
    let mut add = |name: &str, data: FontData| {
        fonts.font_data.insert(name.to_owned(), Arc::new(data));
    };
    add("inter", FontData::from_static(files::INTER_REGULAR));
    add("inter-semibold", FontData::from_static(files::INTER_SEMIBOLD));
    // Lucide glyphs sit on a square from ascender to descender: no optical shift is needed.
    add(
        ICONS,
        FontData::from_static(files::LUCIDE).tweak(FontTweak {
            hinting: Some(false),
            ..FontTweak::default()
        }),
    );
    let family = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    fonts
        .families
        .insert(FontFamily::Proportional, family(&["inter"]));
    fonts.families.insert(FontFamily::Monospace, family(&["inter"]));
    fonts.families.insert(
        FontFamily::Name(SEMIBOLD.into()),
        family(&["inter-semibold", "inter"]),
    );
    fonts
        .families
        .insert(FontFamily::Name(ICONS.into()), family(&[ICONS]));
    ctx.set_fonts(fonts);
}

/// Inter SemiBold.
pub(super) fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(SEMIBOLD.into()))
}

/// Lucide, `size` points square.
pub fn icon_font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(ICONS.into()))
}
