//! Which of several final responses the caller gets (RFC 3261 §16.7 step 6, 7).

use crate::wire::Response;

/// The best of the collected responses: any 6xx, else the lowest class; in it those that tell the caller
/// something to do, and silence only when there is nothing else. Challenges of all branches are collected in it.
pub(super) fn best(responses: Vec<Response>) -> Option<Response> {
    let challenges: Vec<(String, String)> = responses
        .iter()
        .filter(|r| matches!(r.status, 401 | 407))
        .flat_map(|r| r.headers.iter())
        .filter(|(name, _)| name.is("WWW-Authenticate") || name.is("Proxy-Authenticate"))
        .map(|(name, value)| (name.as_str().to_owned(), value.to_owned()))
        .collect();
    let mut chosen = responses.into_iter().min_by_key(|r| rank(r.status))?;
    match chosen.status {
        401 | 407 => {
            for name in ["WWW-Authenticate", "Proxy-Authenticate"] {
                chosen.headers.remove(name);
            }
            for (name, value) in challenges {
                chosen.headers.push(&name, value);
            }
        }
        // 503 would say that this server is overloaded (§16.7 step 6). Those of our own phones and numbers are
        // 480 by now.
        503 => {
            chosen.status = 500;
            chosen.headers.remove("Retry-After");
        }
        _ => {}
    }
    Some(chosen)
}

/// Lower is better.
const fn rank(status: u16) -> (u8, u8) {
    match status {
        600..=699 => (0, 0),
        401 | 407 => (4, 0),
        415 | 420 | 484 => (4, 1),
        // One phone that is switched off must not hide that another one is busy.
        408 | 480 => (4, 3),
        400..=499 => (4, 2),
        503 => (5, 1),
        500..=599 => (5, 0),
        other => ((other / 100) as u8, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Headers;

    fn response(status: u16) -> Response {
        Response {
            status,
            reason: String::new(),
            headers: Headers::new(),
            body: bytes::Bytes::new(),
        }
    }

    fn best_of(statuses: &[u16]) -> u16 {
        best(statuses.iter().map(|s| response(*s)).collect())
            .unwrap()
            .status
    }

    #[test]
    fn six_hundreds_win_then_the_lowest_class() {
        assert_eq!(best_of(&[486, 603, 302]), 603);
        assert_eq!(best_of(&[486, 302, 500]), 302);
        assert_eq!(best_of(&[500, 486]), 486);
    }

    #[test]
    fn silence_hides_nothing() {
        assert_eq!(best_of(&[408, 486]), 486);
        assert_eq!(best_of(&[480, 486, 407]), 407);
        assert_eq!(best_of(&[408, 408]), 408);
    }

    #[test]
    fn overload_of_the_next_hop_is_not_ours() {
        assert_eq!(best_of(&[503]), 500);
        assert_eq!(best_of(&[503, 502]), 502);
    }

    #[test]
    fn all_challenges_are_collected() {
        let mut a = response(407);
        a.headers.push("Proxy-Authenticate", "Digest realm=\"a\"");
        let mut b = response(401);
        b.headers.push("WWW-Authenticate", "Digest realm=\"b\"");
        let chosen = best(vec![a, response(404), b]).unwrap();
        assert_eq!(chosen.headers.len(), 2);
    }

    #[test]
    fn nothing_of_nothing() {
        assert_eq!(best(Vec::new()), None);
    }
}
