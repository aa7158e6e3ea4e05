//! A short queue of events without allocation.

use super::SessionEvent;

const ROOM: usize = 32;

/// Events in order; when nobody collects them the oldest go.
#[derive(Clone, Debug, Default)]
pub(super) struct Events {
    queue: [Option<SessionEvent>; ROOM],
    first: usize,
    len: usize,
}

impl Events {
    pub(super) fn push(&mut self, event: SessionEvent) {
        if self.len == ROOM {
            self.pop();
        }
        self.queue[(self.first + self.len) % ROOM] = Some(event);
        self.len += 1;
    }

    pub(super) fn pop(&mut self) -> Option<SessionEvent> {
        if self.len == 0 {
            return None;
        }
        let event = self.queue[self.first].take();
        self.first = (self.first + 1) % ROOM;
        self.len -= 1;
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_and_the_newest() {
        let digit = |n: u32| SessionEvent::Dtmf {
            digit: '1',
            duration_ms: n,
        };
        let mut events = Events::default();
        for n in 0..40 {
            events.push(digit(n));
        }
        for n in 8..40 {
            assert_eq!(events.pop(), Some(digit(n)));
        }
        assert_eq!(events.pop(), None);
    }
}
