//! WCAG 2.2 contrast of every pair of colours that meets on screen, in every theme.

use agent_core::Theme;
use egui::Color32;

use super::{Tokens, tokens};

fn luminance(color: Color32) -> f64 {
    let channel = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(color.r()) + 0.7152 * channel(color.g()) + 0.0722 * channel(color.b())
}

fn contrast(one: Color32, other: Color32) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Text on its ground: 4.5:1 (1.4.3).
fn text_pairs(t: &Tokens) -> Vec<(&'static str, Color32, Color32)> {
    let mut pairs = vec![
        ("on_rail on rail", t.on_rail, t.rail),
        ("on_rail on rail_selected", t.on_rail, t.rail_selected),
        ("rail_accent on rail", t.rail_accent, t.rail),
        ("rail_accent on rail_selected", t.rail_accent, t.rail_selected),
        ("on_accent on accent", t.on_accent, t.accent),
        ("on_fill on ok_fill", t.on_fill, t.ok_fill),
        ("on_fill on bad_fill", t.on_fill, t.bad_fill),
        ("on_warn on warn_fill", t.on_warn, t.warn_fill),
        ("on_avatar on avatar", t.on_avatar, t.avatar),
    ];
    let grounds = [
        ("canvas", t.canvas),
        ("card", t.card),
        ("field", t.field),
        ("hover", t.hover),
        ("selected", t.selected),
    ];
    let inks = [
        ("text", t.text),
        ("weak", t.weak),
        ("accent", t.accent),
        ("warn_fg", t.warn_fg),
        ("bad_fg", t.bad_fg),
        ("ok_fg", t.ok_fg),
    ];
    for (ground, below) in grounds {
        for (ink, above) in inks {
            let name: &'static str = Box::leak(format!("{ink} on {ground}").into_boxed_str());
            pairs.push((name, above, below));
        }
    }
    pairs
}

/// What tells a control from its surroundings: 3:1 (1.4.11).
fn edge_pairs(t: &Tokens) -> Vec<(&'static str, Color32, Color32)> {
    vec![
        ("field_line on canvas", t.field_line, t.canvas),
        ("field_line on card", t.field_line, t.card),
        ("field_line on field", t.field_line, t.field),
        ("focus ring on rail", t.rail_accent, t.rail),
        ("focus ring on canvas", t.accent, t.canvas),
        ("presence dot on card", t.ok_fg, t.card),
        ("meter on its track", t.ok_fg, t.field),
        ("toggle knob on field", t.text, t.field),
    ]
}

#[test]
fn d_005_text_contrast_is_aa_in_every_theme() {
    for theme in [Theme::Dark, Theme::Light] {
        for (name, above, below) in text_pairs(tokens(theme)) {
            let ratio = contrast(above, below);
            assert!(ratio >= 4.5, "{theme:?}: {name} is {ratio:.2}:1, needs 4.5:1");
        }
    }
}

#[test]
fn d_005_control_edges_are_told_apart_in_every_theme() {
    for theme in [Theme::Dark, Theme::Light] {
        for (name, above, below) in edge_pairs(tokens(theme)) {
            let ratio = contrast(above, below);
            assert!(ratio >= 3.0, "{theme:?}: {name} is {ratio:.2}:1, needs 3:1");
        }
    }
}
