//! The entry: outputs, journal writing, and settling after each input.

use std::collections::VecDeque;

use super::{AgentId, ConversationId, Event, OfferId, Record, Roster, State};

/// The queue machine. Owned by one task.
#[derive(Debug)]
pub struct Acd {
    pub(super) roster: Roster,
    pub(super) state: State,
    outputs: VecDeque<Output>,
    /// The latest time seen; deadlines before it have been dealt with.
    settled_at: u64,
}

/// What the machine wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Append to the journal and tell whom it concerns.
    Record(Record),
    /// Ring the agent's station.
    StartOffer {
        /// The offer; its row is in [`State::offers`].
        offer: OfferId,
    },
    /// Stop ringing.
    CancelOffer {
        /// The offer.
        offer: OfferId,
        /// For the Reason header.
        reason: String,
    },
    /// Join the agent's leg with the customer's.
    Join {
        /// The conversation.
        conversation: ConversationId,
        /// The agent.
        agent: AgentId,
        /// The offer that won.
        offer: OfferId,
    },
    /// End every leg that is left.
    EndConversation {
        /// The conversation.
        conversation: ConversationId,
        /// In words.
        reason: String,
    },
    /// Music for the customer; the agent is out.
    ReturnToQueue {
        /// The conversation.
        conversation: ConversationId,
    },
    /// A bug: an event did not fit the tables. To be logged and shown as a health problem.
    Fault(String),
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such agent, UCC, conversation or offer.
    #[error("there is no {0}")]
    NotFound(String),
    /// It cannot be done now; the sentence names the state.
    #[error("{0}")]
    WrongState(String),
    /// Another agent was first, or the time was up.
    #[error("{0}")]
    LostRace(String),
    /// Not this agent's to do.
    #[error("{0}")]
    Forbidden(String),
}

impl Acd {
    /// A queue with nothing in it.
    pub fn new(roster: Roster) -> Self {
        Self::resume(roster, State::default())
    }

    /// A queue that goes on from replayed tables. Call [`Acd::restarted`] next when the legs of its
    /// conversations are gone.
    pub fn resume(roster: Roster, state: State) -> Self {
        Self {
            roster,
            state,
            outputs: VecDeque::new(),
            settled_at: 0,
        }
    }

    /// What is configured.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The tables.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The next thing to do, until `None`.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Time has passed; to be called at [`Acd::next_wake`] at the latest.
    pub fn tick(&mut self, now: u64) {
        self.settle(now);
    }

    /// Write an event: apply it and hand it out.
    pub(super) fn emit(&mut self, at: u64, event: Event) {
        let record = Record {
            seq: self.state.seq + 1,
            at,
            event,
        };
        if let Err(misfit) = self.state.apply(&record) {
            debug_assert!(false, "{misfit}");
            self.outputs.push_back(Output::Fault(misfit.to_string()));
        }
        self.outputs.push_back(Output::Record(record));
    }

    pub(super) const fn note_time(&mut self, now: u64) {
        self.settled_at = now;
    }

    pub(super) const fn last_settled(&self) -> u64 {
        self.settled_at
    }

    pub(super) fn output(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    /// After every input: what is due happens, then whoever is free is asked.
    pub(super) fn settle(&mut self, now: u64) {
        self.fire_due(now);
        self.hunt(now);
        debug_assert_eq!(self.check(), Ok(()));
    }
}
