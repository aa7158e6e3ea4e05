//! The length of the delay: what is above the target is taken out, what is below is put in.
//!
//! Two figures decide. The delay against the fastest packet of the last 2 s says whether it is too short. The
//! delay against the packets of this moment says what can be taken out without running dry: when the way has
//! become longer, the first is large although nothing waits.

use super::{
    MS, Playout,
    fifo::{SEAM, WINDOW},
};
use crate::{session::FrameKind, stretch::Care};

/// Delay this far above the target is taken back.
const SLACK: i64 = 10 * MS;
/// Excess beyond which nothing but dropping helps: time no listener wants to hear twice as fast.
const DROP_ABOVE: i64 = 400 * MS;
/// The same in the first half second of a stream.
const DROP_FRESH: i64 = 100 * MS;
/// The same when the sender emptied a backlog (resume from suspend, Bluetooth switch).
const DROP_BACKLOG: i64 = 40 * MS;

impl Playout {
    /// How much later the next sample of the fifo plays than the fastest packet of the last 2 s allows.
    fn current_delay(&self, now: i64) -> i64 {
        self.delay_after(self.delay.base(), now)
    }

    /// The same with the fastest packet of this moment: what can be taken out without running dry.
    fn spare_delay(&self, now: i64) -> i64 {
        self.delay_after(self.delay.recent_base(now), now)
    }

    fn delay_after(&self, base: Option<i64>, now: i64) -> i64 {
        let base = base.unwrap_or(now - self.next_ts);
        now - base - (self.next_ts - self.fifo.len as i64)
    }

    /// Brings the delay to its target at once when it is far above.
    pub(super) fn drop_excess(&mut self, now: i64) {
        let target = self.delay.target();
        let excess = self.spare_delay(now) - target;
        let fresh = now - self.started < 500 * MS;
        let limit = match (now < self.backlog_until, fresh) {
            (true, _) => DROP_BACKLOG,
            (false, true) => DROP_FRESH,
            (false, false) => DROP_ABOVE,
        };
        if excess <= limit {
            return;
        }
        let Some(base) = self.delay.recent_base(now) else {
            return;
        };
        let should_play = now - base - target;
        let mut dropped = false;
        while self.buffer.len() > 1 {
            match self.buffer.head() {
                Some((head, _)) if head.ts + (head.samples as i64) <= should_play => {
                    self.buffer.pop();
                    self.stats.discarded += 1;
                    dropped = true;
                }
                _ => break,
            }
        }

        if !dropped {
            return;
        }
        self.cut();
        if let Some((head, _)) = self.buffer.head() {
            self.next_ts = head.ts;
            self.covered = 0;
            self.bridged = 0;
        }
    }

    /// Throws the fifo away but for a few milliseconds that blend into what comes next.
    pub(super) fn cut(&mut self) {
        if self.fifo.len < SEAM && self.playing {
            self.conceal(SEAM, FrameKind::Concealed);
        }
        self.fifo.cut();
    }

    /// Takes out or puts in a pitch period when the delay is off its target.
    pub(super) fn adapt(&mut self, now: i64) {
        if !self.playing || self.covered > 0 {
            return;
        }
        let target = self.delay.target();
        self.excess.rotate_right(1);
        self.excess[0] = self.current_delay(now) - target;
        self.spare.rotate_right(1);
        self.spare[0] = self.spare_delay(now) - target;
        if self.rest > 0 {
            self.rest -= 1;
            return;
        }
        let spare = self.spare.iter().min().copied().unwrap_or(0);
        let most = self.excess.iter().max().copied().unwrap_or(0);
        if spare > SLACK {
            while self.fifo.len < WINDOW {
                match self.buffer.head() {
                    Some((head, _)) if head.decoder.is_some() && head.ts == self.next_ts => {
                        self.decode_head(now, 0);
                    }
                    _ => break,
                }
            }
            let care = match spare {
                e if e > 120 * MS => Care::Any,
                e if e > 40 * MS => Care::Hurry,
                _ => Care::Careful,
            };
            let removed = self.fifo.shorten(care, spare as usize);
            if removed > 0 {
                self.stats.shortened += removed as u64;
                self.change_length(-(removed as i64));
                self.rest = 1;
            }
        } else if most < -(target / 4).max(SLACK / 2) {
            let added = self.fifo.lengthen();
            if added > 0 {
                self.stats.lengthened += added as u64;
                self.change_length(added as i64);
                self.rest = 4;
            }
        }
    }

    /// The delay changed in a way that the last ticks could not know.
    fn change_length(&mut self, samples: i64) {
        for was in self.excess.iter_mut().chain(&mut self.spare) {
            *was += samples;
        }
    }
}
