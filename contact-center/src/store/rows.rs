//! How one write becomes rows: the journal line, and the projections it changes.

use sqlx::SqliteConnection;

use crate::acd::{Event, Record, State};

/// Something to keep.
#[derive(Clone, Debug)]
pub enum Write {
    /// A journal line.
    Journal(Record),
    /// The tables after a journal line; replay starts here.
    Checkpoint(Box<State>),
    /// An event of the feed.
    Feed(FeedRow),
    /// A token, new or used.
    Token(TokenRow),
    /// Forget all tokens of a family.
    ForgetFamily(String),
    /// A station's SIP account.
    Station {
        /// Digest user name.
        username: String,
        /// The station.
        station: String,
        /// Its agent.
        user: String,
        /// Makes the secret, together with the server's key.
        nonce: String,
        /// When.
        at: u64,
    },
    /// Forget a station's SIP account.
    ForgetStation {
        /// Digest user name.
        username: String,
    },
    /// Forget feed events and tokens that ended before this time.
    Expire {
        /// Feed events older than this.
        feed_before: u64,
        /// Tokens that expired before this.
        tokens_before: u64,
    },
}

/// One event of the feed, ready for the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRow {
    /// Place in the feed.
    pub seq: u64,
    /// When.
    pub at: u64,
    /// Who sees it, as text.
    pub audience: String,
    /// The frame, as JSON.
    pub body: String,
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Calls the API.
    Access,
    /// Makes a new pair, once.
    Refresh,
}

/// A token, hashed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenRow {
    /// SHA-256 of the token, hexadecimal.
    pub hash: String,
    /// What it is for.
    pub kind: TokenKind,
    /// Whose.
    pub user: String,
    /// At which station.
    pub station: String,
    /// All tokens that came from one sign-in.
    pub family: String,
    /// End of life.
    pub expires_at: u64,
    /// A refresh token that has made its pair.
    pub used: bool,
}

fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A snake_case word of a serde enum.
fn word(value: &impl serde::Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}

