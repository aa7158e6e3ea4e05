//! Splits a message head into start line and header fields (RFC 3261 §7, RFC 4475).
//!
//! Understands folded lines, compact names, spaces before the colon and lines that end in LF alone.
//! Text that is not UTF-8 is read as ISO 8859-1. Everything else that breaks the grammar is a
//! [`WireError`], together with whatever header fields could be read so that an answer can be built.

use super::{HeaderName, Headers, MAX_HEADERS, MAX_LINE, Method, Uri, WireError, lex};

/// The first line of a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum StartLine {
    /// `INVITE sip:x@y SIP/2.0`
    Request(Method, Uri),
    /// `SIP/2.0 200 OK`
    Response(u16, String),
}

/// A head taken apart. Faults are kept beside what could be read.
pub(crate) struct Head {
    pub(crate) start: Result<StartLine, WireError>,
    /// The method token, even when the rest of the request line is bad.
    pub(crate) method: Option<Method>,
    pub(crate) headers: Headers,
    /// The first fault among the header lines.
    pub(crate) fault: Option<WireError>,
    pub(crate) content_length: Option<usize>,
    /// The last line is `Content-Length: 0`.
    pub(crate) ends_in_zero_length: bool,
}

/// The length of the head with its empty line, or `None` when there is no empty line yet.
/// `from` skips what was searched before.
pub(crate) fn head_end(data: &[u8], from: usize) -> Option<usize> {
    let mut at = from.saturating_sub(3);
    loop {
        let newline = at + data.get(at..)?.iter().position(|&b| b == b'\n')?;
        match data.get(newline + 1..) {
            Some([b'\n', ..]) => return Some(newline + 2),
            Some([b'\r', b'\n', ..]) => return Some(newline + 3),
            _ => at = newline + 1,
        }
    }
}

/// Takes a head apart. `head` starts at the start line and ends with the empty line.
pub(crate) fn scan(head: &[u8]) -> Head {
    let mut lines = Lines { rest: head };
    let first = lines.next().unwrap_or_default();
    let (start, method) = start_line(first);
    let mut out = Head {
        start,
        method,
        headers: Headers::new(),
        fault: None,
        content_length: None,
        ends_in_zero_length: false,
    };
    if first.len() > MAX_LINE {
        out.start = Err(WireError::LineTooLong);
    }
    let mut seen = 0;
    for line in lines {
        seen += 1;
        if seen > MAX_HEADERS {
            out.fault.get_or_insert(WireError::TooManyHeaders);
            break;
        }
        if let Err(fault) = out.line(line) {
            out.fault.get_or_insert(fault);
        }
    }
    out
}

impl Head {
    fn line(&mut self, line: &[u8]) -> Result<(), WireError> {
        self.ends_in_zero_length = false;
        if line.len() > MAX_LINE {
            return Err(WireError::LineTooLong);
        }
        let text = lex::text(line);
        let (name, value) = text
            .split_once(':')
            .ok_or(WireError::HeaderLine("has no colon"))?;
        let name = name.trim_end_matches([' ', '\t']);
        if !lex::is_token(name) {
            return Err(WireError::HeaderLine("name is not a token"));
        }
        let value = unfold(value)?;
        let name = HeaderName::new(name);
        if name.is("Content-Length") {
            let length = lex::number(&value).ok_or(WireError::ContentLength("is not a number"))?;
            if self.content_length.is_some_and(|other| other != length) {
                return Err(WireError::ContentLength("appears twice with different values"));
            }
            self.content_length = Some(length);
            self.ends_in_zero_length = length == 0;
            return Ok(());
        }
        self.headers.push_named(name, value);
        Ok(())
    }
}

/// Logical lines: a line and its continuations, without the final line end.
struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let mut at = 0;
        loop {
            let end = match self.rest.get(at..)?.iter().position(|&b| b == b'\n') {
                Some(n) => at + n,
                None => self.rest.len(),
            };
            if !matches!(self.rest.get(end + 1), Some(b' ' | b'\t')) || end == 0 {
                let line = self.rest.get(..end)?;
                self.rest = self.rest.get(end + 1..).unwrap_or(&[]);
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                return (!line.is_empty()).then_some(line);
            }
            at = end + 1;
        }
    }
}

