//! Writing to the log from a thread that parses.
//!
//! Owns batching and the hand-over to an asynchronous task (`delivery`) with a connection of its own. The thread fills one
//! batch while the task stores the one before; the channel between them bounds memory and holds the thread back when the
//! database is slower.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Event, NameTable};
use sqlx::PgConnection;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::delivery::Delivery;
use super::encode::{Batch, Encoder, Refused, Sealed};
use super::month::Months;
use crate::store::{Outage, Patience, Store, StoreError};

/// Rows of one transaction: measured best (reference/postgres.md, section 7).
pub const BATCH_ROWS: u64 = 5_000;

/// Bytes of one transaction, for records that are much larger than usual.
const BATCH_BYTES: usize = 8 << 20;

/// Room for one more row, so that a batch rarely grows.
const BATCH_CAPACITY: usize = BATCH_BYTES + (64 << 10);

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
    /// A writer to the log with a connection of its own; `names` must be the table the events' names are from. It keeps
    /// trying while the database is away, as long as `patience` says, and tells `outage`.
    ///
    /// Must be called on the async runtime, which then does the writing.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn patient_log_writer(
        &self,
        names: &Arc<NameTable>,
        patience: &Patience,
        outage: &Outage,
    ) -> Result<LogWriter, StoreError> {
        let delivery = Delivery::start(self.clone(), patience, outage).await?;
        let (sender, receiver) = mpsc::channel(1);
        Ok(LogWriter {
            encoder: Encoder::new(self.org(), names.clone()),
            batch: Batch::new(BATCH_CAPACITY),
            months: self.months().clone(),
            refused: BTreeMap::new(),
            sender: Some(sender),
            task: Some(tokio::spawn(delivery.run(receiver))),
            runtime: Handle::current(),
        })
    }

    /// The same without patience: the first failure ends it.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn log_writer(&self, names: &Arc<NameTable>) -> Result<LogWriter, StoreError> {
        self.patient_log_writer(names, &Patience::default(), &Outage::new()).await
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
