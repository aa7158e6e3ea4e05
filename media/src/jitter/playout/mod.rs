//! What to play in the next 10 ms: the decisions of the jitter buffer.
//!
//! ```text
//!            first packet is old enough
//!   Idle ───────────────────────────────► Playing ── packet here ──────────────► decode
//!    ▲                                     │  │  ├── lost, next one has a copy ─► recover (FEC)
//!    │        nothing for 1 s              │  │  ├── lost ─────────────────────► conceal
//!    └─────────────────────────────────────┘  │  ├── the peer pauses (DTX) ────► comfort noise
//!                                             │  └── late ─────────────────────► conceal, do not skip it
//!                                             └ then: delay above target → shorten, below → lengthen
//! ```
//!
//! *Delay* here is how much later a sample plays than it would if it were taken the moment the fastest
//! packet brings it. It is known exactly at every tick, so there is nothing to filter or guess.

mod adapt;
mod fifo;

use self::fifo::Fifo;
use super::{
    buffer::{Inserted, Meta, PacketBuffer},
    delay::DelayManager,
};
use crate::{
    FRAME,
    codec::{self, CONCEAL_STEP, Decoder, MAX_FRAME},
    engine::CodecKind,
    quality::BurstGap,
    session::FrameKind,
};

const MS: i64 = 48;
const BACKLOG_LASTS: i64 = 200 * MS;
/// Only what all of this many ticks agree on is acted upon.
const TICKS_SEEN: usize = 4;
/// Without a packet for this long playout stops.
const GIVE_UP: i64 = 1_000 * MS;
/// Concealment begins to fade after this long: what is said a tenth of a second later is anybody's guess.
const FADE_AFTER: i64 = 100 * MS;
/// And is silence this much later.
const FADE: i64 = 80 * MS;
/// A gap longer than this between two packets is jumped, not filled.
const MAX_BRIDGE: i64 = 1_000 * MS;
/// Late packets in a row after which the sender's numbering is taken to have started anew.
const LATE_IN_A_ROW: u32 = 5;

/// A voice packet as the RTP layer gives it.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Sequence number extended by its wraps.
    pub seq: u64,
    /// RTP timestamp as on the wire.
    pub timestamp: u32,
    /// Payload type; `None` for a packet of the stream that is no voice (RFC 4733, comfort noise).
    pub payload_type: Option<u8>,
    /// Its payload.
    pub payload: &'a [u8],
}

/// What the jitter buffer did so far, in 48 kHz samples or packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JitterStats {
    /// Samples played while the peer was there, of any kind.
    pub played: u64,
    /// Samples guessed.
    pub concealed: u64,
    /// Samples rebuilt from a later packet.
    pub recovered: u64,
    /// Samples of comfort noise.
    pub comfort: u64,
    /// Samples taken out to bring the delay down.
    pub shortened: u64,
    /// Samples put in to bring the delay up.
    pub lengthened: u64,
    /// Packets that arrived after their turn.
    pub late: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Packets in time that were thrown away to bring the delay down at once.
    pub discarded: u64,
}

#[derive(Debug)]
struct Voice {
    payload_type: u8,
    kind: CodecKind,
    decoder: Box<dyn Decoder>,
}

/// The jitter buffer with its decoders. `now` is always in 48 kHz samples of the owner's clock.
/// Only [`set_codecs`](Self::set_codecs) allocates.
#[derive(Debug)]
pub struct Playout {
    voices: Vec<Voice>,
    current: Option<usize>,
    buffer: PacketBuffer,
    delay: DelayManager,
    fifo: Fifo,
    playing: bool,
    /// Timestamp of the next sample to decode.
    next_ts: i64,
    /// Last timestamp on the wire and what it was extended to, per clock rate.
    clock: Option<(u32, i64, u32)>,
    /// Samples concealed because nothing was there, while `next_ts` waited.
    covered: i64,
    /// Samples concealed in the place of a packet that may still come.
    bridged: i64,
    /// The peer has stopped sending for lack of anything to say.
    pause: bool,
    /// Until when a sender emptying its backlog explains a sudden delay.
    backlog_until: i64,
    started: i64,
    /// How far the delay was above its target in the last ticks: a tick that comes late is no delay.
    excess: [i64; TICKS_SEEN],
    /// How much of that could have been taken out.
    spare: [i64; TICKS_SEEN],
    /// Ticks until the next change of length is allowed.
    rest: u32,
    late_in_a_row: u32,
    /// Share of packets lost of late, 0–1.
    loss: f32,
    bursts: BurstGap,
    /// Arrival to playout of the packets of late, in samples.
    waited: f32,
    last_samples: usize,
    stats: JitterStats,
    scratch: Box<[f32]>,
}

