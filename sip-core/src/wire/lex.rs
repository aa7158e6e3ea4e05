//! Small pieces of the grammar: tokens, quoted strings, lists, percent escapes (RFC 3261 §25.1).

use std::borrow::Cow;

use super::SyntaxError;

/// `token` characters.
pub(crate) const fn is_token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(
            b,
            b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~'
        )
}

/// Whether `s` is a `token`.
pub(crate) fn is_token(s: &str) -> bool {
    !s.is_empty() && s.bytes().all(is_token_byte)
}

/// Splits at `separator` outside quoted strings and angle brackets, trims, and skips empty pieces.
pub(crate) fn split(value: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        loop {
            let whole = rest?;
            let piece = match find(whole, |b| b == separator) {
                Some(at) => {
                    rest = whole.get(at + 1..);
                    whole.get(..at).unwrap_or("")
                }
                None => {
                    rest = None;
                    whole
                }
            };
            let piece = piece.trim();
            if !piece.is_empty() {
                return Some(piece);
            }
        }
    })
}

/// The position of the first byte outside quotes and angle brackets that `wanted` accepts.
pub(crate) fn find(value: &str, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let (mut quoted, mut escaped, mut angle) = (false, false, false);
    for (i, b) in value.bytes().enumerate() {
        if quoted {
            match b {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
        } else if angle {
            angle = b != b'>';
        } else if wanted(b) {
            return Some(i);
        } else if b == b'"' {
            quoted = true;
        } else if b == b'<' {
            angle = true;
        }
    }
    None
}

/// Reads a quoted string at the start of `s`; gives its content and what follows the closing quote.
pub(crate) fn quoted(s: &str) -> Option<(String, &str)> {
    let inner = s.strip_prefix('"')?;
    let mut content = String::with_capacity(inner.len());
    let mut chars = inner.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Some((content, inner.get(i + 1..)?)),
            '\\' => content.push(chars.next()?.1),
            _ => content.push(c),
        }
    }
    None
}

/// Writes a quoted string.
pub(crate) fn write_quoted(f: &mut impl std::fmt::Write, s: &str) -> std::fmt::Result {
    f.write_char('"')?;
    for c in s.chars() {
        if matches!(c, '"' | '\\') || c.is_ascii_control() {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}

/// Decodes `%HH`. Bytes that are not UTF-8 afterwards are an error.
pub(crate) fn unescape(s: &str, what: &'static str) -> Result<String, SyntaxError> {
    if !s.contains('%') {
        return Ok(s.to_owned());
    }
    let mut bytes = Vec::with_capacity(s.len());
    let mut rest = s.as_bytes();
    while let Some((&b, tail)) = rest.split_first() {
        if b == b'%' {
            let (Some(high), Some(low)) = (
                tail.first().copied().and_then(hex),
                tail.get(1).copied().and_then(hex),
            ) else {
                return Err(SyntaxError::new(what, "% is not followed by two hex digits"));
            };
            bytes.push(high << 4 | low);
            rest = tail.get(2..).unwrap_or(&[]);
        } else {
            bytes.push(b);
            rest = tail;
        }
    }
    String::from_utf8(bytes).map_err(|_| SyntaxError::new(what, "escaped bytes are not UTF-8"))
}

const fn hex(b: u8) -> Option<u8> {
    match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        b'A'..=b'F' => Some(b - b'A' + 10),
        _ => None,
    }
}

/// Writes `s` with every byte escaped that is neither unreserved nor in `also`.
pub(crate) fn write_escaped(f: &mut impl std::fmt::Write, s: &str, also: &[u8]) -> std::fmt::Result {
    for b in s.bytes() {
        let plain = b.is_ascii_alphanumeric()
            || matches!(b, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')')
            || also.contains(&b);
        if plain {
            f.write_char(char::from(b))?;
        } else {
            write!(f, "%{b:02X}")?;
        }
    }
    Ok(())
}

/// A decimal number with nothing around it; `None` when it is none or does not fit.
pub(crate) fn number<T: std::str::FromStr>(s: &str) -> Option<T> {
    if s.is_empty() || !s.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    s.parse().ok()
}

/// Whether `s` holds a control character (other than a tab) that no backslash escapes. CR and LF always count.
pub(crate) fn has_bare_control(s: &str) -> bool {
    let mut escaped = false;
    s.bytes().any(|b| {
        let bare = b.is_ascii_control() && b != b'\t' && (!escaped || matches!(b, b'\r' | b'\n'));
        escaped = b == b'\\' && !escaped;
        bare
    })
}

/// Bytes as text: UTF-8, or ISO 8859-1 where they are not (old PBXs send names that way).
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(s) => Cow::Borrowed(s),
        Err(_) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_split_outside_quotes_and_angle_brackets() {
        let parts: Vec<_> = split(r#""a, \", b" <sip:x,y@h>;q=1 , ,<sip:z@h>"#, b',').collect();
        assert_eq!(parts, [r#""a, \", b" <sip:x,y@h>;q=1"#, "<sip:z@h>"]);
    }

    #[test]
    fn an_open_quote_swallows_the_rest() {
        assert_eq!(split(r#"a, "b, c"#, b',').collect::<Vec<_>>(), ["a", r#""b, c"#]);
    }

    #[test]
    fn quoted_strings_lose_their_escapes_and_get_them_back() {
        let (content, rest) = quoted(r#""a \"b\\" tail"#).unwrap();
        assert_eq!((content.as_str(), rest), (r#"a "b\"#, " tail"));
        let mut out = String::new();
        write_quoted(&mut out, &content).unwrap();
        assert_eq!(out, r#""a \"b\\""#);
        assert_eq!(quoted(r#""open"#), None);
        assert_eq!(quoted(r#""open\"#), None);
    }

    #[test]
    fn escapes_decode_once_and_refuse_nonsense() {
        assert_eq!(unescape("a%40b%2540", "t").unwrap(), "a@b%40");
        assert!(unescape("%Z1", "t").is_err());
        assert!(unescape("%4", "t").is_err());
        assert!(unescape("%ff", "t").is_err());
    }

    #[test]
    fn latin_1_names_are_read() {
        assert_eq!(text(b"M\xfcller"), "Müller");
    }
}
