//! The tokens as an egui style, for what egui draws itself: text fields, popups, scroll bars.

use std::collections::BTreeMap;

use agent_core::Theme;
use egui::{
    Context, CornerRadius, Margin, Shadow, Stroke, Style, TextStyle, Visuals,
    style::{ScrollStyle, Selection, WidgetVisuals, Widgets},
    vec2,
};

use super::{Tokens, Type, height, radius, space, tokens};

/// How much the machine may be asked to draw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Graphics {
    /// There is a graphics processor.
    #[default]
    Full,
    /// Pixels are made by the processor: the caret does not blink and meters move twice a second.
    Low,
}

/// Gives the context the styles of both themes and chooses one.
pub fn apply(ctx: &Context, theme: Theme, graphics: Graphics) {
    ctx.set_style_of(egui::Theme::Dark, style(tokens(Theme::Dark), graphics));
    ctx.set_style_of(egui::Theme::Light, style(tokens(Theme::Light), graphics));
    ctx.set_theme(match theme {
        Theme::Dark => egui::Theme::Dark,
        Theme::Light => egui::Theme::Light,
    });
}

fn style(tokens: &Tokens, graphics: Graphics) -> Style {
    let mut style = Style {
        text_styles: BTreeMap::from([
            (TextStyle::Heading, Type::Title.font()),
            (TextStyle::Body, Type::Body.font()),
            (TextStyle::Button, Type::Row.font()),
            (TextStyle::Small, Type::Small.font()),
            (TextStyle::Monospace, Type::Body.font()),
        ]),
        // Nothing moves by itself: a full repaint in software costs 12 ms of processor time.
        animation_time: 0.0,
        visuals: visuals(tokens, graphics),
        ..Style::default()
    };
    style.spacing.item_spacing = vec2(space::S, space::S);
    style.spacing.button_padding = vec2(space::M, space::S);
    style.spacing.interact_size = vec2(space::XL, space::L);
    style.spacing.menu_margin = Margin::same(8);
    style.spacing.window_margin = Margin::same(16);
    style.spacing.tooltip_width = 320.0;
    style.spacing.scroll = ScrollStyle {
        bar_width: 8.0,
        ..ScrollStyle::floating()
    };
    style.interaction.selectable_labels = false;
    style.scroll_animation = egui::style::ScrollAnimation::none();
    style
}

fn visuals(tokens: &Tokens, graphics: Graphics) -> Visuals {
    let base = match tokens.theme {
        Theme::Dark => Visuals::dark(),
        Theme::Light => Visuals::light(),
    };
    let widget = |fill, line, text| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, line),
        corner_radius: CornerRadius::same(radius::BUTTON),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let mut visuals = Visuals {
        override_text_color: None,
        weak_text_color: Some(tokens.weak),
        widgets: Widgets {
            noninteractive: widget(tokens.card, tokens.line, tokens.text),
            inactive: widget(tokens.field, tokens.line, tokens.text),
            hovered: widget(tokens.hover, tokens.line, tokens.text),
            active: widget(tokens.selected, tokens.accent, tokens.text),
            open: widget(tokens.selected, tokens.line, tokens.text),
        },
        selection: Selection {
            bg_fill: tokens.selected,
            stroke: Stroke::new(height::FOCUS, tokens.accent),
        },
        hyperlink_color: tokens.accent,
        faint_bg_color: tokens.hover,
        extreme_bg_color: tokens.field,
        text_edit_bg_color: Some(tokens.field),
        warn_fg_color: tokens.warn_fg,
        error_fg_color: tokens.bad_fg,
        window_corner_radius: CornerRadius::same(radius::CARD),
        window_shadow: Shadow::NONE,
        window_fill: tokens.card,
        window_stroke: Stroke::new(1.0, tokens.line),
        menu_corner_radius: CornerRadius::same(radius::CARD),
        panel_fill: tokens.canvas,
        popup_shadow: Shadow::NONE,
        interact_cursor: None,
        ..base
    };
    visuals.text_cursor.blink = graphics == Graphics::Full;
    visuals.text_cursor.stroke = Stroke::new(height::FOCUS, tokens.accent);
    visuals
}
