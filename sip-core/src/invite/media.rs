//! Offers and answers of one call (RFC 3264, RFC 3261 §13.2.1): what the call adds to [`sdp::Session`].
//!
//! The callee's own description is not known before the owner answers, so the peer's offer waits here.
//! Early media is tried on a copy: the answer that counts is the one in the 2xx.

use bytes::Bytes;

use crate::sdp::{self, Direction, LocalMedia, NegotiatedMedia, Reject, WrongTurn};

#[derive(Debug)]
pub(super) struct Media {
    id: u64,
    session: Option<sdp::Session>,
    /// The books after early media, while the offer is still open.
    early: Option<sdp::Session>,
    /// The caller's offer, unanswered.
    offer: Option<Bytes>,
    /// Our side before a new description was offered.
    before: Option<LocalMedia>,
}

impl Media {
    /// The caller's side.
    pub(super) fn new(local: LocalMedia, id: u64) -> Self {
        Self {
            session: Some(sdp::Session::new(id, local)),
            ..Self::unknown(id)
        }
    }

    /// The callee's side, before the owner has answered.
    pub(super) fn unknown(id: u64) -> Self {
        Self {
            id,
            session: None,
            early: None,
            offer: None,
            before: None,
        }
    }

    pub(super) fn set_local(&mut self, local: LocalMedia) {
        match &mut self.session {
            Some(session) => session.set_local(local),
            None => self.session = Some(sdp::Session::new(self.id, local)),
        }
    }

    /// Keeps the caller's offer until the owner answers.
    pub(super) fn keep_offer(&mut self, offer: &Bytes) -> Result<(), Reject> {
        sdp::offered_direction(offer)?;
        self.offer = Some(offer.clone());
        Ok(())
    }

    /// What the caller offers, as the caller wrote it.
    pub(super) fn offered(&self) -> Option<Direction> {
        sdp::offered_direction(self.offer.as_ref()?).ok()
    }

    /// Answers the kept offer; `None` when there was none.
    pub(super) fn answer_kept(&mut self) -> Result<Option<Bytes>, Reject> {
        match self.offer.take() {
            Some(offer) => self.answer(&offer).map(Some),
            None => Ok(None),
        }
    }

    /// Answers an offer of the peer.
    pub(super) fn answer(&mut self, offer: &Bytes) -> Result<Bytes, Reject> {
        let session = self.session.as_mut().ok_or(Reject::Shape)?;
        session.offered(offer.clone()).map_err(|_| Reject::Shape)?;
        session.answer()
    }

    /// An offer with the hold we want from now on, and another description if there is one.
    pub(super) fn offer(&mut self, hold: bool, local: Option<LocalMedia>) -> Result<Bytes, WrongTurn> {
        let session = self.session.as_mut().ok_or(WrongTurn)?;
        if !session.is_stable() {
            return Err(WrongTurn);
        }
        if let Some(local) = local {
            self.before = Some(session.local().clone());
            session.set_local(local);
        }
        session.offer(hold)
    }

    /// Early media: understood for now, without closing the offer.
    pub(super) fn early_answer(&mut self, answer: &[u8]) -> Result<(), Reject> {
        let mut early = self.session.clone().ok_or(Reject::Shape)?;
        early.answered(answer)?;
        self.early = Some(early);
        Ok(())
    }

    /// The early answer is the final one: the 2xx repeats no description.
    pub(super) fn settle(&mut self) {
        if let Some(early) = self.early.take() {
            self.session = Some(early);
        }
    }

    /// The answer to our offer. One that cannot be used leaves everything as it was.
    pub(super) fn take_answer(&mut self, answer: &[u8]) -> Result<(), Reject> {
        self.early = None;
        let taken = match &mut self.session {
            Some(session) => session.answered(answer).map(|_| ()),
            None => Err(Reject::Shape),
        };
        match taken {
            Ok(()) => self.before = None,
            Err(_) => self.withdraw(),
        }
        taken
    }

    /// Our offer was refused: back to what was.
    pub(super) fn withdraw(&mut self) {
        if let Some(session) = &mut self.session {
            session.withdraw();
            if let Some(before) = self.before.take() {
                session.set_local(before);
            }
        }
    }

    fn books(&self) -> Option<&sdp::Session> {
        self.early.as_ref().or(self.session.as_ref())
    }

    pub(super) fn agreed(&self) -> Option<&NegotiatedMedia> {
        self.books()?.media()
    }

    /// We hold the peer.
    pub(super) fn local_hold(&self) -> bool {
        self.books().is_some_and(sdp::Session::local_hold)
    }

    /// The peer holds us.
    pub(super) fn remote_hold(&self) -> bool {
        self.books().is_some_and(sdp::Session::remote_hold)
    }
}
