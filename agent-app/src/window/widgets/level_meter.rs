//! A level meter: loudness in dBFS on a bar of steps.

use egui::{Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::window::tokens::Tokens;

const STEPS: u8 = 16;

/// Where a level lies between silence (−60 dBFS) and full scale.
pub fn fraction(dbfs: f32) -> f32 {
    if dbfs.is_finite() {
        ((dbfs + 60.0) / 60.0).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// Draws a meter `width` wide. The last quarter is amber: too loud.
pub fn level_meter(ui: &mut Ui, width: f32, dbfs: f32, name: &str, tokens: &Tokens) {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 8.0), Sense::hover());
    let level = fraction(dbfs);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Meter, true, name);
        info.value = Some(f64::from((level * 100.0).round()));
        info
    });
    let lit = level * f32::from(STEPS);
    let step = (width + 2.0) / f32::from(STEPS);
    for index in 0..STEPS {
        let left = rect.left() + step * f32::from(index);
        let cell = Rect::from_min_max(pos2(left, rect.top()), pos2(left + step - 2.0, rect.bottom()));
        let color = match index {
            index if f32::from(index) + 0.5 > lit => tokens.field,
            index if index >= STEPS - 4 => tokens.warn_fg,
            _ => tokens.ok_fg,
        };
        ui.painter().rect_filled(cell, 2, color);
    }
}

#[cfg(test)]
mod tests {
    use super::fraction;

    #[test]
    fn silence_is_nothing_and_full_scale_is_all() {
        assert_eq!(fraction(-127.0), 0.0);
        assert_eq!(fraction(f32::NEG_INFINITY), 0.0);
        assert_eq!(fraction(f32::NAN), 0.0);
        assert_eq!(fraction(-30.0), 0.5);
        assert_eq!(fraction(0.0), 1.0);
        assert_eq!(fraction(6.0), 1.0);
    }
}
