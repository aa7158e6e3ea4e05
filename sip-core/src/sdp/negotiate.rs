//! One offer/answer exchange (RFC 3264 §5–§7).

use bytes::Bytes;

use super::{
    Codec, Direction, LocalMedia, NegotiatedMedia, Origin, Reject, Shape,
    read::{self, Stream},
    write::{self, Audio},
};

/// The clock of events where nothing better is agreed, in Hz.
const EVENTS_RATE: u32 = 8_000;

/// An answer we made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub sdp: Bytes,
    /// What was agreed.
    pub media: NegotiatedMedia,
    /// The shape later offers of ours must keep.
    pub shape: Shape,
    /// The direction as the peer wrote it: without the receiving half it holds us.
    pub offered: Direction,
}

/// Writes an offer of everything in `local`, with `direction`.
pub fn offer(local: &LocalMedia, origin: Origin, shape: &Shape, direction: Direction) -> Bytes {
    write::write(
        origin,
        shape,
        &Audio {
            local,
            codecs: &local.codecs,
            direction,
            mux: true,
        },
    )
}

/// The direction of the audio stream in an offer, as the peer wrote it.
///
/// # Errors
/// When the offer holds no audio stream we could take.
pub fn offered_direction(offer: &[u8]) -> Result<Direction, Reject> {
    Ok(read::audio(&read::parse(offer)?)?.direction)
}

/// Answers an offer: the first audio line is taken, every other line refused in its place; codecs in the peer's
/// order under the peer's payload types.
///
/// # Errors
/// When there is nothing to agree on; the reason is a sentence for the 488.
pub fn answer(
    offer: &[u8],
    local: &LocalMedia,
    origin: Origin,
    local_hold: bool,
) -> Result<Answered, Reject> {
    let session = read::parse(offer)?;
    let remote = read::audio(&session)?;
    let mut codecs = Vec::new();
    for theirs in &remote.codecs {
        if let Some(ours) = local.codecs.iter().find(|c| same(c, theirs))
            && !codecs.iter().any(|c| same(c, theirs))
        {
            codecs.push(Codec {
                payload_type: theirs.payload_type,
                name: theirs.name.clone(),
                ..ours.clone()
            });
        }
    }
    let direction = Direction::answer(remote.direction, local.direction.held(local_hold));
    let media = agree(&remote, codecs, direction, remote.mux)?;
    let shape = Shape::answering(&session, remote.index);
    // Media may come back only where it is agreed on.
    let sdp = write::write(
        origin,
        &shape,
        &Audio {
            local,
            codecs: &media.receive,
            direction,
            mux: remote.mux,
        },
    );
    Ok(Answered {
        sdp,
        media,
        shape,
        offered: remote.direction,
    })
}

/// Takes the answer to an offer of ours: we send under the answer's payload types and receive under the offer's,
/// which may differ (RFC 3264 §6.1).
///
/// # Errors
/// When the answer refuses the stream or does not fit the offer; the session is then what it was.
pub fn accept_answer(
    answer: &[u8],
    local: &LocalMedia,
    shape: &Shape,
    offered: Direction,
) -> Result<(NegotiatedMedia, Direction), Reject> {
    let session = read::parse(answer)?;
    if session.medias.len() != shape.len() {
        return Err(Reject::Shape);
    }
    let index = shape.audio().ok_or(Reject::Shape)?;
    let line = session.medias.get(index).ok_or(Reject::Shape)?;
    if line.media != "audio" {
        return Err(Reject::Shape);
    }
    if line.port == 0 {
        return Err(Reject::NoAudio);
    }
    let remote = read::stream(&session, line, index)?;
    let mut codecs: Vec<Codec> = Vec::new();
    for theirs in &remote.codecs {
        if let Some(ours) = local.codecs.iter().find(|c| same(c, theirs))
            && !codecs.contains(ours)
        {
            codecs.push(ours.clone());
        }
    }
    // An answer never grants more than was offered.
    let direction = Direction::answer(remote.direction, offered);
    let media = agree(&remote, codecs, direction, remote.mux)?;
    Ok((media, remote.direction))
}

