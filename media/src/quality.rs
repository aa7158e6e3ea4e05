//! How good a call is: levels, burst and gap loss (RFC 3611 §4.7.2), E-model (ITU-T G.107) and MOS.

/// A gap between losses needs this many packets received in a row (RFC 3611's recommended Gmin).
const GMIN: u32 = 16;
/// Loudness from which on a frame counts as speech.
pub const SPEECH_DBFS: f32 = -50.0;
/// What silence is reported as (RFC 6464).
pub const SILENCE_DBFS: f32 = -127.0;

/// RMS of a frame in dBFS (a full-scale square wave is 0, a full-scale sine −3), [`SILENCE_DBFS`] at least.
pub fn level_dbfs(frame: &[f32]) -> f32 {
    let energy: f32 = frame.iter().map(|s| s * s).sum::<f32>() / frame.len().max(1) as f32;
    if energy <= 0.0 {
        return SILENCE_DBFS;
    }
    (10.0 * energy.log10()).max(SILENCE_DBFS)
}

/// Splits a packet history into bursts (loss is dense) and gaps (it is not).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BurstGap {
    /// Packets received since the last loss.
    run: u32,
    /// Losses and packets of the stretch since the last long run.
    open_lost: u32,
    open_total: u32,
    burst_lost: u64,
    burst_total: u64,
    bursts: u64,
    gap_lost: u64,
    gap_total: u64,
    lost: u64,
    runs: u64,
    packets: u64,
}

impl BurstGap {
    /// Notes one packet in sequence.
    pub fn packet(&mut self, lost: bool) {
        self.packets += 1;
        if lost {
            self.lost += 1;
            self.runs += u64::from(self.run > 0 || self.packets == 1);
        }
        if !lost {
            self.run += 1;
            if self.run == GMIN {
                self.close();
            }
            return;
        }
        // A short run belongs to the stretch it interrupts, a long one to the gap before.
        if self.run < GMIN && self.open_lost > 0 {
            self.open_total += self.run;
        } else {
            self.gap_total += u64::from(self.run);
        }
        self.run = 0;
        self.open_lost += 1;
        self.open_total += 1;
    }

    /// A single loss between long runs is gap loss, more are a burst.
    fn close(&mut self) {
        if self.open_lost > 1 {
            self.burst_lost += u64::from(self.open_lost);
            self.burst_total += u64::from(self.open_total);
            self.bursts += 1;
        } else {
            self.gap_lost += u64::from(self.open_lost);
            self.gap_total += u64::from(self.open_total);
        }
        self.open_lost = 0;
        self.open_total = 0;
    }

    /// Share of packets lost within bursts, 0–1.
    pub fn burst_density(&self) -> f32 {
        share(self.burst_lost, self.burst_total)
    }

    /// Share of packets lost within gaps, 0–1.
    pub fn gap_density(&self) -> f32 {
        share(self.gap_lost, self.gap_total)
    }

    /// Mean run of losses against that of random loss at the same rate (G.107's BurstR): 1 for random loss, more
    /// the more losses cling together.
    pub fn burst_ratio(&self) -> f32 {
        let received = 1.0 - share(self.lost, self.packets);
        (self.lost as f32 / self.runs.max(1) as f32 * received).max(1.0)
    }

    /// Mean length of a burst in packets; 0 without bursts.
    pub fn burst_packets(&self) -> f32 {
        self.burst_total as f32 / self.bursts.max(1) as f32
    }
}

fn share(part: u64, whole: u64) -> f32 {
    if whole == 0 {
        0.0
    } else {
        part as f32 / whole as f32
    }
}

/// How a codec fares in the E-model: impairment without loss and robustness against it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CodecImpairment {
    /// Equipment impairment factor.
    pub ie: f32,
    /// Packet-loss robustness factor.
    pub bpl: f32,
}

/// G.711 with concealment (ITU-T G.113 App. I).
pub const G711: CodecImpairment = CodecImpairment { ie: 0.0, bpl: 25.1 };
/// Opus at 32 kb/s with in-band FEC, on the narrowband scale: set by analogy, not yet fitted to listening scores.
pub const OPUS: CodecImpairment = CodecImpairment { ie: 0.0, bpl: 34.0 };

/// Transmission rating R, 0–100 (G.107 with its defaults: 93.2 less what delay and loss take).
/// `delay_ms` is one way from mouth to ear; `unrepaired` the share of voice that had to be guessed, 0–1;
/// `burst_ratio` 1 for random loss.
pub fn r_factor(codec: CodecImpairment, delay_ms: f32, unrepaired: f32, burst_ratio: f32) -> f32 {
    let delay = 0.024 * delay_ms + 0.11 * (delay_ms - 177.3).max(0.0);
    let percent = 100.0 * unrepaired.clamp(0.0, 1.0);
    let loss = codec.ie + (95.0 - codec.ie) * percent / (percent / burst_ratio.max(1.0) + codec.bpl);
    (93.2 - delay - loss).clamp(0.0, 100.0)
}

/// Mean opinion score, 1–4.5, of a rating (G.107 Annex B).
pub fn mos(r: f32) -> f32 {
    if r <= 0.0 {
        1.0
    } else if r >= 100.0 {
        4.5
    } else {
        (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_rms() {
        assert_eq!(level_dbfs(&[0.0; 480]), SILENCE_DBFS);
        assert!((level_dbfs(&[1.0; 480]) - 0.0).abs() < 1e-4);
        let sine: [f32; 480] = std::array::from_fn(|i| (i as f32 * std::f32::consts::TAU / 48.0).sin());
        assert!((level_dbfs(&sine) + 3.01).abs() < 0.01);
    }

    #[test]
    fn lone_losses_are_gap_loss_and_dense_ones_a_burst() {
        let mut lone = BurstGap::default();
        for n in 0..1_000 {
            lone.packet(n % 50 == 25);
        }
        assert_eq!(lone.burst_density(), 0.0);
        assert!(
            (lone.gap_density() - 0.02).abs() < 0.003,
            "{}",
            lone.gap_density()
        );
        let mut dense = BurstGap::default();
        for n in 0..1_000 {
            dense.packet((500..520).contains(&n) && n % 2 == 0);
        }
        assert!((dense.burst_density() - 10.0 / 19.0).abs() < 0.01);
        assert_eq!(dense.burst_packets(), 19.0);
        assert_eq!(dense.gap_density(), 0.0);
        let mut blocks = BurstGap::default();
        for n in 0..1_000 {
            blocks.packet(n % 100 < 5);
        }
        assert!(
            (blocks.burst_ratio() - 4.75).abs() < 0.01,
            "{}",
            blocks.burst_ratio()
        );
        assert_eq!(lone.burst_ratio(), 1.0);
    }

    #[test]
    fn a_clean_call_scores_4_4_and_loss_and_delay_take_from_it() {
        let clean = mos(r_factor(G711, 60.0, 0.0, 1.0));
        assert!((4.3..4.45).contains(&clean), "{clean}");
        let lossy = mos(r_factor(G711, 60.0, 0.05, 1.0));
        let slow = mos(r_factor(G711, 400.0, 0.0, 1.0));
        assert!(lossy < 3.9 && lossy > 3.0, "{lossy}");
        assert!(slow < 3.9, "{slow}");
        assert!(mos(r_factor(G711, 1_000.0, 1.0, 1.0)) < 1.2);
    }
}
