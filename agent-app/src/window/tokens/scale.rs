//! Sizes shared by all themes, in points: spacing, radii, heights and the type scale.

use egui::FontId;

use super::fonts;

/// Spacing: a 4-point scale.
pub mod space {
    /// 2.
    pub const XXS: f32 = 2.0;
    /// 4.
    pub const XS: f32 = 4.0;
    /// 8.
    pub const S: f32 = 8.0;
    /// 12.
    pub const M: f32 = 12.0;
    /// 16.
    pub const L: f32 = 16.0;
    /// 24.
    pub const XL: f32 = 24.0;
    /// 32.
    pub const XXL: f32 = 32.0;
}

/// Corner radii.
pub mod radius {
    /// Chips and meters.
    pub const CHIP: u8 = 4;
    /// Buttons, rows and fields.
    pub const BUTTON: u8 = 8;
    /// Cards.
    pub const CARD: u8 = 12;
}

/// Heights and the fixed widths of the frame.
pub mod height {
    /// A row of two lines.
    pub const ROW: f32 = 52.0;
    /// A section heading in a list.
    pub const SECTION: f32 = 28.0;
    /// Text fields and plain buttons.
    pub const FIELD: f32 = 36.0;
    /// Call controls, square.
    pub const CONTROL: f32 = 44.0;
    /// The button on a row: the smallest target there is (WCAG 2.5.8).
    pub const ROW_BUTTON: f32 = 24.0;
    /// An entry of the side bar.
    pub const RAIL_ITEM: f32 = 56.0;
    /// The side bar's width.
    pub const RAIL: f32 = 72.0;
    /// The list pane's width.
    pub const LIST: f32 = 320.0;
    /// The top bar.
    pub const TOP_BAR: f32 = 52.0;
    /// The incoming-call pop-up's width.
    pub const RING_WIDTH: f32 = 380.0;
    /// The incoming-call pop-up.
    pub const RING: f32 = 164.0;
    /// A further offer under it.
    pub const RING_ROW: f32 = 48.0;
    /// The keyboard focus ring (WCAG 2.4.11).
    pub const FOCUS: f32 = 2.0;
}

/// The type scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// 20 semi-bold: the name in a header, the title of a pane.
    Title,
    /// 14 semi-bold: the first line of a row, buttons.
    Row,
    /// 13: sentences.
    Body,
    /// 13 semi-bold: words that matter in a sentence.
    Strong,
    /// 12: second lines.
    Small,
    /// 12 semi-bold: timers, chips.
    Timer,
    /// 11.5 semi-bold: section headings.
    Section,
    /// 10.5: labels of the side bar, shortcuts.
    Tiny,
    /// 18 semi-bold: initials in a large avatar.
    Initials,
}

impl Type {
    /// The font of this size.
    pub fn font(self) -> FontId {
        match self {
            Self::Title => fonts::semibold(20.0),
            Self::Initials => fonts::semibold(18.0),
            Self::Row => fonts::semibold(14.0),
            Self::Strong => fonts::semibold(13.0),
            Self::Body => FontId::proportional(13.0),
            Self::Timer => fonts::semibold(12.0),
            Self::Small => FontId::proportional(12.0),
            Self::Section => fonts::semibold(11.5),
            Self::Tiny => FontId::proportional(10.5),
        }
    }
}