/// `receive` are our codecs, in the order agreed, under the payload types they arrive with.
fn agree(
    remote: &Stream,
    receive: Vec<Codec>,
    direction: Direction,
    mux: bool,
) -> Result<NegotiatedMedia, Reject> {
    let is_voice = |c: &&Codec| !c.is_events() && !c.name.eq_ignore_ascii_case("CN");
    let first = receive.iter().find(is_voice).ok_or(Reject::NoCodec)?;
    let codec = remote
        .codecs
        .iter()
        .find(|c| same(c, first))
        .ok_or(Reject::NoCodec)?
        .clone();
    // Events run on the clock of the voice they interrupt (RFC 4733 §2.1). Many phones offer 8000 alone beside
    // Opus and mean it; nobody means 48000 beside G.711.
    let events = || {
        remote
            .codecs
            .iter()
            .filter(|c| c.is_events() && receive.iter().any(|r| same(r, c)))
    };
    let events_to_peer = events()
        .find(|c| c.clock_rate == codec.clock_rate)
        .or_else(|| events().find(|c| c.clock_rate == EVENTS_RATE));
    Ok(NegotiatedMedia {
        remote_rtp: remote.rtp,
        remote_rtcp: remote.rtcp,
        rtcp_mux: mux,
        events: events_to_peer.cloned(),
        codec,
        receive,
        ptime_ms: remote.ptime_ms.unwrap_or(20),
        direction,
    })
}

