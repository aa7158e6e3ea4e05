//! One challenge, read: what a server asks for, as far as we can answer it (RFC 7616 §3.3, RFC 8760 §2.4).

use super::{Algorithm, digest::Qop};
use crate::wire::header::Challenge;

/// A challenge that can be answered.
pub(super) struct Offer {
    pub(super) realm: String,
    pub(super) nonce: String,
    pub(super) opaque: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) named: bool,
    pub(super) qop: Option<Qop>,
    pub(super) stale: bool,
}

impl Offer {
    /// The error names what is not supported.
    pub(super) fn read(challenge: &Challenge) -> Result<Self, String> {
        let params = &challenge.params;
        if !challenge.scheme.eq_ignore_ascii_case("Digest") {
            return Err(challenge.scheme.clone());
        }
        let (Some(realm), Some(nonce)) = (params.value("realm"), params.value("nonce")) else {
            return Err("Digest without realm or nonce".into());
        };
        let algorithm = match params.value("algorithm") {
            Some(name) => Algorithm::from_name(name).ok_or_else(|| name.to_owned())?,
            None => Algorithm::MD5,
        };
        let qop = match params.value("qop") {
            None => None,
            Some(list) => {
                let offered: Vec<_> = list.split(',').filter_map(|q| Qop::from_name(q.trim())).collect();
                // Protecting the body costs calls behind middleboxes that rewrite SDP: only when asked to.
                match (offered.contains(&Qop::Auth), offered.first()) {
                    (true, _) => Some(Qop::Auth),
                    (false, Some(qop)) => Some(*qop),
                    (false, None) => return Err(format!("qop {list}")),
                }
            }
        };
        Ok(Self {
            realm: realm.to_owned(),
            nonce: nonce.to_owned(),
            opaque: params.value("opaque").map(str::to_owned),
            algorithm,
            named: params.has("algorithm"),
            qop,
            stale: params
                .value("stale")
                .is_some_and(|s| s.eq_ignore_ascii_case("true")),
        })
    }
}