impl Default for Playout {
    fn default() -> Self {
        Self::new()
    }
}

impl Playout {
    /// An empty buffer without codecs.
    pub fn new() -> Self {
        Self {
            voices: Vec::new(),
            current: None,
            buffer: PacketBuffer::new(),
            delay: DelayManager::new(),
            fifo: Fifo::new(),
            playing: false,
            next_ts: 0,
            clock: None,
            covered: 0,
            bridged: 0,
            pause: false,
            backlog_until: i64::MIN,
            started: 0,
            excess: [0; TICKS_SEEN],
            spare: [0; TICKS_SEEN],
            rest: 0,
            late_in_a_row: 0,
            loss: 0.0,
            bursts: BurstGap::default(),
            waited: 0.0,
            last_samples: 2 * FRAME,
            stats: JitterStats::default(),
            scratch: vec![0.0; MAX_FRAME].into_boxed_slice(),
        }
    }

    /// Sets which payload types may arrive. Decoders that stay keep their state.
    pub fn set_codecs(&mut self, codecs: &[(CodecKind, u8)]) -> Result<(), codec::CodecError> {
        if codecs
            .iter()
            .copied()
            .eq(self.voices.iter().map(|v| (v.kind, v.payload_type)))
        {
            return Ok(());
        }
        let mut old = std::mem::take(&mut self.voices);
        for (kind, payload_type) in codecs.iter().copied() {
            let kept = old
                .iter()
                .position(|v| v.kind == kind && v.payload_type == payload_type);
            let voice = match kept {
                Some(at) => old.swap_remove(at),
                None => Voice {
                    payload_type,
                    kind,
                    decoder: codec::decoder(kind)?,
                },
            };
            self.voices.push(voice);
        }
        // Waiting packets name decoders by position.
        self.reset();
        Ok(())
    }

    /// Starts anew with the next packet: another source, a jump, the end of a hold.
    pub fn reset(&mut self) {
        self.cut();
        self.buffer.restart(0);
        self.delay = DelayManager::new();
        self.playing = false;
        self.clock = None;
        self.covered = 0;
        self.bridged = 0;
        self.pause = false;
        self.backlog_until = i64::MIN;
        self.late_in_a_row = 0;
        self.current = None;
        for voice in &mut self.voices {
            voice.decoder.reset();
        }
    }

    /// Takes a packet in. A payload type that was not set is [`Inserted::Invalid`].
    pub fn insert(&mut self, now: i64, packet: Packet<'_>) -> Inserted {
        let voice = match packet.payload_type {
            Some(pt) => match self.voices.iter().position(|v| v.payload_type == pt) {
                Some(voice) => Some(voice),
                None => return Inserted::Invalid,
            },
            None => None,
        };
        let rate = voice
            .or(self.current)
            .and_then(|v| self.voices.get(v))
            .map_or(48_000, |v| v.kind.clock_rate());
        let samples = match voice.and_then(|v| self.voices.get(v)) {
            Some(v) => match v.decoder.samples(packet.payload) {
                Some(samples) => samples,
                None => return Inserted::Invalid,
            },
            None => 0,
        };
        if voice.is_some() && self.clock.is_some_and(|(_, _, r)| r != rate) {
            self.reset();
        }
        let ts = self.extend(packet.timestamp, rate);
        if self.clock.is_none() {
            self.buffer.restart(packet.seq);
            self.started = now;
        }
        if !self.playing {
            self.buffer.allow_from(packet.seq);
        }
        if voice.is_some() {
            self.clock = Some((packet.timestamp, ts, rate));
            self.current = voice;
            if self.delay.arrive(now, ts) {
                self.backlog_until = now + BACKLOG_LASTS;
            }
        }
        let meta = Meta {
            seq: packet.seq,
            ts,
            samples,
            arrival: now,
            decoder: voice,
        };
        let inserted = self.buffer.insert(meta, packet.payload);
        match inserted {
            Inserted::Late => {
                self.stats.late += 1;
                self.late_in_a_row += 1;
                if self.late_in_a_row >= LATE_IN_A_ROW {
                    self.reset();
                }
            }
            Inserted::Duplicate => self.stats.duplicates += 1,
            Inserted::Queued => self.late_in_a_row = 0,
            Inserted::Invalid => {}
        }
        inserted
    }

