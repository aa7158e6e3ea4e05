//! What a wake-up costs with many calls: `cargo bench -p sip-core --bench calls`. Printed, not asserted.
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::{hint::black_box, time::Instant};

use sip_core::{
    Input, Machine,
    agent::UserAgent,
    testkit::{Phone, World},
};

fn main() {
    for calls in [10, 100, 1_000] {
        let mut world = World::new(1);
        let alice = Phone::add(&mut world, "192.0.2.1:5060", 1);
        for n in 1..=calls {
            alice.calls(&mut world, n, "sip:bob@192.0.2.66");
        }
        let now = world.now();
        let machine = &mut world.seat::<UserAgent>(alice.0).machine;
        const ROUNDS: u32 = 2_000;
        let best = (0..7)
            .map(|_| {
                let start = Instant::now();
                for _ in 0..ROUNDS {
                    black_box(machine.next_wake());
                    machine.handle(now, Input::Tick);
                }
                start.elapsed()
            })
            .min()
            .unwrap_or_default();
        let micros = best.as_secs_f64() * 1e6 / f64::from(ROUNDS);
        println!("next_wake and Tick, {calls:>5} calls {micros:>8.3} µs");
    }
}