/// Folds become one space each; other control characters are refused unless a backslash escapes them, as
/// quoted strings may (RFC 3261 §25.1 `quoted-pair`).
fn unfold(value: &str) -> Result<String, WireError> {
    let value = value.trim_matches([' ', '\t', '\r', '\n']);
    if !value.bytes().any(|b| b.is_ascii_control()) {
        return Ok(value.to_owned());
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find(['\r', '\n']) {
        let (line, tail) = rest.split_at(at);
        out.push_str(line.trim_end_matches([' ', '\t']));
        let tail = tail.strip_prefix('\r').unwrap_or(tail);
        let Some(tail) = tail.strip_prefix('\n') else {
            return Err(WireError::HeaderLine("holds a lone CR"));
        };
        out.push(' ');
        rest = tail.trim_start_matches([' ', '\t']);
    }
    out.push_str(rest);
    if lex::has_bare_control(&out) {
        return Err(WireError::HeaderLine("holds a control character"));
    }
    Ok(out)
}

fn start_line(line: &[u8]) -> (Result<StartLine, WireError>, Option<Method>) {
    let text = lex::text(line);
    if text.bytes().any(|b| b.is_ascii_control()) {
        return (Err(WireError::StartLine("holds a control character")), None);
    }
    if text.get(..4).is_some_and(|s| s.eq_ignore_ascii_case("SIP/")) {
        return (status_line(&text), None);
    }
    let Some((method, rest)) = text.split_once(' ') else {
        return (
            Err(WireError::StartLine("is neither a request nor a status line")),
            None,
        );
    };
    if !lex::is_token(method) {
        return (Err(WireError::StartLine("method is not a token")), None);
    }
    let method = Method::from_token(method);
    (request_line(&method, rest), Some(method))
}

fn request_line(method: &Method, rest: &str) -> Result<StartLine, WireError> {
    let (uri, version) = rest
        .rsplit_once(' ')
        .ok_or(WireError::StartLine("has no version"))?;
    if !version.get(..4).is_some_and(|s| s.eq_ignore_ascii_case("SIP/")) {
        return Err(WireError::StartLine("does not end in a SIP version"));
    }
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        return Err(WireError::Version);
    }
    let uri = Uri::parse(uri).map_err(WireError::RequestUri)?;
    Ok(StartLine::Request(method.clone(), uri))
}

fn status_line(text: &str) -> Result<StartLine, WireError> {
    let (version, rest) = text
        .split_once(' ')
        .ok_or(WireError::StartLine("has no status code"))?;
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        return Err(WireError::Version);
    }
    // The space after the code belongs there even without a reason phrase; peers forget it.
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    match lex::number::<u16>(code) {
        Some(status @ 100..=699) if code.len() == 3 => Ok(StartLine::Response(status, reason.to_owned())),
        _ => Err(WireError::StartLine("status code is not 100 to 699")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(head: &str) -> Vec<(String, String)> {
        let head = scan(head.as_bytes());
        assert_eq!(head.fault, None);
        head.headers
            .iter()
            .map(|(n, v)| (n.as_str().to_owned(), v.to_owned()))
            .collect()
    }

    #[test]
    fn folds_compact_names_and_spaces_before_the_colon() {
        let got = headers(
            "OPTIONS sip:h SIP/2.0\r\nv  : SIP/2.0/UDP h\r\n  ;branch=z\r\nSUBJECT:a \n\tb\r\nX-Empty:\r\n\r\n",
        );
        let want = [
            ("Via", "SIP/2.0/UDP h ;branch=z"),
            ("Subject", "a b"),
            ("X-Empty", ""),
        ];
        assert_eq!(got, want.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn the_head_ends_at_the_empty_line() {
        assert_eq!(head_end(b"a\r\nb\r\n\r\nbody", 0), Some(8));
        assert_eq!(head_end(b"a\nb\n\nbody", 0), Some(5));
        assert_eq!(head_end(b"a\r\nb\r\n\r", 0), None);
        assert_eq!(head_end(b"a\r\nb\r\n\r\n", 7), Some(8));
    }

    #[test]
    fn methods_are_case_sensitive_and_extensible() {
        assert_eq!(
            scan(b"invite sip:h SIP/2.0\r\n\r\n").method,
            Some(Method::Other("invite".into()))
        );
        assert_eq!(scan(b"INVITE sip:h SIP/2.0\r\n\r\n").method, Some(Method::INVITE));
    }

    #[test]
    fn bad_start_lines_say_what_is_wrong() {
        let start = |line: &str| scan(format!("{line}\r\n\r\n").as_bytes()).start.unwrap_err();
        assert_eq!(start("OPTIONS sip:h SIP/7.0"), WireError::Version);
        assert!(matches!(
            start("OPTIONS  sip:h SIP/2.0"),
            WireError::RequestUri(_)
        ));
        assert!(matches!(
            start("OPTIONS sip:h SIP/2.0  "),
            WireError::StartLine(_)
        ));
        assert!(matches!(
            start("OPTIONS <sip:h> SIP/2.0"),
            WireError::RequestUri(_)
        ));
        assert!(matches!(start("SIP/2.0 4294967301 big"), WireError::StartLine(_)));
        assert!(matches!(start("SIP/2.0 99 low"), WireError::StartLine(_)));
        assert!(matches!(start("hello"), WireError::StartLine(_)));
    }

    #[test]
    fn lone_cr_nul_and_nameless_lines_are_faults() {
        for bad in ["X: a\rb", "X: a\0b", "no colon", ": v", "a b: v"] {
            let head = scan(format!("OPTIONS sip:h SIP/2.0\r\n{bad}\r\nTo: x\r\n\r\n").as_bytes());
            assert!(matches!(head.fault, Some(WireError::HeaderLine(_))), "{bad}");
            assert_eq!(head.headers.get("To"), Some("x"), "{bad}");
        }
    }

    #[test]
    fn two_different_content_lengths_are_a_fault() {
        let head = |l: &str| scan(format!("OPTIONS sip:h SIP/2.0\r\n{l}\r\n\r\n").as_bytes());
        assert!(head("l: 3\r\nContent-Length: 4").fault.is_some());
        assert_eq!(head("l: 3\r\nContent-Length: 3").content_length, Some(3));
        assert!(head("l: -3").fault.is_some());
        assert!(head("l: 99999999999999999999999").fault.is_some());
    }
}
