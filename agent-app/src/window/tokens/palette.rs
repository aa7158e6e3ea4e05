//! The colours of each theme.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the one place where colours are made"
)]

use agent_core::Theme;
use egui::Color32;

/// The colours of one theme. `fg` colours are for text and icons on surfaces, `fill` colours for areas
/// that carry [`Tokens::on_fill`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tokens {
    /// Which theme this is.
    pub theme: Theme,
    /// The side bar.
    pub rail: Color32,
    /// Text and icons on the side bar.
    pub on_rail: Color32,
    /// The chosen entry of the side bar.
    pub rail_selected: Color32,
    /// Text and icons of the chosen entry.
    pub rail_accent: Color32,
    /// Behind the cards.
    pub canvas: Color32,
    /// Cards and the list pane.
    pub card: Color32,
    /// Fields and quiet buttons.
    pub field: Color32,
    /// The edge of a text field: 3:1 against what is around it.
    pub field_line: Color32,
    /// A row under the pointer.
    pub hover: Color32,
    /// The chosen row.
    pub selected: Color32,
    /// Lines between areas, 1 px; decoration only.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Secondary text.
    pub weak: Color32,
    /// Links, the chosen tab, focus.
    pub accent: Color32,
    /// Text on an accent area.
    pub on_accent: Color32,
    /// Accept.
    pub ok_fill: Color32,
    /// Good, as text or icon.
    pub ok_fg: Color32,
    /// Hang up, ignore.
    pub bad_fill: Color32,
    /// Bad, as text or icon.
    pub bad_fg: Color32,
    /// Text on `ok_fill` and `bad_fill`.
    pub on_fill: Color32,
    /// The hold button while held.
    pub warn_fill: Color32,
    /// Text on `warn_fill`.
    pub on_warn: Color32,
    /// A long wait, as text or icon.
    pub warn_fg: Color32,
    /// An avatar's circle.
    pub avatar: Color32,
    /// An avatar's initials.
    pub on_avatar: Color32,
    /// The veil behind a dialog.
    pub veil: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    let [_, red, green, blue] = hex.to_be_bytes();
    Color32::from_rgb(red, green, blue)
}

const DARK: Tokens = Tokens {
    theme: Theme::Dark,
    rail: rgb(0x10_12_14),
    on_rail: rgb(0xB4_BB_C3),
    rail_selected: rgb(0x24_30_3F),
    rail_accent: rgb(0x7D_B7_FF),
    canvas: rgb(0x16_18_1B),
    card: rgb(0x1C_1F_23),
    field: rgb(0x26_2A_30),
    field_line: rgb(0x6E_77_82),
    hover: rgb(0x2A_2F_36),
    selected: rgb(0x22_35_4D),
    line: rgb(0x31_36_3D),
    text: rgb(0xE8_EB_EE),
    weak: rgb(0x9D_A6_B0),
    accent: rgb(0x5A_A2_FF),
    on_accent: rgb(0x06_12_1F),
    ok_fill: rgb(0x1E_7F_43),
    ok_fg: rgb(0x5F_CB_86),
    bad_fill: rgb(0xB9_32_29),
    bad_fg: rgb(0xFF_8A_80),
    on_fill: rgb(0xFF_FF_FF),
    warn_fill: rgb(0xF2_B8_4B),
    on_warn: rgb(0x1F_16_00),
    warn_fg: rgb(0xF2_B8_4B),
    avatar: rgb(0x32_4B_70),
    on_avatar: rgb(0xE8_EB_EE),
    veil: Color32::from_black_alpha(140),
};

const LIGHT: Tokens = Tokens {
    theme: Theme::Light,
    rail: rgb(0x17_30_4F),
    on_rail: rgb(0xD5_E0_EC),
    rail_selected: rgb(0x2A_4A_72),
    rail_accent: rgb(0xA9_D0_FF),
    canvas: rgb(0xF5_F7_F9),
    card: rgb(0xFF_FF_FF),
    field: rgb(0xEB_EF_F3),
    field_line: rgb(0x7C_86_91),
    hover: rgb(0xEE_F3_F8),
    selected: rgb(0xE1_ED_FA),
    line: rgb(0xD6_DC_E2),
    text: rgb(0x1B_1F_24),
    weak: rgb(0x5A_64_70),
    accent: rgb(0x0B_5C_AD),
    on_accent: rgb(0xFF_FF_FF),
    ok_fill: rgb(0x1E_7F_43),
    ok_fg: rgb(0x1B_75_3D),
    bad_fill: rgb(0xB9_32_29),
    bad_fg: rgb(0xB4_2B_23),
    on_fill: rgb(0xFF_FF_FF),
    warn_fill: rgb(0xF2_B8_4B),
    on_warn: rgb(0x1F_16_00),
    warn_fg: rgb(0x85_57_00),
    avatar: rgb(0xD3_E2_F1),
    on_avatar: rgb(0x0B_55_A0),
    veil: Color32::from_black_alpha(110),
};

/// The colours of a theme.
pub const fn tokens(theme: Theme) -> &'static Tokens {
    match theme {
        Theme::Dark => &DARK,
        Theme::Light => &LIGHT,
    }
}
