//! Everything read at the start: accounts, roster, the tables replayed from the journal, the feed's tail.

use std::collections::{BTreeMap, HashMap};

use sqlx::Row as _;

use super::{FeedRow, Hash, Store, StoreError, TokenKind, TokenRow};
use crate::acd::{Agent, AgentId, Member, Record, Roster, Skill, SkillId, State, Ucc, UccId, UccSettings};

/// What the store holds.
#[derive(Debug)]
pub struct Loaded {
    /// Names the feed.
    pub epoch: String,
    /// Makes the stations' SIP secrets.
    pub server_key: String,
    /// Users by sign-in address, lower case.
    pub users: HashMap<String, User>,
    /// What is configured.
    pub roster: Roster,
    /// Skills by the number called.
    pub endpoints: BTreeMap<String, SkillId>,
    /// SIP accounts in force.
    pub stations: Vec<StationAccount>,
    /// Tokens in force.
    pub tokens: Vec<TokenRow>,
    /// The tables.
    pub state: State,
    /// The feed's tail, oldest first.
    pub feed: Vec<FeedRow>,
}

/// One who may sign in.
#[derive(Clone, Debug)]
pub struct User {
    /// Their agent id.
    pub agent: AgentId,
    /// Their name.
    pub name: String,
    /// Their sign-in address.
    pub address: String,
    /// Their password.
    pub password: Hash,
}

/// A station's SIP account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationAccount {
    /// Digest user name.
    pub username: String,
    /// The station.
    pub station: String,
    /// Its agent.
    pub user: String,
    /// Makes the secret.
    pub nonce: String,
}

/// So many feed events are read back.
const FEED_TAIL: i64 = 100_000;

impl Store {
    /// Read everything.
    ///
    /// # Errors
    /// When the database cannot be read or holds nonsense.
    pub async fn load(&self) -> Result<Loaded, StoreError> {
        Ok(Loaded {
            epoch: self.meta("epoch").await?,
            server_key: self.meta("server_key").await?,
            users: self.users().await?,
            roster: self.roster().await?,
            endpoints: self.endpoints().await?,
            stations: self.stations().await?,
            tokens: self.tokens().await?,
            state: self.replay().await?,
            feed: self.feed_tail().await?,
        })
    }

