//! What a peer's session description says about its audio stream (RFC 8866, RFC 3551, RFC 3605, RFC 5761).

use std::net::{IpAddr, SocketAddr};

use sdp_types::{Media, Session};

use super::{Codec, Direction, Reject};

/// Formats looked at in one media line.
const MAX_FORMATS: usize = 64;

/// An audio stream as its owner describes it.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    /// Which media line it is.
    pub(super) index: usize,
    /// Formats in the order of preference.
    pub(super) codecs: Vec<Codec>,
    /// `None` for `c=0.0.0.0` and `c=::`.
    pub(super) rtp: Option<SocketAddr>,
    pub(super) rtcp: Option<SocketAddr>,
    pub(super) mux: bool,
    /// From its owner's side; an address of zeros takes the receiving half away (RFC 3264 §8.4).
    pub(super) direction: Direction,
    pub(super) ptime_ms: Option<u8>,
}

/// Parses a body.
pub(super) fn parse(body: &[u8]) -> Result<Session, Reject> {
    Session::parse(body).map_err(|_| Reject::Malformed)
}

/// The first audio stream that is there and that we can speak.
pub(super) fn audio(session: &Session) -> Result<Stream, Reject> {
    let mut why = Reject::NoAudio;
    for (index, media) in session.medias.iter().enumerate() {
        if media.media != "audio" || media.port == 0 {
            continue;
        }
        if !matches!(media.proto.as_str(), "RTP/AVP" | "RTP/AVPF") {
            why = Reject::Transport(media.proto.clone());
            continue;
        }
        return stream(session, media, index);
    }
    Err(why)
}

/// Reads one media line.
pub(super) fn stream(session: &Session, media: &Media, index: usize) -> Result<Stream, Reject> {
    let ip = address(session, media)?;
    let rtp = SocketAddr::new(ip, media.port);
    let mux = media.has_attribute("rtcp-mux");
    let attribute = |name: &'static str| media.get_first_attribute_value(name).flatten();
    let nowhere = ip.is_unspecified();
    let written = direction(session, media);
    let number = |name: &'static str| {
        attribute(name)
            .and_then(|v| v.trim().parse::<f32>().ok())
            .filter(|n| n.is_finite())
    };
    let max = number("maxptime").unwrap_or(f32::INFINITY);
    Ok(Stream {
        index,
        codecs: codecs(media),
        rtp: (!nowhere).then_some(rtp),
        rtcp: (!nowhere).then(|| if mux { rtp } else { rtcp(rtp, attribute("rtcp")) }),
        mux,
        direction: Direction::new(written.sends(), written.receives() && !nowhere),
        ptime_ms: number("ptime")
            .map(|p| p.min(max))
            .or(max.is_finite().then(|| max.min(20.0)))
            .and_then(millis),
    })
}

/// Packet times from 10 to 120 ms in steps of 10 are what codecs and buffers handle.
fn millis(ms: f32) -> Option<u8> {
    // Saturating: NaN becomes 0, out of range the nearest.
    let ms = ms as u8;
    (ms > 0).then(|| (ms / 10 * 10).clamp(10, 120))
}

fn address(session: &Session, media: &Media) -> Result<IpAddr, Reject> {
    let connection = media
        .connections
        .first()
        .or(session.connection.as_ref())
        .ok_or(Reject::Address)?;
    // A TTL or count may follow a slash.
    let text = connection.connection_address.split('/').next().unwrap_or("");
    text.parse().map_err(|_| Reject::Address)
}

fn direction(session: &Session, media: &Media) -> Direction {
    let of = |attributes: &[sdp_types::Attribute]| {
        attributes.iter().find_map(|a| Direction::from_name(&a.attribute))
    };
    of(&media.attributes)
        .or_else(|| of(&session.attributes))
        .unwrap_or(Direction::SendRecv)
}

/// `a=rtcp:port [IN IP4 address]`, else the port above (RFC 3605).
fn rtcp(rtp: SocketAddr, attribute: Option<&str>) -> SocketAddr {
    let mut words = attribute.unwrap_or("").split_whitespace();
    let port = words
        .next()
        .and_then(|p| p.parse().ok())
        .unwrap_or(rtp.port().saturating_add(1));
    let ip = words.nth(2).and_then(|ip| ip.parse().ok()).unwrap_or(rtp.ip());
    SocketAddr::new(ip, port)
}

fn codecs(media: &Media) -> Vec<Codec> {
    media
        .fmt
        .split_whitespace()
        .take(MAX_FORMATS)
        .filter_map(|format| codec(media, format))
        .collect()
}

