//! RTCP of one session: reports out and in, and when (RFC 3550 §6).
//!
//! Packets are written by `rtcp-types`, which allocates a little; that happens once per report, every few
//! seconds. Reading does not allocate: compounds are walked here and only reports and BYE are parsed.

use std::time::{Duration, Instant};

use rtcp_types::{
    Bye, Compound, ReceiverReport, ReportBlock, RtcpPacket, RtcpPacketParser, RtcpPacketWriterExt, Sdes,
    SdesChunk, SdesItem, SenderReport,
};

use super::Source;

/// Shortest interval (§6.2); half of it before the first report.
const MIN_INTERVAL: Duration = Duration::from_secs(5);
/// Session bandwidth both ways in kbit/s, headers included: the reduced minimum is 360 s·kbit/s of it (§6.2).
const SESSION_KBITS: u64 = 96;
/// Compensates timer reconsideration (§6.3.1).
const COMPENSATION: f64 = 1.218_28;
/// Reports of 2 members fit by far.
const MAX_PACKET: usize = 512;

/// When reports are due (§6.3, for two members that both send).
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    seed: u64,
    due: Instant,
}

impl Schedule {
    pub(crate) fn new(seed: u64, start: Instant) -> Self {
        let mut schedule = Self { seed, due: start };
        schedule.due = start + schedule.interval() / 2;
        schedule
    }

    /// A report is due; the next one is planned.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        if now < self.due {
            return false;
        }
        self.due = now + self.interval();
        true
    }

    /// The interval, spread over 0.5–1.5 times.
    fn interval(&mut self) -> Duration {
        let least = Duration::from_millis(360_000 / SESSION_KBITS).min(MIN_INTERVAL);
        // SplitMix64: enough to keep two peers from marching in step.
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let part = ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64;
        least.mul_f64((0.5 + part) / COMPENSATION)
    }
}

/// What we sent, for a sender report.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) rtp_timestamp: u32,
    pub(crate) packets: u64,
    pub(crate) octets: u64,
}

/// What the peer told us.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Remote {
    /// Round-trip time.
    pub(crate) rtt: Option<Duration>,
    /// Share of our packets lost on the way since its last report, 0–1.
    pub(crate) fraction_lost: Option<f32>,
    /// It said BYE.
    pub(crate) bye: bool,
}

/// RTCP state of a session. `ntp` is always a 64-bit NTP time (32.32).
#[derive(Debug)]
pub(crate) struct Rtcp {
    ssrc: u32,
    cname: String,
    /// Middle 32 bits of the peer's last SR, and when it arrived.
    last_sr: Option<(u32, u64)>,
    buffer: [u8; MAX_PACKET],
}

impl Rtcp {
    pub(crate) fn new(ssrc: u32, cname: String) -> Self {
        Self {
            ssrc,
            cname: cname.chars().filter(|c| c.is_ascii_graphic()).take(200).collect(),
            last_sr: None,
            buffer: [0; MAX_PACKET],
        }
    }

    /// Forgets the peer's reports: another source.
    pub(crate) fn forget(&mut self) {
        self.last_sr = None;
    }

    /// Writes SR (when we `sent` lately) or RR, SDES, and BYE when leaving.
    pub(crate) fn write(
        &mut self,
        ntp: u64,
        sent: Option<Sent>,
        source: Option<&mut Source>,
        bye: bool,
    ) -> Option<&[u8]> {
        let block = source.map(|source| {
            let (lsr, dlsr) = self.last_sr.map_or((0, 0), |(lsr, at)| {
                (
                    lsr,
                    (ntp.saturating_sub(at) >> 16).min(u64::from(u32::MAX)) as u32,
                )
            });
            ReportBlock::builder(source.ssrc)
                .fraction_lost(source.fraction_lost())
                .cumulative_lost(source.lost().min(0x7f_ffff) as u32)
                .extended_sequence_number(source.highest())
                .interarrival_jitter(source.jitter() as u32)
                .last_sender_report_timestamp(lsr)
                .delay_since_last_sender_report_timestamp(dlsr)
        });
        let sdes = Sdes::builder().add_chunk(
            SdesChunk::builder(self.ssrc).add_item(SdesItem::builder(SdesItem::CNAME, &self.cname)),
        );
        let mut compound = Compound::builder();
        compound = match sent {
            Some(sent) => {
                let mut sr = SenderReport::builder(self.ssrc)
                    .ntp_timestamp(ntp)
                    .rtp_timestamp(sent.rtp_timestamp)
                    .packet_count(sent.packets as u32)
                    .octet_count(sent.octets as u32);
                if let Some(block) = block {
                    sr = sr.add_report_block(block);
                }
                compound.add_packet(sr)
            }
            None => {
                let mut rr = ReceiverReport::builder(self.ssrc);
                if let Some(block) = block {
                    rr = rr.add_report_block(block);
                }
                compound.add_packet(rr)
            }
        };
        compound = compound.add_packet(sdes);
        if bye {
            compound = compound.add_packet(Bye::builder().add_source(self.ssrc));
        }
        match compound.write_into(&mut self.buffer) {
            Ok(n) => self.buffer.get(..n),
            Err(error) => {
                tracing::warn!(%error, "an RTCP report could not be written");
                None
            }
        }
    }

