//! Records set aside: parked because a detector failed on them, or late beyond what it still counts.
//!
//! Owns their rows. Does not own parking or trying again (`engine`).

use chrono::{DateTime, Utc};
use model::{Millis, RecordId};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::findings::sql_text;
use super::{Store, StoreError};

/// A record to park.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedWrite {
    /// The detector that failed on it.
    pub detector: String,
    /// The record.
    pub record: RecordId,
    /// Its report time: which month of the log it is in.
    pub report_time: Millis,
    /// What happened.
    pub reason: String,
    /// Digest of the plugin that failed.
    pub digest: String,
}

/// A parked record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parked {
    /// The detector.
    pub detector: String,
    /// Report ID of the record, as it came.
    pub record: String,
    /// Report time, RFC 3339.
    pub report_time: String,
    /// What happened, the plugin's own words included.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Digest of the plugin that failed last.
    pub digest: String,
    /// Whether another try is asked for.
    pub retry: bool,
    /// When it was parked first, RFC 3339.
    pub parked_at: String,
}

/// A parked record somebody wants tried again.
#[derive(Clone, Debug)]
pub struct Retry {
    /// The detector.
    pub detector: String,
    /// The record.
    pub record: RecordId,
    /// The record as one JSON object; none if the log does not hold it any more.
    pub raw: Option<String>,
    /// Its report time.
    pub report_time: Millis,
}

/// Which parked records are meant.
#[derive(Clone, Debug, Default)]
pub struct ParkedFilter {
    /// Of this detector.
    pub detector: Option<String>,
    /// This record.
    pub record: Option<RecordId>,
}

/// Most records tried again with one checkpoint: each may cost the detector an instance.
const MAX_RETRIES: i64 = 100;

/// Most parked records listed.
const MAX_LISTED: i64 = 10_000;

impl Store {
    /// Parked records, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn parked(&self, filter: &ParkedFilter) -> Result<Vec<Parked>, StoreError> {
        let rows = sqlx::query!(
            r#"select detector, record_id, report_time, reason, attempts, digest, retry, parked_at
               from parked_record
               where org_id = $1 and ($2::text is null or detector = $2) and ($3::uuid is null or record_id = $3)
               order by parked_at desc, detector, record_id limit $4"#,
            self.org(),
            filter.detector,
            filter.record.map(|r| Uuid::from_u128(r.0)),
            MAX_LISTED,
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("reading parked records"))?;
        let time = |at: DateTime<Utc>| model::finding::format_time(at.timestamp_millis());
        let parked = rows.into_iter().map(|r| Parked {
            detector: r.detector,
            record: RecordId(r.record_id.as_u128()).to_string(),
            report_time: time(r.report_time),
            reason: r.reason,
            attempts: r.attempts as u32,
            digest: r.digest,
            retry: r.retry,
            parked_at: time(r.parked_at),
        });
        Ok(parked.collect())
    }

    /// Asks the engine to try parked records again; how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry_parked(&self, filter: &ParkedFilter) -> Result<u64, StoreError> {
        let asked = sqlx::query!(
            "update parked_record set retry = true
             where org_id = $1 and ($2::text is null or detector = $2) and ($3::uuid is null or record_id = $3)",
            self.org(),
            filter.detector,
            filter.record.map(|r| Uuid::from_u128(r.0)),
        );
        let asked = asked.execute(self.pool()).await.map_err(StoreError::while_("asking for another try"))?;
        Ok(asked.rows_affected())
    }

    /// Forgets parked records: their detectors will never see them. How many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_parked(&self, filter: &ParkedFilter) -> Result<u64, StoreError> {
        let dropped = sqlx::query!(
            "delete from parked_record
             where org_id = $1 and ($2::text is null or detector = $2) and ($3::uuid is null or record_id = $3)",
            self.org(),
            filter.detector,
            filter.record.map(|r| Uuid::from_u128(r.0)),
        );
        let dropped =
            dropped.execute(self.pool()).await.map_err(StoreError::while_("dropping parked records"))?;
        Ok(dropped.rows_affected())
    }

    /// Records of `detectors` to try again, with what the log holds of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retries(&self, detectors: &[String]) -> Result<Vec<Retry>, StoreError> {
        let rows = sqlx::query!(
            r#"select p.detector, p.record_id, p.report_time, r.raw as "raw?"
               from parked_record p
               left join record_log r
                      on r.org_id = p.org_id and r.record_id = p.record_id and r.report_time = p.report_time
               where p.org_id = $1 and p.retry and p.detector = any($2)
               order by p.report_time, p.record_id limit $3"#,
            self.org(),
            detectors,
            MAX_RETRIES,
        )
        .fetch_all(self.pool())
        .await
        .map_err(StoreError::while_("reading parked records"))?;
        let retries = rows.into_iter().map(|r| Retry {
            detector: r.detector,
            record: RecordId(r.record_id.as_u128()),
            raw: r.raw,
            report_time: r.report_time.timestamp_millis(),
        });
        Ok(retries.collect())
    }

    /// Parks records, and removes those that were tried again and went well.
    pub(super) async fn write_parked(
        &self,
        connection: &mut PgConnection,
        parked: &[ParkedWrite],
        tried: &[(String, RecordId)],
    ) -> Result<(), StoreError> {
        let failed = StoreError::while_("parking records");
        for p in parked {
            sqlx::query!(
                "insert into parked_record (org_id, detector, record_id, report_time, reason, digest)
                 values ($1, $2, $3, $4, $5, $6)
                 on conflict (org_id, detector, record_id) do update set
                     reason = excluded.reason, digest = excluded.digest, retry = false,
                     attempts = parked_record.attempts + 1",
                self.org(),
                p.detector,
                Uuid::from_u128(p.record.0),
                DateTime::<Utc>::from_timestamp_millis(p.report_time).unwrap_or_default(),
                sql_text(&p.reason),
                p.digest,
            )
            .execute(&mut *connection)
            .await
            .map_err(&failed)?;
        }
        let gone: Vec<_> = tried
            .iter()
            .filter(|(detector, record)| {
                !parked.iter().any(|p| p.detector == *detector && p.record == *record)
            })
            .collect();
        if gone.is_empty() {
            return Ok(());
        }
        let detectors: Vec<String> = gone.iter().map(|(detector, _)| detector.clone()).collect();
        let records: Vec<Uuid> = gone.iter().map(|(_, record)| Uuid::from_u128(record.0)).collect();
        sqlx::query!(
            "delete from parked_record p using unnest($2::text[], $3::uuid[]) as t (detector, record_id)
             where p.org_id = $1 and p.detector = t.detector and p.record_id = t.record_id",
            self.org(),
            &detectors,
            &records,
        )
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(&failed)
    }

    /// Notes records that came too late for `detectors`.
    pub(super) async fn write_late(
        &self,
        connection: &mut PgConnection,
        detectors: &[String],
        late: &[RecordId],
    ) -> Result<(), StoreError> {
        if late.is_empty() {
            return Ok(());
        }
        let records: Vec<Uuid> = late.iter().map(|id| Uuid::from_u128(id.0)).collect();
        sqlx::query!(
            "insert into late_record (org_id, detector, record_id)
             select $1, d, r from unnest($2::text[]) as d, unnest($3::uuid[]) as r on conflict do nothing",
            self.org(),
            detectors,
            &records,
        )
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(StoreError::while_("noting late records"))
    }
}
