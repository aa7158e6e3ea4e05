//! A message after framing and head scan: start line, header fields in order, body.

use bytes::Bytes;

use super::{HeaderName, Method, Uri};

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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Headers(Vec<(HeaderName, String)>);

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

    /// Replaces every field of that name by one.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.push(name, value);
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