fn codec(media: &Media, format: &str) -> Option<Codec> {
    let payload_type = format.parse::<u8>().ok().filter(|pt| *pt < 128)?;
    // `a=rtpmap:96 opus/48000/2`: the value that starts with our number.
    let of = |name: &str| {
        media
            .attributes
            .iter()
            .filter(|a| a.attribute.eq_ignore_ascii_case(name))
            .find_map(|a| {
                let (pt, rest) = a.value.as_deref()?.trim().split_once([' ', '\t'])?;
                (pt.parse::<u8>().ok()? == payload_type).then(|| rest.trim())
            })
    };
    let fmtp = of("fmtp").map(str::to_owned);
    let (name, clock_rate, channels) = match of("rtpmap") {
        Some(map) => {
            let mut parts = map.split('/');
            let name = parts.next()?.trim();
            let clock_rate = parts.next()?.trim().parse().ok()?;
            let channels = parts.next().and_then(|c| c.trim().parse().ok()).unwrap_or(1);
            (name.to_owned(), clock_rate, channels)
        }
        None => {
            let (name, clock_rate, channels) = static_type(payload_type)?;
            (name.to_owned(), clock_rate, channels)
        }
    };
    Some(Codec {
        name,
        clock_rate,
        channels,
        payload_type,
        fmtp,
    })
}

/// Payload types that need no `rtpmap` (RFC 3551 §6).
const fn static_type(payload_type: u8) -> Option<(&'static str, u32, u8)> {
    Some(match payload_type {
        0 => ("PCMU", 8000, 1),
        3 => ("GSM", 8000, 1),
        4 => ("G723", 8000, 1),
        7 => ("LPC", 8000, 1),
        8 => ("PCMA", 8000, 1),
        // 8000 by a historic mistake that stays (RFC 3551 §4.5.2).
        9 => ("G722", 8000, 1),
        10 => ("L16", 44_100, 2),
        11 => ("L16", 44_100, 1),
        12 => ("QCELP", 8000, 1),
        13 => ("CN", 8000, 1),
        15 => ("G728", 8000, 1),
        18 => ("G729", 8000, 1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Stream, Reject> {
        audio(&parse(body.as_bytes())?)
    }

    const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

    #[test]
    fn static_and_dynamic_formats_are_read_without_a_last_line_end() {
        let s = read(&format!("{HEAD}m=audio 4000 RTP/AVP 96 0 9 200 97\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=ptime:20")).unwrap();
        let names: Vec<_> = s
            .codecs
            .iter()
            .map(|c| (c.name.as_str(), c.clock_rate, c.channels))
            .collect();
        assert_eq!(names, [("opus", 48_000, 2), ("PCMU", 8000, 1), ("G722", 8000, 1)]);
        assert_eq!(s.codecs[0].fmtp.as_deref(), Some("useinbandfec=1"));
        assert_eq!((s.direction, s.ptime_ms), (Direction::SendRecv, Some(20)));
        assert_eq!(s.rtcp, Some("192.0.2.1:4001".parse().unwrap()));
    }

    #[test]
    fn rtcp_goes_where_the_peer_says() {
        let rtcp = |line: &str| {
            read(&format!("{HEAD}m=audio 4000 RTP/AVP 0\r\n{line}\r\n"))
                .unwrap()
                .rtcp
                .unwrap()
                .to_string()
        };
        assert_eq!(rtcp("a=rtcp:5555"), "192.0.2.1:5555");
        assert_eq!(rtcp("a=rtcp:5555 IN IP4 192.0.2.2"), "192.0.2.2:5555");
        assert_eq!(rtcp("a=rtcp-mux"), "192.0.2.1:4000");
    }

    #[test]
    fn directions_may_stand_at_the_session_and_zeros_mean_hold() {
        let s = read(&format!("{HEAD}a=sendonly\r\nm=audio 4000 RTP/AVP 0\r\n")).unwrap();
        assert_eq!(s.direction, Direction::SendOnly);
        let s = read(&format!("{HEAD}m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n")).unwrap();
        assert_eq!((s.direction, s.rtp), (Direction::SendOnly, None));
    }

    #[test]
    fn ipv6_and_packet_times() {
        let body =
            "v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
        assert_eq!(read(body).unwrap().rtp.unwrap().to_string(), "[2001:db8::1]:4000");
        for (lines, ptime) in [
            ("a=ptime:30", 30),
            ("a=ptime:60\r\na=maxptime:40", 40),
            ("a=ptime:999", 120),
            ("a=ptime:5", 10),
            ("a=maxptime:10", 10),
        ] {
            assert_eq!(
                read(&format!("{body}{lines}\r\n")).unwrap().ptime_ms,
                Some(ptime),
                "{lines}"
            );
        }
        assert_eq!(read(&format!("{body}a=ptime:nan\r\n")).unwrap().ptime_ms, None);
    }

    #[test]
    fn refusals_say_why() {
        assert_eq!(read("hello").unwrap_err(), Reject::Malformed);
        assert_eq!(read(HEAD).unwrap_err(), Reject::NoAudio);
        assert_eq!(
            read(&format!("{HEAD}m=audio 0 RTP/AVP 0\r\n")).unwrap_err(),
            Reject::NoAudio
        );
        assert_eq!(
            read(&format!("{HEAD}m=audio 9 RTP/SAVP 0\r\n")).unwrap_err(),
            Reject::Transport("RTP/SAVP".into())
        );
        assert_eq!(
            read(&format!("{HEAD}m=audio 9 RTP/AVP 0\r\nc=IN IP4 host.example\r\n")).unwrap_err(),
            Reject::Address
        );
    }
}
