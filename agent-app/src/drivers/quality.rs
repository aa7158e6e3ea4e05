//! One number for how a call sounds: the E-model (ITU-T G.107) with the terms a phone can measure.

use media::engine::{CodecKind, LegStats};

/// Estimated mean opinion score, 1.0–4.5.
pub fn mos(stats: &LegStats) -> f32 {
    // Robustness against loss (Bpl) of G.711 with concealment and of Opus with FEC; both without impairment
    // of their own (Ie = 0).
    let robustness = match stats.codec {
        Some(CodecKind::Opus) => 30.0,
        Some(CodecKind::Pcma | CodecKind::Pcmu) | None => 25.1,
    };
    let expected = stats.received + stats.lost;
    let lost = if expected == 0 {
        0.0
    } else {
        stats.lost as f32 / expected as f32
    };
    let loss = 100.0 * lost.max(stats.concealed_ratio).clamp(0.0, 1.0);
    let equipment = 95.0 * loss / (loss + robustness);
    // Mouth to ear, one way: network, jitter buffer, and 40 ms for packets and devices.
    let delay = stats.rtt_ms.unwrap_or(0.0) / 2.0 + stats.playout_delay_ms + 40.0;
    let late = (delay - 177.3).max(0.0);
    let r = (93.2 - equipment - 0.024 * delay - 0.11 * late).clamp(0.0, 100.0);
    let score = 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6;
    (score.clamp(1.0, 4.5) * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(lost: u64, delay: f32) -> LegStats {
        LegStats {
            codec: Some(CodecKind::Opus),
            received: 1000 - lost,
            lost,
            playout_delay_ms: delay,
            ..LegStats::default()
        }
    }

    #[test]
    fn a_clean_call_is_good_and_loss_and_delay_make_it_worse() {
        let clean = mos(&stats(0, 40.0));
        assert!(clean > 4.2, "{clean}");
        assert!(mos(&stats(50, 40.0)) < clean - 0.2);
        assert!(mos(&stats(0, 500.0)) < clean - 0.5);
        assert!(mos(&stats(1000, 5000.0)) >= 1.0);
    }
}
