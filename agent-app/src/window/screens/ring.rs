//! The incoming call (F-030…F-034): who, from which skill, how long they have waited, how long it rings.
//! Accept and Ignore have their place; a further offer stacks below and moves neither.

use agent_core::{Command, OfferView, action};
use egui::{Align2, Rect, Role, Ui, UiBuilder, accesskit::Live, pos2, vec2};
use ringside_assets::icons::Icon;

use super::dialogues::ageing;
use crate::window::{
    scene::Scene,
    tokens::{Type, height, space},
    widgets::{Avatar, Button, IconButton, Kind, Text, clock, progress_line, spoken},
};

/// At most this many further offers get a row.
pub const ROWS: usize = 2;

/// What a further row adds.
pub fn window_height(offers: usize) -> f32 {
    let rows = u8::try_from(offers.saturating_sub(1).min(ROWS)).unwrap_or(0);
    height::RING + f32::from(rows) * height::RING_ROW
}

/// Draws the offers into `rect`, whose top is the first offer's. Nothing happens until the guard is `open`.
pub fn show(ui: &mut Ui, rect: Rect, scene: &Scene<'_>, open: bool, out: &mut Vec<Command>) {
    let Some(first) = scene.first_offer() else { return };
    let builder = UiBuilder::new()
        .max_rect(rect)
        .accessibility_role(Role::AlertDialog)
        .accessibility_label("Incoming call");
    ui.scope_builder(builder, |ui| {
        let edge = egui::Stroke::new(1.0, scene.tokens.accent);
        ui.painter()
            .rect(rect, 0, scene.tokens.card, edge, egui::StrokeKind::Inside);
        let card = Rect::from_min_size(rect.min, vec2(rect.width(), height::RING));
        offer(ui, card, first, open, scene, out);
        for (index, offer) in scene.view.offers.iter().skip(1).take(ROWS).enumerate() {
            let top = card.bottom() + height::RING_ROW * f32::from(u8::try_from(index).unwrap_or(0));
            let row = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), height::RING_ROW));
            further(ui, row, offer, scene.view.offers.len(), index, open, scene, out);
        }
    });
}

fn offer(ui: &mut Ui, rect: Rect, offer: &OfferView, open: bool, scene: &Scene<'_>, out: &mut Vec<Command>) {
    let tokens = scene.tokens;
    let inner = rect.shrink(space::L);
    let waited = offer.waited.elapsed(scene.now);
    Avatar::new(&offer.caller, 52.0, tokens).paint(ui, pos2(inner.left() + 28.0, inner.top() + 29.0));

    let left = inner.left() + 64.0;
    let width = inner.right() - left;
    let wait = if offer.offer.is_some() {
        format!("   waiting {}", clock(waited))
    } else {
        String::new()
    };
    let top_line = format!("{}{wait}", offer.source);
    let (_, _, age) = ageing(waited, tokens);
    let spoken_line = if wait.is_empty() {
        offer.source.clone()
    } else {
        format!("{}, waiting {}{age}", offer.source, spoken(waited))
    };
    Text::new(&top_line, Type::Timer, tokens.accent)
        .width(width)
        .name(spoken_line)
        .at(ui, pos2(left, inner.top() + 2.0), Align2::LEFT_TOP);
    let name = Text::new(&offer.caller, Type::Title, tokens.text)
        .width(width)
        .name(announcement(offer))
        .at(ui, pos2(left, inner.top() + 17.0), Align2::LEFT_TOP);
    ui.ctx()
        .accesskit_node_builder(name.id, |node| node.set_live(Live::Assertive));
    if offer.address != offer.caller {
        Text::new(&offer.address, Type::Small, tokens.weak)
            .width(width)
            .at(ui, pos2(left, inner.top() + 43.0), Align2::LEFT_TOP);
    }

    let line = Rect::from_min_size(pos2(inner.left(), inner.top() + 66.0), vec2(inner.width(), 4.0));
    if let Some(deadline) = offer.deadline {
        let whole = deadline.saturating_duration_since(offer.started).as_secs_f32();
        let left = deadline.saturating_duration_since(scene.now).as_secs_f32();
        let part = if whole > 0.0 { left / whole } else { 0.0 };
        progress_line(ui, line, part, "Time left to answer", tokens);
    }

    let half = vec2((inner.width() - space::S) / 2.0, height::CONTROL);
    let bottom = inner.bottom() - half.y;
    let accept = Rect::from_min_size(pos2(inner.left(), bottom), half);
    let ignore = Rect::from_min_size(pos2(inner.left() + half.x + space::S, bottom), half);
    let can_accept = offer.call.is_some();
    let accept = Button::new(action::ACCEPT.label, Kind::Good, tokens)
        .icon(Icon::Phone)
        .shortcut(action::ACCEPT.shortcut)
        .enabled(can_accept)
        .put(ui, accept);
    let accept = if can_accept {
        accept
    } else {
        accept.on_hover_text("The call is on its way to your phone")
    };
    if accept.clicked() && open {
        out.extend(accept_command(offer));
    }
    let ignore = Button::new(action::IGNORE.label, Kind::Bad, tokens)
        .icon(Icon::PhoneOff)
        .shortcut(action::IGNORE.shortcut)
        .put(ui, ignore);
    if ignore.clicked() && open {
        out.extend(ignore_command(offer));
    }
}

