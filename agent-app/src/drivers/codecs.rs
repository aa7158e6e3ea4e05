//! Codec names and what the engine makes of them: payload types we propose, and the way back.

use media::engine::CodecKind;
use sip_core::sdp::Codec;

/// What is offered when nobody asked for anything else, best first.
pub const DEFAULT: &[&str] = &["opus", "PCMA", "PCMU"];
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
        let same = |known: &&&str| known.eq_ignore_ascii_case(name);
        match DEFAULT.iter().find(same) {
            Some(known) if chosen.iter().any(|c| c == known) => {}
            Some(known) => chosen.push((*known).to_owned()),
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
    let names: Vec<&str> = match names {
        [] => DEFAULT.to_vec(),
        names => names.iter().map(String::as_str).collect(),
    };
    let mut formats: Vec<Codec> = names
        .iter()
        .filter_map(|name| {
            let (clock_rate, channels, payload_type, fmtp) = match kind(name)? {
                CodecKind::Opus => (48_000, 2, 111, Some("minptime=10;useinbandfec=1".to_owned())),
                CodecKind::Pcma => (8_000, 1, 8, None),
                CodecKind::Pcmu => (8_000, 1, 0, None),
            };
            let name = (*name).to_owned();
            Some(Codec {
                name,
                clock_rate,
                channels,
                payload_type,
                fmtp,
            })
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

/// The engine's codec of an encoding name.
pub fn kind(name: &str) -> Option<CodecKind> {
    match name.to_ascii_lowercase().as_str() {
        "opus" => Some(CodecKind::Opus),
        "pcma" => Some(CodecKind::Pcma),
        "pcmu" => Some(CodecKind::Pcmu),
        _ => None,
    }
}

/// The encoding name of an engine's codec.
pub const fn name(kind: CodecKind) -> &'static str {
    match kind {
        CodecKind::Opus => "opus",
        CodecKind::Pcma => "PCMA",
        CodecKind::Pcmu => "PCMU",
    }
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
