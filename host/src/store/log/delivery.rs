//! Getting batches into the log, each once, whatever happens to the connection.
//!
//! Owns the transaction of a batch, trying it again, and counts that stay exact when nobody heard whether a commit
//! happened. Does not own what is in a batch (`encode`) or who fills it (`writer`).

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::mpsc;

use super::WriteCounts;
use super::encode::{COLUMNS, Sealed};
use super::writer::ensure_partition;
use crate::store::{Outage, Patience, Store, StoreError};

/// How often a batch that met another writer in the wrong order is tried again at once, on the same connection.
const MAX_MEETINGS: u32 = 8;

/// Longest time for one attempt at a batch, which usually takes 50 ms. A server that is silent for longer is given up as a
/// broken connection is.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(120);

/// What was being done, for messages.
const DOING: &str = "writing to the log";

/// Batches of one writer on their way.
pub(super) struct Delivery {
    store: Store,
    /// Of our own and not of the pool: it holds a stage, and when there is none to be had the server says why.
    connection: Option<PgConnection>,
    patience: Patience,
    outage: Outage,
    copy: String,
    insert: String,
}

impl Delivery {
    /// Connects and makes the stage.
    pub(super) async fn start(
        store: Store,
        patience: &Patience,
        outage: &Outage,
    ) -> Result<Delivery, StoreError> {
        let insert = format!(
            "insert into record_log (txn, {COLUMNS}) \
             select (select base + pg_current_xact_id()::text::bigint from txn_base), {COLUMNS} \
             from record_stage on conflict do nothing"
        );
        let copy = format!("copy record_stage ({COLUMNS}) from stdin (format binary)");
        let mut trying = store.trying(patience, outage);
        let connection = loop {
            match connect(&store).await {
                Ok(connection) => break connection,
                Err(error) => trying.again(error).await?,
            }
        };
        trying.worked();
        drop(trying);
        let (patience, outage) = (patience.clone(), outage.clone());
        Ok(Delivery { store, connection: Some(connection), patience, outage, copy, insert })
    }

    /// Delivers until there are no more batches.
    pub(super) async fn run(
        mut self,
        mut batches: mpsc::Receiver<Sealed>,
    ) -> Result<WriteCounts, StoreError> {
        let mut counts = WriteCounts::default();
        while let Some(batch) = batches.recv().await {
            let new = self.deliver(&batch).await?;
            counts.new += new;
            counts.duplicates += batch.rows - new;
        }
        if let Some(connection) = self.connection.take() {
            // Everything is committed; a connection that breaks now broke too late to matter.
            let _ = connection.close().await;
        }
        Ok(counts)
    }

    /// Stores a batch; returns how many of its rows are new.
    async fn deliver(&mut self, batch: &Sealed) -> Result<u64, StoreError> {
        let store = self.store.clone();
        let mut trying = store.trying(&self.patience, &self.outage);
        let mut unsure = Vec::new();
        let mut meetings = 0;
        loop {
            let attempt = tokio::time::timeout(ATTEMPT_LIMIT, self.attempt(batch, &mut unsure));
            let silent =
                |_| Err(StoreError::while_(DOING)(std::io::Error::from(std::io::ErrorKind::TimedOut).into()));
            let error = match attempt.await.unwrap_or_else(silent) {
                Ok(new) => {
                    trying.worked();
                    return Ok(new);
                }
                Err(error) => error,
            };
            let met = match error.code() {
                // Two writers with the same records in another order: one of them has to give way.
                Some("40P01" | "40001") => true,
                // No partition: retention dropped it since we saw it.
                Some("23514") => {
                    store.months().forget();
                    true
                }
                _ => false,
            };
            if met && meetings < MAX_MEETINGS {
                meetings += 1;
                tokio::time::sleep(Duration::from_millis(10 * u64::from(meetings))).await;
                continue;
            }
            // Whatever state it is in: the next attempt has a new one.
            self.connection = None;
            trying.again(error).await?;
        }
    }

    /// One attempt. `unsure` holds the transactions of earlier attempts that may have committed.
    async fn attempt(&mut self, batch: &Sealed, unsure: &mut Vec<i64>) -> Result<u64, StoreError> {
        let failed = StoreError::while_(DOING);
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(connect(&self.store).await?),
        };
        let months = self.store.months();
        for month in months.missing(&batch.months) {
            ensure_partition(connection, month.first_day()).await?;
            months.note(month);
        }
        let mut transaction = connection.begin().await.map_err(&failed)?;
        let mut stage = transaction.copy_in_raw(&self.copy).await.map_err(&failed)?;
        stage.send(batch.bytes.as_slice()).await.map_err(&failed)?;
        stage.finish().await.map_err(&failed)?;
        let insert = AssertSqlSafe(self.insert.as_str());
        let inserted = sqlx::query(insert).execute(&mut *transaction).await.map_err(&failed)?.rows_affected();
        let before = match unsure.is_empty() {
            true => 0,
            false => stored_before(&mut transaction, self.store.org(), unsure).await.map_err(&failed)?,
        };
        let number = "select base + pg_current_xact_id()::text::bigint from txn_base";
        unsure.push(sqlx::query_scalar(number).fetch_one(&mut *transaction).await.map_err(&failed)?);
        // From here on an error leaves open whether it happened.
        transaction.commit().await.map_err(&failed)?;
        unsure.clear();
        Ok(inserted + before)
    }
}

/// Rows of the staged batch that an earlier attempt stored after all. None of these transactions runs any more: the insert
/// has waited for each that held one of the rows. A crash can give a lost transaction's number to another one, so number,
/// place and identity must all agree.
async fn stored_before(
    connection: &mut PgConnection,
    org: i32,
    transactions: &[i64],
) -> Result<u64, sqlx::Error> {
    let count: i64 = sqlx::query_scalar(
        "select count(*) from record_log r join record_stage s on r.seq = s.seq and r.record_id = s.record_id
         where r.org_id = $1 and r.txn = any($2)",
    )
    .bind(org)
    .bind(transactions)
    .fetch_one(connection)
    .await?;
    Ok(count.unsigned_abs())
}

/// A connection with a stage.
async fn connect(store: &Store) -> Result<PgConnection, StoreError> {
    let mut connection = store.connect().await?;
    // A temporary table is not logged and vanishes with the session.
    let make = "create temp table record_stage (like record_log including compression) on commit delete rows;
        alter table record_stage alter txn drop not null";
    sqlx::raw_sql(make).execute(&mut connection).await.map_err(StoreError::while_("making the stage"))?;
    Ok(connection)
}
