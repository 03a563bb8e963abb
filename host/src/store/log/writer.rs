//! Writing to the log from a thread that parses.
//!
//! Owns batching, the hand-over to an asynchronous task with a connection of its own, and the counts. The thread fills one
//! batch while the task stores the one before; the channel between them bounds memory and holds the thread back when the
//! database is slower.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::{Event, NameTable};
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::encode::{Batch, COLUMNS, Encoder, Refused, Sealed};
use super::month::Months;
use crate::store::{Store, StoreError};

/// Rows of one transaction: measured best (reference/postgres.md, section 7).
pub const BATCH_ROWS: u64 = 5_000;

/// Bytes of one transaction, for records that are much larger than usual.
const BATCH_BYTES: usize = 8 << 20;

/// Room for one more row, so that a batch rarely grows.
const BATCH_CAPACITY: usize = BATCH_BYTES + (64 << 10);

/// How often a batch that met a deadlock with another writer is tried again.
const MAX_ATTEMPTS: u32 = 8;

/// What became of records handed to a writer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteCounts {
    /// Stored.
    pub new: u64,
    /// In the log already.
    pub duplicates: u64,
    /// Not storable, by reason.
    pub refused: BTreeMap<Refused, u64>,
}

impl WriteCounts {
    /// Adds another writer's counts.
    pub fn add(&mut self, other: &WriteCounts) {
        self.new += other.new;
        self.duplicates += other.duplicates;
        for (reason, count) in &other.refused {
            *self.refused.entry(*reason).or_default() += count;
        }
    }
}

/// Writes to the log; one per thread. Blocks, so it must not be used on a thread of the async runtime.
#[derive(Debug)]
pub struct LogWriter {
    encoder: Encoder,
    batch: Batch,
    months: Arc<Months>,
    refused: BTreeMap<Refused, u64>,
    sender: Option<mpsc::Sender<Sealed>>,
    task: Option<JoinHandle<Result<WriteCounts, StoreError>>>,
    runtime: Handle,
}

impl Store {
    /// A writer to the log with a connection of its own; `names` must be the table the events' names are from.
    ///
    /// Must be called on the async runtime, which then does the writing.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn log_writer(&self, names: &Arc<NameTable>) -> Result<LogWriter, StoreError> {
        let mut connection =
            self.pool().acquire().await.map_err(StoreError::while_("connecting a log writer"))?;
        make_stage(&mut connection).await.map_err(StoreError::while_("making the stage"))?;
        let (sender, receiver) = mpsc::channel(1);
        let months = self.months().clone();
        let task = tokio::spawn(write_all(connection, receiver, months.clone()));
        Ok(LogWriter {
            encoder: Encoder::new(self.org(), names.clone()),
            batch: Batch::new(BATCH_CAPACITY),
            months,
            refused: BTreeMap::new(),
            sender: Some(sender),
            task: Some(task),
            runtime: Handle::current(),
        })
    }
}

impl LogWriter {
    /// Adds a record: `raw` is the record as one JSON object. Stored in batches; what is not storable is counted and
    /// returned.
    ///
    /// # Errors
    /// When the database failed, now or with an earlier batch.
    pub fn append(&mut self, event: &Event, raw: &[u8]) -> Result<Option<Refused>, StoreError> {
        let checked = Encoder::check(event, raw).and_then(|month| match self.months.claim(month) {
            true => Ok(month),
            false => Err(Refused::TooManyMonths),
        });
        let month = match checked {
            Ok(month) => month,
            Err(reason) => {
                *self.refused.entry(reason).or_default() += 1;
                return Ok(Some(reason));
            }
        };
        self.encoder.encode(&mut self.batch, month, event, raw);
        if self.batch.rows() >= BATCH_ROWS || self.batch.size() >= BATCH_BYTES {
            self.send()?;
        }
        Ok(None)
    }

    fn send(&mut self) -> Result<(), StoreError> {
        let batch = self.batch.seal();
        let sent = self.sender.as_ref().is_some_and(|s| s.blocking_send(batch).is_ok());
        if sent {
            Ok(())
        } else {
            self.join().and(Err(StoreError::Ended("it takes no more rows".to_owned())))
        }
    }

