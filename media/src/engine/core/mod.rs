//! One tick of the engine: pure, driven by the media thread and by tests in virtual time.
//!
//! ```text
//!  network ─▶ receive ─▶ pull ─┐                       ┌─▶ push ─▶ network
//!                    sounds ───┼─▶ rooms (N−1 mixes) ──┤
//!  microphone ─▶ voice ────────┘                       └─▶ speaker
//! ```
//!
//! The order is fixed: legs are pulled, sounds are added, the speaker's mix is made and shown to the
//! voice processor, the microphone is processed, and only then does each leg get its mix.

mod feed;
mod leg;
mod meter;
mod room;

use std::{collections::BTreeMap, net::SocketAddr, time::Instant};

use self::room::Room;
pub(crate) use self::{
    feed::Feed,
    leg::{Leg, Link},
};
use super::{
    api::{EngineEvent, FeedTarget, LegId, Levels, RoomId},
    command::{Command, DeviceFrames, Outlet, Retired},
};
use crate::{
    FRAME,
    mix::{Limiter, Mixer},
    session::SessionEvent,
    voice::VoiceProcessor,
};

/// Ticks between two level reports of a leg: ten a second.
const LEVEL_TICKS: u64 = 10;
/// Ticks between two publications of a leg's figures: ten a second.
const STATS_TICKS: u64 = 10;

/// Legs, rooms and sounds, and what happens to them in a tick.
pub(crate) struct Core<L> {
    legs: BTreeMap<LegId, Box<Leg<L>>>,
    rooms: Vec<Room>,
    feeds: Vec<Feed>,
    voice: Box<dyn VoiceProcessor>,
    call_limiter: Limiter,
    ring_limiter: Limiter,
}

impl<L: Link> Core<L> {
    /// Nothing to do yet.
    pub(crate) fn new(voice: Box<dyn VoiceProcessor>) -> Self {
        Self {
            legs: BTreeMap::new(),
            rooms: Vec::with_capacity(16),
            feeds: Vec::with_capacity(64),
            voice,
            call_limiter: Limiter::default(),
            ring_limiter: Limiter::default(),
        }
    }

