//! A message after framing and head scan: start line, header fields in order, body.

use std::fmt;

use bytes::Bytes;

use super::{HeaderName, Method, SyntaxError, Uri, header::Typed, lex};

/// A request or a response.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// A SIP request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The Request-URI.
    pub uri: Uri,
    /// Header fields in wire order. Content-Length is not kept: the writer computes it.
    pub headers: Headers,
    /// The body, exactly `Content-Length` bytes.
    pub body: Bytes,
}

/// A SIP response.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// 100–699.
    pub status: u16,
    /// The reason phrase, kept as received.
    pub reason: String,
    /// Header fields in wire order. Content-Length is not kept: the writer computes it.
    pub headers: Headers,
    /// The body, exactly `Content-Length` bytes.
    pub body: Bytes,
}

/// Header fields in wire order: unfolded values, canonical names, one entry a line.
///
/// Multi-value lines stay as they came; [`Headers::values`] splits them at commas outside quotes and
/// angle brackets.
#[derive(Clone, Default, PartialEq)]
pub struct Headers(Vec<(HeaderName, String)>);

impl fmt::Debug for Headers {
    /// Leaves credentials out: whoever reads a log could guess passwords against them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.iter().map(|(name, value)| {
            let secret = name.is("Authorization") || name.is("Proxy-Authorization");
            (name.as_str(), if secret { "…" } else { value.as_str() })
        });
        f.debug_map().entries(shown).finish()
    }
}

impl Headers {
    /// No header fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a field.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((HeaderName::new(name), value.into()));
    }

    /// Puts a field in front of all others (Via, Record-Route).
    pub fn push_front(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(0, (HeaderName::new(name), value.into()));
    }

    /// Replaces every field of that name by one, where the first one was or else at the end.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let Some(at) = self.0.iter().position(|(n, _)| n.is(name)) else {
            self.push(name, value);
            return;
        };
        let mut index = 0;
        self.0.retain(|(n, _)| {
            index += 1;
            index <= at + 1 || !n.is(name)
        });
        if let Some((_, line)) = self.0.get_mut(at) {
            *line = value.into();
        }
    }

    /// Removes every field of that name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.is(name));
    }

    /// The first field of that name, whole line.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.is(name)).map(|(_, v)| v.as_str())
    }

    /// Every line of that name.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(n, _)| n.is(name))
            .map(|(_, v)| v.as_str())
    }

    /// Every value of a list header over all its lines, split at commas outside quotes and angle brackets.
    /// Right for list headers only (Via, Contact, Route, Supported, …), not for Date or challenges.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.get_all(name).flat_map(|line| lex::split(line, b','))
    }

    /// The first value of a typed header; `None` when the field is absent.
    ///
    /// # Errors
    /// The inner error when the value does not follow its grammar.
    pub fn typed<T: Typed>(&self) -> Option<Result<T, SyntaxError>> {
        let value = if T::LIST {
            self.values(T::NAME).next()
        } else {
            self.get(T::NAME)
        };
        value.map(T::parse)
    }

    /// The first value of a typed header, when there is one that follows its grammar.
    pub fn first<T: Typed>(&self) -> Option<T> {
        self.typed().and_then(Result::ok)
    }

    /// Every value of a typed header.
    ///
    /// # Errors
    /// When one value does not follow its grammar.
    pub fn all<T: Typed>(&self) -> Result<Vec<T>, SyntaxError> {
        if T::LIST {
            self.values(T::NAME).map(T::parse).collect()
        } else {
            self.get_all(T::NAME).map(T::parse).collect()
        }
    }

    /// Appends a typed header.
    pub fn push_typed<T: Typed>(&mut self, value: &T) {
        self.push(T::NAME, value.to_string());
    }

    /// Replaces every field of that type by one.
    pub fn set_typed<T: Typed>(&mut self, value: &T) {
        self.set(T::NAME, value.to_string());
    }

    /// Takes the first value of a list header off, leaving the others (Via and Route at a proxy).
    pub fn pop_first(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(n, _)| n.is(name))?;
        let line = &mut self.0.get_mut(at)?.1;
        let (first, rest) = match lex::find(line, |b| b == b',') {
            Some(comma) => (
                line[..comma].trim().to_owned(),
                line[comma + 1..].trim().to_owned(),
            ),
            None => (std::mem::take(line), String::new()),
        };
        if rest.is_empty() {
            self.0.remove(at);
        } else {
            *line = rest;
        }
        Some(first)
    }

    /// Replaces the first value of a list header, leaving the others; appends when there is none.
    pub fn replace_first(&mut self, name: &str, value: &str) {
        let Some((_, line)) = self.0.iter_mut().find(|(n, _)| n.is(name)) else {
            self.push(name, value);
            return;
        };
        *line = match lex::find(line, |b| b == b',') {
            Some(comma) => format!("{value}{}", &line[comma..]),
            None => value.to_owned(),
        };
    }

    /// Appends the credentials in `other`: an ACK carries those of its INVITE (§22.1), because nobody can
    /// challenge it.
    pub(crate) fn copy_credentials(&mut self, other: &Self) {
        for name in ["Authorization", "Proxy-Authorization"] {
            for value in other.get_all(name) {
                self.push(name, value);
            }
        }
    }

    pub(crate) fn push_named(&mut self, name: HeaderName, value: String) {
        self.0.push((name, value));
    }

    /// All fields in wire order.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &str)> {
        self.0.iter().map(|(n, v)| (n, v.as_str()))
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_all_lines_come_in_order() {
        let mut headers = Headers::new();
        headers.push("m", "\"a, b\" <sip:1@h>, <sip:2@h,x>");
        headers.push("Contact", "<sip:3@h>");
        assert_eq!(
            headers.values("Contact").collect::<Vec<_>>(),
            ["\"a, b\" <sip:1@h>", "<sip:2@h,x>", "<sip:3@h>"]
        );
    }

    #[test]
    fn credentials_stay_out_of_logs() {
        let mut headers = Headers::new();
        headers.push("Call-ID", "1");
        headers.push("proxy-authorization", "Digest response=\"6629fae\"");
        assert_eq!(
            format!("{headers:?}"),
            r#"{"Call-ID": "1", "Proxy-Authorization": "…"}"#
        );
    }

    #[test]
    fn setting_keeps_the_place_of_the_first() {
        let mut headers = Headers::new();
        for (name, value) in [("X-A", "1"), ("X-B", "1"), ("x-a", "2"), ("X-C", "1")] {
            headers.push(name, value);
        }
        headers.set("X-A", "3");
        headers.set("X-D", "4");
        let all: Vec<_> = headers
            .iter()
            .map(|(n, v)| format!("{}{v}", n.as_str()))
            .collect();
        assert_eq!(all, ["X-A3", "X-B1", "X-C1", "X-D4"]);
    }

    #[test]
    fn the_first_value_can_be_taken_and_replaced() {
        let mut headers = Headers::new();
        headers.push("Via", "a, b");
        headers.push("Via", "c");
        headers.replace_first("Via", "A");
        assert_eq!(headers.pop_first("Via").as_deref(), Some("A"));
        assert_eq!(headers.pop_first("Via").as_deref(), Some("b"));
        assert_eq!(headers.pop_first("Via").as_deref(), Some("c"));
        assert_eq!(headers.pop_first("Via"), None);
    }
}
