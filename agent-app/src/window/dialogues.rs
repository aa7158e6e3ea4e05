//! The content of the dialogues list: which rows, in which order, where. Made when the view or the search
//! changes, so that drawing 100,000 rows costs what 15 cost.

use std::time::Instant;

use agent_core::{QueueRowView, View};

use super::tokens::height;

/// What stands in one line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A heading with its count.
    Heading(Section, usize),
    /// One of the agent's own calls: index into [`View::calls`].
    Call(usize),
    /// One of the agent's conversations without a call here: index into [`View::personal`].
    Personal(usize),
    /// Index into [`View::waiting`].
    Waiting(usize),
    /// Index into [`View::connected`].
    Connected(usize),
    /// A section with nothing in it says so.
    Nothing(Section),
}

/// The sections of the list (F-200).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Mine.
    Personal,
    /// In my queues.
    Waiting,
    /// With other agents.
    Connected,
}

impl Section {
    /// Its heading.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Personal => "Personal",
            Self::Waiting => "Waiting",
            Self::Connected => "Connected",
        }
    }
}

/// The list.
#[derive(Debug, Default)]
pub struct Dialogues {
    /// What is searched for.
    pub query: String,
    entries: Vec<Entry>,
    tops: Vec<f32>,
    total: f32,
}

impl Dialogues {
    /// Makes the list anew.
    pub fn rebuild(&mut self, view: &View) {
        let words: Vec<String> = self.query.split_whitespace().map(str::to_lowercase).collect();
        let calls: Vec<usize> = (0..view.calls.len())
            .filter(|&index| {
                let call = &view.calls[index];
                matches(&words, &[&call.peer, &call.address, &call.source])
            })
            .collect();
        // A conversation with a call here is shown as that call.
        let here = |row: &QueueRowView| {
            let conversation = Some(row.conversation.as_str());
            view.calls
                .iter()
                .any(|call| call.conversation.as_deref() == conversation)
        };
        let mut own: Vec<Entry> = calls.into_iter().map(Entry::Call).collect();
        let personal = rows(&view.personal, &words);
        own.extend(
            personal
                .into_iter()
                .filter(|&index| !here(&view.personal[index]))
                .map(Entry::Personal),
        );
        let waiting = rows(&view.waiting, &words);
        let connected = rows(&view.connected, &words);

        self.entries.clear();
        self.section(Section::Personal, own.into_iter());
        self.section(Section::Waiting, waiting.into_iter().map(Entry::Waiting));
        self.section(Section::Connected, connected.into_iter().map(Entry::Connected));
        self.tops.clear();
        self.total = 0.0;
        for entry in &self.entries {
            self.tops.push(self.total);
            self.total += entry_height(*entry);
        }
    }

    fn section(&mut self, section: Section, rows: impl ExactSizeIterator<Item = Entry>) {
        let count = rows.len();
        self.entries.push(Entry::Heading(section, count));
        self.entries.extend(rows);
        if count == 0 {
            self.entries.push(Entry::Nothing(section));
        }
    }

    /// Height of the whole list, in points.
    pub const fn total_height(&self) -> f32 {
        self.total
    }

    /// How many entries there are.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is nothing at all; never true once built.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries that lie between two heights, with their tops.
    pub fn between(&self, top: f32, bottom: f32) -> impl Iterator<Item = (f32, Entry)> + '_ {
        let first = self.tops.partition_point(|&start| start <= top).saturating_sub(1);
        self.tops[first.min(self.tops.len())..]
            .iter()
            .zip(&self.entries[first.min(self.entries.len())..])
            .take_while(move |(start, _)| **start < bottom)
            .map(|(start, entry)| (*start, *entry))
    }
}

/// How high an entry is.
pub const fn entry_height(entry: Entry) -> f32 {
    match entry {
        Entry::Heading(..) => height::SECTION,
        Entry::Nothing(_) => 36.0,
        Entry::Call(_) | Entry::Personal(_) | Entry::Waiting(_) | Entry::Connected(_) => height::ROW,
    }
}

/// Matching rows, longest first (F-203).
fn rows(all: &[QueueRowView], words: &[String]) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..all.len())
        .filter(|&index| {
            let row = &all[index];
            let agent = row.agent.as_deref().unwrap_or_default();
            matches(words, &[&row.caller, &row.address, &row.skill, &row.ucc, agent])
        })
        .collect();
    let reference: Option<Instant> = all.iter().map(|row| row.since.at).max();
    if let Some(reference) = reference {
        rows.sort_by_key(|&index| std::cmp::Reverse(all[index].since.elapsed(reference)));
    }
    rows
}

/// Every word occurs in one of the fields; digits match numbers however they are spaced.
fn matches(words: &[String], fields: &[&str]) -> bool {
    words.iter().all(|word| {
        let digits: String = word.chars().filter(char::is_ascii_digit).collect();
        fields.iter().any(|field| {
            field.to_lowercase().contains(word)
                || (digits.len() > 2
                    && digits.len() == word.chars().filter(|c| c.is_alphanumeric()).count()
                    && field
                        .chars()
                        .filter(char::is_ascii_digit)
                        .collect::<String>()
                        .contains(&digits))
        })
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use agent_core::Stopwatch;

    use super::*;

    fn row(caller: &str, skill: &str, waited: u64, at: Instant) -> QueueRowView {
        QueueRowView {
            conversation: caller.to_owned(),
            caller: caller.to_owned(),
            address: "sip:+442079460123@example.org".to_owned(),
            skill: skill.to_owned(),
            ucc: "Demo".to_owned(),
            since: Stopwatch {
                at,
                already: Duration::from_secs(waited),
            },
            agent: None,
            can_take: true,
        }
    }

    fn list(query: &str, waiting: Vec<QueueRowView>) -> Vec<Entry> {
        let view = View {
            waiting,
            ..View::default()
        };
        let mut dialogues = Dialogues {
            query: query.to_owned(),
            ..Dialogues::default()
        };
        dialogues.rebuild(&view);
        dialogues.entries
    }

    #[test]
    fn f_203_longest_waiting_is_first() {
        let at = Instant::now();
        let entries = list(
            "",
            vec![row("Ada", "Sales", 5, at), row("Grace", "Sales", 60, at)],
        );
        let order: Vec<Entry> = entries
            .into_iter()
            .filter(|entry| matches!(entry, Entry::Waiting(_)))
            .collect();
        assert_eq!(order, [Entry::Waiting(1), Entry::Waiting(0)]);
    }

    #[test]
    fn search_finds_names_skills_and_numbers() {
        let at = Instant::now();
        let found = |query: &str| {
            list(query, vec![row("Ada Lovelace", "Sales", 5, at)])
                .into_iter()
                .any(|entry| matches!(entry, Entry::Waiting(_)))
        };
        assert!(found(""));
        assert!(found("love"));
        assert!(found("SALES ada"));
        assert!(found("020-7946") || found("20-7946"));
        assert!(!found("billing"));
        assert!(!found("ada billing"));
    }

    #[test]
    fn only_what_is_visible_is_walked() {
        let at = Instant::now();
        let waiting = (0..100_000)
            .map(|index| row(&format!("Caller {index}"), "Sales", index, at))
            .collect();
        let view = View {
            waiting,
            ..View::default()
        };
        let mut dialogues = Dialogues::default();
        dialogues.rebuild(&view);
        let shown = dialogues.between(1_000_000.0, 1_000_600.0).count();
        assert!((11..=14).contains(&shown), "{shown} rows for 600 points");
        assert!(dialogues.between(0.0, 10.0).next() == Some((0.0, Entry::Heading(Section::Personal, 0))));
    }
}
