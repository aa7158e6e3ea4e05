//! WWW-Authenticate, Proxy-Authenticate, Authorization, Proxy-Authorization, Authentication-Info
//! (RFC 3261 §20.6, RFC 7616 §3). What the parameters mean is in `auth`.

use std::fmt;

use super::Typed;
use crate::wire::{Headers, Params, SyntaxError, lex};

/// A challenge: the value of WWW-Authenticate or Proxy-Authenticate, one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// `Digest`, or another scheme.
    pub scheme: String,
    /// `realm`, `nonce`, `algorithm`, `qop`, ….
    pub params: Params,
}

/// Credentials: the value of Authorization or Proxy-Authorization, one a line.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `Digest`, or another scheme.
    pub scheme: String,
    /// `username`, `realm`, `response`, ….
    pub params: Params,
}

impl fmt::Debug for Credentials {
    /// Leaves the parameters out: logs hold no credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}

impl Challenge {
    /// Reads one line.
    ///
    /// # Errors
    /// When the scheme or a parameter is malformed.
    pub fn parse(value: &str) -> Result<Self, SyntaxError> {
        let (scheme, params) = scheme_and_params(value, "challenge")?;
        Ok(Self { scheme, params })
    }

    /// Every challenge of `name` (`WWW-Authenticate` or `Proxy-Authenticate`) that can be read.
    pub fn all(headers: &Headers, name: &str) -> Vec<Self> {
        headers
            .get_all(name)
            .filter_map(|line| Self::parse(line).ok())
            .collect()
    }
}

impl Credentials {
    /// Reads one line.
    ///
    /// # Errors
    /// When the scheme or a parameter is malformed.
    pub fn parse(value: &str) -> Result<Self, SyntaxError> {
        let (scheme, params) = scheme_and_params(value, "credentials")?;
        Ok(Self { scheme, params })
    }

    /// All credentials of `name` (`Authorization` or `Proxy-Authorization`) that can be read.
    pub fn all(headers: &Headers, name: &str) -> Vec<Self> {
        headers
            .get_all(name)
            .filter_map(|line| Self::parse(line).ok())
            .collect()
    }
}

fn scheme_and_params(value: &str, what: &'static str) -> Result<(String, Params), SyntaxError> {
    let (scheme, params) = value.split_once([' ', '\t']).unwrap_or((value, ""));
    if !lex::is_token(scheme) {
        return Err(SyntaxError::new(what, "scheme is not a token"));
    }
    Ok((scheme.to_owned(), Params::parse_header(params, b',', what)?))
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.scheme)?;
        self.params.write_list(f)
    }
}

impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.scheme)?;
        self.params.write_list(f)
    }
}

/// What a server says after it took the credentials: `nextnonce`, `rspauth`, ….
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationInfo(pub Params);

impl Typed for AuthenticationInfo {
    const NAME: &'static str = "Authentication-Info";
    const LIST: bool = false;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        Params::parse_header(value, b',', "Authentication-Info").map(Self)
    }
}

impl fmt::Display for AuthenticationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write_list(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_keep_lists_and_quotes() {
        let text =
            r#"Digest realm="a, \"b\"", qop="auth,auth-int", nonce="n=", algorithm=SHA-256, stale=false"#;
        let challenge = Challenge::parse(text).unwrap();
        assert_eq!(challenge.params.value("qop"), Some("auth,auth-int"));
        assert_eq!(challenge.params.value("realm"), Some("a, \"b\""));
        assert_eq!(challenge.to_string(), text);
    }

    #[test]
    fn credentials_stay_out_of_logs() {
        let credentials = Credentials::parse(r#"Digest username="u", response="secret""#).unwrap();
        assert_eq!(
            format!("{credentials:?}"),
            "Credentials { scheme: \"Digest\", .. }"
        );
    }

    #[test]
    fn unknown_schemes_are_kept_and_broken_ones_refused() {
        assert_eq!(
            Challenge::parse("NoOneKnowsThisScheme opaque=x").unwrap().scheme,
            "NoOneKnowsThisScheme"
        );
        assert!(Challenge::parse("Digest realm=\"x").is_err());
        assert!(Challenge::parse("").is_err());
    }
}
