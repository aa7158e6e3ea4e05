//! DTMF as telephone events (RFC 4733).
//!
//! Out: one packet per packet time with the timestamp of the beginning and a growing duration, the end
//! three times. In: a digit counts once, when its end arrives or when it falls silent without one.

/// Digits in the order of their event codes.
const DIGITS: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D',
];
/// Shortest tone and shortest pause between two (ITU-T Q.24).
const MIN_MS: u32 = 40;
const PAUSE_MS: u32 = 60;
/// −10 dBm0.
const VOLUME: u8 = 10;
const END_PACKETS: u8 = 3;
/// Digits that may wait.
pub(crate) const QUEUE: usize = 32;
/// 48 kHz samples without a packet after which a digit without an end is over (three lost packets and some jitter).
const SILENT: i64 = 48 * 250;

/// The event code of a digit.
pub(crate) fn code(digit: char) -> Option<u8> {
    let digit = digit.to_ascii_uppercase();
    DIGITS.iter().position(|d| *d == digit).map(|c| c as u8)
}

/// What to send in place of voice in one packet time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// RTP timestamp: that of the event's (segment's) beginning.
    pub(crate) timestamp: u32,
    /// First packet of an event.
    pub(crate) marker: bool,
    /// Payload.
    pub(crate) payload: [u8; 4],
    /// How many times to send it now, each under its own sequence number.
    pub(crate) times: u8,
}

#[derive(Clone, Copy, Debug, Default)]
struct Digit {
    code: u8,
    ms: u32,
}

#[derive(Clone, Copy, Debug)]
enum Sending {
    Nothing,
    Event {
        code: u8,
        /// Timestamp of the segment; what has passed of it and is left of the whole. In milliseconds, because
        /// another codec may be agreed in the middle.
        start: u32,
        passed_ms: u32,
        left_ms: u32,
        first: bool,
    },
    Pause {
        left_ms: u32,
    },
}

/// Digits being sent.
#[derive(Debug)]
pub(crate) struct DtmfSender {
    queue: [Digit; QUEUE],
    waiting: usize,
    now: Sending,
}

impl DtmfSender {
    pub(crate) fn new() -> Self {
        Self {
            queue: [Digit::default(); QUEUE],
            waiting: 0,
            now: Sending::Nothing,
        }
    }

    /// Queues a digit; false when the queue is full.
    pub(crate) fn push(&mut self, code: u8, ms: u32) -> bool {
        let Some(place) = self.queue.get_mut(self.waiting) else {
            return false;
        };
        *place = Digit {
            code,
            ms: ms.clamp(MIN_MS, 10_000),
        };
        self.waiting += 1;
        true
    }

