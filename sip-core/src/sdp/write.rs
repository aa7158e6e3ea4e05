//! Our own session descriptions (RFC 8866 §5).

use bytes::Bytes;
use sdp_types::{Attribute, Connection, Media, Session, Time};

use super::{Codec, Direction, LocalMedia};

/// The numbers of our `o=` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Stays the same for the whole call.
    pub id: u64,
    /// Grows by one with every change.
    pub version: u64,
}

/// Which media line is ours, and the lines the peer offered that we refused: they keep their place for ever
/// (RFC 3264 §8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    Audio {
        proto: String,
    },
    Refused {
        media: String,
        proto: String,
        formats: String,
    },
}

impl Default for Shape {
    /// One audio line.
    fn default() -> Self {
        Self {
            lines: vec![Line::Audio {
                proto: "RTP/AVP".into(),
            }],
        }
    }
}

impl Shape {
    /// The shape that answers an offer whose line `audio` we take.
    pub(super) fn answering(offer: &Session, audio: usize) -> Self {
        let lines = offer.medias.iter().enumerate().map(|(i, m)| {
            if i == audio {
                Line::Audio {
                    proto: m.proto.clone(),
                }
            } else {
                Line::Refused {
                    media: m.media.clone(),
                    proto: m.proto.clone(),
                    formats: m.fmt.clone(),
                }
            }
        });
        Self {
            lines: lines.collect(),
        }
    }

    /// How many media lines.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Which line is the audio.
    pub(super) fn audio(&self) -> Option<usize> {
        self.lines.iter().position(|l| matches!(l, Line::Audio { .. }))
    }
}

/// What goes into the audio line.
pub(super) struct Audio<'a> {
    pub(super) local: &'a LocalMedia,
    pub(super) codecs: &'a [Codec],
    pub(super) direction: Direction,
    pub(super) mux: bool,
}

/// Writes a description.
pub(super) fn write(origin: Origin, shape: &Shape, audio: &Audio<'_>) -> Bytes {
    let address = audio.local.address;
    let mut session = Session::new(
        sdp_types::Origin::with_ip_addr(origin.id, origin.version, address),
        "-",
    );
    session.set_connection(Connection::from_ip_addr(address));
    session.add_time(Time::new(0, 0));
    for line in &shape.lines {
        session.medias.push(match line {
            Line::Audio { proto } => audio_line(proto, audio),
            Line::Refused {
                media,
                proto,
                formats,
            } => bare(media, 0, proto, formats.clone()),
        });
    }
    let mut out = Vec::with_capacity(512);
    // Writing to a Vec cannot fail.
    let _ = session.write(&mut out);
    out.into()
}

fn bare(media: &str, port: u16, proto: &str, fmt: String) -> Media {
    Media {
        media: media.to_owned(),
        port,
        num_ports: None,
        proto: proto.to_owned(),
        fmt,
        media_title: None,
        connections: Vec::new(),
        bandwidths: Vec::new(),
        key: None,
        attributes: Vec::new(),
    }
}

fn audio_line(proto: &str, audio: &Audio<'_>) -> Media {
    let formats: Vec<_> = audio.codecs.iter().map(|c| c.payload_type.to_string()).collect();
    let mut media = bare("audio", audio.local.rtp_port, proto, formats.join(" "));
    let attributes = &mut media.attributes;
    for codec in audio.codecs {
        let channels = if codec.channels > 1 {
            format!("/{}", codec.channels)
        } else {
            String::new()
        };
        let map = format!(
            "{} {}/{}{channels}",
            codec.payload_type, codec.name, codec.clock_rate
        );
        attributes.push(Attribute::with_value("rtpmap", map));
        if let Some(fmtp) = &codec.fmtp {
            attributes.push(Attribute::with_value(
                "fmtp",
                format!("{} {fmtp}", codec.payload_type),
            ));
        }
    }
    attributes.push(Attribute::with_value("ptime", audio.local.ptime_ms));
    if audio.mux {
        attributes.push(Attribute::new("rtcp-mux"));
    }
    attributes.push(Attribute::new(audio.direction.name()));
    media
}
