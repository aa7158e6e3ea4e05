//! Opening the database, and its errors in words.

use std::path::PathBuf;

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{mpsc, oneshot};

use super::{Write, writer};
use crate::health::Health;

/// Where the database is.
#[derive(Clone, Debug)]
pub enum Location {
    /// A file; created when absent.
    File(PathBuf),
    /// Nothing is kept.
    Memory,
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not a database, or damaged.
    #[error("{place} is damaged or not a database ({why}); move it away or restore a backup")]
    Corrupt {
        /// The file.
        place: String,
        /// What SQLite said.
        why: String,
    },
    /// No room.
    #[error("{place} cannot grow: the disk is full; free some space")]
    Full {
        /// The file.
        place: String,
    },
    /// Another program holds it.
    #[error("{place} is locked by another program; stop it")]
    Locked {
        /// The file.
        place: String,
    },
    /// It cannot be opened: folder or permission.
    #[error("{place} cannot be opened or written ({why}); check the folder and its permissions")]
    Access {
        /// The file.
        place: String,
        /// What SQLite said.
        why: String,
    },
    /// Its tables are of another version.
    #[error("{place} was made by another version ({why})")]
    Migration {
        /// The file.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// Its content makes no sense.
    #[error("{place} holds something unusable in {table}: {why}")]
    Content {
        /// The file.
        place: String,
        /// The table.
        table: &'static str,
        /// What is wrong.
        why: String,
    },
    /// Anything else.
    #[error("{place}: {why}")]
    Other {
        /// The file.
        place: String,
        /// What was said.
        why: String,
    },
}

/// The database. Cheap to clone; one task writes.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) pool: SqlitePool,
    pub(super) place: String,
    writes: mpsc::UnboundedSender<writer::Job>,
    health: Health,
}

impl Store {
    /// Open or create the database, bring its tables up to date and start the writer.
    ///
    /// # Errors
    /// When it cannot be used, with what to do.
    pub async fn open(location: &Location, health: Health) -> Result<Self, StoreError> {
        let (options, place) = match location {
            Location::File(path) => (
                SqliteConnectOptions::new().filename(path),
                path.display().to_string(),
            ),
            Location::Memory => (
                SqliteConnectOptions::new().in_memory(true),
                "the database in memory".into(),
            ),
        };
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(std::time::Duration::from_secs(2));
        // One connection: there is one writer, and an in-memory database is its connection.
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await
            .map_err(|error| StoreError::from_sqlx(&place, &error))?;
        sqlx::migrate!().run(&pool).await.map_err(|error| match &error {
            sqlx::migrate::MigrateError::Execute(inner)
            | sqlx::migrate::MigrateError::ExecuteMigration(inner, _) => StoreError::from_sqlx(&place, inner),
            _ => StoreError::Migration {
                place: place.clone(),
                why: error.to_string(),
            },
        })?;
        let writes = writer::spawn(pool.clone(), place.clone(), health.clone());
        Ok(Self {
            pool,
            place,
            writes,
            health,
        })
    }

    /// Write this soon. Never waits and never fails: see [`Health`] for how the database is.
    pub fn write(&self, write: Write) {
        if self.writes.send(writer::Job::Write(Box::new(write))).is_err() {
            self.health
                .raise("database", "the database writer has stopped; restart the server");
        }
    }

    /// Wait until everything given to [`Store::write`] so far is in the database, or has failed once more.
    pub async fn flush(&self) {
        let (tx, rx) = oneshot::channel();
        if self.writes.send(writer::Job::Flush(tx)).is_ok() {
            let _ = rx.await;
        }
    }

    /// Flush and close.
    pub async fn close(&self) {
        self.flush().await;
        self.pool.close().await;
    }

    /// How the store is.
    pub fn health(&self) -> &Health {
        &self.health
    }
}

impl StoreError {
    pub(super) fn from_sqlx(place: &str, error: &sqlx::Error) -> Self {
        let place = place.to_owned();
        let why = error.to_string();
        // SQLite's primary result code is the low byte of the extended one.
        let code = match error {
            sqlx::Error::Database(database) => database
                .code()
                .and_then(|code| code.parse::<u32>().ok())
                .map(|code| code & 0xff),
            _ => None,
        };
        match code {
            Some(11 | 26) => Self::Corrupt { place, why },
            Some(13) => Self::Full { place },
            Some(5 | 6) => Self::Locked { place },
            Some(3 | 8 | 10 | 14 | 23) => Self::Access { place, why },
            _ => Self::Other { place, why },
        }
    }
}