#[expect(clippy::too_many_arguments, reason = "one row of a list drawn in one place")]
fn further(
    ui: &mut Ui,
    rect: Rect,
    offer: &OfferView,
    offers: usize,
    index: usize,
    open: bool,
    scene: &Scene<'_>,
    out: &mut Vec<Command>,
) {
    let tokens = scene.tokens;
    ui.painter()
        .hline(rect.x_range(), rect.top(), egui::Stroke::new(1.0, tokens.line));
    let inner = rect.shrink2(vec2(space::L, 0.0));
    let hidden = offers.saturating_sub(1 + ROWS);
    let more = if index + 1 == ROWS && hidden > 0 {
        format!("   and {hidden} more")
    } else {
        String::new()
    };
    let width = inner.width() - 80.0;
    Text::new(&offer.caller, Type::Row, tokens.text)
        .width(width)
        .name(announcement(offer))
        .at(ui, pos2(inner.left(), rect.top() + 6.0), Align2::LEFT_TOP);
    let waited = offer.waited.elapsed(scene.now);
    let detail = format!("{}   {}{more}", offer.source, clock(waited));
    Text::new(&detail, Type::Small, tokens.weak).width(width).at(
        ui,
        pos2(inner.left(), rect.bottom() - 7.0),
        Align2::LEFT_BOTTOM,
    );

    let size = 32.0;
    let buttons = Rect::from_min_size(
        pos2(
            inner.right() - 2.0 * size - space::S,
            rect.center().y - size / 2.0,
        ),
        vec2(2.0 * size + space::S, size),
    );
    let mut ui = ui.new_child(
        UiBuilder::new()
            .max_rect(buttons)
            .layout(egui::Layout::left_to_right(egui::Align::Center)),
    );
    ui.spacing_mut().item_spacing.x = space::S;
    let accept = format!("Accept {}", offer.caller);
    let accept = IconButton::new(Icon::Phone, &accept, tokens)
        .good()
        .size(size)
        .enabled(offer.call.is_some());
    if ui.add(accept).clicked() && open {
        out.extend(accept_command(offer));
    }
    let ignore = format!("Ignore {}", offer.caller);
    if ui
        .add(IconButton::new(Icon::PhoneOff, &ignore, tokens).bad().size(size))
        .clicked()
        && open
    {
        out.extend(ignore_command(offer));
    }
}

/// What a screen reader says when it rings.
pub fn announcement(offer: &OfferView) -> String {
    format!("Incoming call: {}, {}", offer.caller, offer.source)
}

/// Accepts an offer, once its call is here.
pub fn accept_command(offer: &OfferView) -> Option<Command> {
    match (&offer.offer, offer.call) {
        (_, None) => None,
        (Some(id), Some(_)) => Some(Command::AcceptOffer(id.clone())),
        (None, Some(call)) => Some(Command::Answer(call)),
    }
}

/// Ignores an offer: it stays in the queue. A direct call is told that we are busy.
pub fn ignore_command(offer: &OfferView) -> Option<Command> {
    match (&offer.offer, offer.call) {
        (Some(id), _) => Some(Command::IgnoreOffer(id.clone())),
        (None, Some(call)) => Some(Command::Reject { call, status: 486 }),
        (None, None) => None,
    }
}
