//! The list pane: Personal, Waiting and Connected (F-200…F-203), search, Take on the row.

use std::time::Duration;

use agent_core::{CallPhase, CallView, Command, ConnectionView, QueueRowView, action};
use egui::{Align2, Color32, Rect, ScrollArea, Ui, pos2, vec2};
use ringside_assets::icons::Icon;

use crate::window::{
    dialogues::{Entry, Section, entry_height},
    local::Local,
    scene::Scene,
    tokens::{Tokens, Type, space},
    widgets::{ListRow, RowButton, Text, search_field, spoken, state_pane},
};

/// A wait past this is amber: over the service level.
pub const LONG_WAIT: Duration = Duration::from_secs(20);
/// A wait past this is red.
pub const TOO_LONG: Duration = Duration::from_secs(60);

/// Draws the pane.
pub fn show(ui: &mut Ui, scene: &Scene<'_>, local: &mut Local, out: &mut Vec<Command>) {
    let tokens = scene.tokens;
    let area = ui.max_rect();
    ui.painter().rect_filled(area, 0, tokens.card);
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(area.shrink2(vec2(space::M, 0.0))));
    let ui = &mut inner;
    ui.spacing_mut().item_spacing.y = space::S;
    ui.add_space(space::M);
    ui.add(Text::new("Dialogues", Type::Title, tokens.text));
    let keys = action::SEARCH.shortcut.unwrap_or_default();
    let search = search_field(ui, &mut local.dialogues.query, "Search", keys, tokens);
    if std::mem::take(&mut local.focus_search) {
        search.request_focus();
    }
    if search.changed() {
        local.dialogues.rebuild(scene.view);
    }

    let (reads, sentence) = match &scene.view.connection {
        ConnectionView::Connecting => (false, "The queue appears as soon as the contact centre answers"),
        ConnectionView::Offline => (false, "You are signed out of the contact centre"),
        ConnectionView::Limited { .. } => (false, "It comes back with the contact centre"),
        ConnectionView::Up | ConnectionView::Phoneless { .. } => (true, ""),
    };
    if !reads
        && scene.view.waiting.is_empty()
        && scene.view.connected.is_empty()
        && scene.view.calls.is_empty()
    {
        let (sign, title) = match scene.view.connection {
            ConnectionView::Connecting => (Icon::RefreshCw, "Connecting"),
            _ => (Icon::WifiOff, "No queue"),
        };
        state_pane(ui, sign, title, sentence, None, tokens);
        return;
    }
    list(ui, scene, local, out);
}

fn list(ui: &mut Ui, scene: &Scene<'_>, local: &mut Local, out: &mut Vec<Command>) {
    let open = scene.open_call(local.chosen).map(|call| call.call);
    let mut choose = None;
    ScrollArea::vertical()
        .auto_shrink(false)
        .show_viewport(ui, |ui, visible| {
            ui.set_height(local.dialogues.total_height() + space::M);
            let (left, top, width) = (ui.max_rect().left(), ui.max_rect().top(), ui.max_rect().width());
            for (start, entry) in local.dialogues.between(visible.top(), visible.bottom()) {
                let rect = Rect::from_min_size(pos2(left, top + start), vec2(width, entry_height(entry)));
                match entry {
                    Entry::Heading(section, count) => heading(ui, rect, section, count, scene.tokens),
                    Entry::Nothing(section) => nothing(ui, rect, section, local, scene.tokens),
                    Entry::Call(index) => {
                        let call = &scene.view.calls[index];
                        let position = (index + 1, scene.view.calls.len());
                        if own_row(ui, rect, call, open == Some(call.call), position, scene) {
                            choose = Some(call.call);
                        }
                    }
                    Entry::Waiting(index) => {
                        let row = &scene.view.waiting[index];
                        if queue_row(ui, rect, row, (index + 1, scene.view.waiting.len()), true, scene) {
                            out.push(Command::TakeFromQueue(row.conversation.clone()));
                        }
                    }
                    Entry::Personal(index) => {
                        let row = &scene.view.personal[index];
                        let position = (index + 1, scene.view.personal.len());
                        queue_row(ui, rect, row, position, false, scene);
                    }
                    Entry::Connected(index) => {
                        let row = &scene.view.connected[index];
                        queue_row(
                            ui,
                            rect,
                            row,
                            (index + 1, scene.view.connected.len()),
                            false,
                            scene,
                        );
                    }
                }
            }
        });
    if choose.is_some() {
        local.chosen = choose;
    }
}

