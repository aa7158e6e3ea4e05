//! Lines of stdin, with a limit.

use std::io::{BufRead, Read};

/// Longest request, bytes without the line end.
pub(super) const MAX_LINE: usize = 1024 * 1024;

/// A line, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// The bytes without the line end.
    Whole(&'a [u8]),
    /// Longer than [`MAX_LINE`]; skipped to its end.
    TooLong,
}

/// Reads lines until the end of input; an input error is an end. Empty lines are skipped.
pub(super) fn read(mut input: impl BufRead, mut each: impl FnMut(Line<'_>)) {
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = MAX_LINE as u64 + 2;
        match (&mut input).take(limit).read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "stdin");
                return;
            }
        }
        let ended = line.last() == Some(&b'\n');
        while matches!(line.last(), Some(b'\n' | b'\r')) {
            line.pop();
        }
        if line.len() > MAX_LINE {
            each(Line::TooLong);
            if !ended && !skip_line(&mut input) {
                return;
            }
        } else if !line.iter().all(u8::is_ascii_whitespace) {
            each(Line::Whole(&line));
        }
    }
}

/// Drops the rest of a line without keeping it; false at the end of input.
fn skip_line(input: &mut impl BufRead) -> bool {
    loop {
        let (used, found) = match input.fill_buf() {
            Ok([]) | Err(_) => return false,
            Ok(buffer) => match buffer.iter().position(|b| *b == b'\n') {
                Some(at) => (at + 1, true),
                None => (buffer.len(), false),
            },
        };
        input.consume(used);
        if found {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<Option<Vec<u8>>> {
        let mut lines = Vec::new();
        read(input, |line| {
            lines.push(match line {
                Line::Whole(bytes) => Some(bytes.to_vec()),
                Line::TooLong => None,
            });
        });
        lines
    }

    #[test]
    fn lines_end_with_or_without_carriage_return_and_the_last_needs_neither() {
        assert_eq!(lines(b"a\r\n\n  \nb"), [Some(b"a".to_vec()), Some(b"b".to_vec())]);
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_and_the_next_one_is_read() {
        let mut input = vec![b'x'; MAX_LINE * 3];
        input.extend_from_slice(b"\nnext\n");
        assert_eq!(lines(&input), [None, Some(b"next".to_vec())]);
        let mut just = vec![b'y'; MAX_LINE];
        just.push(b'\n');
        assert_eq!(lines(&just)[0].as_ref().map(Vec::len), Some(MAX_LINE));
        assert_eq!(lines(&vec![b'z'; MAX_LINE + 9]), [None]);
    }
}
