//! Packets waiting for their turn: a fixed array of slots keyed by extended sequence number.

use crate::codec::MAX_PAYLOAD;

/// Packets held at most: 2.5 s of 20 ms packets. A power of two.
const SLOTS: usize = 128;

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It waits for its turn.
    Queued,
    /// It is here already.
    Duplicate,
    /// Its turn has passed.
    Late,
    /// Its payload is empty, too large or not valid for the codec.
    Invalid,
}

/// What is known of a waiting packet besides its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meta {
    /// Extended sequence number.
    pub(super) seq: u64,
    /// Extended timestamp in 48 kHz samples.
    pub(super) ts: i64,
    /// Length in 48 kHz samples.
    pub(super) samples: usize,
    /// When it arrived, in 48 kHz samples of our clock.
    pub(super) arrival: i64,
    /// Which decoder takes it; `None` holds the place of a packet that is no voice (an RFC 4733 event).
    pub(super) decoder: Option<usize>,
}

#[derive(Clone, Debug)]
struct Slot {
    meta: Option<Meta>,
    len: usize,
    payload: [u8; MAX_PAYLOAD],
}

/// The slots.
#[derive(Debug)]
pub(super) struct PacketBuffer {
    slots: Box<[Slot]>,
    /// The lowest sequence number still wanted.
    next: u64,
    /// One past the highest held.
    end: u64,
}

impl PacketBuffer {
    pub(super) fn new() -> Self {
        let slot = Slot {
            meta: None,
            len: 0,
            payload: [0; MAX_PAYLOAD],
        };
        Self {
            slots: vec![slot; SLOTS].into_boxed_slice(),
            next: 0,
            end: 0,
        }
    }

    /// Empties the buffer; from now on `next` is the lowest sequence number wanted.
    pub(super) fn restart(&mut self, next: u64) {
        for slot in &mut self.slots {
            slot.meta = None;
        }
        self.next = next;
        self.end = next;
    }

    /// The lowest sequence number still wanted.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Lets an earlier packet in although a later one came first; only before anything was played.
    pub(super) fn allow_from(&mut self, seq: u64) {
        if seq < self.next && self.end - seq <= SLOTS as u64 {
            self.next = seq;
        }
    }

    /// Takes a packet in. When it is too far ahead for the slots, the oldest make room.
    pub(super) fn insert(&mut self, meta: Meta, payload: &[u8]) -> Inserted {
        if meta.seq < self.next {
            return Inserted::Late;
        }
        if meta.seq >= self.next + SLOTS as u64 {
            let floor = meta.seq - SLOTS as u64 + 1;
            for slot in &mut self.slots {
                if slot.meta.is_some_and(|m| m.seq < floor) {
                    slot.meta = None;
                }
            }
            self.next = floor;
        }
        let slot = &mut self.slots[(meta.seq % SLOTS as u64) as usize];
        if slot.meta.is_some() {
            return Inserted::Duplicate;
        }
        let Some(room) = slot.payload.get_mut(..payload.len()) else {
            return Inserted::Invalid;
        };
        room.copy_from_slice(payload);
        slot.len = payload.len();
        slot.meta = Some(meta);
        self.end = self.end.max(meta.seq + 1);
        Inserted::Queued
    }

    /// The packet with the lowest sequence number.
    pub(super) fn head(&self) -> Option<(Meta, &[u8])> {
        (self.next..self.end).find_map(|seq| {
            let slot = &self.slots[(seq % SLOTS as u64) as usize];
            slot.meta.map(|meta| (meta, &slot.payload[..slot.len]))
        })
    }

    /// Takes the packet with the lowest sequence number away; those before it are wanted no more.
    pub(super) fn pop(&mut self) -> Option<Meta> {
        let (meta, _) = self.head()?;
        self.slots[(meta.seq % SLOTS as u64) as usize].meta = None;
        self.next = meta.seq + 1;
        Some(meta)
    }

    /// Packets held.
    pub(super) fn len(&self) -> usize {
        (self.next..self.end)
            .filter(|seq| self.slots[(seq % SLOTS as u64) as usize].meta.is_some())
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(seq: u64) -> Meta {
        Meta {
            seq,
            ts: seq as i64 * 960,
            samples: 960,
            arrival: 0,
            decoder: Some(0),
        }
    }

    #[test]
    fn packets_come_out_in_order_and_once() {
        let mut buffer = PacketBuffer::new();
        buffer.restart(10);
        for seq in [12, 10, 11] {
            assert_eq!(buffer.insert(meta(seq), &[seq as u8]), Inserted::Queued);
        }
        assert_eq!(buffer.insert(meta(11), &[0]), Inserted::Duplicate);
        for seq in 10..13 {
            assert_eq!(buffer.head().unwrap().1, [seq as u8]);
            assert_eq!(buffer.pop(), Some(meta(seq)));
        }
        assert_eq!(buffer.pop(), None);
        assert_eq!(buffer.insert(meta(12), &[0]), Inserted::Late);
    }

    #[test]
    fn a_packet_far_ahead_pushes_the_oldest_out() {
        let mut buffer = PacketBuffer::new();
        buffer.restart(0);
        for seq in 0..SLOTS as u64 + 5 {
            assert_eq!(buffer.insert(meta(seq), &[1]), Inserted::Queued);
        }
        assert_eq!(buffer.len(), SLOTS);
        assert_eq!(buffer.pop(), Some(meta(5)));
        assert_eq!(buffer.insert(meta(100_000), &[1]), Inserted::Queued);
        assert_eq!(buffer.pop(), Some(meta(100_000)));
    }

    #[test]
    fn a_payload_larger_than_a_slot_is_refused() {
        let mut buffer = PacketBuffer::new();
        assert_eq!(buffer.insert(meta(0), &[0; MAX_PAYLOAD + 1]), Inserted::Invalid);
        assert_eq!(buffer.len(), 0);
    }
}