/// The same format, whatever its payload type. Opus is stereo on paper however it is written (RFC 7587 §7).
fn same(a: &Codec, b: &Codec) -> bool {
    a.name.eq_ignore_ascii_case(&b.name)
        && a.clock_rate == b.clock_rate
        && (a.channels == b.channels || a.name.eq_ignore_ascii_case("opus"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn codec(name: &str, clock_rate: u32, channels: u8, payload_type: u8) -> Codec {
        Codec {
            name: name.into(),
            clock_rate,
            channels,
            payload_type,
            fmtp: None,
        }
    }

    pub(crate) fn local() -> LocalMedia {
        let mut opus = codec("opus", 48_000, 2, 111);
        opus.fmtp = Some("useinbandfec=1".into());
        LocalMedia {
            address: "198.51.100.7".parse().unwrap(),
            rtp_port: 7000,
            codecs: vec![
                opus,
                codec("PCMU", 8000, 1, 0),
                codec("PCMA", 8000, 1, 8),
                codec("telephone-event", 48_000, 1, 112),
                codec("telephone-event", 8000, 1, 101),
            ],
            ptime_ms: 20,
            direction: Direction::SendRecv,
        }
    }

    pub(crate) const ORIGIN: Origin = Origin { id: 42, version: 1 };

    pub(crate) fn sdp(lines: &str) -> String {
        format!("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{lines}")
    }

    fn text(sdp: &Bytes) -> &str {
        std::str::from_utf8(sdp).unwrap()
    }

    #[test]
    fn an_offer_is_complete() {
        let offer = offer(&local(), ORIGIN, &Shape::default(), Direction::SendRecv);
        assert_eq!(
            text(&offer),
            "v=0\r\no=- 42 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n\
             m=audio 7000 RTP/AVP 111 0 8 112 101\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n\
             a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:112 telephone-event/48000\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=rtcp-mux\r\na=sendrecv\r\n"
        );
    }

    #[test]
    fn an_answer_keeps_the_peers_order_numbers_and_lines() {
        let offer = sdp(
            "m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 8 96 97\r\na=rtpmap:96 OPUS/48000/2\r\n\
             a=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-16\r\nm=audio 4002 RTP/AVP 0\r\n",
        );
        let answered = answer(offer.as_bytes(), &local(), ORIGIN, false).unwrap();
        let sdp = text(&answered.sdp);
        assert!(
            sdp.contains("m=video 0 RTP/AVP 31\r\nm=audio 7000 RTP/AVP 8 96 97\r\n"),
            "{sdp}"
        );
        assert!(
            sdp.contains("a=rtpmap:96 OPUS/48000/2\r\na=fmtp:96 useinbandfec=1\r\n"),
            "{sdp}"
        );
        assert!(sdp.ends_with("a=sendrecv\r\nm=audio 0 RTP/AVP 0\r\n"), "{sdp}");
        assert!(!sdp.contains("rtcp-mux"), "not offered, not answered");
        assert_eq!(answered.media.codec.payload_type, 8);
        assert_eq!(events_number(&answered.media), Some(97));
        assert_eq!(answered.media.remote_rtp, Some("192.0.2.1:4000".parse().unwrap()));
    }

    fn events_number(media: &NegotiatedMedia) -> Option<u8> {
        media.events.as_ref().map(|c| c.payload_type)
    }

    #[test]
    fn events_follow_the_clock_of_the_voice() {
        let offer = sdp(
            "m=audio 4000 RTP/AVP 96 97 98\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/8000\r\n\
             a=rtpmap:98 telephone-event/48000\r\na=rtcp-mux\r\n",
        );
        let answered = answer(offer.as_bytes(), &local(), ORIGIN, false).unwrap();
        assert_eq!(events_number(&answered.media), Some(98));
        assert!(answered.media.rtcp_mux);
        assert_eq!(answered.media.remote_rtcp, answered.media.remote_rtp);
    }

    const OPUS: &str = "a=rtpmap:96 opus/48000/2\r\n";
    const FAST: &str = "a=rtpmap:97 telephone-event/48000\r\n";
    const SLOW: &str = "a=rtpmap:98 telephone-event/8000\r\n";

    /// What the peer writes, and under which number we send events then; both as offer and as answer.
    #[test]
    fn events_of_every_rate_beside_every_voice() {
        for (formats, maps, expected) in [
            ("96 97", format!("{OPUS}{FAST}"), Some(97)),
            ("96 98", format!("{OPUS}{SLOW}"), Some(98)),
            ("96 98 97", format!("{OPUS}{SLOW}{FAST}"), Some(97)),
            ("96", OPUS.to_owned(), None),
            ("8 98", SLOW.to_owned(), Some(98)),
            ("8 97 98", format!("{FAST}{SLOW}"), Some(98)),
            ("8 97", FAST.to_owned(), None),
            ("8 96 98", format!("{OPUS}{SLOW}"), Some(98)),
            ("96 8 97 98", format!("{OPUS}{FAST}{SLOW}"), Some(97)),
            (
                "96 99",
                format!("{OPUS}a=rtpmap:99 telephone-event/16000\r\n"),
                None,
            ),
        ] {
            let body = sdp(&format!("m=audio 4000 RTP/AVP {formats}\r\n{maps}"));
            let answered = answer(body.as_bytes(), &local(), ORIGIN, false).unwrap().media;
            let shape = Shape::default();
            let (accepted, _) =
                accept_answer(body.as_bytes(), &local(), &shape, Direction::SendRecv).unwrap();
            for media in [&answered, &accepted] {
                assert_eq!(events_number(media), expected, "{formats}");
                assert_eq!(
                    media.codec.name.to_lowercase(),
                    if formats.starts_with("96") { "opus" } else { "pcma" }
                );
            }
            // Both rates may come in, whichever we send with: the answer lists each that was offered.
            let events = |media: &NegotiatedMedia| {
                media
                    .receive
                    .iter()
                    .filter(|c| c.is_events())
                    .map(|c| c.clock_rate)
                    .collect::<Vec<_>>()
            };
            let offered: Vec<u32> = maps
                .lines()
                .filter_map(|line| line.split_once("telephone-event/")?.1.trim().parse().ok())
                .filter(|rate| *rate != 16_000)
                .collect();
            assert_eq!(events(&answered), offered, "{formats}");
        }
    }

    #[test]
    fn each_side_sends_under_the_others_numbers() {
        let answer = sdp(
            "m=audio 4000 RTP/AVP 100 99\r\na=rtpmap:100 opus/48000/2\r\na=rtpmap:99 telephone-event/48000\r\n",
        );
        let (media, _) = accept_answer(
            answer.as_bytes(),
            &local(),
            &Shape::default(),
            Direction::SendRecv,
        )
        .unwrap();
        assert_eq!(media.codec.payload_type, 100);
        assert_eq!(
            media.receive.iter().map(|c| c.payload_type).collect::<Vec<_>>(),
            [111, 112]
        );
        assert_eq!(events_number(&media), Some(99));
    }

    #[test]
    fn holding_answers_never_receive() {
        use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
        for (attribute, hold, expected) in [
            ("sendrecv", false, SendRecv),
            ("sendrecv", true, SendOnly),
            ("sendonly", false, RecvOnly),
            ("sendonly", true, Inactive),
            ("recvonly", false, SendOnly),
            ("recvonly", true, SendOnly),
            ("inactive", false, Inactive),
            ("inactive", true, Inactive),
        ] {
            let offer = sdp(&format!("m=audio 4000 RTP/AVP 0\r\na={attribute}\r\n"));
            let answered = answer(offer.as_bytes(), &local(), ORIGIN, hold).unwrap();
            assert_eq!(answered.media.direction, expected, "{attribute} {hold}");
            assert!(text(&answered.sdp).contains(&format!("a={}\r\n", expected.name())));
        }
    }

    #[test]
    fn old_style_hold_has_no_address() {
        let offer = sdp("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0");
        let answered = answer(offer.as_bytes(), &local(), ORIGIN, false).unwrap();
        assert_eq!(
            (answered.media.remote_rtp, answered.media.direction),
            (None, Direction::RecvOnly)
        );
    }

    #[test]
    fn nothing_in_common_is_488() {
        for lines in [
            "m=audio 4000 RTP/AVP 18\r\n",
            "m=audio 4000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n",
        ] {
            let e = answer(sdp(lines).as_bytes(), &local(), ORIGIN, false).unwrap_err();
            assert_eq!((e.status(), e.to_string()), (488, "No codec in common".into()));
        }
        assert_eq!(
            answer(b"nonsense", &local(), ORIGIN, false).unwrap_err().status(),
            400
        );
    }

    #[test]
    fn answers_that_do_not_fit_are_refused() {
        let accept = |lines: &str| {
            accept_answer(
                sdp(lines).as_bytes(),
                &local(),
                &Shape::default(),
                Direction::SendRecv,
            )
            .map(|_| ())
        };
        assert_eq!(accept(""), Err(Reject::Shape));
        assert_eq!(
            accept("m=audio 1 RTP/AVP 0\r\nm=audio 2 RTP/AVP 0\r\n"),
            Err(Reject::Shape)
        );
        assert_eq!(accept("m=video 1 RTP/AVP 0\r\n"), Err(Reject::Shape));
        assert_eq!(accept("m=audio 0 RTP/AVP 0\r\n"), Err(Reject::NoAudio));
        assert_eq!(accept("m=audio 1 RTP/AVP 18\r\n"), Err(Reject::NoCodec));
    }

    #[test]
    fn our_own_offer_and_answer_agree_with_each_other() {
        let here = local();
        let mut there = local();
        there.codecs.reverse();
        let offer = offer(&here, ORIGIN, &Shape::default(), Direction::SendRecv);
        let answered = answer(&offer, &there, ORIGIN, false).unwrap();
        let (media, _) = accept_answer(&answered.sdp, &here, &Shape::default(), Direction::SendRecv).unwrap();
        assert_eq!(media.codec.name, answered.media.codec.name);
        assert_eq!(media.codec.payload_type, answered.media.receive[0].payload_type);
    }
}
