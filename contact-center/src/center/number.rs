//! Which queue a called number belongs to.

use std::collections::BTreeMap;

use crate::acd::SkillId;

/// The queue of `number`: the same user and host first, else the same user where that is unambiguous (the
/// server may be called by its IP address). Scheme, port and parameters do not count.
pub(super) fn find<'a>(endpoints: &'a BTreeMap<String, SkillId>, number: &str) -> Option<&'a SkillId> {
    let wanted = split(number);
    let same_user = || {
        endpoints
            .iter()
            .filter(|(address, _)| split(address).0 == wanted.0)
    };
    if let Some((_, skill)) = same_user().find(|(address, _)| split(address).1 == wanted.1) {
        return Some(skill);
    }
    let mut by_user = same_user();
    match (by_user.next(), by_user.next()) {
        (Some((_, skill)), None) => Some(skill),
        _ => None,
    }
}

/// User and lower-case host of a SIP or tel URI.
fn split(uri: &str) -> (&str, String) {
    let rest = uri
        .trim_start_matches('<')
        .split(['>', ';', '?'])
        .next()
        .unwrap_or_default();
    let rest = match rest.split_once(':') {
        Some((scheme, rest))
            if ["sip", "sips", "tel"]
                .iter()
                .any(|own| scheme.eq_ignore_ascii_case(own)) =>
        {
            rest
        }
        _ => rest,
    };
    let (user, host) = rest.split_once('@').unwrap_or((rest, ""));
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    (user, host.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_by_user_and_host_then_by_user_alone() {
        let endpoints = BTreeMap::from([
            ("sip:sales@demo.ringside".to_owned(), SkillId::from("a")),
            ("sip:help@one".to_owned(), SkillId::from("b")),
            ("sip:help@two".to_owned(), SkillId::from("c")),
        ]);
        let found = |number| find(&endpoints, number).map(|id| id.to_string());
        assert_eq!(
            found("sip:sales@DEMO.ringside;transport=tcp").as_deref(),
            Some("a")
        );
        assert_eq!(found("<sip:sales@127.0.0.1:5060>").as_deref(), Some("a"));
        assert_eq!(found("sip:sales@[::1]:5060").as_deref(), Some("a"));
        assert_eq!(found("sip:help@two:5070").as_deref(), Some("c"));
        assert_eq!(found("sip:help@three"), None, "two UCCs have it");
        assert_eq!(found("sip:nobody@demo.ringside"), None);
        assert_eq!(found(""), None);
    }
}
