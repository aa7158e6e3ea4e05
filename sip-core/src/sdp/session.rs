//! The local session description over the life of a call: whose turn, who holds whom, which version.
//!
//! ```text
//!              offer                       offered
//!  LocalOffer ◄────── Stable ──────────────────────► RemoteOffer
//!      │   answered /    ▲ ▲     answer / refuse_offer    │
//!      └── withdraw ─────┘ └──────────────────────────────┘
//! ```
//!
//! A failed exchange changes nothing: hold, media and version stay as before (RFC 3264 §8).

use bytes::Bytes;

use super::{
    Codec, Direction, LocalMedia, NegotiatedMedia, Origin, Reject, Shape,
    negotiate::{self, Answered},
};

/// An offer or answer at the wrong moment (RFC 3264 §4): 491 when the peer offers into our own offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an offer is already under way")]
pub struct WrongTurn;

/// Offer/answer state of one call.
#[derive(Clone, Debug)]
pub struct Session {
    origin: Origin,
    local: LocalMedia,
    shape: Shape,
    turn: Turn,
    local_hold: bool,
    remote_hold: bool,
    agreed: Option<NegotiatedMedia>,
    /// The last description sent, as version `origin.version`.
    sent: Option<Bytes>,
}

#[derive(Clone, Debug)]
enum Turn {
    Stable,
    LocalOffer { hold: bool, direction: Direction },
    RemoteOffer { sdp: Bytes },
}

impl Session {
    /// Before the first offer. `id` is random and goes into `o=`.
    pub fn new(id: u64, local: LocalMedia) -> Self {
        // Some peers read both numbers of o= as signed 64-bit integers.
        let origin = Origin {
            id: id >> 2,
            version: 1,
        };
        Self {
            origin,
            local,
            shape: Shape::default(),
            turn: Turn::Stable,
            local_hold: false,
            remote_hold: false,
            agreed: None,
            sent: None,
        }
    }

    /// We hold the peer.
    pub const fn local_hold(&self) -> bool {
        self.local_hold
    }

    /// The peer holds us.
    pub const fn remote_hold(&self) -> bool {
        self.remote_hold
    }

    /// What is agreed now; `None` before the first exchange is complete.
    pub const fn media(&self) -> Option<&NegotiatedMedia> {
        self.agreed.as_ref()
    }

    /// Our side as last described or set.
    pub const fn local(&self) -> &LocalMedia {
        &self.local
    }

    /// Whether no exchange is under way.
    pub const fn is_stable(&self) -> bool {
        matches!(self.turn, Turn::Stable)
    }

    /// The last description we sent, for retransmissions and for 200s that repeat a reliable 18x.
    pub const fn last_sent(&self) -> Option<&Bytes> {
        self.sent.as_ref()
    }

    /// Replaces our side (new address, other codecs) for the next offer or answer. Formats already agreed keep
    /// their payload types (RFC 3264 §8.3.2).
    pub fn set_local(&mut self, local: LocalMedia) {
        self.local = local;
        self.keep_numbers();
    }

    /// Makes an offer; `hold` is what we want from now on.
    ///
    /// # Errors
    /// When an exchange is under way.
    pub fn offer(&mut self, hold: bool) -> Result<Bytes, WrongTurn> {
        if !self.is_stable() {
            return Err(WrongTurn);
        }
        let wanted = self.local.direction.held(hold);
        // Holding a peer that holds us: nothing flows. Otherwise the peer's answer says whether it goes on holding.
        let direction = Direction::new(wanted.sends() && !(hold && self.remote_hold), wanted.receives());
        let sdp = negotiate::offer(&self.local, self.origin, &self.shape, direction);
        let sdp = match self.is_repeat(&sdp) {
            true => sdp,
            false => {
                self.origin.version += 1;
                negotiate::offer(&self.local, self.origin, &self.shape, direction)
            }
        };
        self.turn = Turn::LocalOffer { hold, direction };
        self.sent = Some(sdp.clone());
        Ok(sdp)
    }

