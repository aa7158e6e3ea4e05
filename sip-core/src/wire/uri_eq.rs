//! When two URIs mean the same (RFC 3261 §19.1.4, RFC 3966 §4 for tel).

use super::{Host, Params, Uri};

/// Parameters that never match their absence.
const MUST_MATCH: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];

impl Uri {
    /// Whether both URIs name the same resource as RFC 3261 §19.1.4 defines it.
    pub fn equivalent(&self, other: &Self) -> bool {
        if self.scheme != other.scheme {
            return false;
        }
        if let (Some(a), Some(b)) = (&self.opaque, &other.opaque) {
            return if self.scheme == "tel" {
                tel_eq(a, b)
            } else {
                a == b
            };
        }
        // An omitted port is not the default port.
        self.opaque == other.opaque
            && self.user == other.user
            && hosts_eq(&self.host, &other.host)
            && self.port == other.port
            && params_eq(&self.params, &other.params)
            && headers_eq(self, other)
    }
}

fn hosts_eq(a: &Host, b: &Host) -> bool {
    match (a, b) {
        (Host::Name(a), Host::Name(b)) => a
            .trim_end_matches('.')
            .eq_ignore_ascii_case(b.trim_end_matches('.')),
        _ => a == b,
    }
}

fn params_eq(a: &Params, b: &Params) -> bool {
    let one_way = |a: &Params, b: &Params| {
        a.iter().all(|(name, value)| match (b.get(name), value) {
            (Some(other), value) => match (other, value) {
                (Some(x), Some(y)) => x.eq_ignore_ascii_case(y),
                (x, y) => x.is_none() && y.is_none(),
            },
            (None, _) => !MUST_MATCH.iter().any(|m| m.eq_ignore_ascii_case(name)),
        })
    };
    one_way(a, b) && one_way(b, a)
}

fn headers_eq(a: &Uri, b: &Uri) -> bool {
    a.headers.len() == b.headers.len()
        && a.headers
            .iter()
            .all(|(name, value)| b.header(name) == Some(value))
}

fn tel_eq(a: &str, b: &str) -> bool {
    let clean = |s: &str| {
        s.chars()
            .filter(|c| !matches!(c, '-' | '.' | '(' | ')'))
            .collect::<String>()
            .to_ascii_lowercase()
    };
    let parts = |s: &str| {
        let mut pieces = s.split(';');
        let number = clean(pieces.next().unwrap_or(""));
        let mut params: Vec<_> = pieces.map(str::to_ascii_lowercase).collect();
        params.sort();
        (number, params)
    };
    parts(a) == parts(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eq(a: &str, b: &str) -> bool {
        let (a, b) = (Uri::parse(a).unwrap(), Uri::parse(b).unwrap());
        assert_eq!(a.equivalent(&b), b.equivalent(&a), "not symmetric");
        a.equivalent(&b)
    }

    /// The examples of RFC 3261 §19.1.4.
    #[test]
    fn equal_as_in_the_rfc() {
        assert!(eq(
            "sip:%61lice@atlanta.com;transport=TCP",
            "sip:alice@AtLanTa.CoM;Transport=tcp"
        ));
        assert!(eq("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
        assert!(eq(
            "sip:carol@chicago.com;newparam=5",
            "sip:carol@chicago.com;security=on"
        ));
        assert!(eq(
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"
        ));
        assert!(eq(
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x"
        ));
    }

    #[test]
    fn different_as_in_the_rfc() {
        assert!(!eq(
            "SIP:ALICE@AtLanTa.CoM;Transport=udp",
            "sip:alice@AtLanTa.CoM;Transport=UDP"
        ));
        assert!(!eq("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
        assert!(!eq("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
        assert!(!eq("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
        assert!(!eq(
            "sip:carol@chicago.com",
            "sip:carol@chicago.com?Subject=next%20meeting"
        ));
        assert!(!eq("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
        assert!(!eq(
            "sip:carol@chicago.com;security=on",
            "sip:carol@chicago.com;security=off"
        ));
        assert!(!eq("sip:a@h", "sips:a@h"));
    }

    #[test]
    fn tel_numbers_ignore_visual_separators() {
        assert!(eq("tel:+1-201-555-0123", "tel:+12015550123"));
        assert!(!eq("tel:+12015550123", "tel:+12015550124"));
    }
}
