//! `;name=value` parameters of header fields and URIs (RFC 3261 §7.3.1, §19.1.1).

use std::fmt;

use super::{SyntaxError, lex};

/// `;name` and `;name=value` parameters in order; names compare without case.
///
/// Values are held decoded: without quotes in header fields, without percent escapes in URIs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Params(Vec<Param>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Param {
    name: String,
    value: Option<String>,
    quoted: bool,
}

impl Params {
    /// No parameters.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Reads header field parameters separated by `separator` (`;`, or `,` in authentication fields).
    ///
    /// # Errors
    /// When a name is not a token or a quoted value does not end.
    pub fn parse_header(s: &str, separator: u8, what: &'static str) -> Result<Self, SyntaxError> {
        let mut params = Vec::new();
        for piece in lex::split(s, separator) {
            let (name, value) = match piece.split_once('=') {
                Some((name, value)) => (name.trim_end(), Some(value.trim_start())),
                None => (piece, None),
            };
            if !lex::is_token(name) {
                return Err(SyntaxError::new(what, "a parameter name is not a token"));
            }
            let quoted = value.is_some_and(|v| v.starts_with('"'));
            let value = match value {
                Some(v) if quoted => match lex::quoted(v) {
                    Some((content, rest)) if rest.trim().is_empty() => Some(content),
                    _ => {
                        return Err(SyntaxError::new(
                            what,
                            "a quoted parameter value does not end well",
                        ));
                    }
                },
                other => other.map(str::to_owned),
            };
            params.push(Param {
                name: name.to_owned(),
                value,
                quoted,
            });
        }
        Ok(Self(params))
    }

    /// Reads URI parameters (what follows the first `;`).
    ///
    /// # Errors
    /// When a name is empty or an escape is broken.
    pub fn parse_uri(s: &str) -> Result<Self, SyntaxError> {
        let mut params = Vec::new();
        for piece in s.split(';').filter(|p| !p.is_empty()) {
            let (name, value) = match piece.split_once('=') {
                Some((name, value)) => (name, Some(lex::unescape(value, "URI parameter")?)),
                None => (piece, None),
            };
            if name.is_empty() {
                return Err(SyntaxError::new("URI parameter", "has no name"));
            }
            let name = lex::unescape(name, "URI parameter")?;
            params.push(Param {
                name,
                value,
                quoted: false,
            });
        }
        Ok(Self(params))
    }

    /// The value of a parameter: `None` absent, `Some(None)` present without value.
    pub fn get(&self, name: &str) -> Option<Option<&str>> {
        self.find(name).map(|p| p.value.as_deref())
    }

    /// The value of a parameter that has one.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.get(name).flatten()
    }

    /// Whether the parameter is present.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets or adds a parameter. In header fields a value that is not a token is written in quotes.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.put(name, value.map(str::to_owned), false);
    }

    /// Sets or adds a parameter whose value is always written in quotes.
    pub fn set_quoted(&mut self, name: &str, value: &str) {
        self.put(name, Some(value.to_owned()), true);
    }

    /// Removes a parameter.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|p| !p.name.eq_ignore_ascii_case(name));
    }

    /// All parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|p| (p.name.as_str(), p.value.as_deref()))
    }

    fn find(&self, name: &str) -> Option<&Param> {
        self.0.iter().find(|p| p.name.eq_ignore_ascii_case(name))
    }

    fn put(&mut self, name: &str, value: Option<String>, quoted: bool) {
        match self.0.iter_mut().find(|p| p.name.eq_ignore_ascii_case(name)) {
            Some(param) => {
                param.value = value;
                param.quoted = quoted;
            }
            None => self.0.push(Param {
                name: name.to_owned(),
                value,
                quoted,
            }),
        }
    }

    /// Writes `;name=value…` as header field parameters.
    pub(crate) fn write_header(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for param in &self.0 {
            f.write_str(";")?;
            param.write_header(f)?;
        }
        Ok(())
    }

    /// Writes `name=value, name=value` as authentication fields do.
    pub(crate) fn write_list(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, param) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            param.write_header(f)?;
        }
        Ok(())
    }

    /// Writes `;name=value…` as URI parameters.
    pub(crate) fn write_uri(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Param { name, value, .. } in &self.0 {
            f.write_str(";")?;
            lex::write_escaped(f, name, b"[]/:&+$")?;
            if let Some(value) = value {
                f.write_str("=")?;
                lex::write_escaped(f, value, b"[]/:&+$")?;
            }
        }
        Ok(())
    }
}

impl Param {
    fn write_header(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        let Some(value) = &self.value else {
            return Ok(());
        };
        f.write_str("=")?;
        // Hosts (brackets, colons) go unquoted, as in `received=[2001:db8::1]`.
        let bare = !value.is_empty()
            && value
                .bytes()
                .all(|b| lex::is_token_byte(b) || matches!(b, b'[' | b']' | b':'));
        if self.quoted || !bare {
            lex::write_quoted(f, value)
        } else {
            f.write_str(value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shown<'a>(&'a Params);

    impl fmt::Display for Shown<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.write_header(f)
        }
    }

    #[test]
    fn header_parameters_keep_their_quotes() {
        let text = r#" branch = z ;lr; +sip.instance="<urn:uuid:1>";text="Busy";received=[::1]"#;
        let params = Params::parse_header(text, b';', "t").unwrap();
        assert_eq!(params.value("BRANCH"), Some("z"));
        assert_eq!(params.get("lr"), Some(None));
        assert_eq!(params.value("+sip.instance"), Some("<urn:uuid:1>"));
        assert_eq!(
            Shown(&params).to_string(),
            r#";branch=z;lr;+sip.instance="<urn:uuid:1>";text="Busy";received=[::1]"#
        );
    }

    #[test]
    fn broken_parameters_are_refused() {
        for bad in ["=x", "a b=c", "x=\"open", "x=\"a\"b"] {
            assert!(Params::parse_header(bad, b';', "t").is_err(), "{bad}");
        }
        assert!(Params::parse_uri("=x").is_err());
        assert!(Params::parse_uri("a=%4").is_err());
    }

    #[test]
    fn setting_twice_keeps_one() {
        let mut params = Params::new();
        params.set("tag", Some("1"));
        params.set("TAG", Some("2"));
        assert_eq!(params.iter().collect::<Vec<_>>(), [("tag", Some("2"))]);
    }
}
