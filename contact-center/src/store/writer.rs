//! The one task that writes: everything waiting goes into one transaction; a failed one is kept and retried.

use std::{collections::VecDeque, time::Duration};

use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};

use super::{StoreError, Write, rows};
use crate::health::Health;

/// Writes in one transaction.
const BATCH: usize = 512;
/// Writes kept while the database fails; then the oldest are given up, and that is said.
const KEPT: usize = 500_000;
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) enum Job {
    Write(Box<Write>),
    /// Answered when all before it is written, or the database has just failed.
    Flush(oneshot::Sender<()>),
}

pub(super) fn spawn(pool: SqlitePool, place: String, health: Health) -> mpsc::UnboundedSender<Job> {
    let (tx, rx) = mpsc::unbounded_channel();
    tokio::spawn(run(pool, place, health, rx));
    tx
}

async fn run(pool: SqlitePool, place: String, health: Health, mut jobs: mpsc::UnboundedReceiver<Job>) {
    let mut pending: VecDeque<Write> = VecDeque::new();
    let mut flushes: Vec<oneshot::Sender<()>> = Vec::new();
    let mut given_up = 0_u64;
    let mut retry = FIRST_RETRY;
    let mut failing = false;
    loop {
        // With nothing to do wait for work; after a failure wait out the pause, taking in work meanwhile.
        let job = if failing {
            match tokio::time::timeout(retry, jobs.recv()).await {
                Ok(Some(job)) => Some(job),
                Ok(None) | Err(_) => {
                    failing = false;
                    retry = (retry * 2).min(LAST_RETRY);
                    None
                }
            }
        } else if pending.is_empty() && flushes.is_empty() {
            match jobs.recv().await {
                Some(job) => Some(job),
                None => return,
            }
        } else {
            jobs.try_recv().ok()
        };
        match job {
            Some(Job::Write(write)) => {
                pending.push_back(*write);
                if pending.len() > KEPT {
                    pending.pop_front();
                    given_up += 1;
                    health.raise(
                        "database",
                        format!("{place} has failed for long: history is being lost"),
                    );
                }
                if pending.len() < BATCH {
                    continue;
                }
            }
            Some(Job::Flush(done)) => flushes.push(done),
            None => {}
        }
        if failing && flushes.is_empty() {
            continue;
        }
        match commit(&pool, &pending).await {
            Ok(written) => {
                pending.drain(..written);
                retry = FIRST_RETRY;
                failing = false;
                if pending.is_empty() {
                    if given_up == 0 {
                        health.clear("database");
                    }
                    answer(&mut flushes);
                }
            }
            Err(error) => {
                let error = StoreError::from_sqlx(&place, &error);
                health.raise(
                    "database",
                    format!("{error}. Calls go on; nothing is kept until then."),
                );
                failing = true;
                answer(&mut flushes);
                if jobs.is_closed() && jobs.is_empty() {
                    return;
                }
            }
        }
    }
}

fn answer(flushes: &mut Vec<oneshot::Sender<()>>) {
    for done in flushes.drain(..) {
        // Who no longer waits needs no answer.
        let _ = done.send(());
    }
}

/// Write the head of the queue in one transaction; gives how many.
async fn commit(pool: &SqlitePool, pending: &VecDeque<Write>) -> Result<usize, sqlx::Error> {
    let count = pending.len().min(BATCH);
    if count == 0 {
        return Ok(0);
    }
    let mut transaction = pool.begin().await?;
    for write in pending.iter().take(count) {
        rows::write(&mut transaction, write).await?;
    }
    transaction.commit().await?;
    Ok(count)
}