fn heading(ui: &mut Ui, rect: Rect, section: Section, count: usize, tokens: &Tokens) {
    let y = rect.center().y + 2.0;
    Text::new(section.label(), Type::Section, tokens.weak).at(ui, pos2(rect.left(), y), Align2::LEFT_CENTER);
    let count = count.to_string();
    ui.painter().text(
        pos2(rect.right(), y),
        Align2::RIGHT_CENTER,
        count,
        Type::Section.font(),
        tokens.weak,
    );
}

fn nothing(ui: &mut Ui, rect: Rect, section: Section, local: &Local, tokens: &Tokens) {
    let sentence = match section {
        _ if !local.dialogues.query.trim().is_empty() => "Nothing found",
        Section::Personal => "You have no conversation",
        Section::Waiting => "Nobody is waiting",
        Section::Connected => "No colleague is in a conversation",
    };
    let at = pos2(rect.left() + space::M, rect.center().y - 4.0);
    Text::new(sentence, Type::Small, tokens.weak).at(ui, at, Align2::LEFT_CENTER);
}

fn own_row(
    ui: &mut Ui,
    rect: Rect,
    call: &CallView,
    selected: bool,
    position: (usize, usize),
    scene: &Scene<'_>,
) -> bool {
    let tokens = scene.tokens;
    let elapsed = call.since.elapsed(scene.now);
    let (icon, state) = match (call.phase, call.held.is_some()) {
        (_, true) => (Icon::CirclePause, "On hold"),
        (CallPhase::Calling | CallPhase::Ringing, _) => (Icon::PhoneOutgoing, "Calling"),
        (CallPhase::Connecting, _) => (Icon::Phone, "Connecting"),
        (CallPhase::Ending, _) => (Icon::PhoneOff, "Ending"),
        (CallPhase::Connected, _) => (Icon::Phone, ""),
    };
    let source = if call.source.is_empty() {
        call.address.as_str()
    } else {
        call.source.as_str()
    };
    let detail = if state.is_empty() {
        source.to_owned()
    } else {
        format!("{state} · {source}")
    };
    let row = ListRow {
        id: egui::Id::unique(("own", call.call)),
        title: &call.peer,
        detail: &detail,
        icon,
        timer: Some((
            elapsed,
            if call.held.is_some() {
                tokens.warn_fg
            } else {
                tokens.weak
            },
            None,
        )),
        button: None,
        selected,
        clickable: true,
        name: format!("{}, {detail}, {}", call.peer, spoken(elapsed)),
        position,
    };
    row.show(ui, rect, tokens).row.clicked()
}

/// Draws a row of the queue; gives whether Take was pressed.
fn queue_row(
    ui: &mut Ui,
    rect: Rect,
    row: &QueueRowView,
    position: (usize, usize),
    waits: bool,
    scene: &Scene<'_>,
) -> bool {
    let tokens = scene.tokens;
    let elapsed = row.since.elapsed(scene.now);
    let detail = match &row.agent {
        Some(agent) => format!("{agent} · {}", row.skill),
        None => format!("{} · {}", row.skill, row.ucc),
    };
    let (color, sign, word) = if waits {
        ageing(elapsed, tokens)
    } else {
        (tokens.weak, None, "")
    };
    let verb = if waits { "waiting" } else { "connected for" };
    let take_name = format!("Take {}", row.caller);
    let list_row = ListRow {
        id: egui::Id::unique(("queue", waits, &row.conversation)),
        title: &row.caller,
        detail: &detail,
        icon: if waits { Icon::PhoneIncoming } else { Icon::Phone },
        timer: Some((elapsed, color, sign)),
        button: (waits && row.can_take).then_some(RowButton {
            label: "Take",
            name: &take_name,
            refusal: scene.take_refusal(),
        }),
        selected: false,
        clickable: false,
        name: format!("{}, {detail}, {verb} {}{word}", row.caller, spoken(elapsed)),
        position,
    };
    list_row.show(ui, rect, tokens).button_clicked
}

/// Colour, icon and words of a wait: never colour alone.
pub fn ageing(elapsed: Duration, tokens: &Tokens) -> (Color32, Option<Icon>, &'static str) {
    if elapsed >= TOO_LONG {
        (tokens.bad_fg, Some(Icon::TriangleAlert), ", too long")
    } else if elapsed >= LONG_WAIT {
        (tokens.warn_fg, Some(Icon::Hourglass), ", long")
    } else {
        (tokens.weak, None, "")
    }
}