    /// Takes a datagram that arrived for a leg at `at`; one for an unknown leg is dropped.
    pub(crate) fn receive(&mut self, leg: LegId, at: Instant, from: SocketAddr, packet: &[u8]) {
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.session.receive(at, from, packet);
        }
    }

    /// Somebody talks or listens here, or something rings.
    pub(crate) fn needs_device(&self) -> bool {
        self.rooms.iter().any(|room| room.device.is_some())
            || self
                .feeds
                .iter()
                .any(|feed| matches!(feed.target, FeedTarget::Device(_)))
    }

    /// No leg and no sound: a tick would do nothing.
    pub(crate) fn is_idle(&self) -> bool {
        self.legs.is_empty() && self.feeds.is_empty() && !self.needs_device()
    }

    /// The devices changed: the echo path is another one.
    pub(crate) fn device_changed(&mut self) {
        self.voice.reset();
    }

    /// Does what the owner asked; [`Command::Shutdown`] removes every leg.
    pub(crate) fn command(&mut self, now: Instant, command: Command<L>, out: &mut dyn Outlet<L>) {
        match command {
            Command::AddLeg(leg) => {
                let id = leg.id;
                out.stats(id, leg.session.stats());
                if let Some(old) = self.legs.insert(id, leg) {
                    tracing::warn!(leg = id.0, "a leg was added twice: the first is dropped");
                    self.vacate(old.place, out);
                    out.retire(Retired::Leg(old));
                }
            }
            Command::UpdateLeg(id, params) => {
                if let Some(leg) = self.legs.get_mut(&id) {
                    leg.session.update(now, (*params).clone());
                    out.stats(id, leg.session.stats());
                }
                out.retire(Retired::Params(params));
            }
            Command::RemoveLeg(id) => self.remove(now, id, out),
            Command::Join(id, room, mixer) => self.join(id, room, mixer, out),
            Command::Leave(id) => {
                let place = self.legs.get_mut(&id).and_then(|leg| leg.place.take());
                self.vacate(place, out);
            }
            Command::DeviceJoin(room, mixer) => {
                self.device_leave(out);
                let room = self.room(room, mixer, out);
                room.device = room.mixer.join();
                if room.device.is_none() {
                    tracing::warn!(
                        room = room.id.0,
                        "the room is full: microphone and speaker stay outside"
                    );
                }
            }
            Command::DeviceLeave => self.device_leave(out),
            Command::Mute(id, muted) => {
                if let Some(leg) = self.legs.get_mut(&id) {
                    leg.muted = muted;
                }
            }
            Command::Play(feed) => {
                self.stop(feed.id, out);
                self.feeds.push(feed);
            }
            Command::Stop(id) => self.stop(id, out),
            Command::Dtmf(id, digit, duration_ms) => {
                if let Some(leg) = self.legs.get_mut(&id)
                    && let Err(error) = leg.session.send_dtmf(digit, duration_ms)
                {
                    tracing::warn!(leg = id.0, "digit not sent: {error}");
                }
            }
            Command::Shutdown => {
                while let Some(id) = self.legs.keys().next().copied() {
                    self.remove(now, id, out);
                }
            }
        }
    }

    /// Runs 10 ms of everything. Voice goes by `due`, the moment the tick stands for; reports say what time it
    /// really is.
    pub(crate) fn tick(
        &mut self,
        due: Instant,
        now: Instant,
        device: &mut DeviceFrames<'_>,
        out: &mut dyn Outlet<L>,
    ) {
        device.playout.fill(0.0);
        device.ring.fill(0.0);
        device.rings = false;
        for room in &mut self.rooms {
            room.mixer.begin();
        }
        for leg in self.legs.values_mut() {
            leg.pull(due);
            leg.outgoing.fill(0.0);
            if let Some((room, member)) = leg.place
                && let Some(room) = self.rooms.iter_mut().find(|r| r.id == room)
            {
                room.mixer.put(member, &leg.heard);
            }
        }
        self.play_sounds(device, out);
        self.run_device(device);
        for leg in self.legs.values_mut() {
            if let Some((room, member)) = leg.place
                && !leg.muted
                && let Some(room) = self.rooms.iter_mut().find(|r| r.id == room)
            {
                let mut mix = [0.0; FRAME];
                room.mixer.take(member, &mut mix);
                add(&mut leg.outgoing, &mix);
            }
            leg.push(due, now);
            report(leg, out);
        }
    }

    /// Sounds for rooms, legs and devices.
    fn play_sounds(&mut self, device: &mut DeviceFrames<'_>, out: &mut dyn Outlet<L>) {
        let mut index = 0;
        while index < self.feeds.len() {
            let feed = &mut self.feeds[index];
            let mut sound = [0.0; FRAME];
            let more = feed.fill(&mut sound);
            match feed.target {
                FeedTarget::Room(id) => {
                    if let Some(room) = self.rooms.iter_mut().find(|r| r.id == id) {
                        room.add_sound(&sound);
                    }
                }
                FeedTarget::Leg(id) => {
                    if let Some(leg) = self.legs.get_mut(&id) {
                        add(&mut leg.outgoing, &sound);
                    }
                }
                FeedTarget::Device(role) => device.add(role, &sound),
            }
            if more {
                index += 1;
            } else {
                let ended = self.feeds.swap_remove(index);
                out.event(EngineEvent::FeedEnded(ended.id));
                out.retire(Retired::Feed(ended));
            }
        }
    }

    /// The speaker's mix first, then the microphone: the voice processor must know what is being played.
    fn run_device(&mut self, device: &mut DeviceFrames<'_>) {
        let mut room = self.rooms.iter_mut().find(|r| r.device.is_some());
        if let Some(room) = &mut room
            && let Some(member) = room.device
        {
            let mut mix = [0.0; FRAME];
            room.mixer.take(member, &mut mix);
            add(device.playout, &mix);
        }
        self.call_limiter.process(device.playout);
        if device.rings {
            self.ring_limiter.process(device.ring);
        }
        self.voice.render(device.playout);
        self.voice.capture(device.capture);
        if let Some(room) = room
            && let Some(member) = room.device
        {
            room.mixer.put(member, device.capture);
        }
    }

    fn remove(&mut self, now: Instant, id: LegId, out: &mut dyn Outlet<L>) {
        let Some(mut leg) = self.legs.remove(&id) else {
            return;
        };
        leg.close(now);
        self.vacate(leg.place.take(), out);
        while let Some(at) = self.feeds.iter().position(|f| f.target == FeedTarget::Leg(id)) {
            out.retire(Retired::Feed(self.feeds.swap_remove(at)));
        }
        out.event(EngineEvent::LegEnded {
            leg: id,
            stats: leg.session.stats(),
        });
        out.retire(Retired::Leg(leg));
    }

    fn join(&mut self, id: LegId, room: RoomId, mixer: Box<Mixer>, out: &mut dyn Outlet<L>) {
        let Some(leg) = self.legs.get_mut(&id) else {
            out.retire(Retired::Mixer(mixer));
            return;
        };
        if leg.place.is_some_and(|(current, _)| current == room) {
            out.retire(Retired::Mixer(mixer));
            return;
        }
        let old = leg.place.take();
        let member = self.room(room, mixer, out).mixer.join();
        match member {
            Some(member) => {
                if let Some(leg) = self.legs.get_mut(&id) {
                    leg.place = Some((room, member));
                }
            }
            None => tracing::warn!(
                leg = id.0,
                room = room.0,
                "the room is full: the leg stays outside"
            ),
        }
        self.vacate(old, out);
    }

    fn device_leave(&mut self, out: &mut dyn Outlet<L>) {
        if let Some(room) = self.rooms.iter_mut().find(|r| r.device.is_some())
            && let Some(member) = room.device.take()
        {
            let id = room.id;
            self.vacate(Some((id, member)), out);
        }
    }

    fn vacate(&mut self, place: Option<(RoomId, crate::mix::Member)>, out: &mut dyn Outlet<L>) {
        let Some((id, member)) = place else { return };
        let Some(at) = self.rooms.iter().position(|r| r.id == id) else {
            return;
        };
        self.rooms[at].mixer.leave(member);
        if self.rooms[at].is_empty() {
            out.retire(Retired::Mixer(self.rooms.swap_remove(at).mixer));
        }
    }

    fn room(&mut self, id: RoomId, mixer: Box<Mixer>, out: &mut dyn Outlet<L>) -> &mut Room {
        let at = match self.rooms.iter().position(|r| r.id == id) {
            Some(at) => {
                out.retire(Retired::Mixer(mixer));
                at
            }
            None => {
                self.rooms.push(Room::new(id, mixer));
                self.rooms.len() - 1
            }
        };
        &mut self.rooms[at]
    }

    fn stop(&mut self, id: super::api::FeedId, out: &mut dyn Outlet<L>) {
        if let Some(at) = self.feeds.iter().position(|f| f.id == id) {
            out.retire(Retired::Feed(self.feeds.swap_remove(at)));
        }
    }
}

