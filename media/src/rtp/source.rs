//! What is known of the peer's stream: extended numbers, loss, jitter (RFC 3550 §6.4.1, §A.1, §A.3, §A.8).

/// A jump forward of this much is believed only when the next packet confirms it.
const MAX_DROPOUT: u16 = 3_000;
/// Packets may come this much out of order.
const MAX_MISORDER: u16 = 100;

/// What to do with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// It belongs to the stream; its extended sequence number.
    Valid(u64),
    /// The stream starts anew at this extended sequence number: forget what waits.
    Restarted(u64),
    /// A jump not yet confirmed.
    Probation,
}

/// One received synchronisation source.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) ssrc: u32,
    base: u64,
    highest: u64,
    /// The sequence number that would confirm a jump.
    bad: Option<u16>,
    received: u64,
    /// Lost before the last restart.
    lost_before: u64,
    received_all: u64,
    expected_prior: u64,
    received_prior: u64,
    transit: Option<(i64, u32)>,
    jitter: f64,
}

impl Source {
    /// A source whose first packet has `seq`.
    pub(crate) fn new(ssrc: u32, seq: u16) -> Self {
        // Above 0, so that a packet sent before the first we saw has a number too.
        let first = (1 << 16) | u64::from(seq);
        Self {
            ssrc,
            base: first,
            highest: first,
            bad: None,
            received: 0,
            lost_before: 0,
            received_all: 0,
            expected_prior: 0,
            received_prior: 0,
            transit: None,
            jitter: 0.0,
        }
    }

    /// Takes a sequence number into account.
    pub(crate) fn update(&mut self, seq: u16) -> Judgement {
        let delta = seq.wrapping_sub(self.highest as u16);
        if delta < MAX_DROPOUT {
            self.highest += u64::from(delta);
            self.count(self.highest)
        } else if delta <= u16::MAX - MAX_MISORDER {
            if self.bad != Some(seq) {
                self.bad = Some(seq.wrapping_add(1));
                return Judgement::Probation;
            }
            // Two in sequence: the sender has started anew.
            self.lost_before = self.lost();
            let next = ((self.highest >> 16) + 2) << 16 | u64::from(seq);
            self.base = next;
            self.highest = next;
            self.received = 0;
            self.expected_prior = 0;
            self.received_prior = 0;
            self.transit = None;
            match self.count(next) {
                Judgement::Valid(seq) => Judgement::Restarted(seq),
                other => other,
            }
        } else {
            let behind = u64::from(self.highest as u16).wrapping_sub(u64::from(seq)) & 0xffff;
            let extended = self.highest - behind;
            self.base = self.base.min(extended);
            self.count(extended)
        }
    }

    fn count(&mut self, seq: u64) -> Judgement {
        self.bad = None;
        self.received += 1;
        self.received_all += 1;
        Judgement::Valid(seq)
    }

    /// Follows the interarrival jitter. `arrival` in 48 kHz samples; the timestamp at `rate` Hz.
    pub(crate) fn arrived(&mut self, arrival: i64, timestamp: u32, rate: u32) {
        let arrival = arrival * i64::from(rate) / 48_000;
        let transit = arrival.wrapping_sub(i64::from(timestamp));
        if let Some((last, last_rate)) = self.transit
            && last_rate == rate
        {
            // Differences wrap with the 32-bit timestamp.
            let d = f64::from((transit.wrapping_sub(last) as i32).unsigned_abs());
            if d < f64::from(rate) {
                self.jitter += (d - self.jitter) / 16.0;
            }
        }
        self.transit = Some((transit, rate));
    }

    /// Packets received.
    pub(crate) fn received_in_all(&self) -> u64 {
        self.received_all
    }

    /// Packets lost on the way, those of earlier runs included; duplicates make it less (§6.4.1), never negative.
    pub(crate) fn lost(&self) -> u64 {
        self.lost_before + (self.expected()).saturating_sub(self.received)
    }

    /// Interarrival jitter in timestamp units.
    pub(crate) fn jitter(&self) -> f64 {
        self.jitter
    }

    /// Extended highest sequence number, as reports carry it.
    pub(crate) fn highest(&self) -> u32 {
        (self.highest - (1 << 16)) as u32
    }

    /// Loss since the last call in 1/256 (§A.3).
    pub(crate) fn fraction_lost(&mut self) -> u8 {
        let expected = self.expected() - self.expected_prior;
        let received = self.received - self.received_prior;
        self.expected_prior = self.expected();
        self.received_prior = self.received;
        if expected == 0 || received >= expected {
            return 0;
        }
        (((expected - received) << 8) / expected).min(255) as u8
    }

    fn expected(&self) -> u64 {
        self.highest - self.base + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_wrap() {
        let mut source = Source::new(1, 65_530);
        let mut last = None;
        for n in 0..100u16 {
            let Judgement::Valid(seq) = source.update(65_530u16.wrapping_add(n)) else {
                panic!("packet {n} refused");
            };
            if let Some(last) = last {
                assert_eq!(seq, last + 1);
            }
            last = Some(seq);
        }
        assert_eq!((source.lost(), source.received_in_all()), (0, 100));
        assert_eq!(
            source.highest(),
            (1 << 16) | u32::from(65_530u16.wrapping_add(99))
        );
    }

    #[test]
    fn loss_is_counted_and_reordering_is_not_loss() {
        let mut source = Source::new(1, 0);
        for n in 0..100u16 {
            if n % 10 != 3 {
                source.update(n);
            }
        }
        assert_eq!(source.lost(), 10);
        assert_eq!(source.fraction_lost(), (10u32 * 256 / 100) as u8);
        source.update(103);
        source.update(101);
        source.update(100);
        source.update(102);
        assert_eq!(source.lost(), 10);
        assert_eq!(source.fraction_lost(), 0);
    }

    #[test]
    fn a_jump_is_believed_when_confirmed() {
        let mut source = Source::new(1, 100);
        source.update(100);
        assert_eq!(source.update(40_000), Judgement::Probation);
        assert!(matches!(source.update(101), Judgement::Valid(_)));
        assert_eq!(source.update(40_000), Judgement::Probation);
        assert!(matches!(source.update(40_001), Judgement::Restarted(_)));
        assert!(matches!(source.update(40_002), Judgement::Valid(_)));
        assert_eq!(source.lost(), 0);
    }

    #[test]
    fn steady_arrival_has_no_jitter_and_alternating_arrival_has_its_own() {
        let mut source = Source::new(1, 0);
        for n in 0..200u32 {
            source.arrived(
                i64::from(n) * 960,
                (u32::MAX - 50_000).wrapping_add(n * 160),
                8_000,
            );
        }
        assert!(source.jitter() < 0.01);
        for n in 200..600u32 {
            let late = if n % 2 == 0 { 480 } else { 0 };
            source.arrived(
                i64::from(n) * 960 + late,
                (u32::MAX - 50_000).wrapping_add(n * 160),
                8_000,
            );
        }
        // 10 ms at 8 kHz.
        assert!((source.jitter() - 80.0).abs() < 1.0, "{}", source.jitter());
    }
}
