//! SIP accounts of stations: the secret is made from the server's key and a nonce, so it need not be stored.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::{SipAccount, hex};
use crate::{
    acd::{AgentId, StationId},
    store::StationAccount,
};

/// Digest user name of a station: stable, and telling nothing.
pub(super) fn username(agent: &AgentId, station: &StationId) -> String {
    let digest = Sha256::digest(format!("{agent}\0{station}"));
    format!("st-{}", hex(&digest[..6]))
}

pub(super) fn sip_account(key: &str, domain: &str, account: &StationAccount, name: &str) -> SipAccount {
    SipAccount {
        username: account.username.clone(),
        password: secret(key, account),
        uri: aor(domain, &account.username),
        display_name: name.to_owned(),
    }
}

pub(super) fn aor(domain: &str, username: &str) -> String {
    format!("sip:{username}@{domain}")
}

fn secret(key: &str, account: &StationAccount) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    for part in [&account.user, &account.station, &account.nonce] {
        mac.update(part.as_bytes());
        mac.update(&[0]);
    }
    hex(&mac.finalize().into_bytes()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_001_every_sign_in_has_its_own_secret_and_a_restart_keeps_it() {
        let account = |nonce: &str| StationAccount {
            username: "st-1".into(),
            station: "s".into(),
            user: "a".into(),
            nonce: nonce.into(),
        };
        let make = |nonce| sip_account("key", "demo", &account(nonce), "Pat").password;
        assert_eq!(make("1"), make("1"));
        assert_ne!(make("1"), make("2"));
        assert_ne!(
            make("1"),
            sip_account("other", "demo", &account("1"), "Pat").password
        );
        assert_eq!(make("1").len(), 32);
    }
}