    /// Takes the answer to our offer. A refused answer ends the exchange and changes nothing.
    ///
    /// # Errors
    /// When the answer cannot be used.
    pub fn answered(&mut self, sdp: &[u8]) -> Result<&NegotiatedMedia, Reject> {
        let Turn::LocalOffer { hold, direction } = std::mem::replace(&mut self.turn, Turn::Stable) else {
            return Err(Reject::Shape);
        };
        let (media, theirs) = negotiate::accept_answer(sdp, &self.local, &self.shape, direction)?;
        self.local_hold = hold;
        if direction.sends() {
            self.remote_hold = !theirs.receives();
        }
        Ok(self.agreed.insert(media))
    }

    /// Our offer was refused or is given up: back to what was.
    pub fn withdraw(&mut self) {
        if matches!(self.turn, Turn::LocalOffer { .. }) {
            self.turn = Turn::Stable;
        }
    }

    /// Takes an offer of the peer; answer it with [`answer`](Self::answer) or [`refuse_offer`](Self::refuse_offer).
    ///
    /// # Errors
    /// When an exchange is under way: answer 491 for an offer that crosses ours, 500 with Retry-After for a second
    /// one (RFC 3261 §14.2).
    pub fn offered(&mut self, sdp: Bytes) -> Result<(), WrongTurn> {
        if !self.is_stable() {
            return Err(WrongTurn);
        }
        self.turn = Turn::RemoteOffer { sdp };
        Ok(())
    }

    /// Answers the peer's offer; a hold of ours stays (`local_hold` and `remote_hold` are independent).
    ///
    /// # Errors
    /// When there is nothing to agree on; the session is then what it was. `Reject::Shape` when nothing was offered.
    pub fn answer(&mut self) -> Result<Bytes, Reject> {
        let Turn::RemoteOffer { sdp } = std::mem::replace(&mut self.turn, Turn::Stable) else {
            return Err(Reject::Shape);
        };
        let mut done = negotiate::answer(&sdp, &self.local, self.origin, self.local_hold)?;
        if !self.is_repeat(&done.sdp) {
            self.origin.version += 1;
            done = negotiate::answer(&sdp, &self.local, self.origin, self.local_hold)?;
        }
        let Answered {
            sdp,
            media,
            shape,
            offered,
        } = done;
        self.shape = shape;
        self.remote_hold = !offered.receives();
        self.agreed = Some(media);
        self.keep_numbers();
        self.sent = Some(sdp.clone());
        Ok(sdp)
    }

    /// The peer's offer is refused (488 or 491): back to what was.
    pub fn refuse_offer(&mut self) {
        if matches!(self.turn, Turn::RemoteOffer { .. }) {
            self.turn = Turn::Stable;
        }
    }

    /// Whether a description with the present version says just what was sent last. The first is no repeat, but
    /// has the version already.
    fn is_repeat(&self, sdp: &Bytes) -> bool {
        self.sent.as_ref().is_none_or(|sent| sent == sdp)
    }

