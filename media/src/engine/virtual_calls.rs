//! Calls between two engines in virtual time: drifting sound cards, accidents, the delay from mouth to ear.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use super::{api::CodecKind, virtual_line::Line};
use crate::device::virtual_card::{Side, VirtualCard};

struct Phone {
    card: VirtualCard,
    line: Line,
}

struct World {
    start: Instant,
    now: Arc<Mutex<Instant>>,
    now_us: f64,
    phones: [Phone; 2],
}

impl World {
    /// Two phones in a call; each microphone hears its `mouth`.
    fn new(codec: CodecKind, mouths: [fn(f64) -> f32; 2]) -> Self {
        let start = Instant::now();
        let now = Arc::new(Mutex::new(start));
        let cards = mouths.map(|mouth| VirtualCard::new(start, mouth));
        let [(first, one), (second, other)] = cards;
        let [here, there] = Line::both(codec, start, &now, [Box::new(one), Box::new(other)]);
        let phones = [
            Phone {
                card: first,
                line: here,
            },
            Phone {
                card: second,
                line: there,
            },
        ];
        Self {
            start,
            now,
            now_us: 0.0,
            phones,
        }
    }

    fn plug_both(&mut self, sides: [(Side, Side); 2]) {
        for (phone, (capture, playout)) in self.phones.iter_mut().zip(sides) {
            phone.card.plug(self.now_us, capture, playout);
        }
    }

    fn run_for(&mut self, seconds: f64) {
        let until = self.now_us + seconds * 1e6;
        while self.now_us < until {
            let next = self
                .phones
                .iter()
                .map(|p| p.line.wake_us.min(p.card.next_us()))
                .fold(until, f64::min);
            self.now_us = next.max(self.now_us);
            let now = self.start + Duration::from_nanos((self.now_us * 1e3) as u64);
            *self.now.lock().unwrap() = now;
            for phone in &mut self.phones {
                phone.card.run(self.now_us);
                if phone.line.wake_us <= self.now_us {
                    phone.line.step(now, self.now_us, self.start);
                }
            }
        }
    }
}

impl Phone {
    /// Level in dBFS of what was heard between two moments in seconds.
    fn level(&self, from: f64, to: f64) -> f32 {
        let heard = self.between(from, to);
        let mean = heard.iter().map(|(_, s)| s * s).sum::<f32>() / heard.len().max(1) as f32;
        10.0 * (mean + 1e-13).log10()
    }

    /// Frequency in Hz from the upward zero crossings between two moments in seconds.
    fn pitch(&self, from: f64, to: f64) -> f64 {
        let crossings: Vec<f64> = self
            .between(from, to)
            .windows(2)
            .filter(|pair| pair[0].1 < 0.0 && pair[1].1 >= 0.0)
            .map(|pair| pair[1].0)
            .collect();
        (crossings.len() - 1) as f64 * 1e6 / (crossings[crossings.len() - 1] - crossings[0])
    }

    fn between(&self, from: f64, to: f64) -> &[(f64, f32)] {
        let at = |s: f64| self.card.ear.partition_point(|(us, _)| *us < s * 1e6);
        &self.card.ear[at(from)..at(to)]
    }
}

fn silence(_us: f64) -> f32 {
    0.0
}

fn tone(us: f64) -> f32 {
    ((us / 1e6 * 500.0 * std::f64::consts::TAU).sin() * 0.25) as f32
}

/// 100 ms of tone at the start of every second.
fn bursts(us: f64) -> f32 {
    if us % 1e6 < 1e5 { tone(us) } else { 0.0 }
}

fn side(rate: u32, ppm: f64, block: usize, channels: u16) -> Side {
    Side {
        rate,
        ppm,
        block,
        channels,
    }
}

/// Delay of each burst from mouth to ear in milliseconds.
fn mouth_to_ear(phone: &Phone, seconds: std::ops::Range<u32>) -> Vec<f64> {
    seconds
        .map(|s| {
            let s = f64::from(s);
            let first = phone.between(s, s + 0.9).iter().find(|(_, v)| v.abs() > 0.05);
            first.map_or(f64::INFINITY, |(us, _)| us / 1e3 - s * 1e3)
        })
        .collect()
}

