//! Which codecs may be asked for, and the payload types we propose for them.

use media::engine::CodecKind;
use sip_core::sdp::Codec;

/// Names that may be asked for although this version does not speak them: they are left out.
const LATER: &[&str] = &["G722", "L16"];

/// Why a list of codecs is unusable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Not the name of a codec.
    #[error("codecs: `{0}` is not a codec; choose from opus, PCMA, PCMU")]
    Unknown(String),
    /// Nothing is left of the list.
    #[error("codecs: none of {0} is available yet; choose from opus, PCMA, PCMU")]
    NoneLeft(String),
}

/// Checks names (any case); gives those the engine speaks, spelt as SDP does.
pub fn choose<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Vec<String>, CodecError> {
    let mut chosen: Vec<String> = Vec::new();
    let mut asked = Vec::new();
    for name in names.into_iter().map(str::trim) {
        match CodecKind::from_encoding_name(name).map(CodecKind::encoding_name) {
            Some(known) if chosen.iter().any(|c| c == known) => {}
            Some(known) => chosen.push(known.to_owned()),
            None if LATER.iter().any(|later| later.eq_ignore_ascii_case(name)) => {
                tracing::warn!(codec = name, "not available yet; left out");
            }
            None => return Err(CodecError::Unknown(name.to_owned())),
        }
        asked.push(name);
    }
    match chosen.is_empty() {
        true => Err(CodecError::NoneLeft(asked.join(", "))),
        false => Ok(chosen),
    }
}

/// The formats to propose for codec names (empty: the default list), digits included.
pub fn propose(names: &[String]) -> Vec<Codec> {
    let kinds: Vec<CodecKind> = match names {
        [] => CodecKind::ALL.to_vec(),
        names => names
            .iter()
            .filter_map(|n| CodecKind::from_encoding_name(n))
            .collect(),
    };
    let mut formats: Vec<Codec> = kinds
        .into_iter()
        .map(|kind| {
            let (channels, payload_type, fmtp) = match kind {
                CodecKind::Opus => (2, 111, Some("minptime=10;useinbandfec=1".to_owned())),
                CodecKind::Pcma => (1, 8, None),
                CodecKind::Pcmu => (1, 0, None),
            };
            Codec {
                name: kind.encoding_name().to_owned(),
                clock_rate: kind.clock_rate(),
                channels,
                payload_type,
                fmtp,
            }
        })
        .collect();
    // Digits run on the clock of the voice they interrupt (RFC 4733 §2.1); many phones know 8000 only.
    for (clock_rate, payload_type) in [(48_000, 110), (8_000, 101)] {
        if clock_rate == 8_000 || formats.iter().any(|f| f.clock_rate == clock_rate) {
            formats.push(Codec {
                name: "telephone-event".into(),
                clock_rate,
                channels: 1,
                payload_type,
                fmtp: Some("0-16".into()),
            });
        }
    }
    formats
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_what_comes_later_is_left_out() {
        assert_eq!(
            choose(["OPUS", "G722", "pcma", "PCMA"]).unwrap(),
            ["opus", "PCMA"]
        );
        assert_eq!(choose(["speex"]), Err(CodecError::Unknown("speex".into())));
        assert_eq!(choose(["G722"]), Err(CodecError::NoneLeft("G722".into())));
    }

    #[test]
    fn digits_are_proposed_on_every_clock_in_use() {
        let both: Vec<_> = propose(&[]).iter().map(|c| c.payload_type).collect();
        assert_eq!(both, [111, 8, 0, 110, 101]);
        let narrow: Vec<_> = propose(&["PCMU".into()]).iter().map(|c| c.payload_type).collect();
        assert_eq!(narrow, [0, 101]);
        let wide: Vec<_> = propose(&["opus".into()]).iter().map(|c| c.payload_type).collect();
        assert_eq!(
            wide,
            [111, 110, 101],
            "a phone that knows 8000 only still gets its digits"
        );
    }
}
