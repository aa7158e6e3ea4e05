//! `"Display name" <uri>;params` (RFC 3261 §20.10).

use std::{fmt, str::FromStr};

use super::{Params, SyntaxError, Uri, lex};

const WHAT: &str = "address";

/// `"Display name" <uri>;params`: From, To, Contact, Route and their kin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameAddr {
    /// The display name, quotes and escapes removed.
    pub display_name: Option<String>,
    /// The address.
    pub uri: Uri,
    /// Header parameters (`tag`, `expires`, …), not URI parameters.
    pub params: Params,
}

impl NameAddr {
    /// An address without name and parameters.
    pub const fn new(uri: Uri) -> Self {
        Self {
            display_name: None,
            uri,
            params: Params::new(),
        }
    }

    /// Reads `"name" <uri>;params`, `name <uri>;params` or `uri;params`.
    ///
    /// Liberal where RFC 4475 §3.1.2 allows it: spaces inside the brackets and unquoted names with commas are
    /// understood, and written correctly afterwards.
    ///
    /// # Errors
    /// When quotes or brackets do not close, or the URI or a parameter is malformed.
    pub fn parse(s: &str) -> Result<Self, SyntaxError> {
        let s = s.trim();
        let err = |problem| SyntaxError::new(WHAT, problem);
        let (name, after_name) = if s.starts_with('"') {
            let (name, rest) = lex::quoted(s).ok_or(err("display name's quotes do not close"))?;
            let rest = rest.trim_start();
            if !rest.starts_with('<') {
                return Err(err("display name is not followed by <"));
            }
            (name, rest)
        } else {
            match s.find('<') {
                Some(at) => (s[..at].trim().to_owned(), &s[at..]),
                None => (String::new(), s),
            }
        };
        let (uri, params) = match after_name.strip_prefix('<') {
            Some(inner) => {
                let (uri, rest) = inner.split_once('>').ok_or(err("< is not closed"))?;
                let rest = rest.trim_start();
                let params = match rest.strip_prefix(';') {
                    Some(params) => params,
                    None if rest.is_empty() => "",
                    None => return Err(err("something other than parameters follows >")),
                };
                (uri.trim(), params)
            }
            // Without brackets every parameter belongs to the header field, and `?` is not allowed.
            None => {
                let (uri, params) = after_name.split_once(';').unwrap_or((after_name, ""));
                if uri.contains(['?', ',']) {
                    return Err(err("a URI with ? or , needs angle brackets"));
                }
                (uri.trim(), params)
            }
        };
        Ok(Self {
            display_name: (!name.is_empty()).then_some(name),
            uri: Uri::parse(uri)?,
            params: Params::parse_header(params, b';', WHAT)?,
        })
    }

    /// The `tag` parameter.
    pub fn tag(&self) -> Option<&str> {
        self.params.value("tag").filter(|tag| !tag.is_empty())
    }
}

impl FromStr for NameAddr {
    type Err = SyntaxError;

    fn from_str(s: &str) -> Result<Self, SyntaxError> {
        Self::parse(s)
    }
}

impl From<Uri> for NameAddr {
    fn from(uri: Uri) -> Self {
        Self::new(uri)
    }
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.display_name {
            lex::write_quoted(f, name)?;
            f.write_str(" ")?;
        }
        write!(f, "<{}>", self.uri)?;
        self.params.write_header(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_outside_brackets_belong_to_the_field() {
        let a = NameAddr::parse("sip:a@h;tag=1;x").unwrap();
        assert!(a.uri.params.is_empty());
        assert_eq!(a.tag(), Some("1"));
        let b = NameAddr::parse("<sip:a@h;lr>;tag=2").unwrap();
        assert!(b.uri.params.has("lr"));
        assert_eq!(b.to_string(), "<sip:a@h;lr>;tag=2");
    }

    #[test]
    fn display_names_lose_quotes_and_get_them_back() {
        let a = NameAddr::parse(r#""Watson, \"T\" <x>"<sip:t@h>"#).unwrap();
        assert_eq!(a.display_name.as_deref(), Some(r#"Watson, "T" <x>"#));
        assert_eq!(a.to_string(), r#""Watson, \"T\" <x>" <sip:t@h>"#);
        let b = NameAddr::parse("Bell, Alexander <sip:a.g.bell@example.com>").unwrap();
        assert_eq!(b.to_string(), r#""Bell, Alexander" <sip:a.g.bell@example.com>"#);
    }

    #[test]
    fn spaces_inside_brackets_are_ignored() {
        assert_eq!(NameAddr::parse("< sip:a@h >").unwrap().to_string(), "<sip:a@h>");
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "",
            "\"a <sip:a@h>",
            "\"a\" sip:a@h",
            "<sip:a@h",
            "<sip:a@h> x",
            "sip:a@h?Route=x",
            "*",
        ] {
            assert!(NameAddr::parse(bad).is_err(), "{bad}");
        }
    }
}