pub(super) async fn write(db: &mut SqliteConnection, write: &Write) -> Result<(), sqlx::Error> {
    match write {
        Write::Journal(record) => journal(db, record).await?,
        Write::Checkpoint(state) => {
            sqlx::query(
                "INSERT INTO checkpoint (id, seq, body) VALUES (1, $1, $2)
                 ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, body = excluded.body",
            )
            .bind(int(state.seq))
            .bind(json(state)?)
            .execute(db)
            .await?;
        }
        Write::Feed(row) => {
            sqlx::query(
                "INSERT INTO feed (seq, at, audience, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            )
            .bind(int(row.seq))
            .bind(int(row.at))
            .bind(&row.audience)
            .bind(&row.body)
            .execute(db)
            .await?;
        }
        Write::Token(row) => {
            sqlx::query(
                "INSERT INTO token (hash, kind, user_id, station, family, expires_at, used)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (hash) DO UPDATE SET used = excluded.used",
            )
            .bind(&row.hash)
            .bind(if row.kind == TokenKind::Access {
                "access"
            } else {
                "refresh"
            })
            .bind(&row.user)
            .bind(&row.station)
            .bind(&row.family)
            .bind(int(row.expires_at))
            .bind(i64::from(row.used))
            .execute(db)
            .await?;
        }
        Write::ForgetFamily(family) => {
            sqlx::query("DELETE FROM token WHERE family = $1")
                .bind(family)
                .execute(db)
                .await?;
        }
        Write::Station {
            username,
            station,
            user,
            nonce,
            at,
        } => {
            sqlx::query(
                "INSERT INTO station (username, station, user_id, nonce, issued_at) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (username) DO UPDATE SET nonce = excluded.nonce, issued_at = excluded.issued_at",
            )
            .bind(username)
            .bind(station)
            .bind(user)
            .bind(nonce)
            .bind(int(*at))
            .execute(db)
            .await?;
        }
        Write::ForgetStation { username } => {
            sqlx::query("DELETE FROM station WHERE username = $1")
                .bind(username)
                .execute(db)
                .await?;
        }
        Write::Expire {
            feed_before,
            tokens_before,
        } => {
            sqlx::query("DELETE FROM feed WHERE at < $1")
                .bind(int(*feed_before))
                .execute(&mut *db)
                .await?;
            sqlx::query("DELETE FROM token WHERE expires_at < $1")
                .bind(int(*tokens_before))
                .execute(db)
                .await?;
        }
    }
    Ok(())
}

async fn journal(db: &mut SqliteConnection, record: &Record) -> Result<(), sqlx::Error> {
    let body = serde_json::to_value(&record.event).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let kind = body
        .get("what")
        .and_then(|kind| kind.as_str())
        .unwrap_or_default()
        .to_owned();
    sqlx::query(
        "INSERT INTO journal (seq, at, kind, agent, conversation, body) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING",
    )
    .bind(int(record.seq))
    .bind(int(record.at))
    .bind(kind)
    .bind(record.event.agent().map(|id| id.as_str()))
    .bind(record.event.conversation().map(|id| id.as_str()))
    .bind(body.to_string())
    .execute(&mut *db)
    .await?;
    project(db, record).await
}

/// The rows derived from a journal line.
async fn project(db: &mut SqliteConnection, record: &Record) -> Result<(), sqlx::Error> {
    let at = int(record.at);
    let query = match &record.event {
        Event::Queued {
            conversation,
            caller,
            number,
            ucc,
            skill,
            ..
        } => sqlx::query(
            "INSERT INTO conversation (id, ucc_id, skill_id, caller, caller_name, number, enqueued_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        )
        .bind(conversation.as_str())
        .bind(ucc.as_str())
        .bind(skill.as_str())
        .bind(&caller.address)
        .bind(&caller.name)
        .bind(number)
        .bind(at),
        Event::Connected { conversation, agent } => {
            sqlx::query("UPDATE conversation SET answered_at = $1, agent = $2 WHERE id = $3")
                .bind(at)
                .bind(agent.as_str())
                .bind(conversation.as_str())
        }
        Event::Ended { conversation, reason } => {
            sqlx::query("UPDATE conversation SET ended_at = $1, end_reason = $2 WHERE id = $3")
                .bind(at)
                .bind(reason)
                .bind(conversation.as_str())
        }
        Event::OfferStarted {
            offer,
            conversation,
            agent,
            kind,
            ..
        } => sqlx::query(
            "INSERT INTO offer (id, conversation, agent, kind, started_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
        )
        .bind(offer.as_str())
        .bind(conversation.as_str())
        .bind(agent.as_str())
        .bind(word(kind))
        .bind(at),
        Event::OfferEnded {
            offer,
            result,
            reason,
            ..
        } => sqlx::query("UPDATE offer SET ended_at = $1, result = $2, reason = $3 WHERE id = $4")
            .bind(at)
            .bind(word(result))
            .bind(reason)
            .bind(offer.as_str()),
        Event::WrapupStarted {
            agent,
            conversation,
            deadline,
        } => sqlx::query(
            "INSERT INTO wrapup (agent, conversation, started_at, deadline) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
        )
        .bind(agent.as_str())
        .bind(conversation.as_str())
        .bind(at)
        .bind(int(*deadline)),
        Event::WrapupExtended { agent, deadline } => {
            sqlx::query("UPDATE wrapup SET deadline = $1 WHERE agent = $2 AND ended_at IS NULL")
                .bind(int(*deadline))
                .bind(agent.as_str())
        }
        Event::WrapupEnded { agent } => {
            sqlx::query("UPDATE wrapup SET ended_at = $1 WHERE agent = $2 AND ended_at IS NULL")
                .bind(at)
                .bind(agent.as_str())
        }
        _ => return Ok(()),
    };
    query.execute(db).await?;
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}
