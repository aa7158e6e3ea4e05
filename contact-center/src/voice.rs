//! Where SIP's words for voice meet the media engine's: one socket, one leg, one description.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use media::engine::{CodecKind, EventFormat, LegDirection, LegParams};
use sip_core::sdp::{Codec, Direction, LocalMedia, NegotiatedMedia};

/// Binds an RTP socket on `ip` and describes it with every codec we have, best first.
///
/// # Errors
/// The system's, when no port is free.
pub(crate) fn open(ip: IpAddr) -> std::io::Result<(UdpSocket, LocalMedia)> {
    let socket = UdpSocket::bind(SocketAddr::new(ip, 0))?;
    socket.set_nonblocking(true)?;
    let rtp_port = socket.local_addr()?.port();
    let local = LocalMedia {
        address: ip,
        rtp_port,
        codecs: codecs(),
        ptime_ms: 20,
        direction: Direction::SendRecv,
    };
    Ok((socket, local))
}

/// What offer and answer agreed, in the engine's words; `None` for a codec the engine does not have.
pub(crate) fn leg_params(media: &NegotiatedMedia) -> Option<LegParams> {
    Some(LegParams {
        remote: media.remote_rtp,
        remote_rtcp: media.remote_rtcp,
        rtcp_mux: media.rtcp_mux,
        send: (codec_kind(&media.codec)?, media.codec.payload_type),
        receive: media
            .receive
            .iter()
            .filter_map(|c| Some((codec_kind(c)?, c.payload_type)))
            .collect(),
        send_events: media.events.as_ref().map(event_format),
        receive_events: media
            .receive
            .iter()
            .filter(|c| c.is_events())
            .map(event_format)
            .collect(),
        ptime_ms: media.ptime_ms,
        direction: LegDirection {
            send: matches!(media.direction, Direction::SendRecv | Direction::SendOnly),
            receive: matches!(media.direction, Direction::SendRecv | Direction::RecvOnly),
        },
    })
}

fn event_format(codec: &Codec) -> EventFormat {
    EventFormat {
        payload_type: codec.payload_type,
        clock_rate: codec.clock_rate,
    }
}

fn codec_kind(codec: &Codec) -> Option<CodecKind> {
    CodecKind::from_encoding_name(&codec.name)
}

fn codecs() -> Vec<Codec> {
    let codec = |name: &str, clock_rate, channels, payload_type, fmtp: Option<&str>| Codec {
        name: name.to_owned(),
        clock_rate,
        channels,
        payload_type,
        fmtp: fmtp.map(str::to_owned),
    };
    vec![
        codec("opus", 48_000, 2, 96, Some("useinbandfec=1")),
        codec("PCMA", 8_000, 1, 8, None),
        codec("PCMU", 8_000, 1, 0, None),
        // Digits run on the clock of the voice they interrupt (RFC 4733 §2.1).
        codec("telephone-event", 48_000, 1, 97, Some("0-16")),
        codec("telephone-event", 8_000, 1, 101, Some("0-16")),
    ]
}
