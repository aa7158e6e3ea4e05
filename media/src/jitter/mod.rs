//! The jitter buffer: packets in as they arrive, 10 ms of voice out per tick, as late as needed and no later.
//!
//! ```text
//!  insert(now, packet) ─► PacketBuffer ─► decoder ─► fifo ─► stretch ─► pull(now) ─► 480 samples
//!             └─► DelayManager ─ target ──────────────────────┘
//! ```
//!
//! One buffer owns the whole delay: [`buffer`] keeps packets in order, [`delay`] knows how long to hold
//! them, [`playout`] decides per tick. Playout pulls; nothing plays because something arrived. All times
//! are 48 kHz samples on the owner's clock, so a sender's clock drift shows as a delay that creeps and is
//! taken back like any other.

mod buffer;
mod delay;
mod playout;

pub use buffer::Inserted;
pub use playout::{JitterStats, Packet, Playout};
