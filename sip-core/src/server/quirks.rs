//! Clients that cannot read what RFC 8760 asks for: several challenges, SHA-256 before MD5.
//!
//! Some take only the first challenge, some fail when any challenge names an algorithm they do not know.
//! Both then never register, and say nothing that a person could act on.

use crate::{auth::Algorithm, wire::Headers};

/// How to challenge a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    /// SHA-256, then MD5, as RFC 8760 §2.3 has it.
    Strongest,
    /// MD5, then SHA-256: for clients that only look at the first one.
    Md5First,
    /// MD5 alone: for clients that fail on anything else.
    Md5Only,
}

/// Names a User-Agent begins with (lower case), and what such a client can take.
const KNOWN: &[(&str, Offer)] = &[
    // libre before 3.0: "Function not implemented" on any algorithm but MD5, whatever its place.
    ("baresip v0.", Offer::Md5Only),
    ("baresip v1.", Offer::Md5Only),
    ("baresip v2.", Offer::Md5Only),
    // Reads the first challenge only, knows MD5 only (3.6).
    ("sipp", Offer::Md5First),
];

impl Offer {
    /// What the sender of a request can take. Test scripts and old gateways do not give their name.
    pub(super) fn to(headers: &Headers) -> Self {
        let Some(name) = headers.get("User-Agent") else {
            return Self::Md5First;
        };
        let name = name.to_ascii_lowercase();
        KNOWN
            .iter()
            .find(|(known, _)| name.starts_with(known))
            .map_or(Self::Strongest, |(_, offer)| *offer)
    }

    /// Where a challenge for this algorithm goes in the list; `None` leaves it out.
    pub(super) fn place(self, algorithm: Option<Algorithm>) -> Option<u8> {
        let md5 = algorithm == Some(Algorithm::MD5);
        match self {
            Self::Strongest => Some(u8::from(md5)),
            Self::Md5First => Some(u8::from(!md5)),
            Self::Md5Only => md5.then_some(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(user_agent: Option<&str>) -> Vec<Algorithm> {
        let mut headers = Headers::new();
        if let Some(name) = user_agent {
            headers.push("User-Agent", name);
        }
        let offer = Offer::to(&headers);
        let mut list: Vec<_> = [Algorithm::SHA_256, Algorithm::MD5]
            .into_iter()
            .filter_map(|a| offer.place(Some(a)).map(|place| (place, a)))
            .collect();
        list.sort_by_key(|(place, _)| *place);
        list.into_iter().map(|(_, a)| a).collect()
    }

    #[test]
    fn the_strongest_first_unless_the_client_is_known_to_fail() {
        assert_eq!(
            order(Some("Ringside/0.1.0")),
            [Algorithm::SHA_256, Algorithm::MD5]
        );
        assert_eq!(
            order(Some("baresip v3.1.0")),
            [Algorithm::SHA_256, Algorithm::MD5]
        );
        assert_eq!(order(Some("baresip v1.0.0 (x86_64/linux)")), [Algorithm::MD5]);
        assert_eq!(order(Some("SIPp")), [Algorithm::MD5, Algorithm::SHA_256]);
        assert_eq!(order(None), [Algorithm::MD5, Algorithm::SHA_256]);
    }
}