    /// Stores what is left and waits for the last commit.
    ///
    /// # Errors
    /// When the database failed; what was committed before stays.
    pub fn finish(mut self) -> Result<WriteCounts, StoreError> {
        if self.batch.rows() > 0 {
            self.send()?;
        }
        let mut counts = self.join()?;
        counts.refused = std::mem::take(&mut self.refused);
        Ok(counts)
    }

    fn join(&mut self) -> Result<WriteCounts, StoreError> {
        self.sender = None;
        match self.task.take() {
            Some(task) => match self.runtime.block_on(task) {
                Ok(done) => done,
                Err(e) => Err(StoreError::Ended(e.to_string())),
            },
            None => Err(StoreError::Ended("it failed before".to_owned())),
        }
    }
}

async fn make_stage(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    // A temporary table is not logged and vanishes with the session; a pooled connection may have it already, and the notice
    // of that is no news.
    let make = "set client_min_messages = warning;
        create temp table if not exists record_stage (like record_log) on commit delete rows;
        alter table record_stage alter txn drop not null";
    sqlx::raw_sql(make).execute(&mut *connection).await?;
    Ok(())
}

async fn write_all(
    mut connection: PoolConnection<Postgres>,
    mut batches: mpsc::Receiver<Sealed>,
    months: Arc<Months>,
) -> Result<WriteCounts, StoreError> {
    let mut counts = WriteCounts::default();
    let insert = format!(
        "insert into record_log (txn, {COLUMNS}) \
         select (select base + pg_current_xact_id()::text::bigint from txn_base), {COLUMNS} \
         from record_stage on conflict do nothing"
    );
    let copy = format!("copy record_stage ({COLUMNS}) from stdin (format binary)");
    while let Some(batch) = batches.recv().await {
        let new = write_batch(&mut connection, &batch, &months, &copy, &insert).await?;
        counts.new += new;
        counts.duplicates += batch.rows - new;
    }
    Ok(counts)
}

async fn write_batch(
    connection: &mut PgConnection,
    batch: &Sealed,
    months: &Months,
    copy: &str,
    insert: &str,
) -> Result<u64, StoreError> {
    let mut attempt = 1;
    loop {
        for month in months.missing(&batch.months) {
            ensure_partition(connection, month.first_day()).await?;
            months.note(month);
        }
        let error = match try_batch(connection, batch, copy, insert).await {
            Ok(new) => return Ok(new),
            Err(error) => error,
        };
        let again = match &error {
            // Two writers with the same records in another order: one of them has to give way.
            sqlx::Error::Database(e) if matches!(e.code().as_deref(), Some("40P01" | "40001")) => true,
            // No partition: retention dropped it since we saw it.
            sqlx::Error::Database(e) if e.code().as_deref() == Some("23514") => {
                months.forget();
                true
            }
            _ => false,
        };
        if !again || attempt == MAX_ATTEMPTS {
            return Err(StoreError::while_("writing to the log")(error));
        }
        tokio::time::sleep(Duration::from_millis(10 * u64::from(attempt))).await;
        attempt += 1;
    }
}

async fn try_batch(
    connection: &mut PgConnection,
    batch: &Sealed,
    copy: &str,
    insert: &str,
) -> Result<u64, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let mut stage = transaction.copy_in_raw(copy).await?;
    stage.send(batch.bytes.as_slice()).await?;
    stage.finish().await?;
    let done = sqlx::query(AssertSqlSafe(insert)).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(done.rows_affected())
}

/// Makes the partition of a month in a transaction of its own, so that its lock is short.
pub(super) async fn ensure_partition(
    connection: &mut PgConnection,
    first_day: chrono::NaiveDate,
) -> Result<(), StoreError> {
    sqlx::query_scalar!("select ensure_record_log_partition($1)", first_day)
        .fetch_one(connection)
        .await
        .map(|_| ())
        .map_err(StoreError::while_("making a partition of the log"))
}