    /// What to send for the packet time of `ptime_ms` that begins at `timestamp`; `None`: voice. Timestamps
    /// count in the voice's clock at `rate`, durations in the event's own, which may be another.
    pub(crate) fn next(
        &mut self,
        timestamp: u32,
        ptime_ms: u32,
        rate: u32,
        event_rate: u32,
    ) -> Option<Outgoing> {
        let per_ms = (event_rate / 1_000).max(1);
        match self.now {
            Sending::Pause { left_ms } if left_ms > ptime_ms => {
                self.now = Sending::Pause {
                    left_ms: left_ms - ptime_ms,
                };
                return None;
            }
            Sending::Pause { .. } => {
                self.now = Sending::Nothing;
                return None;
            }
            Sending::Nothing if self.waiting == 0 => return None,
            Sending::Nothing => {
                let digit = self.queue[0];
                self.queue.copy_within(1..self.waiting, 0);
                self.waiting -= 1;
                self.now = Sending::Event {
                    code: digit.code,
                    start: timestamp,
                    passed_ms: 0,
                    left_ms: digit.ms,
                    first: true,
                };
            }
            Sending::Event { .. } => {}
        }
        let Sending::Event {
            code,
            mut start,
            mut passed_ms,
            left_ms,
            first,
        } = self.now
        else {
            return None;
        };
        if (passed_ms + ptime_ms) * per_ms > u32::from(u16::MAX) {
            // The duration field is full: a new segment follows seamlessly (§2.5.1.3).
            start = start.wrapping_add(passed_ms * (rate / 1_000));
            passed_ms = 0;
        }
        let part = ptime_ms.min(left_ms);
        passed_ms += part;
        let left_ms = left_ms - part;
        let end = left_ms == 0;
        self.now = if end {
            Sending::Pause { left_ms: PAUSE_MS }
        } else {
            Sending::Event {
                code,
                start,
                passed_ms,
                left_ms,
                first: false,
            }
        };
        let duration = ((passed_ms * per_ms) as u16).to_be_bytes();
        Some(Outgoing {
            timestamp: start,
            marker: first,
            payload: [
                code,
                VOLUME | if end { 0x80 } else { 0 },
                duration[0],
                duration[1],
            ],
            times: if end { END_PACKETS } else { 1 },
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Held {
    code: u8,
    /// Units of `duration` in a millisecond.
    per_ms: u32,
    start: u32,
    duration: u16,
    last: i64,
    /// The digit has been told.
    told: bool,
}

/// Digits being received.
#[derive(Debug, Default)]
pub(crate) struct DtmfReceiver {
    held: Option<Held>,
}

impl DtmfReceiver {
    /// Takes an event payload; gives a digit that is over and its length in ms. `rate` is the event's clock.
    pub(crate) fn receive(
        &mut self,
        now: i64,
        timestamp: u32,
        payload: &[u8],
        rate: u32,
    ) -> Option<(char, u32)> {
        let &[code, flags, high, low, ..] = payload else {
            return None;
        };
        if usize::from(code) >= DIGITS.len() {
            return None;
        }
        let duration = u16::from_be_bytes([high, low]);
        let end = flags & 0x80 != 0;
        // Late packets of an earlier event change nothing.
        if self
            .held
            .is_some_and(|h| h.start != timestamp && timestamp.wrapping_sub(h.start) > 1 << 31)
        {
            return None;
        }
        let mut before = None;
        let same = self.held.is_some_and(|h| h.start == timestamp && h.code == code);
        if !same {
            before = self.take();
            self.held = Some(Held {
                code,
                per_ms: (rate / 1_000).max(1),
                start: timestamp,
                duration,
                last: now,
                told: false,
            });
        }
        let held = self.held.as_mut()?;
        held.duration = held.duration.max(duration);
        held.last = now;
        if end && before.is_none() {
            return self.take();
        }
        before
    }

    /// A digit whose end never came.
    pub(crate) fn poll(&mut self, now: i64) -> Option<(char, u32)> {
        if self.held.is_some_and(|h| !h.told && now - h.last > SILENT) {
            return self.take();
        }
        None
    }

    fn take(&mut self) -> Option<(char, u32)> {
        let held = self.held.as_mut().filter(|h| !h.told)?;
        held.told = true;
        let digit = DIGITS.get(usize::from(held.code)).copied()?;
        Some((digit, u32::from(held.duration) / held.per_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v_006_a_digit_is_one_event_with_growing_duration_and_three_ends() {
        let mut sender = DtmfSender::new();
        assert!(sender.push(code('5').unwrap(), 100));
        let packets: Vec<Outgoing> = (0..10u32)
            .map_while(|n| sender.next(1_000 + n * 160, 20, 8_000, 8_000))
            .collect();
        assert_eq!(packets.len(), 5);
        for (n, p) in packets.iter().enumerate() {
            let last = n == 4;
            assert_eq!(p.timestamp, 1_000);
            assert_eq!(p.marker, n == 0);
            assert_eq!(p.payload[0], 5);
            assert_eq!(p.payload[1], if last { 0x8a } else { 0x0a });
            assert_eq!(
                u16::from_be_bytes([p.payload[2], p.payload[3]]),
                160 * (n as u16 + 1)
            );
            assert_eq!(p.times, if last { 3 } else { 1 });
        }
    }

    #[test]
    fn a_long_tone_at_48_khz_goes_on_in_segments() {
        let mut sender = DtmfSender::new();
        sender.push(1, 3_000);
        let packets: Vec<Outgoing> = (0..200u32)
            .map_while(|n| sender.next(n * 960, 20, 48_000, 48_000))
            .collect();
        assert_eq!(packets.len(), 150);
        let starts: std::collections::BTreeSet<u32> = packets.iter().map(|p| p.timestamp).collect();
        assert_eq!(starts.len(), 3, "65 535 units are 1.36 s");
    }

    #[test]
    fn an_event_at_8_khz_beside_voice_at_48_khz_counts_each_in_its_own_clock() {
        let mut sender = DtmfSender::new();
        sender.push(1, 9_000);
        let packets: Vec<Outgoing> = (0..500u32)
            .map_while(|n| sender.next(n * 960, 20, 48_000, 8_000))
            .collect();
        assert_eq!(packets.len(), 450);
        assert_eq!(packets[0].payload[2..], 160u16.to_be_bytes());
        // 409 packet times of 160 units fit into 16 bits.
        assert_eq!((packets[408].timestamp, packets[409].timestamp), (0, 409 * 960));
        assert_eq!(packets[409].payload[2..], 160u16.to_be_bytes());
    }

    #[test]
    fn another_clock_in_the_middle_of_a_digit_leaves_its_length() {
        let mut sender = DtmfSender::new();
        sender.push(1, 200);
        let rate = |n: u32| if n < 3 { 48_000 } else { 8_000 };
        let packets: Vec<Outgoing> = (0..50u32)
            .map_while(|n| sender.next(n, 20, rate(n), rate(n)))
            .collect();
        assert_eq!(packets.len(), 10);
        assert_eq!(packets[9].payload[2..], 1_600u16.to_be_bytes());
    }

    #[test]
    fn a_received_digit_counts_once_even_without_its_end() {
        let mut receiver = DtmfReceiver::default();
        assert_eq!(receiver.receive(0, 7, &[5, 10, 0, 160], 8_000), None);
        assert_eq!(
            receiver.receive(960, 7, &[5, 0x8a, 3, 32], 8_000),
            Some(('5', 100))
        );
        assert_eq!(receiver.receive(960, 7, &[5, 0x8a, 3, 32], 8_000), None);
        assert_eq!(receiver.receive(9_600, 2_000, &[11, 10, 1, 64], 8_000), None);
        assert_eq!(receiver.poll(10_000), None);
        assert_eq!(receiver.poll(30_000), Some(('#', 40)));
        assert_eq!(receiver.poll(90_000), None);
        assert_eq!(
            receiver.receive(91_000, 9_000, &[200, 0x8a, 1, 64], 8_000),
            None,
            "no digit"
        );
        assert_eq!(receiver.receive(91_000, 9_000, &[1], 8_000), None, "cut off");
    }
}
