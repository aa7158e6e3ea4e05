//! One call as the session sees it.
//!
//! ```text
//!  out:  Opening ──leg──▶ Calling ──18x──▶ Ringing/Early ──2xx──▶ Confirmed ──▶ (ended)
//!  in:   Offered ──answer──▶ Answering ──ACK──▶ Confirmed ──▶ (ended)
//!  any phase ──hang up──▶ Ending ──▶ (ended)
//! ```

use std::time::Instant;

use sip_core::{
    agent::{AccountId, CallId},
    sdp::{LocalMedia, NegotiatedMedia},
    wire::{NameAddr, Uri},
};

use crate::{LegId, Levels, Token};

#[derive(Debug)]
pub(super) struct Call {
    pub(super) id: CallId,
    pub(super) account: Option<AccountId>,
    pub(super) outgoing: bool,
    /// Who is at the other end.
    pub(super) peer: NameAddr,
    pub(super) leg: LegId,
    /// Our media description, once the leg has its socket.
    pub(super) local: Option<Box<LocalMedia>>,
    pub(super) phase: Phase,
    /// What was last told of it, so that nothing is told twice.
    pub(super) told: Option<(&'static str, Option<u16>)>,
    /// It rings here with early media: the caller hears us already.
    pub(super) early: bool,
    /// What the leg's socket is awaited for.
    pub(super) wish: Option<Wish>,
    /// When and how it is answered without a person.
    pub(super) auto: Option<(Instant, u16)>,
    /// When the ringing ends by itself.
    pub(super) ring_until: Option<Instant>,
    pub(super) media: Option<Box<NegotiatedMedia>>,
    pub(super) local_hold: bool,
    pub(super) remote_hold: bool,
    /// Since when we hold the peer, as the person sees it.
    pub(super) held_since: Option<Instant>,
    /// A hold (`true`) or resume (`false`) under way.
    pub(super) hold_pending: Option<bool>,
    /// Commands answered by the next agreement or refusal.
    pub(super) waiting: Vec<(Token, Wanted)>,
    pub(super) muted: bool,
    /// Has microphone and ear.
    pub(super) connected: bool,
    /// Grows with every answer and resume: the newest has the microphone.
    pub(super) precedence: u64,
    pub(super) started: Instant,
    pub(super) answered: Option<Instant>,
    pub(super) levels: Levels,
    pub(super) trouble: Option<String>,
    /// The offer it carries.
    pub(super) offer: Option<String>,
    pub(super) conversation: Option<String>,
    /// Skill and UCC, for people.
    pub(super) source: String,
    /// Refused or hung up from here: its end is no news.
    pub(super) ended_here: bool,
    /// Refused from here although no person did: the status it goes out with, and why.
    pub(super) refusal: Option<(u16, String)>,
}

/// Where a call is.
#[derive(Debug)]
pub(super) enum Phase {
    /// We call; the leg has no socket yet.
    Opening {
        to: Box<NameAddr>,
        headers: Vec<(String, String)>,
    },
    Calling,
    Ringing,
    Early,
    /// Somebody calls; nobody has answered.
    Offered,
    /// 200 sent.
    Answering,
    Confirmed,
    Ending,
}

impl Phase {
    /// For error messages.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Opening { .. } | Self::Calling => "calling",
            Self::Ringing => "ringing at the other end",
            Self::Early => "in early media",
            Self::Offered => "ringing here",
            Self::Answering => "being answered",
            Self::Confirmed => "confirmed",
            Self::Ending => "being hung up",
        }
    }
}

/// What waits for the leg's socket.
#[derive(Debug)]
pub(super) enum Wish {
    Answer(Vec<Token>),
    EarlyMedia { status: u16 },
}

/// What a command waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Hold,
    Resume,
    Reinvite,
}

impl Call {
    pub(super) fn new(id: CallId, peer: NameAddr, leg: LegId, phase: Phase, now: Instant) -> Self {
        Self {
            id,
            account: None,
            outgoing: !matches!(phase, Phase::Offered),
            peer,
            leg,
            local: None,
            phase,
            told: None,
            early: false,
            wish: None,
            auto: None,
            ring_until: None,
            media: None,
            local_hold: false,
            remote_hold: false,
            held_since: None,
            hold_pending: None,
            waiting: Vec::new(),
            muted: false,
            connected: false,
            precedence: 0,
            started: now,
            answered: None,
            levels: Levels::SILENCE,
            trouble: None,
            offer: None,
            conversation: None,
            source: String::new(),
            ended_here: false,
            refusal: None,
        }
    }

    /// Whether it rings here and nobody has decided.
    pub(super) fn rings(&self) -> bool {
        matches!(self.phase, Phase::Offered) && !matches!(self.wish, Some(Wish::Answer(_)))
    }

    /// Whether the agent is busy with it.
    pub(super) const fn occupies(&self) -> bool {
        !matches!(self.phase, Phase::Offered | Phase::Ending)
    }

    /// Whether the contact centre has given it to us.
    pub(super) const fn is_of_center(&self) -> bool {
        self.conversation.is_some() || self.offer.is_some()
    }

    /// Whether microphone and ear may be given to it.
    pub(super) fn audible(&self) -> bool {
        let phase = match self.phase {
            Phase::Early | Phase::Answering | Phase::Confirmed => true,
            Phase::Offered => self.early,
            Phase::Opening { .. } | Phase::Calling | Phase::Ringing | Phase::Ending => false,
        };
        let held = self.hold_pending.unwrap_or(self.local_hold);
        phase && self.media.is_some() && !held
    }

    /// Name for people: display name, else user or number, else address.
    pub(super) fn name(&self) -> String {
        let name = self
            .peer
            .display_name
            .as_deref()
            .map(str::trim)
            .filter(|n| !n.is_empty());
        name.map(str::to_owned)
            .or_else(|| self.peer.uri.number().filter(|n| !n.is_empty()))
            .unwrap_or_else(|| self.address())
    }

    /// The peer's address for people.
    pub(super) fn address(&self) -> String {
        readable_address(&self.peer.uri)
    }
}

/// A number as a number; otherwise user and host, without what only machines need.
pub(super) fn readable_address(uri: &Uri) -> String {
    let is_number = |text: &String| text.len() > 2 && text.chars().all(|c| c.is_ascii_digit() || c == '+');
    match (uri.number().filter(is_number), &uri.user) {
        (Some(number), _) => number,
        (None, Some(user)) => format!("{user}@{}", uri.host),
        (None, None) => uri.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::readable_address;

    #[test]
    fn people_read_numbers_and_names_without_ports_and_parameters() {
        for (uri, text) in [
            ("sip:+442079460400@127.0.0.1:49600;transport=udp", "+442079460400"),
            ("tel:+31-20-1234567", "+31201234567"),
            ("sip:ada@example.com:5070;lr?Subject=x", "ada@example.com"),
            ("sip:example.com:5080", "sip:example.com:5080"),
        ] {
            assert_eq!(readable_address(&uri.parse().unwrap()), text);
        }
    }
}
