//! RTP as far as it is the same for every leg: source statistics, RFC 4733 events, RTCP.

mod dtmf;
mod rtcp;
mod source;

pub(crate) use dtmf::{DtmfReceiver, DtmfSender, code as dtmf_code};
pub(crate) use rtcp::{Rtcp, Schedule, Sent};
pub(crate) use source::{Judgement, Source};

/// RTP and RTCP sharing a port are told apart by the second octet (RFC 5761 §4).
pub(crate) fn is_rtcp(packet: &[u8]) -> bool {
    packet.get(1).is_some_and(|t| (192..=223).contains(t))
}
