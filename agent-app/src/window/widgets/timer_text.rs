//! Running times. Digits stand on fixed cells, so that "01:11" does not wobble.

use std::time::Duration;

use egui::{Align2, Color32, Painter, Pos2, Rect, pos2, vec2};

use crate::window::tokens::Type;

/// `01:52`, and `01:02:03` from an hour on.
pub fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours == 0 {
        format!("{minutes:02}:{seconds:02}")
    } else {
        format!("{hours:02}:{minutes:02}:{seconds:02}")
    }
}

/// `1 minute 52 seconds`, for screen readers.
pub fn spoken(elapsed: Duration) -> String {
    let unit = |count: u64, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        count => Some(format!("{count} {word}s")),
    };
    let seconds = elapsed.as_secs();
    let parts: Vec<String> = [
        unit(seconds / 3600, "hour"),
        unit(seconds / 60 % 60, "minute"),
        unit(seconds % 60, "second"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        "0 seconds".to_owned()
    } else {
        parts.join(" ")
    }
}

fn cells(painter: &Painter, style: Type) -> (f32, f32) {
    painter.fonts_mut(|fonts| {
        let font = style.font();
        let digit = ('0'..='9')
            .map(|digit| fonts.glyph_width(&font, digit))
            .fold(0.0, f32::max);
        (digit, fonts.glyph_width(&font, ':') + 1.0)
    })
}

/// How wide [`timer_text`] draws.
pub fn timer_width(painter: &Painter, elapsed: Duration, style: Type) -> f32 {
    let (digit, colon) = cells(painter, style);
    clock(elapsed)
        .chars()
        .map(|c| if c == ':' { colon } else { digit })
        .sum()
}

/// Draws the time with its `align` corner at `pos`; gives the area used.
pub fn timer_text(
    painter: &Painter,
    pos: Pos2,
    align: Align2,
    elapsed: Duration,
    style: Type,
    color: Color32,
) -> Rect {
    let (digit, colon) = cells(painter, style);
    let text = clock(elapsed);
    let width = text.chars().map(|c| if c == ':' { colon } else { digit }).sum();
    let height = painter.fonts_mut(|fonts| fonts.row_height(&style.font()));
    let area = align.anchor_size(pos, vec2(width, height));
    let mut x = area.left();
    for c in text.chars() {
        let cell = if c == ':' { colon } else { digit };
        painter.text(
            pos2(x + cell / 2.0, area.center().y),
            Align2::CENTER_CENTER,
            c,
            style.font(),
            color,
        );
        x += cell;
    }
    area
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_spoken() {
        let seconds = Duration::from_secs;
        assert_eq!(clock(seconds(0)), "00:00");
        assert_eq!(clock(seconds(112)), "01:52");
        assert_eq!(clock(seconds(3_661)), "01:01:01");
        assert_eq!(spoken(seconds(0)), "0 seconds");
        assert_eq!(spoken(seconds(61)), "1 minute 1 second");
        assert_eq!(spoken(seconds(7_200)), "2 hours");
    }
}