#[test]
fn mouth_to_ear_is_within_75_ms_from_the_first_second() {
    for codec in [CodecKind::Opus, CodecKind::Pcmu] {
        let mut world = World::new(codec, [bursts, silence]);
        world.plug_both([(Side::GOOD, Side::GOOD); 2]);
        world.run_for(12.0);
        let delays = mouth_to_ear(&world.phones[1], 1..12);
        println!("{codec:?}: mouth to ear {delays:.1?} ms (without the cards' own buffers)");
        // The cards' own output buffer of 10 ms comes on top; the input block is in the figure.
        assert!(delays.iter().all(|d| *d < 65.0), "{codec:?}: {delays:?}");
    }
}

#[test]
fn drifting_cards_never_run_dry_and_delay_does_not_wander() {
    let mut world = World::new(CodecKind::Pcmu, [bursts, bursts]);
    world.plug_both([
        (side(48_000, 300.0, 480, 1), side(48_000, -300.0, 512, 2)),
        (side(44_100, -300.0, 441, 2), side(48_000, 300.0, 480, 2)),
    ]);
    world.run_for(60.0);
    let missed: Vec<u64> = world.phones.iter().map(|p| p.card.missed()).collect();
    world.run_for(120.0);
    for (phone, before) in world.phones.iter().zip(missed) {
        assert_eq!(phone.card.missed(), before, "the ear ran dry");
        let delays = mouth_to_ear(phone, 60..180);
        let (least, most) = (
            delays.iter().copied().fold(f64::MAX, f64::min),
            delays.iter().copied().fold(0.0, f64::max),
        );
        println!("delay {least:.1}–{most:.1} ms over two minutes at ±300 ppm");
        assert!(most < 90.0, "{delays:?}");
    }
}

#[test]
fn an_unplugged_card_leaves_the_call_ticking_and_comes_back_at_another_rate() {
    let mut world = World::new(CodecKind::Opus, [tone, silence]);
    world.plug_both([(Side::GOOD, Side::GOOD); 2]);
    world.run_for(3.0);
    assert!((world.phones[1].pitch(1.0, 3.0) - 500.0).abs() < 1.0);
    world.phones[0].card.unplug(false);
    world.run_for(0.4);
    world.phones[0].card.unplug(true);
    world.run_for(1.6);
    let headset = side(16_000, 0.0, 160, 1);
    world.phones[0].card.plug(world.now_us, headset, headset);
    world.run_for(3.0);
    let level = world.phones[1].level(3.6, 4.8);
    assert!(level < -60.0, "silence stands in: {level} dBFS");
    assert!((world.phones[1].pitch(6.0, 8.0) - 500.0).abs() < 1.0);
    let ticks = &world.phones[0].line.tick_us;
    let longest = ticks.windows(2).map(|p| p[1] - p[0]).fold(0.0, f64::max);
    assert!(longest <= 16_000.0, "{longest} µs without a tick");
    assert!(ticks.len().abs_diff(800) < 8, "{} ticks in 8 s", ticks.len());
}

#[test]
fn a_capture_burst_after_two_seconds_is_back_to_normal_within_one() {
    let mut world = World::new(CodecKind::Pcmu, [bursts, silence]);
    world.plug_both([(Side::GOOD, Side::GOOD); 2]);
    world.run_for(3.5);
    world.phones[0].card.held_until_us = 5.5e6;
    world.run_for(6.0);
    let delays = mouth_to_ear(&world.phones[1], 7..9);
    assert!(delays.iter().all(|d| *d < 100.0), "{delays:?}");
}

#[test]
fn any_block_size_keeps_the_tone_whole() {
    for (block, channels) in [(64, 1), (256, 2), (1_024, 2), (1_920, 1)] {
        let mut world = World::new(CodecKind::Pcmu, [tone, silence]);
        let card = side(48_000, 20.0, block, channels);
        world.plug_both([(card, card); 2]);
        world.run_for(10.0);
        let before = world.phones[1].card.missed();
        world.run_for(10.0);
        assert_eq!(world.phones[1].card.missed(), before, "block {block}");
        let pitch = world.phones[1].pitch(10.0, 20.0);
        assert!((pitch - 500.0).abs() < 0.6, "block {block}: {pitch} Hz");
    }
}
