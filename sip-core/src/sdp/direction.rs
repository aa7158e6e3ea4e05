//! Directions and what answers them (RFC 3264 §6.1, §8.4).

use super::Direction;

impl Direction {
    /// From its two halves.
    pub const fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether the describing side sends.
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the describing side receives.
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same stream seen from the other side.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self::new(self.receives(), self.sends())
    }

    /// What to answer to `offered` (as the peer wrote it) when we want `wanted`.
    #[must_use]
    pub const fn answer(offered: Self, wanted: Self) -> Self {
        Self::new(
            offered.receives() && wanted.sends(),
            offered.sends() && wanted.receives(),
        )
    }

    /// What we want while holding: music or silence may go out, nothing comes in.
    #[must_use]
    pub const fn held(self, hold: bool) -> Self {
        Self::new(self.sends(), self.receives() && !hold)
    }

    /// As written in SDP.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::SendRecv, Self::SendOnly, Self::RecvOnly, Self::Inactive]
            .into_iter()
            .find(|d| d.name().eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::Direction::{self, Inactive, RecvOnly, SendOnly, SendRecv};

    /// The whole table of RFC 3264 §6.1: offered, wanted, answer.
    const TABLE: [(Direction, Direction, Direction); 16] = [
        (SendRecv, SendRecv, SendRecv),
        (SendRecv, SendOnly, SendOnly),
        (SendRecv, RecvOnly, RecvOnly),
        (SendRecv, Inactive, Inactive),
        (SendOnly, SendRecv, RecvOnly),
        (SendOnly, SendOnly, Inactive),
        (SendOnly, RecvOnly, RecvOnly),
        (SendOnly, Inactive, Inactive),
        (RecvOnly, SendRecv, SendOnly),
        (RecvOnly, SendOnly, SendOnly),
        (RecvOnly, RecvOnly, Inactive),
        (RecvOnly, Inactive, Inactive),
        (Inactive, SendRecv, Inactive),
        (Inactive, SendOnly, Inactive),
        (Inactive, RecvOnly, Inactive),
        (Inactive, Inactive, Inactive),
    ];

    #[test]
    fn all_sixteen_answers() {
        for (offered, wanted, answer) in TABLE {
            assert_eq!(
                Direction::answer(offered, wanted),
                answer,
                "{offered:?} {wanted:?}"
            );
        }
    }

    #[test]
    fn hold_takes_the_receiving_half_away() {
        for (wanted, held) in [
            (SendRecv, SendOnly),
            (SendOnly, SendOnly),
            (RecvOnly, Inactive),
            (Inactive, Inactive),
        ] {
            assert_eq!(wanted.held(true), held);
            assert_eq!(wanted.held(false), wanted);
        }
    }

    #[test]
    fn the_other_side_sees_it_the_other_way_round() {
        for (a, b) in [
            (SendRecv, SendRecv),
            (SendOnly, RecvOnly),
            (RecvOnly, SendOnly),
            (Inactive, Inactive),
        ] {
            assert_eq!(a.reversed(), b);
        }
    }
}
