//! Event and Subscription-State (RFC 6665 §8.2.1, §8.2.3).

use std::fmt;

use super::Typed;
use crate::wire::{Params, SyntaxError, lex};

/// The event package a subscription is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `refer`, `dialog`, `message-summary`, ….
    pub package: String,
    /// `id` and package parameters.
    pub params: Params,
}

/// How a subscription stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionState {
    /// `active`, `pending`, `terminated`, or an extension, lower case.
    pub state: String,
    /// `expires`, `reason`, `retry-after`.
    pub params: Params,
}

impl SubscriptionState {
    /// Whether no more notifications follow.
    pub fn is_terminated(&self) -> bool {
        self.state == "terminated"
    }

    /// Remaining seconds, when told.
    pub fn expires(&self) -> Option<u32> {
        lex::number(self.params.value("expires")?)
    }
}

fn parse(value: &str, what: &'static str) -> Result<(String, Params), SyntaxError> {
    let (token, params) = value.split_once(';').unwrap_or((value, ""));
    let token = token.trim();
    if !lex::is_token(token) {
        return Err(SyntaxError::new(what, "is not a token"));
    }
    Ok((token.to_owned(), Params::parse_header(params, b';', what)?))
}

impl Typed for Event {
    const NAME: &'static str = "Event";
    const LIST: bool = false;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        parse(value, Self::NAME).map(|(package, params)| Self { package, params })
    }
}

impl Typed for SubscriptionState {
    const NAME: &'static str = "Subscription-State";
    const LIST: bool = false;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        parse(value, Self::NAME).map(|(state, params)| Self {
            state: state.to_ascii_lowercase(),
            params,
        })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.package)?;
        self.params.write_header(f)
    }
}

impl fmt::Display for SubscriptionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.state)?;
        self.params.write_header(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_and_states() {
        let event = Event::parse("refer;id=93809824").unwrap();
        assert_eq!(
            (event.package.as_str(), event.params.value("id")),
            ("refer", Some("93809824"))
        );
        let state = SubscriptionState::parse("Active ; expires=60").unwrap();
        assert_eq!((state.is_terminated(), state.expires()), (false, Some(60)));
        assert!(
            SubscriptionState::parse("terminated;reason=noresource")
                .unwrap()
                .is_terminated()
        );
        assert_eq!(state.to_string(), "active;expires=60");
        assert!(Event::parse("").is_err());
    }
}