    /// Fills the next 10 ms.
    pub fn pull(&mut self, now: i64, out: &mut [f32; FRAME]) -> FrameKind {
        if !self.playing {
            self.start(now);
        }
        if self.playing {
            self.drop_excess(now);
            self.fill_up(now, FRAME);
            self.adapt(now);
            self.fill_up(now, FRAME);
        }
        let kind = self.fifo.pull(out);
        if self.playing {
            self.stats.played += FRAME as u64;
        }
        kind
    }

    /// What was done so far.
    pub fn stats(&self) -> JitterStats {
        self.stats
    }

    /// How the packets were lost that did not come in time.
    pub fn bursts(&self) -> &BurstGap {
        &self.bursts
    }

    /// Average time from arrival to playout of late, in milliseconds.
    pub fn playout_delay_ms(&self) -> f32 {
        self.waited / MS as f32
    }

    /// How long packets should be held at present, in milliseconds.
    pub fn target_ms(&self) -> f32 {
        self.delay.target() as f32 / MS as f32
    }

    fn extend(&self, timestamp: u32, rate: u32) -> i64 {
        let factor = i64::from(48_000 / rate);
        match self.clock {
            None => 0,
            Some((last, extended, _)) => extended + i64::from(timestamp.wrapping_sub(last) as i32) * factor,
        }
    }

    /// Begins to play when the first packet is old enough.
    fn start(&mut self, now: i64) {
        let Some((head, _)) = self.buffer.head() else {
            return;
        };
        let base = self.delay.base().unwrap_or(head.arrival - head.ts);
        if head.decoder.is_some() && now < base + head.ts + self.delay.target() {
            return;
        }
        self.playing = true;
        self.excess = [0; TICKS_SEEN];
        self.spare = [0; TICKS_SEEN];
        self.next_ts = head.ts;
        self.covered = 0;
        self.pause = false;
    }

    fn fill_up(&mut self, now: i64, wanted: usize) {
        while self.playing && self.fifo.len < wanted {
            self.fill(now);
        }
    }

    /// Puts the next piece into the fifo, or stops playing. Called until there is enough.
    fn fill(&mut self, now: i64) {
        let Some((head, payload)) = self.buffer.head() else {
            self.run_dry();
            return;
        };
        let Some(decoder) = head.decoder else {
            // A telephone event: voice pauses meanwhile.
            self.pause = true;
            self.buffer.pop();
            return;
        };
        let gap = head.ts - self.next_ts;
        let in_sequence = head.seq == self.buffer.next();
        if gap > 0 && gap <= MAX_BRIDGE && !in_sequence {
            let missing = gap - self.covered;
            if missing > 0 {
                let copy = self
                    .voices
                    .get(decoder)
                    .is_some_and(|v| v.decoder.can_recover(payload));
                self.bridge(head, missing, copy);
                return;
            }
        } else if gap > 0 && in_sequence {
            // The peer paused: its next word comes at its time, not at once.
            let due = self.delay.base().unwrap_or(0) + head.ts + self.delay.target();
            if now + (self.fifo.len as i64) < due {
                self.comfort();
                return;
            }
        } else if self.bridged > 0 && head.ts + head.samples as i64 <= self.next_ts {
            // Came after it had been bridged.
            self.buffer.pop();
            self.stats.late += 1;
            return;
        }
        self.settle(gap, in_sequence);
        self.decode_head(now, gap);
    }

    /// Decodes the first waiting packet; `overlap` < 0 samples of it were bridged already.
    fn decode_head(&mut self, now: i64, overlap: i64) {
        let Some((head, payload)) = self.buffer.head() else {
            return;
        };
        let Some(voice) = head.decoder.and_then(|d| self.voices.get_mut(d)) else {
            self.buffer.pop();
            return;
        };
        let pause = voice.decoder.starts_pause(payload);
        let decoded = voice.decoder.decode(payload, &mut self.scratch);
        let kind = match decoded {
            Ok(_) if pause => FrameKind::ComfortNoise,
            Ok(_) => FrameKind::Normal,
            Err(_) => {
                voice.decoder.conceal(&mut self.scratch[..head.samples]);
                self.stats.concealed += head.samples as u64;
                FrameKind::Concealed
            }
        };
        let n = decoded.unwrap_or(head.samples).min(MAX_FRAME);
        let skip = if self.bridged > 0 {
            (-overlap).clamp(0, n as i64) as usize
        } else {
            0
        };
        let skip = if skip < n { skip } else { 0 };
        let waited = (now + self.fifo.len as i64 - head.arrival).max(0) as f32;
        self.waited += (waited - self.waited) / 16.0;
        self.fifo.push(&self.scratch[skip..n], kind);
        self.next_ts = head.ts + n as i64;
        self.last_samples = n;
        self.covered = 0;
        self.bridged = 0;
        self.pause = pause;
        self.note_loss(head.seq - self.buffer.next(), head.decoder);
        self.buffer.pop();
    }

