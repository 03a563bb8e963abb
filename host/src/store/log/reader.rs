//! Reading the log in order.
//!
//! Owns positions and the promise that a reader never steps over a record: what several writers commit becomes visible out of
//! order, so positions are ordered by writing transaction, and a reader reads only transactions below every one that still
//! runs.

use chrono::{DateTime, Utc};
use model::{EventKind, Millis, RecordId};
use uuid::Uuid;

use crate::store::{Store, StoreError};

/// A place in the log: everything up to and including it has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Number of the writing transaction, rising for ever, also over a restore into another server.
    pub txn: i64,
    /// Number within that transaction.
    pub seq: i32,
}

impl Position {
    /// Before the first record.
    pub const START: Position = Position { txn: 0, seq: 0 };
}

/// One record of the log.
#[derive(Clone, Debug)]
pub struct LogRow {
    /// Where it is.
    pub position: Position,
    /// Identity.
    pub id: RecordId,
    /// What it became.
    pub kind: EventKind,
    /// When the record was made.
    pub report_time: Millis,
    /// The record as one JSON object.
    pub raw: String,
}

/// Most records of one read: some 10 to 20 MB.
pub const MAX_READ: u32 = 10_000;

impl Store {
    /// Up to `limit` records after `after`, up to and including `end` if there is one, in the log's order; empty when there
    /// is nothing more for now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read_log(
        &self,
        after: Position,
        end: Option<Position>,
        limit: u32,
    ) -> Result<Vec<LogRow>, StoreError> {
        let end = end.unwrap_or(Position { txn: i64::MAX, seq: i32::MAX });
        // Asked before, not within the statement that reads: that one is planned before it takes its snapshot, so a month that
        // came in between would be missing from the plan while its transactions are below the snapshot's horizon.
        let horizon = sqlx::query_scalar!(r#"select log_horizon() as "horizon!""#)
            .fetch_one(self.reader())
            .await
            .map_err(StoreError::while_("looking how far the log can be read"))?;
        let rows = sqlx::query_as!(
            Row,
            "select txn, seq, record_id, event, report_time, raw
               from record_log
               where org_id = $1 and (txn, seq) > ($2, $3)
                 and txn < $7
                 and (txn, seq) <= ($5, $6)
               order by txn, seq
               limit $4",
            self.org(),
            after.txn,
            after.seq,
            i64::from(limit.min(MAX_READ)),
            end.txn,
            end.seq,
            horizon,
        )
        .fetch_all(self.reader())
        .await
        .map_err(StoreError::while_("reading the log"))?;
        rows.into_iter().map(Row::into_log_row).collect()
    }
}

struct Row {
    txn: i64,
    seq: i32,
    record_id: Uuid,
    event: String,
    report_time: DateTime<Utc>,
    raw: String,
}

impl Row {
    fn into_log_row(self) -> Result<LogRow, StoreError> {
        let kind = EventKind::from_name(&self.event).ok_or_else(|| StoreError::Unreadable {
            what: "a record".to_owned(),
            why: format!("unknown event kind '{}': a newer version wrote it", self.event),
        })?;
        Ok(LogRow {
            position: Position { txn: self.txn, seq: self.seq },
            id: RecordId(self.record_id.as_u128()),
            kind,
            report_time: self.report_time.timestamp_millis(),
            raw: self.raw,
        })
    }
}
