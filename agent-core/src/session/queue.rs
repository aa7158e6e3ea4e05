//! The dialogues lists: waiting, personal, connected (F-200).

use std::collections::BTreeMap;

use contact_api::{
    frame::Op,
    model::{ConversationState, QueueRow},
};
use serde_json::{Value, json};

use super::{Session, clock::ServerClock, outbox::Purpose};
use crate::{CommandError, Notification, Output, QueueRowView, Token, View};

/// Conversations an agent can see.
#[derive(Debug)]
pub(super) struct Queue {
    rows: BTreeMap<String, QueueRow>,
    /// The lists are to be made anew.
    changed: bool,
    /// Who is in them has changed, or they have never been told.
    news: bool,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            changed: false,
            news: true,
        }
    }
}

impl Queue {
    pub(super) fn set(&mut self, row: QueueRow) {
        if row.state == ConversationState::Ended {
            self.remove(&row.conversation);
        } else if self.rows.get(&row.conversation) != Some(&row) {
            self.rows.insert(row.conversation.clone(), row);
            self.touch();
            self.news = true;
        }
    }

    pub(super) fn remove(&mut self, conversation: &str) {
        if self.rows.remove(conversation).is_some() {
            self.touch();
            self.news = true;
        }
    }

    /// What the rows mean has changed (the clock, the link), though they have not.
    pub(super) fn touch(&mut self) {
        self.changed = true;
    }

    pub(super) fn replace(&mut self, rows: Vec<QueueRow>) {
        let alive = |row: &QueueRow| row.state != ConversationState::Ended;
        let rows: BTreeMap<String, QueueRow> = rows
            .into_iter()
            .filter(alive)
            .map(|row| (row.conversation.clone(), row))
            .collect();
        self.news |= rows != self.rows;
        self.rows = rows;
        self.touch();
    }

    /// The rows of one list, in its order: longest first.
    fn list(&self, belongs: impl Fn(&QueueRow) -> bool) -> Vec<&QueueRow> {
        let mut rows: Vec<&QueueRow> = self.rows.values().filter(|r| belongs(r)).collect();
        rows.sort_by_key(|r| started(r));
        rows
    }
}

const fn started(row: &QueueRow) -> u64 {
    match row.answered_at {
        Some(at) => at,
        None => row.enqueued_at,
    }
}

const fn waits(row: &QueueRow) -> bool {
    matches!(
        row.state,
        ConversationState::Waiting | ConversationState::Offering
    )
}

impl Session {
    pub(super) fn take_from_queue(&mut self, token: Option<Token>, conversation: String) {
        self.ask_center(token, Op::QueueTake { conversation }, Purpose::Nothing);
    }

    pub(super) fn list_queue(&mut self, token: Option<Token>) {
        if !self.center.is_signed_in() {
            let problem = "you are not signed in to a contact centre";
            return self.refuse(token, CommandError::WrongState(problem.into()));
        }
        if let Some(error) = self.unreachable() {
            return self.refuse(token, error);
        }
        let now = self.now;
        let list = |rows: &[QueueRowView]| -> Vec<Value> {
            let row = |r: &QueueRowView| {
                let mut row = json!({
                    "conversation": r.conversation, "caller": r.address, "ucc": r.ucc, "skill": r.skill,
                    "since_ms": u64::try_from(r.since.elapsed(now).as_millis()).unwrap_or(u64::MAX),
                });
                if r.caller != r.address {
                    row["name"] = json!(r.caller);
                }
                if let Some(agent) = &r.agent {
                    row["agent"] = json!(agent);
                }
                row
            };
            rows.iter().map(row).collect()
        };
        let lists = json!({
            "waiting": list(&self.view.waiting),
            "connected": list(&self.view.connected),
            "personal": list(&self.view.personal),
        });
        self.give(token, lists);
    }

    /// Rebuilds the lists when something changed, and says so once.
    pub(super) fn settle_queue(&mut self) {
        let Some((queue, me, clock, up)) = self.center.queue() else {
            if !(self.view.waiting.is_empty()
                && self.view.connected.is_empty()
                && self.view.personal.is_empty())
            {
                clear(&mut self.view);
                self.revision += 1;
            }
            return;
        };
        let Some(clock) = clock else { return };
        if !std::mem::take(&mut queue.changed) {
            return;
        }
        let news = std::mem::take(&mut queue.news);
        let mine = |r: &QueueRow| r.agent_address.as_deref() == Some(me);
        let connected = |r: &QueueRow| r.state == ConversationState::Connected;
        let show = |rows: Vec<&QueueRow>| {
            rows.into_iter()
                .map(|r| row_view(r, clock, up))
                .collect::<Vec<_>>()
        };
        self.view.waiting = show(queue.list(waits));
        self.view.personal = show(queue.list(|r| connected(r) && mine(r)));
        self.view.connected = show(queue.list(|r| connected(r) && !mine(r)));
        self.revision += 1;
        let (waiting, connected) = (self.view.waiting.len(), self.view.connected.len());
        if news {
            self.out
                .push(Output::Notify(Notification::QueueChanged { waiting, connected }));
        }
    }
}

fn clear(view: &mut View) {
    view.waiting.clear();
    view.connected.clear();
    view.personal.clear();
}

fn row_view(row: &QueueRow, clock: ServerClock, up: bool) -> QueueRowView {
    QueueRowView {
        conversation: row.conversation.clone(),
        caller: row
            .caller
            .name
            .clone()
            .unwrap_or_else(|| row.caller.address.clone()),
        address: row.caller.address.clone(),
        skill: row.skill_name.clone(),
        ucc: row.ucc_name.clone(),
        since: clock.since(started(row)),
        agent: row.agent.clone(),
        can_take: up && row.state == ConversationState::Waiting,
    }
}