    /// Reads a compound; `None` when it is malformed from the start.
    pub(crate) fn read(&mut self, ntp: u64, mut data: &[u8]) -> Option<Remote> {
        let mut remote = Remote::default();
        let mut any = false;
        while let Some((packet, rest)) = split(data) {
            data = rest;
            any = true;
            match packet.get(1).copied() {
                Some(SenderReport::PACKET_TYPE) => {
                    if let Ok(sr) = SenderReport::parse(packet) {
                        self.last_sr = Some(((sr.ntp_timestamp() >> 16) as u32, ntp));
                        for block in sr.report_blocks() {
                            self.take(ntp, &block, &mut remote);
                        }
                    }
                }
                Some(ReceiverReport::PACKET_TYPE) => {
                    if let Ok(rr) = ReceiverReport::parse(packet) {
                        for block in rr.report_blocks() {
                            self.take(ntp, &block, &mut remote);
                        }
                    }
                }
                Some(Bye::PACKET_TYPE) => remote.bye = true,
                _ => {}
            }
        }
        any.then_some(remote)
    }

    fn take(&self, ntp: u64, block: &ReportBlock<'_>, remote: &mut Remote) {
        if block.ssrc() != self.ssrc {
            return;
        }
        remote.fraction_lost = Some(f32::from(block.fraction_lost()) / 256.0);
        let lsr = block.last_sender_report_timestamp();
        if lsr != 0 {
            let now = (ntp >> 16) as u32;
            let rtt = now
                .wrapping_sub(lsr)
                .wrapping_sub(block.delay_since_last_sender_report_timestamp());
            // More than a minute is a wrong clock or a forged report.
            if rtt < 60 << 16 {
                remote.rtt = Some(Duration::from_nanos((u64::from(rtt) * 1_000_000_000) >> 16));
            }
        }
    }
}

/// The first packet of a compound and the rest; `None` at the end or when it is broken.
fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let &[first, _, high, low, ..] = data else {
        return None;
    };
    if first >> 6 != 2 {
        return None;
    }
    let length = 4 * (usize::from(u16::from_be_bytes([high, low])) + 1);
    data.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1 << 32;

    #[test]
    fn round_trip_and_loss_come_from_the_report() {
        let (mut a, mut b) = (Rtcp::new(1, "a".into()), Rtcp::new(2, "b".into()));
        let mut seen_by_b = Source::new(1, 0);
        for n in 0..100u16 {
            if n % 4 != 0 || n == 0 {
                seen_by_b.update(n);
            }
        }
        // Two clocks 1 000 s apart; 80 ms on the way to b, 2 s there, 40 ms back.
        let (t, offset) = (5_000 * SECOND, 1_000 * SECOND);
        let ms = |n: u64| n * SECOND / 1_000;
        let sr = a.write(t, Some(Sent::default()), None, false).unwrap().to_vec();
        b.read(t + offset + ms(80), &sr).unwrap();
        let rr = b
            .write(t + offset + ms(2_080), None, Some(&mut seen_by_b), true)
            .unwrap()
            .to_vec();
        let remote = a.read(t + ms(2_120), &rr).unwrap();
        let rtt = remote.rtt.unwrap().as_secs_f64();
        assert!((rtt - 0.120).abs() < 0.001, "{rtt}");
        assert!((remote.fraction_lost.unwrap() - 0.24).abs() < 0.01);
        assert!(remote.bye);
    }

    #[test]
    fn reports_for_others_are_not_ours() {
        let mut a = Rtcp::new(1, "a".into());
        let mut b = Rtcp::new(2, "b".into());
        let mut source = Source::new(77, 0);
        source.update(0);
        let rr = b.write(SECOND, None, Some(&mut source), false).unwrap().to_vec();
        assert_eq!(a.read(SECOND, &rr), Some(Remote::default()));
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any moment will do as the start")]
    fn intervals_stay_in_their_bounds_and_differ() {
        let start = Instant::now();
        let mut schedule = Schedule::new(7, start);
        let mut last = start;
        let mut gaps = Vec::new();
        for ms in 0..600_000u64 {
            let now = start + Duration::from_millis(ms);
            if schedule.is_due(now) {
                gaps.push((now - last).as_millis());
                last = now;
            }
        }
        assert!((100..400).contains(&gaps.len()), "{}", gaps.len());
        let all = &gaps[1..];
        assert!(all.iter().all(|g| (1_500..=4_700).contains(g)), "{all:?}");
        assert!(all.iter().max() > all.iter().min());
    }
}
