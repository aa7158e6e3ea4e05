//! Where to send to and whom to listen to: symmetric RTP (RFC 4961) with latching.
//!
//! ```text
//!   Signalled ── first valid packet, from anywhere ──► Following(address)
//!       ▲                                                  │  silent for 200 ms and the signalled address
//!       │ new address signalled                            │  speaks, or 500 ms and any other does
//!       └──────────────────────────────────────────────────┴──► Following(other)
//! ```
//!
//! An address that is speaking cannot be displaced, so a stranger's packets neither play nor divert ours.

use std::net::SocketAddr;

/// 48 kHz samples per millisecond.
const MS: i64 = 48;

/// The latch of one port.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Latch {
    signalled: Option<SocketAddr>,
    following: Option<(SocketAddr, i64)>,
}

impl Latch {
    /// Takes the address of offer and answer; a change forgets what was learnt.
    pub(super) fn signal(&mut self, remote: Option<SocketAddr>) {
        if self.signalled != remote {
            self.signalled = remote;
            self.following = None;
        }
    }

    /// A valid packet came: is its address the one we listen to?
    pub(super) fn accept(&mut self, now: i64, from: SocketAddr) -> bool {
        let patience = if self.signalled == Some(from) {
            200 * MS
        } else {
            500 * MS
        };
        match self.following {
            Some((address, last)) if address != from && now - last < patience => false,
            _ => {
                self.following = Some((from, now));
                true
            }
        }
    }

    /// Where our packets go.
    pub(super) fn target(&self) -> Option<SocketAddr> {
        self.following.map(|(address, _)| address).or(self.signalled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn follows_the_first_packet_and_is_not_diverted_while_it_goes_on() {
        let mut latch = Latch::default();
        latch.signal(Some(address(1)));
        assert_eq!(latch.target(), Some(address(1)));
        assert!(latch.accept(0, address(2)), "a peer behind NAT");
        assert_eq!(latch.target(), Some(address(2)));
        for n in 1..100 {
            assert!(latch.accept(n * 20 * MS, address(2)));
            assert!(!latch.accept(n * 20 * MS + 1, address(3)), "a stranger");
        }
        assert_eq!(latch.target(), Some(address(2)));
        assert!(latch.accept(99 * 20 * MS + 600 * MS, address(3)), "after silence");
    }

    #[test]
    fn a_newly_signalled_address_counts_at_once() {
        let mut latch = Latch::default();
        latch.signal(Some(address(1)));
        latch.accept(0, address(1));
        latch.signal(Some(address(5)));
        assert_eq!(latch.target(), Some(address(5)));
        latch.signal(Some(address(5)));
        assert!(latch.accept(1, address(6)));
    }
}
