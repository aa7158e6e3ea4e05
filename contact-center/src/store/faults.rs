//! Ways to break the database, for tests of what happens then.

use sqlx::{AssertSqlSafe, Executor as _};

use super::Store;

#[doc(hidden)]
impl Store {
    /// Limit the size of the database, in pages of 4 KiB: a disk that is full.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn limit_pages(&self, pages: u32) -> Result<(), sqlx::Error> {
        self.pool
            .execute(AssertSqlSafe(format!("PRAGMA max_page_count = {pages}")))
            .await
            .map(|_| ())
    }

    /// Take the journal away: a database that is damaged while in use.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn drop_journal(&self) -> Result<(), sqlx::Error> {
        self.pool.execute("DROP TABLE journal").await.map(|_| ())
    }

    /// Take the checkpoint away, so that loading replays the whole journal.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn drop_checkpoint(&self) -> Result<(), sqlx::Error> {
        self.pool.execute("DELETE FROM checkpoint").await.map(|_| ())
    }
}
