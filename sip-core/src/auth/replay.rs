//! Which nonce counts were used: a window of 64 per nonce (RFC 7616 §3.4, §5.5).

use std::collections::BTreeMap;

/// Nonces remembered; the oldest are forgotten, and thereby stale, beyond that.
const MAX_NONCES: usize = 65_536;

/// Remembers used nonce counts by nonce serial.
#[derive(Debug, Default)]
pub(super) struct Replay {
    windows: BTreeMap<u64, Window>,
    /// Serials up to here are forgotten.
    floor: Option<u64>,
}

#[derive(Debug, Default)]
struct Window {
    highest: u32,
    /// Bit n: `highest - n` was used.
    used: u64,
}

impl Replay {
    /// Whether the nonce's window was given up.
    pub(super) fn is_forgotten(&self, serial: u64) -> bool {
        self.floor.is_some_and(|floor| serial <= floor)
    }

    /// Marks a count as used; `false` when it was used before or is too old to know.
    pub(super) fn take(&mut self, serial: u64, nc: u32) -> bool {
        if self.is_forgotten(serial) || !self.windows.entry(serial).or_default().take(nc) {
            return false;
        }
        if self.windows.len() > MAX_NONCES
            && let Some((oldest, _)) = self.windows.pop_first()
        {
            self.floor = Some(oldest);
        }
        true
    }

    /// Forgets nonces before `serial`: they have expired.
    pub(super) fn forget_before(&mut self, serial: u64) {
        if self
            .windows
            .first_key_value()
            .is_some_and(|(first, _)| *first < serial)
        {
            self.windows = self.windows.split_off(&serial);
            self.floor = self.floor.max(serial.checked_sub(1));
        }
    }
}

impl Window {
    fn take(&mut self, nc: u32) -> bool {
        if nc > self.highest {
            let by = nc - self.highest;
            self.used = self.used.checked_shl(by).unwrap_or(0) | 1;
            self.highest = nc;
            return true;
        }
        let bit = self.highest - nc;
        if nc == 0 || bit >= 64 || self.used & (1 << bit) != 0 {
            return false;
        }
        self.used |= 1 << bit;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_good_once_in_any_near_order() {
        let mut replay = Replay::default();
        for (nc, fine) in [
            (1, true),
            (1, false),
            (3, true),
            (2, true),
            (2, false),
            (0, false),
            (100, true),
            (30, false),
            (37, true),
        ] {
            assert_eq!(replay.take(1, nc), fine, "{nc}");
        }
        assert!(replay.take(2, 1), "another nonce counts for itself");
    }

    #[test]
    fn what_is_forgotten_cannot_be_replayed() {
        let mut replay = Replay::default();
        for serial in 0..=MAX_NONCES as u64 {
            assert!(replay.take(serial, 1));
        }
        assert!(replay.is_forgotten(0));
        assert!(!replay.take(0, 2));
        replay.forget_before(10);
        assert!(!replay.take(9, 2));
        assert!(replay.take(10, 2));
    }
}