    /// Gives agreed formats the payload types they arrive under, and moves others out of their way.
    fn keep_numbers(&mut self) {
        let Some(agreed) = &self.agreed else {
            return;
        };
        let same =
            |a: &Codec, b: &Codec| a.name.eq_ignore_ascii_case(&b.name) && a.clock_rate == b.clock_rate;
        let fixed: Vec<u8> = agreed.receive.iter().map(|c| c.payload_type).collect();
        let mut taken = fixed.clone();
        taken.extend(self.local.codecs.iter().map(|c| c.payload_type));
        for codec in &mut self.local.codecs {
            if let Some(known) = agreed.receive.iter().find(|c| same(c, codec)) {
                codec.payload_type = known.payload_type;
            } else if fixed.contains(&codec.payload_type)
                && let Some(free) = (96..=127).find(|pt| !taken.contains(pt))
            {
                codec.payload_type = free;
                taken.push(free);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::negotiate::tests::{local, sdp},
        *,
    };

    fn body(direction: &str) -> Bytes {
        sdp(&format!("m=audio 4000 RTP/AVP 0\r\na={direction}\r\n")).into()
    }

    fn talking() -> Session {
        let mut session = Session::new(400, local());
        session.offer(false).unwrap();
        session.answered(&body("sendrecv")).unwrap();
        session
    }

    fn version(sdp: &Bytes) -> u64 {
        std::str::from_utf8(sdp)
            .unwrap()
            .split_whitespace()
            .nth(3)
            .unwrap()
            .parse()
            .unwrap()
    }

    #[test]
    fn the_version_grows_with_changes_and_stays_on_refresh() {
        let mut session = Session::new(400, local());
        let first = session.offer(false).unwrap();
        session.answered(&body("sendrecv")).unwrap();
        let refresh = session.offer(false).unwrap();
        assert_eq!(first, refresh);
        session.answered(&body("sendrecv")).unwrap();
        let hold = session.offer(true).unwrap();
        assert_eq!(version(&hold), version(&first) + 1);
        session.answered(&body("recvonly")).unwrap();
        session.offered(body("sendrecv")).unwrap();
        assert!(version(&session.answer().unwrap()) > version(&hold));
    }

    #[test]
    fn the_two_holds_are_independent() {
        let mut session = talking();
        session.offer(true).unwrap();
        session.answered(&body("recvonly")).unwrap();
        assert_eq!((session.local_hold(), session.remote_hold()), (true, false));
        session.offered(body("inactive")).unwrap();
        session.answer().unwrap();
        assert_eq!((session.local_hold(), session.remote_hold()), (true, true));
        session.offer(false).unwrap();
        session.answered(&body("sendonly")).unwrap();
        assert_eq!((session.local_hold(), session.remote_hold()), (false, true));
        assert_eq!(session.media().unwrap().direction, Direction::RecvOnly);
        session.offered(body("sendrecv")).unwrap();
        session.answer().unwrap();
        assert_eq!((session.local_hold(), session.remote_hold()), (false, false));
        assert_eq!(session.media().unwrap().direction, Direction::SendRecv);
    }

    #[test]
    fn a_peer_that_resumes_stays_on_our_hold() {
        let mut session = talking();
        session.offer(true).unwrap();
        session.answered(&body("recvonly")).unwrap();
        session.offered(body("sendrecv")).unwrap();
        let answer = session.answer().unwrap();
        assert!(std::str::from_utf8(&answer).unwrap().contains("a=sendonly"));
        assert!(session.local_hold());
    }

    #[test]
    fn holding_a_peer_that_holds_us_is_inactive_and_forgets_nothing() {
        let mut session = talking();
        session.offered(body("sendonly")).unwrap();
        session.answer().unwrap();
        let offer = session.offer(true).unwrap();
        assert!(std::str::from_utf8(&offer).unwrap().contains("a=inactive"));
        session.answered(&body("inactive")).unwrap();
        assert_eq!((session.local_hold(), session.remote_hold()), (true, true));
    }

    #[test]
    fn a_refused_hold_changes_nothing() {
        let mut session = talking();
        let before = session.media().cloned();
        session.offer(true).unwrap();
        session.withdraw();
        assert_eq!(
            (session.local_hold(), session.media().cloned()),
            (false, before.clone())
        );
        session
            .offered(sdp("m=audio 4000 RTP/AVP 18\r\n").into())
            .unwrap();
        assert_eq!(session.answer(), Err(Reject::NoCodec));
        assert!(session.is_stable());
        assert_eq!(session.media().cloned(), before);
    }

    #[test]
    fn offers_do_not_cross() {
        let mut session = talking();
        session.offer(true).unwrap();
        assert_eq!(session.offered(body("sendrecv")), Err(WrongTurn));
        assert_eq!(session.offer(false), Err(WrongTurn));
        session.withdraw();
        session.offered(body("sendrecv")).unwrap();
        assert_eq!(session.offer(false), Err(WrongTurn));
        session.refuse_offer();
        assert_eq!(session.answer(), Err(Reject::Shape));
    }

    #[test]
    fn refused_lines_and_payload_types_stay_in_later_offers() {
        let mut session = Session::new(400, local());
        let offer =
            sdp("m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 112 0\r\na=rtpmap:112 opus/48000/2\r\n");
        session.offered(offer.into()).unwrap();
        session.answer().unwrap();
        let again = session.offer(false).unwrap();
        let text = std::str::from_utf8(&again).unwrap();
        assert!(
            text.contains("m=video 0 RTP/AVP 31\r\nm=audio 7000 RTP/AVP 112 0 8 96 101\r\n"),
            "{text}"
        );
        assert!(
            text.contains("a=rtpmap:112 opus/48000/2") && text.contains("a=rtpmap:96 telephone-event/48000")
        );
    }
}
