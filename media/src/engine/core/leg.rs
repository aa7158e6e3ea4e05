//! One leg inside the engine: its RTP session, its way to the network, its place in a room.

use std::time::Instant;

use super::{super::api::LegId, meter::Meter};
use crate::{
    FRAME,
    engine::RoomId,
    mix::Member,
    session::{Destination, RtpSession},
};

/// The way out for a leg's packets.
pub(crate) trait Link {
    /// Sends one packet without waiting; what cannot be sent now is lost, as on any network.
    fn send(&mut self, packet: &[u8], to: Destination);
}

/// A leg and everything it needs in a tick.
pub(crate) struct Leg<L> {
    pub(super) id: LegId,
    pub(super) session: RtpSession,
    pub(super) link: L,
    pub(super) place: Option<(RoomId, Member)>,
    pub(super) muted: bool,
    /// What the peer says in this tick.
    pub(super) heard: [f32; FRAME],
    /// What the peer gets in this tick.
    pub(super) outgoing: [f32; FRAME],
    pub(super) heard_meter: Meter,
    pub(super) sent_meter: Meter,
    /// Ticks since it was added.
    pub(super) age: u64,
}

impl<L: Link> Leg<L> {
    /// A leg outside any room.
    pub(crate) fn new(id: LegId, session: RtpSession, link: L) -> Self {
        Self {
            id,
            session,
            link,
            place: None,
            muted: false,
            heard: [0.0; FRAME],
            outgoing: [0.0; FRAME],
            heard_meter: Meter::default(),
            sent_meter: Meter::default(),
            age: 0,
        }
    }

    /// Which leg it is.
    pub(crate) fn id(&self) -> LegId {
        self.id
    }

    /// The peer's next 10 ms into `heard`.
    pub(super) fn pull(&mut self, now: Instant) {
        self.session.pull(now, &mut self.heard);
        self.heard_meter.add(&self.heard);
    }

    /// Sends `outgoing`, which is of the moment `due`, and RTCP when that is due.
    pub(super) fn push(&mut self, due: Instant, now: Instant) {
        self.sent_meter.add(&self.outgoing);
        let link = &mut self.link;
        let mut sink = |packet: &[u8], to: Destination| link.send(packet, to);
        self.session.push(due, &self.outgoing, &mut sink);
        self.session.poll_rtcp(now, &mut sink);
    }

    /// Says RTCP BYE.
    pub(super) fn close(&mut self, now: Instant) {
        let link = &mut self.link;
        self.session
            .close(now, &mut |packet: &[u8], to: Destination| link.send(packet, to));
    }
}