    /// Accounts for what was concealed while nothing was there, now that it is known why.
    fn settle(&mut self, gap: i64, in_sequence: bool) {
        if self.covered == 0 {
            return;
        }
        // Numbers without a hole but time has passed: the peer had paused, nothing was lost.
        if in_sequence && gap >= self.covered / 2 {
            self.stats.concealed = self.stats.concealed.saturating_sub(self.covered as u64);
            self.stats.comfort += self.covered as u64;
        }
        self.covered = 0;
    }

    /// Nothing is waiting.
    fn run_dry(&mut self) {
        if self.pause {
            self.comfort();
            return;
        }
        if self.covered >= GIVE_UP {
            self.playing = false;
            return;
        }
        self.conceal(FRAME, FrameKind::Concealed);
        self.covered += FRAME as i64;
    }

    fn comfort(&mut self) {
        self.conceal(FRAME, FrameKind::ComfortNoise);
        self.next_ts += FRAME as i64;
    }

    /// Fills part of a hole of `missing` samples before `head`, which may carry a copy of the last lost frame.
    fn bridge(&mut self, head: Meta, missing: i64, copy: bool) {
        let missing = missing as usize;
        let frame = head.samples;
        if copy && missing <= frame {
            let recovered = match (
                self.buffer.head(),
                head.decoder.and_then(|d| self.voices.get_mut(d)),
            ) {
                (Some((_, payload)), Some(voice)) => {
                    voice.decoder.recover(payload, &mut self.scratch[..frame])
                }
                _ => false,
            };
            if recovered {
                self.fifo
                    .push(&self.scratch[frame - missing..frame], FrameKind::Recovered);
                self.stats.recovered += missing as u64;
                self.next_ts = head.ts;
                self.bridged += missing as i64;
                self.covered = 0;
                return;
            }
        }
        let until_copy = if copy && missing > frame {
            missing - frame
        } else {
            missing
        };
        let n = until_copy.min(FRAME);
        self.conceal(n, FrameKind::Concealed);
        self.next_ts += n as i64;
        self.bridged += n as i64;
    }

    /// Appends `n` guessed samples.
    fn conceal(&mut self, n: usize, kind: FrameKind) {
        let whole = n.div_ceil(CONCEAL_STEP) * CONCEAL_STEP;
        let guess = &mut self.scratch[..whole];
        match self.current.and_then(|c| self.voices.get_mut(c)) {
            Some(voice) => voice.decoder.conceal(guess),
            None => guess.fill(0.0),
        }
        if kind == FrameKind::Concealed {
            let so_far = self.covered + self.bridged;
            for (at, sample) in (so_far..).zip(guess.iter_mut()) {
                *sample *= 1.0 - ((at - FADE_AFTER) as f32 / FADE as f32).clamp(0.0, 1.0);
            }
        }
        self.fifo.push(&guess[..n], kind);
        match kind {
            FrameKind::ComfortNoise => self.stats.comfort += n as u64,
            _ => self.stats.concealed += n as u64,
        }
    }

    /// Follows the loss rate; while there is loss and copies to repair it, packets are held one longer.
    fn note_loss(&mut self, lost: u64, decoder: Option<usize>) {
        for _ in 0..lost.min(16) {
            self.loss += (1.0 - self.loss) / 256.0;
            self.bursts.packet(true);
        }
        self.bursts.packet(false);
        self.loss -= self.loss / 256.0;
        let copies = decoder
            .and_then(|d| self.voices.get(d))
            .is_some_and(|v| v.kind == CodecKind::Opus);
        if copies && self.loss > 0.01 {
            self.delay.set_extra(self.last_samples as i64);
        } else if self.loss < 0.003 {
            self.delay.set_extra(0);
        }
    }
}