    /// A random value made once per database.
    async fn meta(&self, key: &'static str) -> Result<String, StoreError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::Other {
            place: self.place.clone(),
            why: error.to_string(),
        })?;
        let fresh = crate::center::hex(&bytes);
        self.query(
            "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            &[key, &fresh],
        )
        .await?;
        let rows = self
            .query("SELECT value FROM meta WHERE key = $1", &[key])
            .await?;
        Ok(rows.first().map(|row| row.get::<String, _>(0)).unwrap_or(fresh))
    }

    async fn users(&self) -> Result<HashMap<String, User>, StoreError> {
        let rows = self
            .query(
                "SELECT id, address, name, pass_hash FROM users WHERE enabled = 1",
                &[],
            )
            .await?;
        let users = rows.iter().map(|row| {
            let address: String = row.get(1);
            let user = User {
                agent: row.get::<String, _>(0).into(),
                name: row.get(2),
                address: address.clone(),
                password: Hash::stored(row.get(3)),
            };
            (address.to_lowercase(), user)
        });
        Ok(users.collect())
    }

    async fn roster(&self) -> Result<Roster, StoreError> {
        let mut roster = Roster::default();
        for row in self.query("SELECT id, name, settings FROM ucc", &[]).await? {
            let id: String = row.get(0);
            let settings: UccSettings = serde_json::from_str(&row.get::<String, _>(2))
                .map_err(|error| self.content("ucc", format!("settings of {id}: {error}")))?;
            roster.uccs.insert(
                id.into(),
                Ucc {
                    name: row.get(1),
                    settings,
                },
            );
        }
        for row in self
            .query("SELECT id, ucc_id, name, priority, wrapup_s FROM skill", &[])
            .await?
        {
            let skill = Skill {
                ucc: row.get::<String, _>(1).into(),
                name: row.get(2),
                priority: row.get(3),
                wrapup_ms: unsigned(row.get(4)).saturating_mul(1000),
            };
            roster.skills.insert(row.get::<String, _>(0).into(), skill);
        }
        for row in self
            .query("SELECT id, name, address FROM users WHERE enabled = 1", &[])
            .await?
        {
            let agent = Agent {
                name: row.get(1),
                address: row.get(2),
                uccs: BTreeMap::new(),
                scores: BTreeMap::new(),
            };
            roster.agents.insert(row.get::<String, _>(0).into(), agent);
        }
        for row in self
            .query("SELECT ucc_id, user_id, ord, formal FROM agent", &[])
            .await?
        {
            if let Some(agent) = roster.agents.get_mut(row.get::<String, _>(1).as_str()) {
                let ucc: UccId = row.get::<String, _>(0).into();
                agent.uccs.insert(
                    ucc,
                    Member {
                        formal: row.get::<i64, _>(3) != 0,
                        order: row.get(2),
                    },
                );
            }
        }
        for row in self
            .query("SELECT skill_id, user_id, score FROM agent_skill", &[])
            .await?
        {
            if let Some(agent) = roster.agents.get_mut(row.get::<String, _>(1).as_str()) {
                let score = u8::try_from(row.get::<i64, _>(2)).unwrap_or(100);
                agent.scores.insert(row.get::<String, _>(0).into(), score);
            }
        }
        Ok(roster)
    }

    async fn endpoints(&self) -> Result<BTreeMap<String, SkillId>, StoreError> {
        let rows = self.query("SELECT address, skill_id FROM endpoint", &[]).await?;
        Ok(rows
            .iter()
            .map(|row| (row.get(0), row.get::<String, _>(1).into()))
            .collect())
    }

    async fn stations(&self) -> Result<Vec<StationAccount>, StoreError> {
        let rows = self
            .query("SELECT username, station, user_id, nonce FROM station", &[])
            .await?;
        let account = |row: &sqlx::sqlite::SqliteRow| StationAccount {
            username: row.get(0),
            station: row.get(1),
            user: row.get(2),
            nonce: row.get(3),
        };
        Ok(rows.iter().map(account).collect())
    }

    async fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        let rows = self
            .query(
                "SELECT hash, kind, user_id, station, family, expires_at, used FROM token",
                &[],
            )
            .await?;
        let token = |row: &sqlx::sqlite::SqliteRow| TokenRow {
            hash: row.get(0),
            kind: if row.get::<&str, _>(1) == "access" {
                TokenKind::Access
            } else {
                TokenKind::Refresh
            },
            user: row.get(2),
            station: row.get(3),
            family: row.get(4),
            expires_at: unsigned(row.get(5)),
            used: row.get::<i64, _>(6) != 0,
        };
        Ok(rows.iter().map(token).collect())
    }

    /// The tables: the checkpoint, and every journal line after it.
    async fn replay(&self) -> Result<State, StoreError> {
        let rows = self
            .query("SELECT body FROM checkpoint WHERE id = 1", &[])
            .await?;
        let mut state = match rows.first() {
            Some(row) => serde_json::from_str(&row.get::<String, _>(0))
                .map_err(|error| self.content("checkpoint", error.to_string()))?,
            None => State::default(),
        };
        let rows = sqlx::query("SELECT seq, at, body FROM journal WHERE seq > $1 ORDER BY seq")
            .bind(i64::try_from(state.seq).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await
            .map_err(|error| StoreError::from_sqlx(&self.place, &error))?;
        for row in rows {
            let seq = unsigned(row.get(0));
            let event = serde_json::from_str(&row.get::<String, _>(2))
                .map_err(|error| self.content("journal", format!("line {seq}: {error}")))?;
            let record = Record {
                seq,
                at: unsigned(row.get(1)),
                event,
            };
            state
                .apply(&record)
                .map_err(|misfit| self.content("journal", misfit.to_string()))?;
        }
        Ok(state)
    }

    async fn feed_tail(&self) -> Result<Vec<FeedRow>, StoreError> {
        let rows = sqlx::query("SELECT seq, at, audience, body FROM feed ORDER BY seq DESC LIMIT $1")
            .bind(FEED_TAIL)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| StoreError::from_sqlx(&self.place, &error))?;
        let row = |row: &sqlx::sqlite::SqliteRow| FeedRow {
            seq: unsigned(row.get(0)),
            at: unsigned(row.get(1)),
            audience: row.get(2),
            body: row.get(3),
        };
        Ok(rows.iter().rev().map(row).collect())
    }

    pub(super) async fn query(
        &self,
        sql: &'static str,
        args: &[&str],
    ) -> Result<Vec<sqlx::sqlite::SqliteRow>, StoreError> {
        let query = args
            .iter()
            .fold(sqlx::query(sql), |query, arg| query.bind((*arg).to_owned()));
        query
            .fetch_all(&self.pool)
            .await
            .map_err(|error| StoreError::from_sqlx(&self.place, &error))
    }

    fn content(&self, table: &'static str, why: String) -> StoreError {
        StoreError::Content {
            place: self.place.clone(),
            table,
            why,
        }
    }
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