/// Tells what happened on a leg in this tick.
fn report<L: Link>(leg: &mut Leg<L>, out: &mut dyn Outlet<L>) {
    let id = leg.id;
    while let Some(event) = leg.session.poll_event() {
        match event {
            SessionEvent::MediaFlowing { from } => out.event(EngineEvent::MediaFlowing { leg: id, from }),
            SessionEvent::MediaLost => out.event(EngineEvent::MediaLost { leg: id }),
            SessionEvent::Dtmf { digit, duration_ms } => out.event(EngineEvent::Dtmf {
                leg: id,
                digit,
                duration_ms,
            }),
            SessionEvent::Bye => tracing::debug!(leg = id.0, "the peer said RTCP BYE"),
        }
    }
    leg.age += 1;
    if leg.age.is_multiple_of(LEVEL_TICKS) {
        let levels = Levels {
            sent: leg.sent_meter.read(),
            heard: leg.heard_meter.read(),
        };
        if leg.place.is_some() {
            out.event(EngineEvent::Levels { leg: id, levels });
        }
    }
    if leg.age.is_multiple_of(STATS_TICKS) {
        out.stats(id, leg.session.stats());
    }
}

fn add(to: &mut [f32; FRAME], sound: &[f32; FRAME]) {
    for (out, sample) in to.iter_mut().zip(sound) {
        *out += sample;
    }
}
