//! The side bar: the rooms there are, settings at the foot (F-230…). An item is absent when its room is.

use egui::{Align2, Color32, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use ringside_assets::icons::Icon;

use crate::window::{
    local::{Local, Room},
    scene::Scene,
    tokens::{Tokens, Type, height, radius, space},
    widgets::paint_icon,
};

/// Draws the side bar.
pub fn show(ui: &mut Ui, scene: &Scene<'_>, local: &mut Local) {
    let tokens = scene.tokens;
    let area = ui.max_rect();
    ui.painter().rect_filled(area, 0, tokens.rail);
    let left = area.left() + (height::RAIL - height::RAIL_ITEM) / 2.0;
    let size = vec2(height::RAIL_ITEM, height::RAIL_ITEM);
    let waiting = scene.view.waiting.len();
    let item = |room, icon, label, badge| Item {
        room,
        icon,
        label,
        badge,
    };

    let top = Rect::from_min_size(pos2(left, area.top() + space::S), size);
    let dialogues = item(Room::Dialogues, Icon::Inbox, "Dialogues", waiting);
    if dialogues.show(ui, top, local.room, tokens) {
        local.room = Room::Dialogues;
    }
    let foot = Rect::from_min_size(pos2(left, area.bottom() - space::S - size.y), size);
    let settings = item(Room::Settings, Icon::Settings, "Settings", 0);
    if settings.show(ui, foot, local.room, tokens) {
        local.room = Room::Settings;
    }
}

struct Item {
    room: Room,
    icon: Icon,
    label: &'static str,
    badge: usize,
}

impl Item {
    fn show(&self, ui: &Ui, rect: Rect, room: Room, tokens: &Tokens) -> bool {
        let chosen = room == self.room;
        let response = ui.interact(rect, ui.unique_id().with(self.label), Sense::click());
        let name = match self.badge {
            0 => self.label.to_owned(),
            count => format!("{}, {count} waiting", self.label),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Tab, true, &name));
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_selected(chosen));

        let painter = ui.painter();
        let ink: Color32 = if chosen {
            tokens.rail_accent
        } else {
            tokens.on_rail
        };
        if chosen || response.hovered() {
            painter.rect_filled(rect, radius::BUTTON, tokens.rail_selected);
        }
        if chosen {
            let mark = Rect::from_min_size(pos2(rect.left(), rect.top() + 14.0), vec2(3.0, 28.0));
            painter.rect_filled(mark, 2, tokens.rail_accent);
        }
        paint_icon(
            painter,
            pos2(rect.center().x, rect.top() + 20.0),
            self.icon,
            20.0,
            ink,
        );
        painter.text(
            pos2(rect.center().x, rect.bottom() - 13.0),
            Align2::CENTER_CENTER,
            self.label,
            Type::Tiny.font(),
            ink,
        );
        if self.badge > 0 {
            let text = if self.badge > 99 {
                "99+".to_owned()
            } else {
                self.badge.to_string()
            };
            let at = pos2(rect.right() - 13.0, rect.top() + 13.0);
            let width = if text.len() > 1 {
                10.0 + 5.0 * f32::from(u8::try_from(text.len()).unwrap_or(3))
            } else {
                17.0
            };
            painter.rect_filled(Rect::from_center_size(at, vec2(width, 17.0)), 9, tokens.bad_fill);
            painter.text(at, Align2::CENTER_CENTER, text, Type::Tiny.font(), tokens.on_fill);
        }
        crate::window::widgets::focus_ring(painter, &response, rect, radius::BUTTON, tokens.rail_accent);
        response.clicked()
    }
}
