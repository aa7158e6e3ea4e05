//! Tokens: opaque, 256 bits, hashed at rest. Access lives 15 minutes; refresh 30 days and works once.
//!
//! All tokens from one sign-in are a family. A refresh token seen a second time was stolen or replayed:
//! the whole family is revoked. (A client whose answer got lost signs in again.)

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest as _, Sha256};

use crate::{
    center::hex,
    store::{TokenKind, TokenRow},
};

pub(super) const ACCESS_MS: u64 = 15 * 60_000;
const REFRESH_MS: u64 = 30 * 24 * 3_600_000;

#[derive(Debug, Default)]
pub(super) struct Sessions {
    by_hash: HashMap<String, TokenRow>,
}

/// Who holds a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) user: String,
    pub(super) station: String,
}

/// What a refresh gave.
pub(super) enum Refreshed {
    /// The new pair's rows, and the used one's.
    Pair(Vec<TokenRow>),
    /// Used before: this family is revoked.
    Stolen(String),
    /// Unknown or expired.
    Unknown,
}

impl Sessions {
    pub(super) fn resume(rows: Vec<TokenRow>) -> Self {
        Self {
            by_hash: rows.into_iter().map(|row| (row.hash.clone(), row)).collect(),
        }
    }

    /// A sign-in. `access`, `refresh` and `family` are fresh random text. Gives the rows to keep.
    pub(super) fn issue(
        &mut self,
        now: u64,
        session: &Session,
        access: &str,
        refresh: &str,
        family: &str,
    ) -> Vec<TokenRow> {
        self.by_hash.retain(|_, row| row.expires_at > now);
        let row = |token: &str, kind, lifetime: u64| TokenRow {
            hash: digest(token),
            kind,
            user: session.user.clone(),
            station: session.station.clone(),
            family: family.to_owned(),
            expires_at: now.saturating_add(lifetime),
            used: false,
        };
        let rows = vec![
            row(access, TokenKind::Access, ACCESS_MS),
            row(refresh, TokenKind::Refresh, REFRESH_MS),
        ];
        for row in &rows {
            self.by_hash.insert(row.hash.clone(), row.clone());
        }
        rows
    }

    /// Who holds this access token.
    pub(super) fn access(&self, now: u64, token: &str) -> Option<Session> {
        let row = self.by_hash.get(&digest(token))?;
        (row.kind == TokenKind::Access && row.expires_at > now).then(|| Session {
            user: row.user.clone(),
            station: row.station.clone(),
        })
    }

    /// Exchange a refresh token. `access` and `refresh` are fresh random text.
    pub(super) fn refresh(&mut self, now: u64, token: &str, access: &str, refresh: &str) -> Refreshed {
        let Some(row) = self.by_hash.get_mut(&digest(token)) else {
            return Refreshed::Unknown;
        };
        if row.kind != TokenKind::Refresh || row.expires_at <= now {
            return Refreshed::Unknown;
        }
        if row.used {
            let family = row.family.clone();
            self.by_hash.retain(|_, row| row.family != family);
            return Refreshed::Stolen(family);
        }
        row.used = true;
        let used = row.clone();
        let session = Session {
            user: used.user.clone(),
            station: used.station.clone(),
        };
        let mut rows = self.issue(now, &session, access, refresh, &used.family);
        rows.push(used);
        Refreshed::Pair(rows)
    }

    /// Forget everything of a station; gives the families.
    pub(super) fn forget(&mut self, user: &str, station: &str) -> BTreeSet<String> {
        let theirs = |row: &TokenRow| row.user == user && row.station == station;
        let families = self
            .by_hash
            .values()
            .filter(|row| theirs(row))
            .map(|row| row.family.clone());
        let families: BTreeSet<_> = families.collect();
        self.by_hash.retain(|_, row| !families.contains(&row.family));
        families
    }
}

/// Tokens are looked up by hash, so comparing them takes no secret-dependent time.
fn digest(token: &str) -> String {
    hex(&Sha256::digest(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pat() -> Session {
        Session {
            user: "a_pat".into(),
            station: "st".into(),
        }
    }

    #[test]
    fn c_010_an_access_token_lives_a_quarter_of_an_hour() {
        let mut sessions = Sessions::default();
        let rows = sessions.issue(0, &pat(), "A", "R", "f");
        assert!(rows.iter().all(|row| row.hash.len() == 64 && row.hash != "A"));
        assert_eq!(sessions.access(ACCESS_MS - 1, "A"), Some(pat()));
        assert_eq!(sessions.access(ACCESS_MS, "A"), None);
        assert_eq!(
            sessions.access(0, "R"),
            None,
            "a refresh token is not an access token"
        );
    }

    #[test]
    fn c_010_a_refresh_token_works_once_and_a_second_use_revokes_the_family() {
        let mut sessions = Sessions::default();
        sessions.issue(0, &pat(), "A", "R", "f");
        assert!(matches!(sessions.refresh(1, "R", "A2", "R2"), Refreshed::Pair(rows) if rows.len() == 3));
        assert_eq!(sessions.access(2, "A2"), Some(pat()));
        assert!(matches!(sessions.refresh(3, "R", "A3", "R3"), Refreshed::Stolen(family) if family == "f"));
        assert_eq!(sessions.access(4, "A2"), None);
        assert!(matches!(
            sessions.refresh(5, "R2", "A4", "R4"),
            Refreshed::Unknown
        ));
    }

    #[test]
    fn tokens_survive_a_restart_and_die_with_their_station() {
        let mut sessions = Sessions::default();
        let rows = sessions.issue(0, &pat(), "A", "R", "f");
        let mut sessions = Sessions::resume(rows);
        assert_eq!(sessions.access(1, "A"), Some(pat()));
        assert!(sessions.forget("a_pat", "other").is_empty());
        assert_eq!(sessions.forget("a_pat", "st").len(), 1);
        assert_eq!(sessions.access(1, "A"), None);
    }
}
